// SPDX-License-Identifier: GPL-2.0
/*
 * The time of day that a guest of ours is told: when its kvmclock read zero.
 *
 * A guest asks for it by an MSR, which is its own moment to ask, so KVM's answer of the
 * host's time of day is replaced before the guest goes on.
 */
#include "resolve.h"
#include "sync.h"
#include "vm_kvmclock.h"
#include "vm_line.h"
#include "vm_wallclock.h"

/* Machine time is cluster time since the epoch, and that is TAI. */
u64 dvmm_vm_utc_ns(const struct dvmm_vm *vm, u64 tsc)
{
	u64 tai_ns = vm->rule.epoch_ns + dvmm_tsc_ns(tsc, vm->rule.khz);

	return tai_ns - (s64)dvmm_sync_utc_offset_s() * NSEC_PER_SEC;
}

/*
 * The version is even when KVM is done, and it is odd while the rest is written: as KVM's
 * own protocol has it. If the page is gone, the guest has nothing to read either.
 */
void dvmm_vm_wallclock_write(struct dvmm_vm *vm, gpa_t where)
{
	u64 tsc = dvmm_vm_tsc(vm);
	u64 ns = dvmm_vm_utc_ns(vm, tsc) - dvmm_vm_kvmclock_ns(vm, tsc);
	struct pvclock_wall_clock clock;

	if (dvmm_kvm(kvm_read_guest)(vm->kvm, where, &clock, sizeof(clock)))
		return;
	clock.version++;
	dvmm_kvm(kvm_write_guest)(vm->kvm, where, &clock.version, sizeof(clock.version));
	smp_wmb();	/* odd before it changes */
	clock.nsec = do_div(ns, NSEC_PER_SEC);
	clock.sec = ns;
	dvmm_kvm(kvm_write_guest)(vm->kvm, where, &clock, sizeof(clock));
	smp_wmb();	/* even after it has */
	clock.version++;
	dvmm_kvm(kvm_write_guest)(vm->kvm, where, &clock.version, sizeof(clock.version));
}
