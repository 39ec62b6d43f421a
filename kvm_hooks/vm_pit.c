// SPDX-License-Identifier: GPL-2.0
/*
 * The PIT in a VM, in place of KVM's own, which is never created (Documentation/pit.rst).
 *
 * It serves where KVM's would: once user space has asked for a PIT in the kernel, which
 * takes a PIC there. In any other VM its ports pass accesses by, to QEMU's.
 */
#include "resolve.h"
#include "vm.h"
#include "vm_line.h"
#include "vm_pit.h"

#define PORT_COUNTERS	0x40
#define PORT_61		0x61
#define GSI_PIT		0

static struct dvmm_vpit *vpit_of(struct kvm_io_device *io)
{
	struct dvmm_range *range = container_of(io, struct dvmm_range, io);

	return container_of(range->vdev, struct dvmm_vpit, vdev);
}

void dvmm_vpit_changed(struct dvmm_vpit *pit, u64 now_ns)
{
	struct dvmm_series series;

	pit->core.replaced = pit->kvm_replaced || pit->hpet_replaced;
	series = dvmm_pit_series(&pit->core, now_ns);
	dvmm_timer_program(&pit->timer, &series, now_ns);
}

void dvmm_vpit_replace(struct dvmm_vm *vm, bool replaced, u64 now_ns)
{
	struct dvmm_vpit *pit = dvmm_vpit_of(vm);

	if (!pit)
		return;
	pit->hpet_replaced = replaced;
	dvmm_vpit_changed(pit, now_ns);
}

static void write_one(struct dvmm_vpit *pit, unsigned int port, u8 value, u64 now_ns)
{
	if (dvmm_pit_programs_irq0(port, value))
		dvmm_timer_reset(&pit->timer, now_ns);
	if (dvmm_pit_write(&pit->core, port, value, now_ns))
		dvmm_irq_pulse(pit->vdev.vm, DVMM_DEVICE_PIT, GSI_PIT);
}

/* Each byte of an access goes to the next port, as on ISA and in QEMU. */
static int counters_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			  const void *val)
{
	struct dvmm_vpit *pit = vpit_of(io);
	struct dvmm_vm *vm = pit->vdev.vm;
	const u8 *byte = val;
	u64 now_ns;
	int i;

	if (!READ_ONCE(pit->created))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	for (i = 0; i < len; i++)
		write_one(pit, addr - PORT_COUNTERS + i, byte[i], now_ns);
	dvmm_vpit_changed(pit, now_ns);
	dvmm_timers_unlock(vm);
	return 0;
}

static int counters_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			 void *val)
{
	struct dvmm_vpit *pit = vpit_of(io);
	struct dvmm_vm *vm = pit->vdev.vm;
	u8 *byte = val;
	u64 now_ns;
	int i;

	if (!READ_ONCE(pit->created))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	for (i = 0; i < len; i++)
		byte[i] = dvmm_pit_read(&pit->core, addr - PORT_COUNTERS + i, now_ns);
	dvmm_timers_unlock(vm);
	return 0;
}

static int port_61_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			 const void *val)
{
	struct dvmm_vpit *pit = vpit_of(io);
	struct dvmm_vm *vm = pit->vdev.vm;

	if (!READ_ONCE(pit->created))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	dvmm_pit_write_61(&pit->core, *(const u8 *)val, dvmm_vm_now_ns(vm));
	dvmm_timers_unlock(vm);
	return 0;
}

static int port_61_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
			void *val)
{
	struct dvmm_vpit *pit = vpit_of(io);
	struct dvmm_vm *vm = pit->vdev.vm;

	if (!READ_ONCE(pit->created))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	*(u8 *)val = dvmm_pit_read_61(&pit->core, dvmm_vm_now_ns(vm));
	dvmm_timers_unlock(vm);
	return 0;
}

static const struct kvm_io_device_ops counters_ops = {
	.read = counters_read,
	.write = counters_write,
};

static const struct kvm_io_device_ops port_61_ops = {
	.read = port_61_read,
	.write = port_61_write,
};

/*
 * Virtual wire mode: LINT0 of a local APIC that is set to NMI is the wire from the PIT to the
 * NMI watchdog of old Linux guests, past the PIC.
 */
static void ring_watchdogs(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	if (!atomic_read(&kvm->arch.vapics_in_nmi_mode))
		return;
	kvm_for_each_vcpu(i, vcpu, kvm)
		dvmm_kvm(kvm_apic_nmi_wd_deliver)(vcpu);
}

static enum dvmm_tick_outcome fire(struct dvmm_timer *timer, u64 now_ns)
{
	enum dvmm_tick_outcome outcome = dvmm_irq_pulse(timer->vm, DVMM_DEVICE_PIT, GSI_PIT);

	ring_watchdogs(timer->vm->kvm);
	return outcome;
}

struct dvmm_vpit *dvmm_vpit_of(struct dvmm_vm *vm)
{
	struct dvmm_range *range;

	list_for_each_entry(range, &vm->ranges, node)
		if (range->io.ops == &counters_ops)
			return vpit_of(&range->io);
	return NULL;
}

int dvmm_pit_create(struct dvmm_vm *vm)
{
	struct dvmm_vpit *pit = dvmm_vdev_alloc(vm, sizeof(*pit));

	if (!pit)
		return -ENOMEM;
	pit->timer.fire = fire;
	pit->timer.device = DVMM_DEVICE_PIT;
	pit->timer.gsi = GSI_PIT;
	dvmm_timer_add(vm, &pit->timer);
	dvmm_range_add(&pit->vdev, &pit->counters, &counters_ops, KVM_PIO_BUS, PORT_COUNTERS, 4);
	dvmm_range_add(&pit->vdev, &pit->port_61, &port_61_ops, KVM_PIO_BUS, PORT_61, 1);
	return 0;
}
