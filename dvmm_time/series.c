// SPDX-License-Identifier: GPL-2.0
/* A device's clock, and a series of interrupts by it. */
#include "series.h"

/* Whole seconds apart, so that each product is below 10^18. */
u64 dvmm_ticks_at(u32 hz, u64 now_ns)
{
	u64 s = now_ns / DVMM_NSEC_PER_SEC;
	u64 ns = now_ns % DVMM_NSEC_PER_SEC;

	return s * hz + ns * hz / DVMM_NSEC_PER_SEC;
}

u64 dvmm_ticks_ns(u32 hz, u64 ticks)
{
	u64 s = ticks / hz;
	u64 ns = (ticks % hz * DVMM_NSEC_PER_SEC + hz - 1) / hz;

	if (s > (DVMM_NEVER - ns) / DVMM_NSEC_PER_SEC)
		return DVMM_NEVER;
	return s * DVMM_NSEC_PER_SEC + ns;
}
