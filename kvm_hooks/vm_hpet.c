// SPDX-License-Identifier: GPL-2.0
/*
 * The HPET in a VM, in place of QEMU's (Documentation/hpet.rst).
 *
 * It takes PIC and IOAPIC in KVM to deliver its interrupts. In any other VM accesses pass by,
 * to QEMU's.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/uaccess.h>

#include "hpet.h"
#include "vm.h"
#include "vm_device.h"
#include "vm_hpet.h"
#include "vm_line.h"
#include "vm_pit.h"

/* As many as find room in the 1 KB that ACPI tables reserve. */
#define TIMERS_WITHIN_BLOCK 24

/* Messages are interrupts where they are written to local APICs, at FEEx_xxxx. */
#define MSI_ADDRESS 0xfee00000U
#define MSI_ADDRESS_SHIFT 20

static int timers_set(const char *value, const struct kernel_param *param)
{
	unsigned int timers;

	if (kstrtouint(value, 0, &timers) ||
	    (timers && (timers < DVMM_HPET_TIMERS_MIN || timers > DVMM_HPET_TIMERS_MAX))) {
		pr_err("hpet_timers=%s: 0 or %u to %u expected\n", value, DVMM_HPET_TIMERS_MIN,
		       DVMM_HPET_TIMERS_MAX);
		return -EINVAL;
	}
	*(unsigned int *)param->arg = timers;
	return 0;
}

static const struct kernel_param_ops timers_ops = {
	.set = timers_set,
	.get = param_get_uint,
};

static unsigned int hpet_timers = DVMM_HPET_TIMERS_MIN;
module_param_cb(hpet_timers, &timers_ops, &hpet_timers, 0444);
MODULE_PARM_DESC(hpet_timers, "timers of a guest's HPET, 3 (default, as in QEMU's tables) to 32; 0: QEMU's serves");

struct vhpet {
	struct dvmm_vdev vdev;
	struct dvmm_range range;
	struct dvmm_hpet core;
	struct dvmm_timer timer[];
};

static struct vhpet *vhpet_of_io(struct kvm_io_device *io)
{
	struct dvmm_range *range = container_of(io, struct dvmm_range, io);

	return container_of(range->vdev, struct vhpet, vdev);
}

static struct vhpet *vhpet_of_timer(struct dvmm_timer *timer)
{
	struct dvmm_timer *first = timer - timer->index;

	return container_of(first, struct vhpet, timer[0]);
}

static void set_lines(struct dvmm_vm *vm, unsigned long gsis, bool level)
{
	u32 gsi;

	for_each_set_bit(gsi, &gsis, BITS_PER_TYPE(u32))
		dvmm_irq_level(vm, DVMM_DEVICE_HPET, gsi, level);
}

/* The guest's EOI acknowledges edges; levels are by their status bit, messages by nothing. */
static u32 acking_gsi(const struct dvmm_hpet_route *route)
{
	return route->way == DVMM_HPET_GSI && !route->level ? route->gsi : DVMM_NO_GSI;
}

static void find_gsis(struct vhpet *hpet)
{
	struct dvmm_hpet_route route;
	u32 n;

	for (n = 0; n < hpet->core.timers; n++) {
		route = dvmm_hpet_route(&hpet->core, n);
		WRITE_ONCE(hpet->timer[n].gsi, acking_gsi(&route));
	}
}

static void program(struct vhpet *hpet, unsigned long timers, u64 now_ns)
{
	struct dvmm_series series;
	u32 n;

	for_each_set_bit(n, &timers, BITS_PER_TYPE(u32)) {
		series = dvmm_hpet_series(&hpet->core, n, now_ns);
		dvmm_timer_program(&hpet->timer[n], &series, now_ns);
	}
}

static void acknowledge(struct vhpet *hpet, unsigned long timers, u64 now_ns)
{
	u32 n;

	for_each_set_bit(n, &timers, BITS_PER_TYPE(u32))
		dvmm_timer_acked(&hpet->timer[n], now_ns);
}

static void take_effect(struct vhpet *hpet, const struct dvmm_hpet_effect *effect, u64 now_ns)
{
	find_gsis(hpet);
	set_lines(hpet->vdev.vm, effect->dropped, false);
	set_lines(hpet->vdev.vm, effect->raised, true);
	acknowledge(hpet, effect->acked, now_ns);
	program(hpet, effect->timers, now_ns);
}

static void write_locked(struct vhpet *hpet, u32 offset, int len, u64 value)
{
	struct dvmm_vm *vm = hpet->vdev.vm;
	u64 now_ns = dvmm_vm_now_ns(vm);
	bool legacy = dvmm_hpet_legacy(&hpet->core);
	struct dvmm_hpet_effect effect;

	effect = dvmm_hpet_write(&hpet->core, offset, len, value, now_ns);
	take_effect(hpet, &effect, now_ns);
	if (dvmm_hpet_legacy(&hpet->core) != legacy)
		dvmm_vpit_replace(vm, !legacy, now_ns);
}

static int hpet_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
		      const void *val)
{
	struct vhpet *hpet = vhpet_of_io(io);
	struct dvmm_vm *vm = hpet->vdev.vm;
	u64 value = 0;

	if (!dvmm_irq_has_irqchip(vm) || len > sizeof(value))
		return -EOPNOTSUPP;
	memcpy(&value, val, len);
	dvmm_timers_lock(vm);
	write_locked(hpet, addr - DVMM_HPET_BASE, len, value);
	dvmm_timers_unlock(vm);
	return 0;
}

static int hpet_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
		     void *val)
{
	struct vhpet *hpet = vhpet_of_io(io);
	struct dvmm_vm *vm = hpet->vdev.vm;
	u64 value;

	if (!dvmm_irq_has_irqchip(vm) || len > sizeof(value))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	value = dvmm_hpet_read(&hpet->core, addr - DVMM_HPET_BASE, len, dvmm_vm_now_ns(vm));
	dvmm_timers_unlock(vm);
	memcpy(val, &value, len);
	return 0;
}

static const struct kvm_io_device_ops hpet_ops = {
	.read = hpet_read,
	.write = hpet_write,
};

/* KVM takes any address for a local APIC's. Writes to memory are not made. */
static enum dvmm_tick_outcome fire_msi(struct vhpet *hpet, const struct dvmm_hpet_route *route)
{
	if (route->address >> MSI_ADDRESS_SHIFT != MSI_ADDRESS >> MSI_ADDRESS_SHIFT)
		return DVMM_TICK_UNHEARD;
	return dvmm_irq_msi(hpet->vdev.vm, route->address, route->data);
}

/* Its line stays up until the status bit is cleared, whatever else raises it. */
static enum dvmm_tick_outcome fire_level(struct vhpet *hpet, u32 n)
{
	set_lines(hpet->vdev.vm, dvmm_hpet_fire(&hpet->core, n), true);
	return DVMM_TICK_SENT;
}

/* There is no edge on a line that a level-triggered timer holds. */
static enum dvmm_tick_outcome fire_edge(struct vhpet *hpet, u32 gsi)
{
	if (dvmm_hpet_active(&hpet->core) & BIT(gsi))
		return DVMM_TICK_UNHEARD;
	return dvmm_irq_pulse(hpet->vdev.vm, DVMM_DEVICE_HPET, gsi);
}

static enum dvmm_tick_outcome fire(struct dvmm_timer *timer, u64 now_ns)
{
	struct vhpet *hpet = vhpet_of_timer(timer);
	struct dvmm_hpet_route route = dvmm_hpet_route(&hpet->core, timer->index);

	if (route.way == DVMM_HPET_NOWHERE)
		return DVMM_TICK_UNHEARD;
	if (route.way == DVMM_HPET_MSI)
		return fire_msi(hpet, &route);
	if (route.level)
		return fire_level(hpet, timer->index);
	return fire_edge(hpet, route.gsi);
}

static struct vhpet *vhpet_of(struct dvmm_vm *vm)
{
	struct dvmm_range *range;

	list_for_each_entry(range, &vm->ranges, node)
		if (range->io.ops == &hpet_ops)
			return vhpet_of_io(&range->io);
	return NULL;
}

bool dvmm_vhpet_legacy(struct dvmm_vm *vm)
{
	struct vhpet *hpet = vhpet_of(vm);

	lockdep_assert_held(&vm->timers.lock);
	return hpet && dvmm_hpet_legacy(&hpet->core);
}

static void reset(struct vhpet *hpet)
{
	struct dvmm_vm *vm = hpet->vdev.vm;
	u64 now_ns;
	u32 n;

	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	set_lines(vm, dvmm_hpet_active(&hpet->core), false);
	dvmm_hpet_init(&hpet->core, hpet->core.timers);
	find_gsis(hpet);
	for (n = 0; n < hpet->core.timers; n++)
		dvmm_timer_reset(&hpet->timer[n], now_ns);
	dvmm_vpit_replace(vm, false, now_ns);
	dvmm_timers_unlock(vm);
}

/* Nothing but masked inputs: no system that runs has that, none that starts has more. */
static bool ioapic_is_reset(const struct kvm_irqchip *chip)
{
	int pin;

	if (chip->chip_id != KVM_IRQCHIP_IOAPIC)
		return false;
	for (pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		if (chip->chip.ioapic.redirtbl[pin].bits != 1 << 16)
			return false;
	return true;
}

long dvmm_hpet_ioctl_irqchip(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	struct vhpet *hpet = vhpet_of(vm);
	struct kvm_irqchip *chip;

	if (!hpet || !dvmm_irq_has_irqchip(vm))
		return -ENOIOCTLCMD;
	chip = memdup_user((void __user *)arg, sizeof(*chip));
	if (IS_ERR(chip))
		return -ENOIOCTLCMD;
	if (ioapic_is_reset(chip))
		reset(hpet);
	kfree(chip);
	return -ENOIOCTLCMD;
}

static void add_timer_n(struct vhpet *hpet, u32 n)
{
	struct dvmm_timer *timer = &hpet->timer[n];

	timer->fire = fire;
	timer->device = DVMM_DEVICE_HPET;
	timer->index = n;
	timer->gsi = DVMM_NO_GSI;
	dvmm_timer_add(hpet->vdev.vm, timer);
}

int dvmm_hpet_create(struct dvmm_vm *vm)
{
	struct vhpet *hpet;
	u32 n;

	if (!hpet_timers)
		return 0;
	hpet = dvmm_vdev_alloc(vm, struct_size(hpet, timer, hpet_timers));
	if (!hpet)
		return -ENOMEM;
	dvmm_hpet_init(&hpet->core, hpet_timers);
	for (n = 0; n < hpet_timers; n++)
		add_timer_n(hpet, n);
	dvmm_range_add(&hpet->vdev, &hpet->range, &hpet_ops, KVM_MMIO_BUS, DVMM_HPET_BASE,
		       DVMM_HPET_TN(max_t(u32, hpet_timers, TIMERS_WITHIN_BLOCK)));
	return 0;
}
