/* SPDX-License-Identifier: GPL-2.0 */
/* Ioctls on a VM of ours that are answered in KVM's place. */
#ifndef DVMM_VM_IOCTL_H
#define DVMM_VM_IOCTL_H

#include "body.h"
#include "vm.h"

/**
 * struct dvmm_vm_ioctl - one of them
 * @cmd: as user space gives it, KVM_...
 * @answer: the answer. @arg as user space gave it: a pointer is not checked yet. May
 *	sleep; holds no lock of KVM; @vm and its vm->kvm stay as long as it runs.
 *	-ENOIOCTLCMD leaves this one to KVM.
 */
struct dvmm_vm_ioctl {
	unsigned int cmd;
	long (*answer)(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);
};

extern struct dvmm_body dvmm_body_kvm_arch_vm_ioctl;

#endif
