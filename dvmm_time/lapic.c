// SPDX-License-Identifier: GPL-2.0
/* The timer of a local APIC by its guest's TSC. */
#include "lapic.h"

#define NSEC_PER_MSEC_U64 1000000ULL

/* One part in so many of a long wait is left for the second stage. */
#define STAGE_SHIFT 10

/* And a short one is made longer by it (122 ppm) and a ns, for one look to be enough. */
#define SLACK_SHIFT 13

/*
 * In ns, and 1 / @khz of @more added before it is rounded down. Whole ms first, so that
 * nothing overflows.
 */
static u64 to_ns(u64 ticks, u32 khz, u32 more)
{
	u64 ms = div64_u64(ticks, khz);
	u64 part = (ticks - ms * khz) * NSEC_PER_MSEC_U64;

	return ms * NSEC_PER_MSEC_U64 + div64_u64(part + more, khz);
}

static u64 ns_of(u64 ticks, u32 khz)
{
	return to_ns(ticks, khz, 0);
}

/* The first tick at which ns_of() reads @ns. */
static u64 tick_of(u64 ns, u32 khz)
{
	u64 ms = div64_u64(ns, NSEC_PER_MSEC_U64);
	u64 part = (ns - ms * NSEC_PER_MSEC_U64) * khz;

	return ms * khz + div64_u64(part + NSEC_PER_MSEC_U64 - 1, NSEC_PER_MSEC_U64);
}

u64 dvmm_lapic_left_ns(u64 deadline, u64 tsc, u32 khz)
{
	u64 most = DVMM_LAPIC_WAIT_MAX_NS / NSEC_PER_MSEC_U64 * khz;

	if (deadline <= tsc)
		return 0;
	return to_ns(min(deadline - tsc, most), khz, khz - 1);
}

u64 dvmm_lapic_wait_ns(u64 left_ns)
{
	if (left_ns > DVMM_LAPIC_STAGED_NS)
		return left_ns - (left_ns >> STAGE_SHIFT);
	return left_ns + (left_ns >> SLACK_SHIFT) + 1;
}

u64 dvmm_lapic_next(u64 deadline, u64 tsc, u64 period_ns, u32 khz)
{
	u64 ns = ns_of(deadline, khz);
	u64 next = tick_of(ns + period_ns, khz);

	if (next > tsc)
		return next;
	return tick_of(ns + div64_u64(ns_of(tsc, khz) - ns, period_ns) * period_ns, khz);
}

u32 dvmm_lapic_count(u64 left_ns, u64 period_ns, u32 divide)
{
	return div64_u64(min(left_ns, period_ns) + divide - 1, divide);
}
