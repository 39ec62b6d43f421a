// SPDX-License-Identifier: GPL-2.0
/*
 * How a VM's line is applied at vCPU entry, and changed under running vCPUs.
 *
 * Why no guest ever sees its TSC go back: a line is changed only while every
 * vCPU of the VM is out of guest mode and cannot enter. Whatever a vCPU has
 * read before is at most what the old line gave at the end of that stop; the
 * new line is released only once it gives no less. All vCPUs enter on the new
 * line, because the request that tells them of it stays pending until they
 * have passed dvmm_vm_apply() again.
 */
#include "host_cycles.h"
#include "resolve.h"
#include "trace.h"
#include "vm_kvmclock.h"
#include "vm_lapic.h"
#include "vm_line.h"

/* KVM knows nothing of this request, so a vCPU that has it pending cannot enter. */
#define DVMM_REQ_STOP KVM_ARCH_REQ_FLAGS(55, KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP)

/* Nor of this one: the line was changed, and the vCPU is to pass dvmm_vm_apply() again. */
#define DVMM_REQ_LINE KVM_ARCH_REQ_FLAGS(54, KVM_REQUEST_NO_WAKEUP)

/* Below this a line is not worth stopping a VM for. */
#define LINE_TOLERANCE_NS 16

/* All vCPUs may be held up so long for time to catch up with a line that moved back. */
#define STOP_MAX_NS 20000

/* Unscaled guests are kept on the cluster's rate by steps; beyond this there are too many. */
#define STEPPED_MAX_PPB 1000000

static BLOCKING_NOTIFIER_HEAD(listeners);

void dvmm_line_listen(struct notifier_block *listener)
{
	blocking_notifier_chain_register(&listeners, listener);
}

void dvmm_line_unlisten(struct notifier_block *listener)
{
	blocking_notifier_chain_unregister(&listeners, listener);
}

static u64 line_at(const struct dvmm_line *line, u64 tsc)
{
	return dvmm_line_tsc(line, dvmm_kvm_info.scaling.frac_bits, tsc);
}

static int line_through_now(struct dvmm_vm *vm, struct dvmm_line *line,
			    const struct dvmm_segment *seg)
{
	return dvmm_line_through(line, &dvmm_kvm_info.scaling, &vm->rule, seg,
				 rdtsc_ordered());
}

static s64 line_drift_ppb(struct dvmm_vm *vm, const struct dvmm_segment *seg)
{
	return dvmm_line_drift_ppb(&vm->line, &dvmm_kvm_info.scaling, &vm->rule, seg);
}

/*
 * Cluster time over the TSC, based at the present instant. A guest's line starts from
 * the TSC, also while the host keeps time by something else.
 */
static struct dvmm_segment over_tsc(u64 *error_cycles)
{
	struct dvmm_clock_view view;

	dvmm_clock_read(&view);
	return dvmm_host_over_tsc(&view.segment, error_cycles);
}

int dvmm_vm_draw(struct dvmm_vm *vm)
{
	u64 error_cycles;
	struct dvmm_segment seg = over_tsc(&error_cycles);
	int ret = line_through_now(vm, &vm->line, &seg);

	if (!ret && abs(line_drift_ppb(vm, &seg)) > STEPPED_MAX_PPB)
		ret = -ERANGE;
	if (ret)
		pr_err("this CPU's TSC %s and cannot run at the cluster's %u kHz: no VM can be attached here\n",
		       dvmm_kvm_info.scaling.scales ? "scales too little" : "does not scale",
		       vm->rule.khz);
	return ret;
}

/*
 * While a line is changed, whoever asks for the machine's time waits: it must not be seen
 * to go back by them either. Interrupts are off, since they may ask, too.
 */
static void begin_change(struct dvmm_vm *vm)
{
	local_irq_disable();
	write_seqcount_begin(&vm->line_seq);
	smp_mb(); /* that all see it before the TSC is read */
}

static void end_change(struct dvmm_vm *vm)
{
	write_seqcount_end(&vm->line_seq);
	local_irq_enable();
}

u64 dvmm_vm_tsc_at(const struct dvmm_vm *vm, u64 host_tsc)
{
	return line_at(&vm->line, host_tsc);
}

/*
 * rdtsc_ordered() reads the TSC after the sequence. So a TSC that counts is from before the
 * change's stop, or from after its release.
 */
static u64 tsc_now(const struct dvmm_vm *vm, u32 *khz)
{
	unsigned int seq;
	u64 tsc;

	do {
		seq = read_seqcount_begin(&vm->line_seq);
		tsc = line_at(&vm->line, rdtsc_ordered());
		*khz = vm->rule.khz;
		rmb(); /* the TSC is read before the sequence is, again */
	} while (read_seqcount_retry(&vm->line_seq, seq));
	return tsc;
}

u64 dvmm_vm_tsc(const struct dvmm_vm *vm)
{
	u32 khz;

	return tsc_now(vm, &khz);
}

u64 dvmm_vm_now_ns(struct dvmm_vm *vm)
{
	u32 khz;
	u64 tsc = tsc_now(vm, &khz);

	return dvmm_tsc_ns(tsc, khz);
}

/*
 * The first vCPU to run settles the guest's TSC frequency: user space may have
 * chosen one (KVM_SET_TSC_KHZ), where the CPU scales.
 */
static noinline void start(struct dvmm_vm *vm, struct kvm_vcpu *vcpu)
{
	u32 khz = min(vcpu->arch.virtual_tsc_khz, DVMM_TSC_KHZ_MAX);
	struct dvmm_tsc_rule cluster_rule;
	bool other = false;

	raw_spin_lock(&vm->lock);
	begin_change(vm);
	if (!vm->started && dvmm_kvm_info.scaling.scales && khz && khz != vm->rule.khz) {
		cluster_rule = vm->rule;
		vm->rule.khz = khz;
		other = !dvmm_vm_draw(vm);
		if (!other)
			vm->rule = cluster_rule;
	}
	vm->started = true;
	end_change(vm);
	if (other)
		dvmm_vm_kvmclock_rebase(vm);
	raw_spin_unlock(&vm->lock);
}

static noinline void apply(struct kvm_vcpu *vcpu, u64 ratio, u64 offset)
{
	if (vcpu->arch.l1_tsc_scaling_ratio != ratio)
		dvmm_kvm(kvm_vcpu_write_tsc_multiplier)(vcpu, ratio);
	dvmm_kvm(kvm_vcpu_write_tsc_offset)(vcpu, offset);
	dvmm_vm_lapic_line_changed(vcpu);
}

/*
 * Comparing values rather than a generation number also notices whatever KVM or
 * user space wrote meanwhile. What the guest wrote is in IA32_TSC_ADJUST and is
 * kept: KVM accounts guest writes of IA32_TSC there, too. A line read half old,
 * half new is harmless: the change that tore it will have a request pending, which
 * brings the vCPU back here before it enters.
 */
bool dvmm_vm_apply(struct dvmm_vm *vm, struct kvm_vcpu *vcpu)
{
	u64 ratio, offset;

	if (unlikely(!READ_ONCE(vm->started)))
		start(vm, vcpu);
	kvm_check_request(DVMM_REQ_LINE, vcpu);	/* the line is read after it is cleared */
	ratio = READ_ONCE(vm->line.ratio);
	offset = READ_ONCE(vm->line.offset) + vcpu->arch.ia32_tsc_adjust_msr;
	if (likely(vcpu->arch.l1_tsc_offset == offset &&
		   vcpu->arch.l1_tsc_scaling_ratio == ratio))
		return false;
	apply(vcpu, ratio, offset);
	return true;
}

bool dvmm_vm_line_pending(struct kvm_vcpu *vcpu)
{
	return kvm_test_request(DVMM_REQ_LINE, vcpu);
}

/*
 * Wait until @line is not behind @floor. Where that takes too long, move it
 * only as far back as can be waited for; the next look moves it further.
 */
static void wait_for_floor(struct dvmm_line *line, u64 floor, u64 max_ticks)
{
	s64 short_by = floor - line_at(line, rdtsc_ordered());

	if (short_by > (s64)max_ticks)
		line->offset += short_by - max_ticks;
	while ((s64)(floor - line_at(line, rdtsc_ordered())) > 0)
		cpu_relax();
}

static void release_vcpus(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	unsigned long i;

	/*
	 * Pending until the vCPU has taken the new line: also for one that passed
	 * dvmm_vm_apply() before the change and has not looked for requests yet.
	 */
	dvmm_kvm(kvm_make_all_cpus_request)(kvm, DVMM_REQ_LINE);
	kvm_for_each_vcpu(i, vcpu, kvm)
		kvm_clear_request(DVMM_REQ_STOP, vcpu);
}

/* Returns by how many ticks the guest's TSC was moved. */
static s64 change_line(struct dvmm_vm *vm, const struct dvmm_segment *seg)
{
	struct dvmm_line line;
	u64 stop, floor;
	s64 step = 0;

	lockdep_assert_held(&vm->lock);
	dvmm_kvm(kvm_make_all_cpus_request)(vm->kvm, DVMM_REQ_STOP);
	begin_change(vm);
	stop = rdtsc_ordered();
	floor = line_at(&vm->line, stop);
	if (!line_through_now(vm, &line, seg)) {
		wait_for_floor(&line, floor, div64_u64((u64)STOP_MAX_NS * vm->rule.khz, 1000000));
		step = line_at(&line, stop) - floor;
		WRITE_ONCE(vm->line.ratio, line.ratio);
		WRITE_ONCE(vm->line.offset, line.offset);
	}
	end_change(vm);
	release_vcpus(vm->kvm);
	return step;
}

/* Up to a year of them, which is what a TSC that jumped may have jumped by. */
static u64 ticks_ns(u64 ticks, u32 khz)
{
	return mul_u64_u64_div_u64(min(ticks, 1ULL << 57), 1000000, khz);
}

struct dvmm_retarget dvmm_vm_retarget(struct dvmm_vm *vm)
{
	struct dvmm_retarget result = {};
	struct dvmm_segment seg;
	u64 error_cycles;
	s64 step, off;

	raw_spin_lock(&vm->lock);
	seg = over_tsc(&error_cycles);
	off = dvmm_tsc_at(&vm->rule, seg.base) - line_at(&vm->line, seg.base_cycles);
	result.lag_ns = ticks_ns(abs(off), vm->rule.khz) + ticks_ns(error_cycles, dvmm_host_khz());
	if (result.lag_ns > LINE_TOLERANCE_NS) {
		step = change_line(vm, &seg);
		trace_dvmm_line(vm, vm->line.ratio, vm->line.offset, step);
		result.changed = true;
	}
	result.drift_ppb = abs(line_drift_ppb(vm, &seg));
	raw_spin_unlock(&vm->lock);
	if (result.changed)
		blocking_notifier_call_chain(&listeners, 0, vm);
	return result;
}
