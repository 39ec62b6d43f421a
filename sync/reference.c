// SPDX-License-Identifier: GPL-2.0
/* A foreign grandmaster's time, as a leader measures it. */
#include "reference.h"

/*
 * The cluster follows without haste: what one exchange is wrong by should not show in all
 * hosts' rates. In Sync intervals of the reference, and at least in ns.
 */
#define TIME_CONSTANT_INTERVALS 4
#define TIME_CONSTANT_MIN_NS (4 * DVMM_NSEC_PER_SEC)

/* In its Sync intervals, as the discipline's own. */
#define SILENCE_INTERVALS 8
#define SILENCE_MIN_NS (DVMM_NSEC_PER_SEC / 2)

/* So much farther off than would lock it, the clock is no longer locked. */
#define UNLOCK_FACTOR 4

/* 146 years: beyond anything to be slewed, and far from where arithmetic ends. */
#define OFFSET_MAX_NS (S64_MAX / 2)

void dvmm_reference_init(struct dvmm_reference *r, u64 nominal, struct dvmm_point *points,
			 u32 slew_max_ppb)
{
	memset(r, 0, sizeof(*r));
	r->state = DVMM_REFERENCE_SEARCHING;
	r->servo.slew_max_ppb = slew_max_ppb;
	r->bound_ns = U64_MAX;
	dvmm_estimator_init(&r->estimator, nominal, r->ring, points, DVMM_REFERENCE_RING);
}

void dvmm_reference_aim(struct dvmm_reference *r, s64 skew_ppb, u64 error_ppb)
{
	if (r->state == DVMM_REFERENCE_SEARCHING)
		r->state = DVMM_REFERENCE_MEASURING;
	dvmm_estimator_restart(&r->estimator, skew_ppb, error_ppb);
}

void dvmm_reference_pace(struct dvmm_reference *r, u64 interval_ns, u32 khz)
{
	u64 silence_ns = max_t(u64, SILENCE_INTERVALS * interval_ns, SILENCE_MIN_NS);

	r->servo.time_constant_ns = max_t(u64, TIME_CONSTANT_INTERVALS * interval_ns,
					  TIME_CONSTANT_MIN_NS);
	r->silence_cycles = mul_u64_u64_div_u64(silence_ns, khz, 1000000);
}

int dvmm_reference_sample(struct dvmm_reference *r, const struct dvmm_exchange *x, u64 now)
{
	int ret = dvmm_estimator_add(&r->estimator, x);

	if (ret == -ERANGE)
		dvmm_estimator_restart(&r->estimator, r->estimator.now.skew_ppb,
				       DVMM_SKEW_UNKNOWN_PPB);
	if (!ret)
		r->last_cycles = now;
	return ret;
}

bool dvmm_reference_ready(const struct dvmm_reference *r, u64 now)
{
	return dvmm_servo_ready(&r->estimator) &&
	       (s64)(now - r->last_cycles) <= (s64)r->silence_cycles;
}

/* The clock's free run begins with it: what it is wrong by is to be steered ever after. */
bool dvmm_reference_settled(const struct dvmm_reference *r, u64 now)
{
	return dvmm_reference_ready(r, now) &&
	       r->estimator.now.skew_error_ppb <= DVMM_SKEW_KNOWN_PPB;
}

u64 dvmm_reference_rate(const struct dvmm_reference *r)
{
	return dvmm_mult_adjust(r->estimator.nominal, r->estimator.now.skew_ppb);
}

struct dvmm_segment dvmm_reference_line(const struct dvmm_reference *r, u64 now)
{
	return (struct dvmm_segment) {
		.base_cycles = now,
		.base.ns = dvmm_estimator_ns(&r->estimator, now),
		.mult = dvmm_reference_rate(r),
	};
}

/* Inside of what the exchanges allow there is no telling it from the reference. */
static void judge(struct dvmm_reference *r, const struct dvmm_segment *clock, u64 now)
{
	struct dvmm_interval truth = dvmm_estimator_interval(&r->estimator, now);
	u64 ns = dvmm_segment_ns(clock, now), room_ns = truth.high_ns - truth.low_ns;

	r->offset_ns = clamp((s64)(ns - dvmm_estimator_ns(&r->estimator, now)), -OFFSET_MAX_NS,
			     OFFSET_MAX_NS);
	r->bound_ns = dvmm_servo_bound_ns(ns, &truth);
	r->bound_cycles = now;
	if (r->bound_ns <= room_ns)
		r->state = DVMM_REFERENCE_LOCKED;
	else if (r->state != DVMM_REFERENCE_LOCKED || r->bound_ns / UNLOCK_FACTOR > room_ns)
		r->state = DVMM_REFERENCE_SLEWING;
}

static bool is_led(const struct dvmm_reference *r)
{
	return r->state == DVMM_REFERENCE_SLEWING || r->state == DVMM_REFERENCE_LOCKED;
}

/* As far as slaves can be told of it. */
static s64 limit(s64 ppb)
{
	return clamp(ppb, -(s64)DVMM_STEERING_MAX_PPB, (s64)DVMM_STEERING_MAX_PPB);
}

bool dvmm_reference_steer(struct dvmm_reference *r, const struct dvmm_segment *clock, u64 free,
			  u64 now, s64 *ppb, s64 *slew_ppb)
{
	s64 skew_ppb = dvmm_mult_skew_ppb(dvmm_reference_rate(r), free), wish_ppb;
	bool was_led = is_led(r);

	*ppb = limit(skew_ppb);
	*slew_ppb = 0;
	if (dvmm_reference_ready(r, now)) {
		judge(r, clock, now);
		wish_ppb = dvmm_servo_slew_ppb(&r->servo, -r->offset_ns);
		r->bound_growth_ppb = dvmm_estimator_drift_ppb(&r->estimator) + abs(wish_ppb);
		*ppb = limit(skew_ppb + wish_ppb);
		*slew_ppb = *ppb - limit(skew_ppb);
		return true;
	}
	if (was_led)
		r->state = DVMM_REFERENCE_HOLDOVER;
	return was_led;
}

u64 dvmm_reference_bound_ns(const struct dvmm_reference *r, u64 now)
{
	u64 age_ns = dvmm_mult_ns(dvmm_reference_rate(r), now - r->bound_cycles), grown_ns;

	if (r->bound_ns == U64_MAX)
		return U64_MAX;
	grown_ns = mul_u64_u64_div_u64(min(age_ns, 1ULL << 62), r->bound_growth_ppb, DVMM_PPB);
	return r->bound_ns > U64_MAX - grown_ns ? U64_MAX : r->bound_ns + grown_ns;
}
