// SPDX-License-Identifier: GPL-2.0
/*
 * kvmclock, and what KVM makes of it, from a VM's line.
 *
 * A page maps a guest's TSC to ns. The line keeps the TSC at its nominal rate by
 * definition, so the page never has to follow the line: it is one and the same for all
 * vCPUs, until KVM stops them all to begin it anew (master clock update), or user
 * space sets the clock. Neither may move it by more than 1 ns but to where it was set.
 *
 * KVM's own clock is the host's monotonic time, through the host's calibration of the TSC.
 */
#include "kvmclock.h"
#include "resolve.h"
#include "vm_kvmclock.h"
#include "vm_line.h"

DVMM_BODY(pvclock_update_vm_gtod_copy);
DVMM_BODY(kvm_setup_guest_pvclock);
DVMM_BODY(kvm_hv_setup_tsc_page);
DVMM_BODY(get_kvmclock);

static struct dvmm_kvmclock_rate rate_of(const struct dvmm_vm *vm)
{
	return dvmm_kvmclock_rate(READ_ONCE(vm->rule.khz));
}

/* Without KVM's kvmclock_offset, which is how user space sets the clock. */
static u64 running_ns(const struct dvmm_vm *vm, u64 tsc)
{
	struct dvmm_kvmclock_rate rate = rate_of(vm);

	return dvmm_kvmclock_ns(&rate, tsc);
}

u64 dvmm_vm_kvmclock_ns(const struct dvmm_vm *vm, u64 tsc)
{
	return running_ns(vm, tsc) + READ_ONCE(vm->kvm->arch.kvmclock_offset);
}

/*
 * kvm->arch.tsc_write_lock and pvclock_sc are held, no vCPU is in guest mode. KVM sets its
 * clock relative to master_kernel_ns.
 *
 * The TSCs of all vCPUs are on one line whatever KVM thinks of what was written to them, so
 * there is always a master clock. Old guests that it confuses are KVM's to know.
 */
static void our_pvclock_update_vm_gtod_copy(struct kvm *kvm)
{
	struct dvmm_vm *vm = dvmm_vm_find(kvm);
	struct kvm_arch *ka = &kvm->arch;

	dvmm_body(pvclock_update_vm_gtod_copy)(kvm);
	if (!vm)
		return;
	vm->kvmclock_tsc = dvmm_vm_tsc(vm);
	ka->master_cycle_now = rdtsc();
	ka->master_kernel_ns = running_ns(vm, vm->kvmclock_tsc);
	ka->use_master_clock = !ka->boot_vcpu_runs_old_kvmclock;
}

/* Where the page begins, and what KVM adds to it, of one and the same update. */
static struct dvmm_kvmclock_page page_of(struct dvmm_vm *vm)
{
	struct kvm_arch *ka = &vm->kvm->arch;
	struct dvmm_kvmclock_rate rate = rate_of(vm);
	struct dvmm_kvmclock_page page;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&ka->pvclock_sc);
		page = dvmm_kvmclock_page(&rate, READ_ONCE(vm->kvmclock_tsc),
					  READ_ONCE(ka->kvmclock_offset));
	} while (read_seqcount_retry(&ka->pvclock_sc, seq));
	return page;
}

/* @vcpu is loaded. What its guest wrote to its TSC does not move its clock. */
static void fill(struct dvmm_vm *vm, struct kvm_vcpu *vcpu)
{
	struct pvclock_vcpu_time_info *info = &vcpu->arch.hv_clock;
	struct dvmm_kvmclock_rate rate = rate_of(vm);
	struct dvmm_kvmclock_page page = page_of(vm);

	info->tsc_timestamp = page.tsc + vcpu->arch.ia32_tsc_adjust_msr;
	info->system_time = page.system_ns;
	info->tsc_to_system_mul = rate.mul;
	info->tsc_shift = rate.shift;
}

static void our_kvm_setup_guest_pvclock(struct kvm_vcpu *vcpu, struct gfn_to_pfn_cache *cache,
					unsigned int offset)
{
	struct dvmm_vm *vm = dvmm_vm_find(vcpu->kvm);

	if (vm)
		fill(vm, vcpu);
	dvmm_body(kvm_setup_guest_pvclock)(vcpu, cache, offset);
}

/* KVM takes Hyper-V's reference TSC page from the clock of the vCPU that updates it. */
static void our_kvm_hv_setup_tsc_page(struct kvm *kvm, struct pvclock_vcpu_time_info *info)
{
	struct dvmm_vm *vm = dvmm_vm_find(kvm);

	if (vm)
		fill(vm, container_of(info, struct kvm_vcpu, arch.hv_clock));
	dvmm_body(kvm_hv_setup_tsc_page)(kvm, info);
}

/* What KVM says of the host's clocks stays, and of the same instant. */
static void read_clock(struct dvmm_vm *vm, struct kvm_clock_data *data)
{
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&vm->line_seq);
		dvmm_body(get_kvmclock)(vm->kvm, data);
		if (!(data->flags & KVM_CLOCK_HOST_TSC))
			data->host_tsc = rdtsc_ordered();
		data->clock = dvmm_vm_kvmclock_ns(vm, dvmm_vm_tsc_at(vm, data->host_tsc));
		rmb();	/* the sequence is read after the TSC */
	} while (read_seqcount_retry(&vm->line_seq, seq));
}

/* For KVM_GET_CLOCK, Hyper-V's reference counter, and Xen's timers. */
static void our_get_kvmclock(struct kvm *kvm, struct kvm_clock_data *data)
{
	struct dvmm_vm *vm = dvmm_vm_find(kvm);

	if (vm)
		read_clock(vm, data);
	else
		dvmm_body(get_kvmclock)(kvm, data);
}

void dvmm_vm_kvmclock_init(struct dvmm_vm *vm)
{
	vm->kvmclock_tsc = dvmm_vm_tsc(vm);
	vm->kvm->arch.kvmclock_offset = -running_ns(vm, vm->kvmclock_tsc);
}

void dvmm_vm_kvmclock_rebase(struct dvmm_vm *vm)
{
	WRITE_ONCE(vm->kvmclock_tsc, dvmm_vm_tsc(vm));
	dvmm_kvm(kvm_make_all_cpus_request)(vm->kvm,
					    KVM_REQ_CLOCK_UPDATE | KVM_REQUEST_NO_WAKEUP);
}
