// SPDX-License-Identifier: GPL-2.0
/* servo.c: limits, signs, no overshoot; a bound that covers. */
#include "servo.h"
#include "unit.h"

#define KHZ 2900000
#define SECOND_CYCLES (KHZ * 1000ULL)
#define MASTER_EPOCH 1700000000000000000ULL

static const struct dvmm_servo servo = {
	.slew_max_ppb = 100000, .time_constant_ns = DVMM_NSEC_PER_SEC,
};

static u64 nominal(void)
{
	return dvmm_mult_from_khz(KHZ);
}

/* A master at @skew_ppb, known without doubt, 100 us away there and back. */
static struct dvmm_target *certain(u64 cycles, s64 skew_ppb)
{
	static struct dvmm_exchange ring[DVMM_ESTIMATOR_RING];
	static struct dvmm_point points[DVMM_ESTIMATOR_RING];
	static struct dvmm_target target;
	struct dvmm_estimator *e = &target.estimator;
	u64 mult = dvmm_mult_adjust(nominal(), skew_ppb), i;

	memset(&target, 0, sizeof(target));
	dvmm_estimator_init(e, nominal(), ring, points, DVMM_ESTIMATOR_RING);
	for (i = 0; i < 64; i++) {
		u64 t2 = cycles - (64 - i) * SECOND_CYCLES / 16;
		u64 age_ns = dvmm_mult_ns(mult, cycles - t2);
		struct dvmm_exchange x = {
			.t1_ns = MASTER_EPOCH - age_ns - 50000, .t2_cycles = t2,
			.t3_cycles = t2, .t4_ns = MASTER_EPOCH - age_ns + 50000,
		};

		CHECK_EQ(dvmm_estimator_add(e, &x), 0);
	}
	target.steering.free_ns = MASTER_EPOCH;
	return &target;
}

static void slew_is_limited_and_signed(void)
{
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, 0), 0);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, 5000), 5000);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, -5000), -5000);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, 99999), 99999);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, 1000000), 100000);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, -1000000), -100000);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, S64_MAX), 100000);
	CHECK_EQ(dvmm_servo_slew_ppb(&servo, S64_MIN + 1), -100000);
}

static void bound_covers_both_ends(void)
{
	struct dvmm_interval truth = { 1000, 1500 };

	CHECK_EQ(dvmm_servo_bound_ns(1200, &truth), 301);
	CHECK_EQ(dvmm_servo_bound_ns(1400, &truth), 401);
	CHECK_EQ(dvmm_servo_bound_ns(2000, &truth), 1001);
	CHECK_EQ(dvmm_servo_bound_ns(500, &truth), 1001);
}

static s64 off(const struct dvmm_clock_view *view, u64 cycles, s64 skew_ppb, u64 since)
{
	u64 mult = dvmm_mult_adjust(nominal(), skew_ppb);
	u64 truth = MASTER_EPOCH + dvmm_mult_ns(mult, cycles - since);

	return dvmm_segment_ns(&view->segment, cycles) - truth;
}

/*
 * From @offset_ns, steered 16 times a second: each step meets the last one, the offset
 * never grows, never changes sign by more than a tenth, and the bound covers it.
 */
static struct dvmm_clock_view settle(s64 offset_ns, s64 skew_ppb, u64 seconds)
{
	u64 start = 1ULL << 62, now = start, last;
	struct dvmm_target *target = certain(start, skew_ppb);
	struct dvmm_clock_view view = { .segment.mult = nominal() };
	u32 i;

	view.segment.base_cycles = start;
	view.segment.base.ns = MASTER_EPOCH + offset_ns;
	last = abs(offset_ns) + 1000;
	for (i = 0; i < seconds * 16; i++) {
		struct dvmm_segment old = view.segment;
		s64 error = off(&view, now, skew_ppb, start);

		CHECK((u64)abs(error) <= last + 2);
		CHECK(offset_ns > 0 ? error > -offset_ns / 10 - 1000 : error < -offset_ns / 10 + 1000);
		last = abs(error);
		dvmm_servo_steer(&servo, target, &view, now);
		CHECK_EQ(dvmm_segment_ns(&old, now), dvmm_segment_ns(&view.segment, now));
		CHECK(dvmm_clock_bound_ns(&view, now) >= last);
		now += SECOND_CYCLES / 16;
	}
	return view;
}

static void no_overshoot(void)
{
	s64 offset[] = { 1000000, -1000000, 50000, -50000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offset); i++) {
		struct dvmm_clock_view view = settle(offset[i], 1000000, 20);
		u64 end = (1ULL << 62) + 20 * SECOND_CYCLES;

		CHECK_NEAR(off(&view, end, 1000000, 1ULL << 62), 0, 300);
	}
}

/* Limits both ways: 1 ms at 100 ppm takes 10 s, and not much less. */
static void as_fast_as_allowed_and_no_faster(void)
{
	struct dvmm_clock_view view = settle(1000000, 0, 5);
	u64 end = (1ULL << 62) + 5 * SECOND_CYCLES;

	CHECK_NEAR(off(&view, end, 0, 1ULL << 62), 500000, 10000);
	view = settle(-1000000, 0, 9);
	end = (1ULL << 62) + 9 * SECOND_CYCLES;
	CHECK_NEAR(off(&view, end, 0, 1ULL << 62), -100000, 15000);
}

static void rate_is_the_learnt_one_when_settled(void)
{
	struct dvmm_clock_view view = settle(0, -777000, 10);

	CHECK_NEAR(dvmm_mult_skew_ppb(view.segment.mult, nominal()), -777000, 200);
	/* and so far certain: by 100 us round trips, 10 s apart */
	CHECK_IN(view.bound_growth_ppb, 260000, 285000);
}

static void jump_lands_on_the_estimate(void)
{
	u64 now = 1ULL << 62;
	struct dvmm_target *target = certain(now, 500000);
	struct dvmm_clock_view view = { 0 };

	dvmm_servo_jump(target, &view, now);
	CHECK_NEAR(dvmm_segment_ns(&view.segment, now), MASTER_EPOCH, 100);
	CHECK_IN(dvmm_clock_bound_ns(&view, now), 50000, 90000);
}

/* Told of +50 ppm, the clock follows at once, and trusts it the less the older it is. */
static void steering_is_applied(void)
{
	u64 now = 1ULL << 62, later = now + SECOND_CYCLES;
	struct dvmm_target *target = certain(now, 0);
	struct dvmm_clock_view view = { 0 };
	u64 plain;

	dvmm_servo_jump(target, &view, later);
	plain = dvmm_clock_bound_ns(&view, later);
	CHECK_IN(plain, 200000 + 50000, 200000 + 50000 + 100000);
	target->steering.ns = 7000;
	target->steering.ppb = 50000;
	CHECK_NEAR(dvmm_target_ns(target, later), MASTER_EPOCH + DVMM_NSEC_PER_SEC + 7000 + 50000, 100);
	CHECK_NEAR(dvmm_target_ns(target, now - SECOND_CYCLES),
		   MASTER_EPOCH - DVMM_NSEC_PER_SEC + 7000 - 50000, 100);
	CHECK_NEAR(dvmm_mult_skew_ppb(dvmm_target_rate(target), nominal()), 50000, 20);
	dvmm_servo_jump(target, &view, later);
	CHECK_NEAR(dvmm_clock_bound_ns(&view, later), plain, 50);
}

static void steering_extremes(void)
{
	struct dvmm_steering s = { .free_ns = 1, .ns = S64_MAX / 32, .ppb = -100000 };
	struct dvmm_interval wide = { 0, S64_MAX };

	CHECK_EQ(dvmm_steering_apply(&s, 1), 1 + S64_MAX / 32);
	dvmm_steering_apply(&s, U64_MAX);
	dvmm_steering_apply_interval(&s, &wide);
}

static void not_ready_on_little_evidence(void)
{
	struct dvmm_estimator *e = &certain(1ULL << 62, 0)->estimator;

	CHECK(dvmm_servo_ready(e));
	e->count = 3;
	CHECK(!dvmm_servo_ready(e));
	e->count = 64;
	e->now.skew_error_ppb = 100001;
	CHECK(!dvmm_servo_ready(e));
}

static const struct unit_test tests[] = {
	TEST(slew_is_limited_and_signed),
	TEST(bound_covers_both_ends),
	TEST(no_overshoot),
	TEST(as_fast_as_allowed_and_no_faster),
	TEST(rate_is_the_learnt_one_when_settled),
	TEST(jump_lands_on_the_estimate),
	TEST(steering_is_applied),
	TEST(steering_extremes),
	TEST(not_ready_on_little_evidence),
};

UNIT_MAIN(tests)
