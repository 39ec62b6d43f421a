/* SPDX-License-Identifier: GPL-2.0 */
/* The RTC of a VM (Documentation/rtc.rst), as others of its devices know it. */
#ifndef DVMM_VM_RTC_H
#define DVMM_VM_RTC_H

#include "vm.h"

/*
 * The HPET takes IRQ 8 over, or gives it back (IA-PC HPET 1.0a, 2.3.5 legacy replacement).
 * Time and flags go on. Timers lock held.
 */
void dvmm_vrtc_replace(struct dvmm_vm *vm, bool replaced, u64 now_ns);

/* The machine is reset: no interrupts, until the guest enables them. Takes the timers lock. */
void dvmm_vrtc_reset(struct dvmm_vm *vm);

#endif
