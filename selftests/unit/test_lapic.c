// SPDX-License-Identifier: GPL-2.0
/* The arithmetic of the LAPIC timer, against 128 bits and against a grid that is counted. */
#include "lapic.h"
#include "unit.h"

#define ROUNDS 200000
#define KHZ_MAX 67000000
#define DAY_MS (24ULL * 3600 * 1000)

static u64 below(u64 limit)
{
	return unit_random() % limit;
}

/* The first tick of which floor(tick * 10^6 / khz) is @ns. */
static u64 exact_tick(u64 ns, u32 khz)
{
	return (u64)(((u128)ns * khz + 999999) / 1000000);
}

static void left_is_exact(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = 1 + below(KHZ_MAX);
		u64 tsc = below(2) ? unit_random() : below(1ULL << 50);
		u64 deadline = below(2) ? unit_random() : tsc + (unit_random() >> below(64));
		u128 left = deadline <= tsc ? 0 :
			((u128)(deadline - tsc) * 1000000 + khz - 1) / khz;

		CHECK_EQ(dvmm_lapic_left_ns(deadline, tsc, khz),
			 min(left, (u128)DVMM_LAPIC_WAIT_MAX_NS));
	}
}

/* With clocks up to 0.1 % apart, a few looks, the last within 1.1 us of the deadline. */
static void never_early_and_hardly_late(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = 1000000 + below(4000000);
		s64 ppm = (s64)below(1801) - 900;
		u64 deadline = below(1ULL << 50), wait, looks = 0;
		u64 tsc = deadline - min(deadline, (u64)below(100000000) * khz / 1000000);

		for (; (wait = dvmm_lapic_left_ns(deadline, tsc, khz)); looks++) {
			wait = dvmm_lapic_wait_ns(wait);
			tsc += (u64)((u128)wait * khz * (u64)(1000000 + ppm) / 1000000000000ULL);
			tsc++;
		}
		CHECK(tsc >= deadline);
		CHECK_NEAR(tsc, deadline, khz / 900 + 2);
		CHECK_IN(looks, 0, abs(ppm) < 120 ? 2 : 5);
	}
}

static void periods_stay_on_their_grid(void)
{
	int i, n;

	for (i = 0; i < 2000; i++) {
		u32 khz = 1000000 + below(4000000);
		u64 ns = below(DAY_MS * 1000000), period = 1 + below(2000000);
		u64 deadline = exact_tick(ns, khz);

		for (n = 1; n <= 200; n++) {
			deadline = dvmm_lapic_next(deadline, deadline + below(3), period, khz);
			CHECK_EQ(deadline, exact_tick(ns + n * period, khz));
		}
	}
}

static void a_slow_counter_drifts_by_a_tick_a_period(void)
{
	u32 khz = 1000;	/* 1 us a tick */
	u64 deadline = 0;
	int n;

	for (n = 1; n <= 1000; n++)
		deadline = dvmm_lapic_next(deadline, deadline, 1500, khz);
	CHECK_IN(deadline, 1500, 2500);
}

static void what_is_missed_is_merged(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = 1000000 + below(4000000);
		u64 ns = below(DAY_MS * 1000000), period = 1 + below(2000000);
		u64 behind = below(100 * period), missed = behind / period;
		u64 deadline = exact_tick(ns, khz), tsc = exact_tick(ns + behind, khz);

		CHECK_EQ(dvmm_lapic_next(deadline, tsc, period, khz),
			 exact_tick(ns + (missed ? missed : 1) * period, khz));
	}
}

static void count_runs_down(void)
{
	u32 divides[] = { 1, 2, 4, 8, 16, 32, 64, 128 }, i;

	for (i = 0; i < ROUNDS; i++) {
		u32 divide = divides[below(8)], initial = 1 + below(U32_MAX);
		u64 period = (u64)initial * divide, left = below(period + 1);
		u32 count = dvmm_lapic_count(left, period, divide);

		CHECK_EQ(count, (left + divide - 1) / divide);
		CHECK_EQ(dvmm_lapic_count(0, period, divide), 0);
		CHECK_EQ(dvmm_lapic_count(period, period, divide), initial);
		/* a little more than all of it: two readings of the time */
		CHECK_EQ(dvmm_lapic_count(period + 7, period, divide), initial);
	}
}

static const struct unit_test tests[] = {
	TEST(left_is_exact),
	TEST(never_early_and_hardly_late),
	TEST(periods_stay_on_their_grid),
	TEST(a_slow_counter_drifts_by_a_tick_a_period),
	TEST(what_is_missed_is_merged),
	TEST(count_runs_down),
};

UNIT_MAIN(tests)
