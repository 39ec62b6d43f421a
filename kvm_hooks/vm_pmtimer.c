// SPDX-License-Identifier: GPL-2.0
/*
 * The ACPI PM timer in a VM (Documentation/devices.rst).
 *
 * Buses must not be changed while a vCPU is in an access to one, so the counter is put
 * wherever it may come to be, when the VM is created, and answers where the guest's
 * firmware has put it. Elsewhere, and before, QEMU does.
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "pmbase.h"
#include "pmtimer.h"
#include "vm.h"
#include "vm_device.h"
#include "vm_line.h"

static unsigned short pmbase;
module_param(pmbase, ushort, 0444);
MODULE_PARM_DESC(pmbase, "port of the ACPI PM block (default 0: where firmware puts it, 0x600 or 0xb000)");

static bool pmtimer_32;
module_param(pmtimer_32, bool, 0444);
MODULE_PARM_DESC(pmtimer_32, "the ACPI PM timer has 32 bits; QEMU's tables say 24 (default)");

/* Where SeaBIOS puts it, and OVMF on q35; where OVMF does on pc; and where we are told. */
static const u16 known_places[] = { 0x600, 0xb000 };

struct pmtimer {
	struct dvmm_vdev vdev;
	struct dvmm_pmbase snooped;
	u16 base;		/* where it is now, or 0 */
	struct dvmm_range address;
	struct dvmm_range data;
	struct dvmm_range counter[ARRAY_SIZE(known_places)];
};

static struct pmtimer *pmtimer_of(struct kvm_io_device *io)
{
	struct dvmm_range *range = container_of(io, struct dvmm_range, io);

	return container_of(range->vdev, struct pmtimer, vdev);
}

static int counter_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			void *val)
{
	struct pmtimer *pm = pmtimer_of(io);
	u16 base = READ_ONCE(pm->base);
	u32 offset = addr - base - DVMM_PMTIMER_OFFSET, value;

	if (!base || offset >= DVMM_PMTIMER_LEN || len > sizeof(value))
		return -EOPNOTSUPP;
	value = dvmm_pmtimer_read(pmtimer_32 ? 32 : 24, offset, len, dvmm_vm_now_ns(pm->vdev.vm));
	memcpy(val, &value, len);
	return 0;
}

/* TMR_VAL is read-only. QEMU ignores writes, too. */
static int counter_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			 const void *val)
{
	return READ_ONCE(pmtimer_of(io)->base) ? 0 : -EOPNOTSUPP;
}

/* What is written to PCI's ports is noted, and goes on to QEMU. */
static int pci_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
		     const void *val)
{
	struct pmtimer *pm = pmtimer_of(io);
	u32 value = 0;

	if (len > sizeof(value))
		return -EOPNOTSUPP;
	memcpy(&value, val, len);
	dvmm_timers_lock(pm->vdev.vm);
	dvmm_pmbase_write(&pm->snooped, addr, len, value);
	WRITE_ONCE(pm->base, dvmm_pmbase_of(&pm->snooped));
	dvmm_timers_unlock(pm->vdev.vm);
	return -EOPNOTSUPP;
}

static int pci_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len, void *val)
{
	return -EOPNOTSUPP;
}

static const struct kvm_io_device_ops counter_ops = {
	.read = counter_read,
	.write = counter_write,
};

static const struct kvm_io_device_ops pci_ops = {
	.read = pci_read,
	.write = pci_write,
};

static void add_counter(struct pmtimer *pm, int place, u16 base)
{
	dvmm_range_add(&pm->vdev, &pm->counter[place], &counter_ops, KVM_PIO_BUS,
		       base + DVMM_PMTIMER_OFFSET, DVMM_PMTIMER_LEN);
}

int dvmm_pmtimer_create(struct dvmm_vm *vm)
{
	struct pmtimer *pm = dvmm_vdev_alloc(vm, sizeof(*pm));
	int place;

	if (!pm)
		return -ENOMEM;
	pm->base = pmbase;
	if (pmbase) {
		add_counter(pm, 0, pmbase);
		return 0;
	}
	for (place = 0; place < ARRAY_SIZE(known_places); place++)
		add_counter(pm, place, known_places[place]);
	dvmm_range_add(&pm->vdev, &pm->address, &pci_ops, KVM_PIO_BUS, DVMM_PCI_ADDRESS, 4);
	dvmm_range_add(&pm->vdev, &pm->data, &pci_ops, KVM_PIO_BUS, DVMM_PCI_DATA, 4);
	return 0;
}
