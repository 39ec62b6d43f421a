// SPDX-License-Identifier: GPL-2.0
/* Another host's time as a line over the host counter, from raw exchanges. */
#include "linefit.h"

/*
 * How far two windows' answers may be apart, in standard errors, before the longer
 * one is held to be out of date.
 */
#define AGREE_SIGMAS 3

/* From 16 exchanges on by half as much again: 16, 24, 36, 54, 81, 121, 181, 271, 406. */
#define WINDOWS 9

/* So many exchanges tell how long a path is just now. */
#define RECENT 8

/* A shorter time tells less of a rate than is known beforehand. */
#define DOUBT_SPAN_MIN_US 1000

/* Older exchanges hardly narrow the interval: 4 s at 50 ppm widen one by 200 us. */
#define INTERVAL_DEPTH 64

void dvmm_estimator_init(struct dvmm_estimator *e, u64 nominal, struct dvmm_exchange *ring,
			 struct dvmm_point *points, u32 size)
{
	memset(e, 0, sizeof(*e));
	e->nominal = nominal;
	e->ring = ring;
	e->points = points;
	e->size = size;
	e->now.skew_error_ppb = DVMM_SKEW_UNKNOWN_PPB;
	e->known_error_ppb = DVMM_SKEW_UNKNOWN_PPB;
}

void dvmm_estimator_restart(struct dvmm_estimator *e, s64 skew_ppb, u64 skew_error_ppb)
{
	e->head = 0;
	e->count = 0;
	e->now.window = 0;
	e->now.skew_ppb = clamp(skew_ppb, -(s64)DVMM_SKEW_MAX_PPB, (s64)DVMM_SKEW_MAX_PPB);
	e->now.skew_error_ppb = skew_error_ppb;
	e->known_ppb = e->now.skew_ppb;
	e->known_error_ppb = max_t(u64, skew_error_ppb, DVMM_SKEW_CHANGE_PPB);
}

/* What was learnt well is the prior of windows too short to tell by themselves. */
static void remember_skew(struct dvmm_estimator *e)
{
	if (e->now.skew_error_ppb > DVMM_SKEW_KNOWN_PPB)
		return;
	e->known_ppb = e->now.skew_ppb;
	e->known_error_ppb = DVMM_SKEW_CHANGE_PPB;
}

/* The exchange that is @age older than the newest. */
static const struct dvmm_exchange *nth(const struct dvmm_estimator *e, u32 age)
{
	return &e->ring[(e->head - 1 - age) & (e->size - 1)];
}

s64 dvmm_span_ns(u64 mult, u64 from, u64 to)
{
	s64 cycles = to - from;
	u64 ns = dvmm_mult_ns(mult, cycles < 0 ? -(u64)cycles : (u64)cycles);

	ns = min_t(u64, ns, S64_MAX);
	return cycles < 0 ? -(s64)ns : (s64)ns;
}

u64 dvmm_exchange_cycles(const struct dvmm_exchange *x)
{
	return x->t2_cycles + (s64)(x->t3_cycles - x->t2_cycles) / 2;
}

u64 dvmm_exchange_ns(const struct dvmm_exchange *x)
{
	return x->t1_ns + (s64)(x->t4_ns - x->t1_ns) / 2;
}

s64 dvmm_exchange_delay_ns(const struct dvmm_exchange *x, u64 mult)
{
	return (s64)(x->t4_ns - x->t1_ns) - dvmm_span_ns(mult, x->t2_cycles, x->t3_cycles);
}

/*
 * Whoever answers does so after being asked, and a packet takes time: what passed for
 * whom waited is no less than for whom answered, two rates of 3000 ppm error aside.
 */
static int check_exchange(const struct dvmm_exchange *x, u64 nominal)
{
	s64 at_master = x->t4_ns - x->t1_ns, cycles = x->t3_cycles - x->t2_cycles;
	s64 here = dvmm_span_ns(nominal, x->t2_cycles, x->t3_cycles);
	bool asked = at_master < 0, answered = cycles < 0;

	if (abs(at_master) > DVMM_LINEFIT_X_MAX_US * 1000 || asked != answered)
		return -EINVAL;
	return here > at_master + abs(at_master) / 250 + 1000 ? -EINVAL : 0;
}

static void to_point(struct dvmm_point *p, const struct dvmm_exchange *x,
		     const struct dvmm_exchange *newest, u64 nominal, u64 mult)
{
	s64 age_ns = dvmm_span_ns(nominal, dvmm_exchange_cycles(x), dvmm_exchange_cycles(newest));
	s64 delay_ns = dvmm_exchange_delay_ns(x, mult);

	p->x_us = -div64_s64(age_ns, 1000);
	p->y_ns = (s64)(dvmm_exchange_ns(x) - dvmm_exchange_ns(newest)) + age_ns;
	p->delay_ns = max(delay_ns, 0LL);
}

static bool point_in_range(const struct dvmm_point *p)
{
	return p->x_us <= 0 && abs(p->y_ns) <= DVMM_LINEFIT_Y_MAX_NS;
}

/* Too old ones end the list; a wild one is a contradiction. */
static int list_points(struct dvmm_estimator *e)
{
	u64 mult = dvmm_mult_adjust(e->nominal, e->now.skew_ppb);
	u32 i;

	for (i = 0; i < e->count; i++) {
		to_point(&e->points[i], nth(e, i), nth(e, 0), e->nominal, mult);
		if (e->points[i].x_us < -DVMM_LINEFIT_X_MAX_US)
			break;
		if (!point_in_range(&e->points[i]))
			return -ERANGE;
	}
	e->count = i;
	return 0;
}

static bool agree(const struct dvmm_linefit *a, const struct dvmm_linefit *b)
{
	u64 error = dvmm_linefit_error(a, b);

	return abs(a->y0_ns - b->y0_ns) <= (s64)(AGREE_SIGMAS * error);
}

/*
 * The longest window that agrees with every shorter one on what time it is now
 * (Lepski's rule). After a change of the master's rate the long windows, which
 * straddle it, fall away by themselves, and come back as they fill with new data.
 */
static u32 best_window(const struct dvmm_estimator *e, u64 shortest_ns,
		       struct dvmm_linefit *best)
{
	struct dvmm_slope prior = { e->known_ppb, e->known_error_ppb };
	struct dvmm_linefit fits[WINDOWS];
	u32 window, found = 0, tried = 0, i;

	for (window = DVMM_ESTIMATOR_MIN; window <= e->count; window += window / 2) {
		if (dvmm_linefit(&fits[tried], e->points, window, shortest_ns, &prior))
			break;
		for (i = 0; i < tried; i++)
			if (!agree(&fits[i], &fits[tried]))
				return found;
		*best = fits[tried++];
		found = window;
	}
	return found;
}

/* As it is now: the quickest of all may be of before a path changed. */
static u64 recent_delay_ns(const struct dvmm_estimator *e)
{
	return dvmm_linefit_shortest(e->points, min_t(u32, e->count, RECENT));
}

static void fit(struct dvmm_estimator *e)
{
	struct dvmm_slope before = { e->now.skew_ppb, e->now.skew_error_ppb };
	u64 shortest_ns = dvmm_linefit_shortest(e->points, e->count);
	struct dvmm_linefit best;
	u32 window = best_window(e, shortest_ns, &best);

	if (!window) {
		window = e->count;
		dvmm_linefit_level(&best, e->points, window, shortest_ns, &before);
	}
	e->now.cycles = dvmm_exchange_cycles(nth(e, 0));
	e->now.ns = dvmm_exchange_ns(nth(e, 0)) + best.y0_ns;
	e->now.error_ns = best.y0_error_ns;
	e->now.skew_ppb = best.slope_ppb;
	e->now.skew_error_ppb = best.slope_error_ppb;
	e->now.delay_ns = best.delay_ns / 2;
	e->now.recent_delay_ns = recent_delay_ns(e) / 2;
	e->now.window = window;
	remember_skew(e);
}

/*
 * The steepest and the least steep line, in ppb, that pass through what is certain at an
 * exchange and at one @p before it: half a round trip to either side of the middle.
 */
static void narrow_slope(const struct dvmm_point *later, const struct dvmm_point *p,
			 s64 *low_ppb, s64 *high_ppb)
{
	s64 dx_us = later->x_us - p->x_us, dy_ns = later->y_ns - p->y_ns;
	s64 room_ns = min_t(u64, later->delay_ns / 2 + p->delay_ns / 2, DVMM_LINEFIT_Y_MAX_NS);

	if (dx_us < DOUBT_SPAN_MIN_US)
		return;
	*low_ppb = max(*low_ppb, div64_s64((dy_ns - room_ns) * 1000000, dx_us));
	*high_ppb = min(*high_ppb, div64_s64((dy_ns + room_ns) * 1000000, dx_us));
}

/* The quickest of the newest few: the newest itself may have queued for long. */
static u32 quick_recent(const struct dvmm_estimator *e)
{
	u32 n = min_t(u32, e->count, DVMM_ESTIMATOR_MIN), best = 0, i;

	for (i = 1; i < n; i++)
		if (e->points[i].delay_ns < e->points[best].delay_ns)
			best = i;
	return best;
}

/*
 * A standard error is of noise. One who holds packets back makes no noise: he can bend
 * the line as far as the round trips leave room, and no further.
 */
static void doubt(struct dvmm_estimator *e)
{
	s64 low_ppb = -DVMM_SKEW_MAX_PPB, high_ppb = DVMM_SKEW_MAX_PPB, skew_ppb = e->now.skew_ppb;
	u32 quick = quick_recent(e), i;

	for (i = 1; i < e->count; i++)
		narrow_slope(&e->points[0], &e->points[i], &low_ppb, &high_ppb);
	for (i = quick + 1; i < e->count; i++)
		narrow_slope(&e->points[quick], &e->points[i], &low_ppb, &high_ppb);
	e->doubt_ppb = max(max(high_ppb - skew_ppb, skew_ppb - low_ppb), 0LL);
}

/* The estimate is never outside what is certain. */
static int confine(struct dvmm_estimator *e)
{
	struct dvmm_interval i = dvmm_estimator_interval(e, e->now.cycles);

	if ((s64)(i.high_ns - i.low_ns) < 0)
		return -ERANGE;
	if ((s64)(e->now.ns - i.low_ns) < 0)
		e->now.ns = i.low_ns;
	else if ((s64)(i.high_ns - e->now.ns) < 0)
		e->now.ns = i.high_ns;
	return 0;
}

int dvmm_estimator_add(struct dvmm_estimator *e, const struct dvmm_exchange *x)
{
	int ret = check_exchange(x, e->nominal);
	struct dvmm_estimate before = e->now;

	if (ret)
		return ret;
	if (e->count && (s64)(x->t2_cycles - nth(e, 0)->t2_cycles) <= 0)
		return -EINVAL;
	e->ring[e->head++ & (e->size - 1)] = *x;
	e->count = min(e->count + 1, e->size);
	ret = list_points(e);
	if (ret)
		return ret;
	fit(e);
	doubt(e);
	ret = confine(e);
	if (ret)
		e->now = before;
	return ret;
}

u64 dvmm_estimator_ns(const struct dvmm_estimator *e, u64 cycles)
{
	return e->now.ns + dvmm_span_ns(dvmm_mult_adjust(e->nominal, e->now.skew_ppb),
				   e->now.cycles, cycles);
}

u32 dvmm_estimator_drift_ppb(const struct dvmm_estimator *e)
{
	return DVMM_DRIFT_MAX_PPB +
	       min_t(u64, max(4 * e->now.skew_error_ppb, e->doubt_ppb), DVMM_SKEW_UNKNOWN_PPB);
}

/* By how much the clocks may have drifted apart in @ns, either way. */
static u64 drift_ns(s64 ns, u32 ppb)
{
	u64 magnitude = min((u64)abs(ns), 1ULL << 62);

	return mul_u64_u64_div_u64(magnitude, ppb, DVMM_PPB) + 1;
}

/*
 * Master time at t2 is at least t1, for Sync had left by then; at t3 it is at most
 * t4, for Delay_Req had not yet arrived. Nothing is assumed about how a path's delay
 * divides between its two directions. Both bounds age at the drift that is possible.
 */
struct dvmm_interval dvmm_estimator_interval(const struct dvmm_estimator *e, u64 cycles)
{
	u64 mult = dvmm_mult_adjust(e->nominal, e->now.skew_ppb);
	u32 depth = min_t(u32, e->count, INTERVAL_DEPTH), drift = dvmm_estimator_drift_ppb(e), i;
	struct dvmm_interval hard = { 0, S64_MAX };

	for (i = 0; i < depth; i++) {
		const struct dvmm_exchange *x = nth(e, i);
		s64 since_t2 = dvmm_span_ns(mult, x->t2_cycles, cycles);
		s64 since_t3 = dvmm_span_ns(mult, x->t3_cycles, cycles);
		u64 low = x->t1_ns + since_t2 - drift_ns(since_t2, drift);
		u64 high = x->t4_ns + since_t3 + drift_ns(since_t3, drift);

		if ((s64)low > 0)
			hard.low_ns = max(hard.low_ns, low - DVMM_STAMP_ERROR_NS);
		hard.high_ns = min(hard.high_ns, high + DVMM_STAMP_ERROR_NS);
	}
	return hard;
}
