/* SPDX-License-Identifier: GPL-2.0 */
/* The LAPIC timers of a VM on its line. */
#ifndef DVMM_VM_LAPIC_H
#define DVMM_VM_LAPIC_H

#include "body.h"
#include "vm.h"

/*
 * The VM is being destroyed and no vCPU runs: after this no timer of @kvm is armed, nor in
 * its function. May sleep.
 */
void dvmm_vm_lapic_stop(struct kvm *kvm);

/*
 * @vcpu's TSC has just been put on another line. In its context, preemption off; interrupts
 * may be off.
 */
void dvmm_vm_lapic_line_changed(struct kvm_vcpu *vcpu);

/*
 * Let the guest or user space write to @vcpu's TSC: one-shot and periodic timers are not
 * moved by that. In @vcpu's context; returns what KVM says.
 */
int dvmm_vm_lapic_write_tsc(struct dvmm_vm *vm, struct kvm_vcpu *vcpu, struct msr_data *msr);

extern struct dvmm_body dvmm_body_start_sw_timer;
extern struct dvmm_body dvmm_body_start_hv_timer;
extern struct dvmm_body dvmm_body_apic_timer_fn;
extern struct dvmm_body dvmm_body_advance_periodic_target_expiration;
extern struct dvmm_body dvmm_body_kvm_lapic_reg_read;
extern struct dvmm_body dvmm_body_kvm_lapic_reg_write;

#endif
