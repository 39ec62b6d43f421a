/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's system time and its TSC at one and the same instant.
 *
 * Since v6.9 get_device_system_crosststamp() takes a TSC reading under the id
 * CSID_X86_TSC. Before, it wanted the TSC's struct clocksource, which is private
 * to the architecture; but ktime_get_snapshot() tells the counter reading that
 * it made, and one that lies between two readings of the TSC is the TSC's.
 */
#ifndef DVMM_COMPAT_CROSSTSTAMP_H
#define DVMM_COMPAT_CROSSTSTAMP_H

#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include <asm/msr.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)

#include <linux/clocksource_ids.h>

static int dvmm_tsc_now(ktime_t *unused, struct system_counterval_t *counter,
			void *tsc)
{
	*(u64 *)tsc = rdtsc_ordered();
	*counter = (struct system_counterval_t) {
		.cycles = *(u64 *)tsc,
		.cs_id = CSID_X86_TSC,
	};
	return 0;
}

/* -ENODEV while the host does not keep time by its TSC. */
static inline int dvmm_tsc_crosststamp(u64 *tsc,
				       struct system_device_crosststamp *stamp)
{
	return get_device_system_crosststamp(dvmm_tsc_now, tsc, NULL, stamp);
}

#else

static inline int dvmm_tsc_crosststamp(u64 *tsc,
				       struct system_device_crosststamp *stamp)
{
	struct system_time_snapshot snap;
	u64 before, after;

	before = rdtsc_ordered();
	ktime_get_snapshot(&snap);
	after = rdtsc_ordered();
	if (snap.cycles - before > after - before)
		return -ENODEV;
	*tsc = snap.cycles;
	stamp->sys_realtime = snap.real;
	stamp->sys_monoraw = snap.raw;
	return 0;
}

#endif

#endif
