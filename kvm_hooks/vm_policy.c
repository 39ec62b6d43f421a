// SPDX-License-Identifier: GPL-2.0
/*
 * What the module's parameters say of timers.
 *
 * Guests that count ticks, and have no other clock, run on PIT and RTC: they must get
 * all, and be level soon. A guest that uses an HPET has its counter, and reads it in each
 * interrupt: more than one at a time tells it nothing.
 */
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#include "vm_policy.h"

#define GAP_MIN_US 10
#define GAP_MAX_US 100000

static unsigned int timer_gap_us = 50;
module_param(timer_gap_us, uint, 0644);
MODULE_PARM_DESC(timer_gap_us, "least us between interrupts of a timer, 10 to 100000 (default 50)");

static const char *const names[] = {
	[DVMM_TICK_DELAY] = "delay",
	[DVMM_TICK_CATCHUP] = "catchup",
	[DVMM_TICK_MERGE] = "merge",
	[DVMM_TICK_DISCARD] = "discard",
};

static int policy_set(const char *value, const struct kernel_param *param)
{
	int policy = sysfs_match_string(names, value);

	if (policy < 0) {
		pr_err("%s=%s: delay, catchup, merge or discard expected\n", param->name, value);
		return policy;
	}
	WRITE_ONCE(*(int *)param->arg, policy);
	return 0;
}

static int policy_get(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%s\n", names[READ_ONCE(*(int *)param->arg)]);
}

static const struct kernel_param_ops policy_ops = {
	.set = policy_set,
	.get = policy_get,
};

static int policies[] = {
	[DVMM_DEVICE_PIT] = DVMM_TICK_CATCHUP,
	[DVMM_DEVICE_RTC] = DVMM_TICK_CATCHUP,
	[DVMM_DEVICE_HPET] = DVMM_TICK_MERGE,
};

module_param_cb(pit_policy, &policy_ops, &policies[DVMM_DEVICE_PIT], 0644);
MODULE_PARM_DESC(pit_policy, "missed ticks of the PIT: delay, catchup (default), merge, discard");
module_param_cb(rtc_policy, &policy_ops, &policies[DVMM_DEVICE_RTC], 0644);
MODULE_PARM_DESC(rtc_policy, "missed ticks of the RTC: delay, catchup (default), merge, discard");
module_param_cb(hpet_policy, &policy_ops, &policies[DVMM_DEVICE_HPET], 0644);
MODULE_PARM_DESC(hpet_policy, "missed ticks of the HPET: delay, catchup, merge (default), discard");

enum dvmm_tick_policy dvmm_policy_of(enum dvmm_timer_device device)
{
	return READ_ONCE(policies[device]);
}

u32 dvmm_policy_gap_ns(void)
{
	return clamp_t(u32, READ_ONCE(timer_gap_us), GAP_MIN_US, GAP_MAX_US) * NSEC_PER_USEC;
}
