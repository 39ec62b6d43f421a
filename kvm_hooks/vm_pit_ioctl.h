/* SPDX-License-Identifier: GPL-2.0 */
/*
 * KVM's ioctls about its PIT, answered by ours (Documentation/virt/kvm/api.rst). For
 * vm_ioctl.c; context as there.
 */
#ifndef DVMM_VM_PIT_IOCTL_H
#define DVMM_VM_PIT_IOCTL_H

#include "vm.h"

/* KVM_CREATE_PIT, KVM_CREATE_PIT2. -EEXIST if there is one, -ENOENT without a PIC in KVM. */
long dvmm_pit_ioctl_create(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);

/*
 * KVM_GET_PIT, KVM_GET_PIT2, KVM_SET_PIT, KVM_SET_PIT2. -ENXIO if there is none. Unlike KVM's,
 * setting keeps the phase: count_load_time, on the host's CLOCK_MONOTONIC, is heeded.
 */
long dvmm_pit_ioctl_get(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);
long dvmm_pit_ioctl_set(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);

/*
 * KVM_REINJECT_CONTROL. 0: missed ticks are discarded; else the policy is what the module's
 * parameter says. -ENXIO if there is none.
 */
long dvmm_pit_ioctl_reinject(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);

#endif
