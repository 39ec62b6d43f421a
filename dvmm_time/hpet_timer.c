// SPDX-License-Identifier: GPL-2.0
/* One timer of an HPET: its comparator, and when the main counter matches it. */
#include "hpet_timer.h"

/*
 * All matches after timer->since. What does not move on matches again when the counter has
 * gone all around: after 2^32 ticks, as "another interrupt when the main counter wraps"
 * (2.3.9.2.1) is read by Intel's later data sheets; after 2^64, which is 5849 years, never.
 */
static struct dvmm_series all_matches(const struct dvmm_hpet_timer *timer)
{
	struct dvmm_series series = { .hz = DVMM_HPET_HZ, .first = DVMM_NEVER };
	u64 mask = dvmm_hpet_timer_mask(timer), around = mask + 1;
	u64 ahead = (timer->comparator - timer->counter) & mask;

	if (timer->config & DVMM_HPET_TN_PERIODIC)
		series.period = timer->period;
	if (!series.period)
		series.period = around;
	if (!ahead)
		ahead = around;
	if (ahead && ahead < DVMM_NEVER - timer->since)
		series.first = timer->since + ahead;
	return series;
}

static u64 count(const struct dvmm_series *series, u64 tick)
{
	if (tick < series->first)
		return 0;
	return series->period ? (tick - series->first) / series->period + 1 : 1;
}

u64 dvmm_hpet_timer_matched(const struct dvmm_hpet_timer *timer, u64 tick)
{
	struct dvmm_series series = all_matches(timer);

	return count(&series, tick);
}

struct dvmm_series dvmm_hpet_timer_matches(const struct dvmm_hpet_timer *timer, u64 tick)
{
	struct dvmm_series series = all_matches(timer);
	u64 matched = count(&series, tick), last;

	if (!matched)
		return series;
	last = series.first + (matched - 1) * series.period;	/* not above tick */
	if (series.period && series.period < DVMM_NEVER - last)
		series.first = last + series.period;
	else
		series.first = DVMM_NEVER;
	return series;
}

u64 dvmm_hpet_timer_comparator(const struct dvmm_hpet_timer *timer, u64 tick)
{
	u64 grown = 0;

	if (timer->config & DVMM_HPET_TN_PERIODIC)
		grown = dvmm_hpet_timer_matched(timer, tick) * timer->period;
	return (timer->comparator + grown) & dvmm_hpet_timer_mask(timer);
}

void dvmm_hpet_timer_settle(struct dvmm_hpet_timer *timer, u64 tick, u64 counter)
{
	timer->comparator = dvmm_hpet_timer_comparator(timer, tick);
	timer->since = tick;
	timer->counter = counter;
}
