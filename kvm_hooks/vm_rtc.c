// SPDX-License-Identifier: GPL-2.0
/*
 * The RTC in a VM (Documentation/rtc.rst). The clock's bytes are ours; CMOS memory is QEMU's,
 * which therefore gets to know the index of every other byte.
 *
 * It serves where KVM has PIC and IOAPIC; in any other VM its ports pass accesses by.
 */
#include "rtc.h"
#include "sync.h"
#include "vm.h"
#include "vm_device.h"
#include "vm_line.h"
#include "vm_rtc.h"

#define PORT_INDEX	0x70
#define PORT_DATA	0x71
#define INDEX_MASK	0x7f	/* bit 7 masks NMIs */
#define GSI_RTC		8

/**
 * struct dvmm_vrtc - the clock of a VM; all under the VM's timers lock
 * @vdev: on the VM's list
 * @core: its registers
 * @begun: somebody has looked at it: @core is valid
 * @utc_offset_s: TAI - UTC when the VM was created
 * @index: byte that the data port is about
 * @replaced: the HPET has IRQ 8
 * @line: level of GSI 8, as KVM was told
 * @timer: for each interrupt
 * @ports: where it is reached: index, data
 */
struct dvmm_vrtc {
	struct dvmm_vdev vdev;
	struct dvmm_rtc core;
	bool begun;
	s16 utc_offset_s;
	u8 index;
	bool replaced;
	bool line;
	struct dvmm_timer timer[DVMM_RTC_INTERRUPTS];
	struct dvmm_range ports[2];
};

static struct dvmm_vrtc *vrtc_of(struct kvm_io_device *io)
{
	struct dvmm_range *range = container_of(io, struct dvmm_range, io);

	return container_of(range->vdev, struct dvmm_vrtc, vdev);
}

/* @rtc's line follows what its registers say. */
static void set_line(struct dvmm_vrtc *rtc)
{
	bool level = dvmm_rtc_irq(&rtc->core) && !rtc->replaced;

	if (level == rtc->line)
		return;
	rtc->line = level;
	dvmm_irq_level(rtc->vdev.vm, DVMM_DEVICE_RTC, GSI_RTC, level);
}

/* One that is due and no more enabled is a flag alone, at once: a guest that looks clears it. */
static void program(struct dvmm_vrtc *rtc, int i, u64 now_ns)
{
	struct dvmm_series series = dvmm_rtc_series(&rtc->core, i, now_ns);

	if (series.first != DVMM_NEVER)
		dvmm_timer_program(&rtc->timer[i], &series, now_ns);
	else if (dvmm_timer_reset(&rtc->timer[i], now_ns))
		dvmm_rtc_fire(&rtc->core, i);
}

/* After an access: what follows now, and whether the guest has taken what it was told of. */
static void changed(struct dvmm_vrtc *rtc, u64 now_ns)
{
	bool was_up = rtc->line;
	int i;

	for (i = 0; i < DVMM_RTC_INTERRUPTS; i++)
		program(rtc, i, now_ns);
	set_line(rtc);
	if (!was_up || rtc->line)
		return;
	for (i = 0; i < DVMM_RTC_INTERRUPTS; i++)
		dvmm_timer_acked(&rtc->timer[i], now_ns);
}

/*
 * UTC, from the machine's epoch: the same for all machines of a cluster. The first run of a
 * vCPU settles the epoch, and nobody looks before.
 */
static void begin(struct dvmm_vrtc *rtc, u64 now_ns)
{
	s64 epoch_ns = rtc->vdev.vm->rule.epoch_ns;

	if (rtc->begun)
		return;
	rtc->begun = true;
	dvmm_rtc_init(&rtc->core,
		      max_t(s64, epoch_ns - rtc->utc_offset_s * NSEC_PER_SEC, 0), now_ns);
}

/*
 * The index of a byte of ours stays here; for any other one QEMU is told, and serves the
 * data port, too.
 */
static int write_index(struct dvmm_vrtc *rtc, u8 index)
{
	rtc->index = index & INDEX_MASK;
	return dvmm_rtc_has(rtc->index) ? 0 : -EOPNOTSUPP;
}

static int write_data(struct dvmm_vrtc *rtc, u8 value)
{
	u64 now_ns;

	if (!dvmm_rtc_has(rtc->index))
		return -EOPNOTSUPP;
	now_ns = dvmm_vm_now_ns(rtc->vdev.vm);
	begin(rtc, now_ns);
	dvmm_rtc_write(&rtc->core, rtc->index, value, now_ns);
	changed(rtc, now_ns);
	return 0;
}

static int rtc_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
		     const void *val)
{
	struct dvmm_vrtc *rtc = vrtc_of(io);
	struct dvmm_vm *vm = rtc->vdev.vm;
	const u8 *byte = val;
	int ret;

	/* nobody writes both ports at once */
	if (len != 1 || !dvmm_irq_has_irqchip(vm))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	ret = addr == PORT_INDEX ? write_index(rtc, *byte) : write_data(rtc, *byte);
	dvmm_timers_unlock(vm);
	return ret;
}

static int rtc_read(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr, int len,
		    void *val)
{
	struct dvmm_vrtc *rtc = vrtc_of(io);
	struct dvmm_vm *vm = rtc->vdev.vm;
	int ret = -EOPNOTSUPP;
	u8 *byte = val;
	u64 now_ns;

	if (len != 1 || addr != PORT_DATA || !dvmm_irq_has_irqchip(vm))
		return -EOPNOTSUPP;
	dvmm_timers_lock(vm);
	if (dvmm_rtc_has(rtc->index)) {
		now_ns = dvmm_vm_now_ns(vm);
		begin(rtc, now_ns);
		*byte = dvmm_rtc_read(&rtc->core, rtc->index, now_ns);
		if (rtc->index == DVMM_RTC_REG_C)
			changed(rtc, now_ns);
		ret = 0;
	}
	dvmm_timers_unlock(vm);
	return ret;
}

static const struct kvm_io_device_ops rtc_ops = {
	.read = rtc_read,
	.write = rtc_write,
};

/*
 * The line is up until the guest reads register C: while it is, another interrupt would be
 * none. Its tick is kept, and delivered after that.
 */
static enum dvmm_tick_outcome fire(struct dvmm_timer *timer, u64 now_ns)
{
	struct dvmm_vrtc *rtc = container_of(timer, struct dvmm_vrtc, timer[timer->index]);

	if (rtc->line)
		return DVMM_TICK_REFUSED;
	dvmm_rtc_fire(&rtc->core, timer->index);
	set_line(rtc);
	return rtc->line ? DVMM_TICK_SENT : DVMM_TICK_DONE;
}

static struct dvmm_vrtc *vrtc_of_vm(struct dvmm_vm *vm)
{
	struct dvmm_range *range;

	list_for_each_entry(range, &vm->ranges, node)
		if (range->io.ops == &rtc_ops)
			return vrtc_of(&range->io);
	return NULL;
}

void dvmm_vrtc_replace(struct dvmm_vm *vm, bool replaced, u64 now_ns)
{
	struct dvmm_vrtc *rtc = vrtc_of_vm(vm);

	if (!rtc)
		return;
	rtc->replaced = replaced;
	changed(rtc, now_ns);
}

void dvmm_vrtc_reset(struct dvmm_vm *vm)
{
	struct dvmm_vrtc *rtc = vrtc_of_vm(vm);
	u64 now_ns;
	int i;

	if (!rtc)
		return;
	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	dvmm_rtc_reset(&rtc->core, now_ns);
	set_line(rtc);
	for (i = 0; i < DVMM_RTC_INTERRUPTS; i++)
		dvmm_timer_reset(&rtc->timer[i], now_ns);
	dvmm_timers_unlock(vm);
}

int dvmm_rtc_create(struct dvmm_vm *vm)
{
	struct dvmm_vrtc *rtc = dvmm_vdev_alloc(vm, sizeof(*rtc));
	int i;

	if (!rtc)
		return -ENOMEM;
	rtc->utc_offset_s = dvmm_sync_utc_offset_s();
	for (i = 0; i < DVMM_RTC_INTERRUPTS; i++) {
		rtc->timer[i].fire = fire;
		rtc->timer[i].device = DVMM_DEVICE_RTC;
		rtc->timer[i].index = i;
		rtc->timer[i].gsi = DVMM_NO_GSI;
		dvmm_timer_add(vm, &rtc->timer[i]);
	}
	/*
	 * QEMU has KVM collect writes of the index (KVM_REGISTER_COALESCED_MMIO). That device of
	 * one port would come before one of two, and after one of one: of what is equal, the
	 * earlier one is asked first.
	 */
	dvmm_range_add(&rtc->vdev, &rtc->ports[0], &rtc_ops, KVM_PIO_BUS, PORT_INDEX, 1);
	dvmm_range_add(&rtc->vdev, &rtc->ports[1], &rtc_ops, KVM_PIO_BUS, PORT_DATA, 1);
	return 0;
}
