/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the keeping of time sources share. */
#ifndef DVMM_SOURCES_INTERNAL_H
#define DVMM_SOURCES_INTERNAL_H

#include "sources.h"

/* Times here are ns * 2^-10, that eight roundings a second are no rate (0.01 ppb). */
#define DVMM_Q 10
#define DVMM_SEC_Q10 ((s64)(DVMM_NSEC_PER_SEC << DVMM_Q))

/* Before it is measured: calibration at boot is off by this at most. */
#define DVMM_SKEW_UNKNOWN_PPB 1000000

static inline bool dvmm_source_present(const struct dvmm_source *source)
{
	return source->info.hz;
}

/* @ppb, up to 10^7 either way, of @q10, which is below 2^60. */
static inline s64 dvmm_q10_share(s64 q10, s64 ppb)
{
	bool negative = (q10 < 0) != (ppb < 0);
	s64 part = mul_u64_u64_div_u64(abs(q10), abs(ppb), DVMM_PPB);

	return negative ? -part : part;
}

/* All counters agree: renew what is known of their rates and their stability. */
void dvmm_sources_measure(struct dvmm_sources *s);

#endif
