/* SPDX-License-Identifier: GPL-2.0 */
/* What the module's parameters say of timers: policies, and the least interval. */
#ifndef DVMM_VM_POLICY_H
#define DVMM_VM_POLICY_H

#include <linux/types.h>

#include <uapi/linux/dvmm.h>

/* What becomes of ticks missed by timers of @device in VMs created now. */
enum dvmm_tick_policy dvmm_policy_of(enum dvmm_timer_device device);

/* The least interval between two interrupts of one timer, in VMs created now. */
u32 dvmm_policy_gap_ns(void);

#endif
