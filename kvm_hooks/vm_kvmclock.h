/* SPDX-License-Identifier: GPL-2.0 */
/* kvmclock, and what KVM makes of it, from a VM's line. */
#ifndef DVMM_VM_KVMCLOCK_H
#define DVMM_VM_KVMCLOCK_H

#include "body.h"
#include "vm.h"

/* A new VM's clock begins at 0, as KVM's does. Before its vCPUs are created. */
void dvmm_vm_kvmclock_init(struct dvmm_vm *vm);

/*
 * The frequency of @vm's TSC was changed: all pages are to be written anew. For the first
 * vCPU to run, before its last look at pending requests. Preemption off.
 */
void dvmm_vm_kvmclock_rebase(struct dvmm_vm *vm);

/* What kvmclock reads when the guest's TSC, without the guest's own changes, reads @tsc. */
u64 dvmm_vm_kvmclock_ns(const struct dvmm_vm *vm, u64 tsc);

extern struct dvmm_body dvmm_body_pvclock_update_vm_gtod_copy;
extern struct dvmm_body dvmm_body_kvm_setup_guest_pvclock;
extern struct dvmm_body dvmm_body_kvm_hv_setup_tsc_page;
extern struct dvmm_body dvmm_body_get_kvmclock;

#endif
