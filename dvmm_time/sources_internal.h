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

/* A rate that a counter can have: one that stands has none. */
static inline bool dvmm_source_rate_known(const struct dvmm_source *source)
{
	return abs(source->skew_ppb) <= DVMM_SKEW_UNKNOWN_PPB &&
	       source->skew_error_ppb < DVMM_SKEW_UNKNOWN_PPB;
}

/* The oldest of what is kept to compare with, of about a second ago. */
static inline const struct dvmm_sources_past *dvmm_sources_oldest(const struct dvmm_sources *s)
{
	return &s->past[s->pasts < DVMM_SOURCES_HZ ? 0 : s->pasts % DVMM_SOURCES_HZ];
}

/* How @id would go on in the TSC's place, from what was before the disagreement. */
struct dvmm_heir dvmm_sources_heir(const struct dvmm_sources *s, enum dvmm_source_id id);

/* All counters agree: renew what is known of their rates and their stability. */
void dvmm_sources_measure(struct dvmm_sources *s);

#endif
