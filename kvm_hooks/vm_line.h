/* SPDX-License-Identifier: GPL-2.0 */
/* How a VM's line is applied at vCPU entry, and changed under running vCPUs. */
#ifndef DVMM_VM_LINE_H
#define DVMM_VM_LINE_H

#include "vm.h"

/**
 * dvmm_vm_apply() - give @vcpu its VM's line
 *
 * Called on the way into the guest, vCPU loaded, preemption off, interrupts on,
 * before KVM's last look at pending requests.
 */
void dvmm_vm_apply(struct dvmm_vm *vm, struct kvm_vcpu *vcpu);

/**
 * dvmm_vm_draw() - a fresh VM's first line, through the present instant
 *
 * Return: 0, or -ERANGE where this CPU cannot follow (and one line in the log).
 */
int __must_check dvmm_vm_draw(struct dvmm_vm *vm);

/**
 * struct dvmm_retarget - the outcome of a look at one VM's line
 * @changed: the line was changed
 * @lag_ns: how far it was off, either way
 * @drift_ppb: how fast it will be off again
 */
struct dvmm_retarget {
	bool changed;
	u64 lag_ns;
	u64 drift_ppb;
};

/* Bring @vm's line back to the cluster clock if it is off. May sleep. */
struct dvmm_retarget dvmm_vm_retarget(struct dvmm_vm *vm);

#endif
