// SPDX-License-Identifier: GPL-2.0
/* Where another clock was seconds ago. */
#include "trail.h"

/* A line known less well than this leads anywhere. */
#define MATURE_PPB 1000

/* So many standard errors are no change of rate. */
#define DOUBT_SIGMAS 2

static bool is_mature(const struct dvmm_estimate *line)
{
	return line->window && line->skew_error_ppb <= MATURE_PPB;
}

void dvmm_trail_reset(struct dvmm_trail *trail)
{
	memset(trail, 0, sizeof(*trail));
	trail->delay_ns = U64_MAX;
}

/* The newest line has been looked for long enough: it is older than the next from now on. */
static void turn_over(struct dvmm_trail *trail, u64 cycles)
{
	u32 i;

	for (i = DVMM_TRAIL_LINES - 1; i; i--)
		trail->line[i] = trail->line[i - 1];
	memset(&trail->line[0], 0, sizeof(trail->line[0]));
	trail->since_cycles = cycles;
}

void dvmm_trail_keep(struct dvmm_trail *trail, const struct dvmm_estimator *e)
{
	struct dvmm_estimate *line = &trail->line[0];
	u64 age = e->now.cycles - trail->since_cycles;

	if (e->now.window < DVMM_ESTIMATOR_MIN)
		return;
	if (line->window && dvmm_mult_ns(e->nominal, age) >= DVMM_TRAIL_NS)
		turn_over(trail, e->now.cycles);
	if (!line->window || e->now.skew_error_ppb <= line->skew_error_ppb)
		*line = e->now;
}

s64 dvmm_trail_strayed_ns(const struct dvmm_trail *trail, const struct dvmm_estimator *e)
{
	const struct dvmm_estimate *line = dvmm_trail_line(trail);
	u64 mult = dvmm_mult_adjust(e->nominal, line->skew_ppb);

	if (!is_mature(line))
		return 0;
	return e->now.ns - line->ns - dvmm_span_ns(mult, line->cycles, e->now.cycles);
}

/* One direction that takes longer shows as half of that, and in the round trip. */
static bool may_be_the_path(const struct dvmm_trail *trail, const struct dvmm_estimator *e)
{
	s64 longer_ns = e->now.recent_delay_ns - dvmm_trail_line(trail)->recent_delay_ns;

	return abs(dvmm_trail_strayed_ns(trail, e)) <= 2 * abs(longer_ns);
}

s64 dvmm_trail_turned_ppb(const struct dvmm_trail *trail, const struct dvmm_estimator *e)
{
	const struct dvmm_estimate *line = dvmm_trail_line(trail);
	s64 ppb = e->now.skew_ppb - line->skew_ppb;
	u64 doubt_ppb = DOUBT_SIGMAS * (e->now.skew_error_ppb + line->skew_error_ppb);

	if (!is_mature(line) || e->now.window < DVMM_ESTIMATOR_MIN || (u64)abs(ppb) <= doubt_ppb ||
	    may_be_the_path(trail, e))
		return 0;
	return ppb < 0 ? ppb + (s64)doubt_ppb : ppb - (s64)doubt_ppb;
}

void dvmm_trail_watch(struct dvmm_trail *trail)
{
	trail->moved_ns = 0;
	trail->delay_ns = U64_MAX;
}

void dvmm_trail_measure(struct dvmm_trail *trail, const struct dvmm_estimator *e,
			const struct dvmm_exchange *x)
{
	const struct dvmm_estimate *line = dvmm_trail_line(trail);
	u64 mult = dvmm_mult_adjust(e->nominal, line->skew_ppb);
	u64 delay_ns = abs(dvmm_exchange_delay_ns(x, mult));
	u64 cycles = dvmm_exchange_cycles(x);

	if (!line->window || delay_ns >= trail->delay_ns)
		return;
	trail->delay_ns = delay_ns;
	trail->moved_ns = dvmm_exchange_ns(x) - line->ns - dvmm_span_ns(mult, line->cycles, cycles);
}
