/* SPDX-License-Identifier: GPL-2.0 */
/* How a VM's line is applied at vCPU entry, and changed under running vCPUs. */
#ifndef DVMM_VM_LINE_H
#define DVMM_VM_LINE_H

#include <linux/notifier.h>

#include "vm.h"

/**
 * dvmm_vm_apply() - give @vcpu its VM's line
 *
 * Called on the way into the guest before KVM's last look at pending requests, and
 * whenever else KVM compares the guest's TSC with something. vCPU loaded, preemption off;
 * before the vCPU's first entry, interrupts on.
 * Return: whether it had another.
 */
bool dvmm_vm_apply(struct dvmm_vm *vm, struct kvm_vcpu *vcpu);

/* Whether the line was changed and @vcpu has not been given it yet. */
bool dvmm_vm_line_pending(struct kvm_vcpu *vcpu);

/**
 * dvmm_vm_draw() - a fresh VM's first line, through the present instant
 *
 * Return: 0, or -ERANGE where this CPU cannot follow (and one line in the log).
 */
int __must_check dvmm_vm_draw(struct dvmm_vm *vm);

/*
 * What the guest's TSC reads when the host's reads @host_tsc, without what the guest wrote
 * to it. In a read section of vm->line_seq.
 */
u64 dvmm_vm_tsc_at(const struct dvmm_vm *vm, u64 host_tsc);

/*
 * The same, now. It does not go back, whoever asks; and what any vCPU has read of its TSC
 * before is not ahead of it. Any context but NMIs; waits up to 20 us while the line is
 * changed.
 */
u64 dvmm_vm_tsc(const struct dvmm_vm *vm);

/**
 * dvmm_vm_now_ns() - machine time
 *
 * What the guest's TSC reads, without what the guest wrote to it, as ns since the
 * machine's epoch, rounded down. It does not go back, whoever asks; and what any vCPU has
 * read of its TSC before is not ahead of it. Any context but NMIs; waits up to 20 us while
 * the line is changed.
 */
u64 dvmm_vm_now_ns(struct dvmm_vm *vm);

/*
 * @listener is called after each change of a VM's line, with that struct dvmm_vm as data,
 * in the line thread, which holds the list of VMs: it may sleep, and must not ask for
 * dvmm_vm_stats(). Time went on without a step, at another rate.
 */
void dvmm_line_listen(struct notifier_block *listener);
void dvmm_line_unlisten(struct notifier_block *listener);

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
