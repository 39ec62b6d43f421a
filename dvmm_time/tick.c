// SPDX-License-Identifier: GPL-2.0
/* The tick engine: what is due, and what becomes of what was missed. */
#include "tick.h"

void dvmm_tick_init(struct dvmm_tick *tick, enum dvmm_tick_policy policy, u32 gap_ns)
{
	*tick = (struct dvmm_tick){
		.series = { .hz = 1, .first = DVMM_NEVER },
		.policy = policy,
		.gap_ns = gap_ns,
	};
}

/* Merged and discarded ones are no longer pending. */
static void merge(struct dvmm_tick_counts *counts, u64 keep)
{
	counts->merged += counts->pending - keep;
	counts->pending = keep;
}

static void discard(struct dvmm_tick_counts *counts, u64 keep)
{
	counts->discarded += counts->pending - keep;
	counts->pending = keep;
}

/*
 * What of the pending ones the policy lets stay. Who merges stands for the first one
 * missed; who discards delivers the newest, unless that is missed, too: the guest has
 * not taken the one before.
 */
static void apply_policy(struct dvmm_tick *tick)
{
	struct dvmm_tick_counts *counts = &tick->counts;

	if (!counts->pending)
		return;
	if (tick->policy == DVMM_TICK_MERGE) {
		merge(counts, 1);
	} else if (tick->policy == DVMM_TICK_DISCARD) {
		discard(counts, tick->in_flight ? 0 : 1);
		tick->oldest = tick->last_due;
	}
}

/* So many of @series are due when its clock reads @ticks. */
static u64 due(const struct dvmm_series *series, u64 ticks)
{
	if (series->first == DVMM_NEVER || ticks < series->first)
		return 0;
	return series->period ? (ticks - series->first) / series->period + 1 : 1;
}

/* The tick after @tick, or none: the series ends, or the clock's range does. */
static u64 after(const struct dvmm_series *series, u64 tick)
{
	return series->period && series->period < DVMM_NEVER - tick ? tick + series->period
								     : DVMM_NEVER;
}

static void account(struct dvmm_tick *tick, u64 now_ns)
{
	struct dvmm_series *series = &tick->series;
	u64 count = due(series, dvmm_ticks_at(series->hz, now_ns));

	if (!count)
		return;
	if (!tick->counts.pending)
		tick->oldest = series->first;
	tick->last_due = series->first + (count - 1) * series->period;
	series->first = after(series, tick->last_due);
	tick->counts.programmed += count;
	tick->counts.pending += count;
	apply_policy(tick);
}

static bool same(const struct dvmm_series *a, const struct dvmm_series *b)
{
	return a->hz == b->hz && a->first == b->first &&
	       (a->first == DVMM_NEVER || a->period == b->period);
}

void dvmm_tick_program(struct dvmm_tick *tick, const struct dvmm_series *series, u64 now_ns)
{
	account(tick, now_ns);
	if (same(&tick->series, series))
		return;
	if (tick->counts.pending) {
		discard(&tick->counts, 1);
		/* in ticks of another clock, if that should be so */
		tick->oldest = dvmm_ticks_at(series->hz,
					     dvmm_ticks_ns(tick->series.hz, tick->last_due));
		tick->last_due = tick->oldest;
	}
	tick->series = *series;
	tick->in_flight = false;
	tick->ready_ns = tick->sent_ns + tick->gap_ns;
}

bool dvmm_tick_reset(struct dvmm_tick *tick, u64 now_ns)
{
	bool pending;

	account(tick, now_ns);
	pending = tick->counts.pending;
	discard(&tick->counts, 0);
	tick->series.first = DVMM_NEVER;
	tick->in_flight = false;
	return pending;
}

void dvmm_tick_set_policy(struct dvmm_tick *tick, enum dvmm_tick_policy policy, u64 now_ns)
{
	account(tick, now_ns);
	if (tick->policy == policy)
		return;
	tick->policy = policy;
	tick->ready_ns = tick->sent_ns + tick->gap_ns;
	apply_policy(tick);
}

static bool waits_for_ack(const struct dvmm_tick *tick, u64 now_ns)
{
	return tick->in_flight && now_ns - tick->sent_ns < DVMM_TICK_FLIGHT_MAX_NS;
}

bool dvmm_tick_ready(struct dvmm_tick *tick, u64 now_ns)
{
	account(tick, now_ns);
	if (!waits_for_ack(tick, now_ns))
		tick->in_flight = false;
	return tick->counts.pending && !tick->in_flight && now_ns >= tick->ready_ns;
}

static u32 class_of(u64 late_ns)
{
	u32 class = 0;

	while (late_ns >>= 1)
		class++;
	return min_t(u32, class, DVMM_TICK_CLASSES - 1);
}

static u64 period_ns(const struct dvmm_series *series)
{
	return dvmm_ticks_ns(series->hz, series->period);
}

/*
 * When the next one may be delivered. A backlog that is delayed goes out in step with the
 * series, one for each that comes due; a late delivery does not put off all that follow.
 */
static void pace(struct dvmm_tick *tick, u64 now_ns)
{
	u64 next_ns = dvmm_ticks_ns(tick->series.hz, tick->series.first);

	tick->ready_ns = now_ns + tick->gap_ns;
	if (next_ns < tick->ready_ns)
		tick->counts.held++;
	if (!tick->counts.pending || next_ns == DVMM_NEVER)
		return;
	if (tick->policy == DVMM_TICK_DELAY)
		tick->ready_ns = max(tick->ready_ns, next_ns);
	else if (tick->policy == DVMM_TICK_CATCHUP)
		tick->ready_ns = max(tick->ready_ns, now_ns + period_ns(&tick->series) /
							      DVMM_TICK_CATCHUP_RATE);
}

static void delivered(struct dvmm_tick *tick, u64 now_ns)
{
	struct dvmm_tick_counts *counts = &tick->counts;

	counts->late[class_of(now_ns - dvmm_ticks_ns(tick->series.hz, tick->oldest))]++;
	counts->delivered++;
	counts->pending--;
	if (counts->pending)
		tick->oldest = tick->last_due - (counts->pending - 1) * tick->series.period;
	pace(tick, now_ns);
}

void dvmm_tick_settle(struct dvmm_tick *tick, u64 now_ns, enum dvmm_tick_outcome outcome)
{
	switch (outcome) {
	case DVMM_TICK_SENT:
	case DVMM_TICK_DONE:
		delivered(tick, now_ns);
		break;
	case DVMM_TICK_UNHEARD:
		discard(&tick->counts, 0);
		tick->ready_ns = now_ns + tick->gap_ns;
		break;
	case DVMM_TICK_REFUSED:
		break;
	}
	tick->in_flight = outcome == DVMM_TICK_SENT || outcome == DVMM_TICK_REFUSED;
	tick->sent_ns = now_ns;
	apply_policy(tick);
}

void dvmm_tick_acked(struct dvmm_tick *tick, u64 now_ns)
{
	account(tick, now_ns);
	tick->in_flight = false;
}

u64 dvmm_tick_next_ns(const struct dvmm_tick *tick)
{
	u64 next_ns = tick->counts.pending ? 0 : dvmm_ticks_ns(tick->series.hz, tick->series.first);

	if (next_ns == DVMM_NEVER)
		return DVMM_NEVER;
	if (tick->in_flight)
		next_ns = max(next_ns, tick->sent_ns + DVMM_TICK_FLIGHT_MAX_NS);
	return max(next_ns, tick->ready_ns);
}
