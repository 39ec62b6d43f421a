// SPDX-License-Identifier: GPL-2.0
/* Who goes on in the TSC's place. */
#include "sources_internal.h"

/* What the heir's rate may have done since it was last measured. */
#define WANDER_PPB 1000

/*
 * From the last reading of it when all agreed, the TSC goes on as the heir tells. The
 * TSC's own readings of now do not count: it may be anywhere.
 */
struct dvmm_heir dvmm_sources_heir(const struct dvmm_sources *s, enum dvmm_source_id id)
{
	const struct dvmm_sources_past *past = dvmm_sources_oldest(s);
	const struct dvmm_source *source = &s->source[id];
	s64 passed = source->elapsed_q10 - past->elapsed_q10[id];
	u64 hz = s->source[DVMM_SOURCE_TSC].info.hz;

	passed = max(passed - dvmm_q10_share(passed, source->skew_ppb), 0LL);
	return (struct dvmm_heir) {
		.id = id,
		.value = source->last.value,
		.tsc = past->tsc[id] + mul_u64_u64_div_u64(passed, hz, DVMM_NSEC_PER_SEC << DVMM_Q),
		.skew_ppb = source->skew_ppb,
		.rate_error_ppb = source->skew_error_ppb + WANDER_PPB,
	};
}
