// SPDX-License-Identifier: GPL-2.0
/*
 * The LAPIC timers of a VM on its line.
 *
 * KVM's own timers, registers and interrupts serve. KVM keeps a deadline twice, as TSC and as
 * the host's monotonic time; here the TSC is what counts, and the other is made from it
 * whenever KVM is about to use it. An hrtimer that expires is asked whether the TSC
 * is there yet: so a line may change meanwhile, and nothing needs to be armed anew.
 */
#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <kvm/iodev.h>

#include <asm/apicdef.h>

#include "lapic.h"
#include "layout.h"
#include "msr.h"
#include "resolve.h"
#include "vm_lapic.h"
#include "vm_line.h"

DVMM_BODY(start_sw_timer);
DVMM_BODY(start_hv_timer);
DVMM_BODY(apic_timer_fn);
DVMM_BODY(advance_periodic_target_expiration);
DVMM_BODY(kvm_lapic_reg_read);
DVMM_BODY(kvm_lapic_reg_write);

/* A member of KVM's struct kvm_lapic, or of the struct kvm_timer in it. */
#define LAPIC(apic, member, type) (*(type *)((void *)(apic) + DVMM_kvm_lapic_##member))
#define TIMER(apic, member, type) \
	(*(type *)((void *)(apic) + DVMM_kvm_lapic_lapic_timer + DVMM_kvm_timer_##member))

static struct hrtimer *hrtimer_of(struct kvm_lapic *apic)
{
	return &TIMER(apic, timer, struct hrtimer);
}

static struct kvm_lapic *lapic_of(struct hrtimer *timer)
{
	return (void *)timer - DVMM_kvm_lapic_lapic_timer - DVMM_kvm_timer_timer;
}

static struct kvm_vcpu *vcpu_of(struct kvm_lapic *apic)
{
	return LAPIC(apic, vcpu, struct kvm_vcpu *);
}

static bool by_tsc(struct kvm_lapic *apic)
{
	return TIMER(apic, timer_mode, u32) == APIC_LVT_TIMER_TSCDEADLINE;
}

/* What @vcpu's guest reads, once it is on the present line. */
static u64 guest_tsc(struct dvmm_vm *vm, struct kvm_vcpu *vcpu)
{
	return dvmm_vm_tsc(vm) + READ_ONCE(vcpu->arch.ia32_tsc_adjust_msr);
}

static u64 left_ns(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	return dvmm_lapic_left_ns(TIMER(apic, tscdeadline, u64), guest_tsc(vm, vcpu_of(apic)),
				  READ_ONCE(vm->rule.khz));
}

/* KVM has a TSC deadline expire so much early, and waits for the rest before it enters. */
static u64 left_to_expire_ns(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	u64 left = left_ns(vm, apic);

	return by_tsc(apic) ? left - min_t(u64, left, TIMER(apic, timer_advance_ns, u32)) : left;
}

/* KVM's other copy of the deadline, for its own use of it. */
static void set_target(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	TIMER(apic, target_expiration, ktime_t) = ktime_add_ns(ktime_get(), left_ns(vm, apic));
}

/*
 * Put the vCPU on its line, for KVM to compare the deadline with its TSC. In the vCPU's
 * context, preemption off.
 *
 * KVM may have set the deadline of a count by a TSC that user space wrote, before the vCPU
 * entered: as when a machine is restored. Then it moves as the TSC does. Where it is the
 * line that was changed, by so little, it was right before and is after.
 */
#define LINE_MOVES_NS 10000000

static void put_on_line(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	struct kvm_vcpu *vcpu = vcpu_of(apic);
	bool changed = dvmm_vm_line_pending(vcpu);
	u64 was = dvmm_kvm(kvm_read_l1_tsc)(vcpu, rdtsc());
	s64 moved;

	if (!dvmm_vm_apply(vm, vcpu) || by_tsc(apic) || !TIMER(apic, tscdeadline, u64))
		return;
	moved = guest_tsc(vm, vcpu) - was;
	if (!changed || dvmm_lapic_left_ns(abs(moved), 0, vm->rule.khz) > LINE_MOVES_NS)
		TIMER(apic, tscdeadline, u64) += moved;
}

/* A long wait: KVM has armed the timer for all of it. */
static void shorten_wait(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	u64 left = left_to_expire_ns(vm, apic), wait = dvmm_lapic_wait_ns(left);
	struct hrtimer *timer = hrtimer_of(apic);

	/* If it cannot be removed it has expired, or is about to be asked. */
	if (wait < left && hrtimer_try_to_cancel(timer) > 0)
		hrtimer_start(timer, ktime_add_ns(ktime_get(), wait), HRTIMER_MODE_ABS_HARD);
}

/* A deadline of 0 is one that has passed: KVM's to know. */
static void start_on_line(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	put_on_line(vm, apic);
	if (!by_tsc(apic) && TIMER(apic, tscdeadline, u64))
		set_target(vm, apic);
	dvmm_body(start_sw_timer)(apic);
	shorten_wait(vm, apic);
}

static void our_start_sw_timer(struct kvm_lapic *apic)
{
	struct dvmm_vm *vm = dvmm_vm_find(vcpu_of(apic)->kvm);

	if (vm)
		start_on_line(vm, apic);
	else
		dvmm_body(start_sw_timer)(apic);
}

/* The hypervisor's timer (VMX) takes the deadline in the host's TSC, by the line as it is. */
static bool our_start_hv_timer(struct kvm_lapic *apic)
{
	struct dvmm_vm *vm = dvmm_vm_find(vcpu_of(apic)->kvm);

	if (vm)
		put_on_line(vm, apic);
	return dvmm_body(start_hv_timer)(apic);
}

void dvmm_vm_lapic_line_changed(struct kvm_vcpu *vcpu)
{
	if (vcpu->arch.apic && TIMER(vcpu->arch.apic, hv_timer_in_use, bool))
		dvmm_kvm(kvm_lapic_switch_to_hv_timer)(vcpu);
}

/* In the timer's interrupt, on whatever CPU: arm it for @left_ns more. */
static enum hrtimer_restart wait_on(struct hrtimer *timer, u64 left_ns)
{
	hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), dvmm_lapic_wait_ns(left_ns)));
	return HRTIMER_RESTART;
}

static enum hrtimer_restart expire_on_line(struct dvmm_vm *vm, struct hrtimer *timer)
{
	struct kvm_lapic *apic = lapic_of(timer);
	u64 left = left_to_expire_ns(vm, apic);

	if (left)
		return wait_on(timer, left);
	if (dvmm_body(apic_timer_fn)(timer) == HRTIMER_NORESTART)
		return HRTIMER_NORESTART;
	return wait_on(timer, left_to_expire_ns(vm, apic));
}

static enum hrtimer_restart our_apic_timer_fn(struct hrtimer *timer)
{
	struct dvmm_vm *vm = dvmm_vm_find(vcpu_of(lapic_of(timer))->kvm);

	if (vm)
		return expire_on_line(vm, timer);
	return dvmm_body(apic_timer_fn)(timer);
}

/* Called by KVM with a period that is not 0, once a deadline has passed. */
static void advance_on_line(struct dvmm_vm *vm, struct kvm_lapic *apic)
{
	u64 adjust = READ_ONCE(vcpu_of(apic)->arch.ia32_tsc_adjust_msr);
	u64 *deadline = &TIMER(apic, tscdeadline, u64), now = dvmm_vm_tsc(vm);
	/* none if a count that was over is made to run again by another mode */
	u64 last = *deadline ? *deadline - adjust : now;

	*deadline = adjust + dvmm_lapic_next(last, now, TIMER(apic, period, s64),
					     READ_ONCE(vm->rule.khz));
	set_target(vm, apic);
}

static void our_advance_periodic_target_expiration(struct kvm_lapic *apic)
{
	struct dvmm_vm *vm = dvmm_vm_find(vcpu_of(apic)->kvm);

	if (vm && TIMER(apic, period, s64) > 0)
		advance_on_line(vm, apic);
	else
		dvmm_body(advance_periodic_target_expiration)(apic);
}

static bool counts(struct kvm_lapic *apic)
{
	const u32 *initial = LAPIC(apic, regs, void *) + APIC_TMICT;

	return *initial && TIMER(apic, period, s64) > 0 && !by_tsc(apic);
}

static int our_kvm_lapic_reg_read(struct kvm_lapic *apic, u32 offset, int len, void *data)
{
	int ret = dvmm_body(kvm_lapic_reg_read)(apic, offset, len, data);
	struct dvmm_vm *vm;

	if (ret || offset != APIC_TMCCT || len != sizeof(u32) || !counts(apic))
		return ret;
	vm = dvmm_vm_find(vcpu_of(apic)->kvm);
	if (vm)
		*(u32 *)data = dvmm_lapic_count(left_ns(vm, apic), TIMER(apic, period, s64),
						LAPIC(apic, divide_count, u32));
	return ret;
}

/* A new divisor scales what KVM takes to be left. */
static int our_kvm_lapic_reg_write(struct kvm_lapic *apic, u32 reg, u32 value)
{
	struct dvmm_vm *vm;

	if (reg == APIC_TDCR && counts(apic)) {
		vm = dvmm_vm_find(vcpu_of(apic)->kvm);
		if (vm)
			set_target(vm, apic);
	}
	return dvmm_body(kvm_lapic_reg_write)(apic, reg, value);
}

int dvmm_vm_lapic_write_tsc(struct dvmm_vm *vm, struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	struct kvm_lapic *apic = vcpu->arch.apic;
	u64 adjust = vcpu->arch.ia32_tsc_adjust_msr;
	bool armed = apic && hrtimer_cancel(hrtimer_of(apic));
	int ret = dvmm_body(kvm_set_msr_common)(vcpu, msr);

	if (apic && !by_tsc(apic) && TIMER(apic, tscdeadline, u64))
		TIMER(apic, tscdeadline, u64) += vcpu->arch.ia32_tsc_adjust_msr - adjust;
	if (armed)
		hrtimer_start(hrtimer_of(apic), ktime_get(), HRTIMER_MODE_ABS_HARD);
	return ret;
}

void dvmm_vm_lapic_stop(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	kvm_for_each_vcpu(i, vcpu, kvm)
		if (vcpu->arch.apic)
			hrtimer_cancel(hrtimer_of(vcpu->arch.apic));
}
