// SPDX-License-Identifier: GPL-2.0
/* Rates of the counters against the TSC, and the stability of these. */
#include "sources_internal.h"

/* The rate is measured over one to two of these. */
#define ANCHOR_S 64

/* The trend that the Allan deviation leaves out is that after so many seconds. */
#define TREND_S 4

static void set_anchor(const struct dvmm_sources *s, struct dvmm_source *source, int which)
{
	source->anchor[which].at_q10 = s->at_q10;
	source->anchor[which].phase_q10 = source->phase_q10;
	source->anchor[which].error_ns = source->last.half_ns;
}

/* Four times nominal is more than any counter that still counts. */
static s64 rate_ppb(s64 q10, s64 time_q10)
{
	u64 size = q10 < 0 ? -(u64)q10 : (u64)q10;
	u64 ppb = mul_u64_u64_div_u64(min_t(u64, size, 4 * (u64)time_q10), DVMM_PPB, time_q10);

	return q10 < 0 ? -(s64)ppb : (s64)ppb;
}

static void measure_rate(const struct dvmm_sources *s, struct dvmm_source *source)
{
	s64 time = s->at_q10 - source->anchor[0].at_q10;
	s64 error_q10 = (s64)(source->last.half_ns + source->anchor[0].error_ns) << DVMM_Q;
	s64 error_ppb;

	if (time < DVMM_SEC_Q10)
		return;
	error_ppb = rate_ppb(error_q10, time) + 1;
	if (error_ppb >= DVMM_SKEW_UNKNOWN_PPB)
		return;
	source->skew_ppb = rate_ppb(source->phase_q10 - source->anchor[0].phase_q10, time);
	source->skew_error_ppb = error_ppb;
	if (time < 2 * ANCHOR_S * DVMM_SEC_Q10)
		return;
	source->anchor[0] = source->anchor[1];
	set_anchor(s, source, 1);
}

static void measure_rates(struct dvmm_sources *s)
{
	int i;

	for (i = 1; i < DVMM_SOURCES; i++) {
		struct dvmm_source *source = &s->source[i];

		if (!dvmm_source_present(source))
			continue;
		if (!s->pasts)
			set_anchor(s, source, 0);
		/* on the way from one beginning to the next */
		if (s->at_q10 - source->anchor[0].at_q10 < ANCHOR_S * DVMM_SEC_Q10)
			set_anchor(s, source, 1);
		measure_rate(s, source);
	}
}

/* Seconds are taken at the first round in them: the trend must not show through that. */
static void measure_stability(struct dvmm_sources *s)
{
	s64 second = div64_s64(s->at_q10, DVMM_SEC_Q10);
	int i;

	if (second == s->allan_s || second < TREND_S)
		return;
	for (i = 1; i < DVMM_SOURCES; i++) {
		struct dvmm_source *source = &s->source[i];

		if (second != s->allan_s + 1)
			dvmm_allan_reset(&source->allan);
		if (s->allan_s < TREND_S)
			s->trend_ppb[i] = source->skew_ppb;
		if (dvmm_source_present(source))
			dvmm_allan_add(&source->allan, (source->phase_q10 -
					dvmm_q10_share(s->at_q10, s->trend_ppb[i])) >> DVMM_Q);
	}
	s->allan_s = second;
}

void dvmm_sources_measure(struct dvmm_sources *s)
{
	measure_rates(s);
	measure_stability(s);
}
