// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctls on a VM of ours that are answered in KVM's place.
 *
 * kvm_arch_vm_ioctl() gets whatever is the architecture's own to answer.
 */
#include <linux/fs.h>
#include <linux/kvm.h>

#include "vm_hpet.h"
#include "vm_ioctl.h"
#include "vm_pit_ioctl.h"

DVMM_BODY(kvm_arch_vm_ioctl);

/* To add to: a device's own file has the answer. */
static const struct dvmm_vm_ioctl ioctls[] = {
	{ KVM_CREATE_PIT, dvmm_pit_ioctl_create },
	{ KVM_CREATE_PIT2, dvmm_pit_ioctl_create },
	{ KVM_GET_PIT, dvmm_pit_ioctl_get },
	{ KVM_GET_PIT2, dvmm_pit_ioctl_get },
	{ KVM_SET_PIT, dvmm_pit_ioctl_set },
	{ KVM_SET_PIT2, dvmm_pit_ioctl_set },
	{ KVM_REINJECT_CONTROL, dvmm_pit_ioctl_reinject },
	{ KVM_SET_IRQCHIP, dvmm_hpet_ioctl_irqchip },
};

static long answer(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		if (ioctls[i].cmd == cmd)
			return ioctls[i].answer(vm, cmd, arg);
	return -ENOIOCTLCMD;
}

/* It returns int in some kernels, long in others. */
static typeof(kvm_arch_vm_ioctl(NULL, 0, 0))
our_kvm_arch_vm_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct dvmm_vm *vm = dvmm_vm_find(filp->private_data);
	long ret = vm ? answer(vm, cmd, arg) : -ENOIOCTLCMD;

	if (ret != -ENOIOCTLCMD)
		return ret;
	return dvmm_body(kvm_arch_vm_ioctl)(filp, cmd, arg);
}
