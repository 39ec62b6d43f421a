/* SPDX-License-Identifier: GPL-2.0 */
/* The HPET of a VM, in place of QEMU's (Documentation/hpet.rst). */
#ifndef DVMM_VM_HPET_H
#define DVMM_VM_HPET_H

#include "vm.h"

/*
 * Do its timers 0 and 1 stand in for PIT and RTC? The PIT is told (dvmm_vpit_replace()); an
 * RTC may ask when it is about to interrupt. Timers lock held.
 */
bool dvmm_vhpet_legacy(struct dvmm_vm *vm);

/*
 * KVM_SET_IRQCHIP, for vm_ioctl.c, context as there. Nobody tells KVM, or us, that a machine
 * is reset, but user space puts the IOAPIC's reset state then: so does the HPET. Always
 * -ENOIOCTLCMD: it is KVM that answers.
 */
long dvmm_hpet_ioctl_irqchip(struct dvmm_vm *vm, unsigned int cmd, unsigned long arg);

#endif
