// SPDX-License-Identifier: GPL-2.0
/* series.c against 128-bit arithmetic, and against a clock that really ticks. */
#include "series.h"
#include "unit.h"

/* The clocks of PIT, RTC, PM timer and HPET, and the extremes. */
static const u32 clocks[] = { 1, 8192, 32768, 1193182, 3579545, 14318180, 100000000, 1000000000 };

static u64 spread(void)
{
	return unit_random() >> (unit_random() % 64);
}

static u32 any_hz(void)
{
	if (unit_random() % 2)
		return clocks[unit_random() % ARRAY_SIZE(clocks)];
	return 1 + spread() % DVMM_SERIES_HZ_MAX;
}

static void ticks_are_rounded_down(void)
{
	int i;

	for (i = 0; i < 200000; i++) {
		u32 hz = any_hz();
		u64 now = spread();

		CHECK(dvmm_ticks_at(hz, now) == (u64)((u128)now * hz / DVMM_NSEC_PER_SEC));
	}
	CHECK(dvmm_ticks_at(DVMM_SERIES_HZ_MAX, U64_MAX) == U64_MAX);
}

static u64 exact_ns(u32 hz, u64 ticks)
{
	u128 ns = ((u128)ticks * DVMM_NSEC_PER_SEC + hz - 1) / hz;

	return ns < DVMM_NEVER ? (u64)ns : DVMM_NEVER;
}

static void a_tick_begins_at_its_first_ns(void)
{
	int i;

	for (i = 0; i < 200000; i++) {
		u32 hz = any_hz();
		u64 ticks = spread();
		u64 ns = dvmm_ticks_ns(hz, ticks);

		CHECK(ns == exact_ns(hz, ticks));
		if (ns == DVMM_NEVER)
			continue;
		CHECK(dvmm_ticks_at(hz, ns) == ticks);
		CHECK(!ns || dvmm_ticks_at(hz, ns - 1) == ticks - 1);
	}
}

/* As hardware has it: an accumulator that overflows into the counter. */
static void a_ticking_clock_reads_the_same(void)
{
	u64 ns, ticks, part;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		ticks = part = 0;
		for (ns = 0; ns < 200000; ns++) {
			CHECK(dvmm_ticks_at(clocks[i], ns) == ticks);
			part += clocks[i];
			ticks += part >= DVMM_NSEC_PER_SEC;
			part %= DVMM_NSEC_PER_SEC;
		}
	}
}

static void far_away_is_never(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++)
		CHECK(dvmm_ticks_ns(clocks[i], DVMM_NEVER) == DVMM_NEVER);
	CHECK(dvmm_ticks_ns(1, 18446744073ULL) == 18446744073000000000ULL);
	CHECK(dvmm_ticks_ns(1, 18446744074ULL) == DVMM_NEVER);
	CHECK(dvmm_ticks_ns(DVMM_SERIES_HZ_MAX, DVMM_NEVER - 1) == DVMM_NEVER - 1);
}

static const struct unit_test tests[] = {
	TEST(ticks_are_rounded_down),
	TEST(a_tick_begins_at_its_first_ns),
	TEST(a_ticking_clock_reads_the_same),
	TEST(far_away_is_never),
};

UNIT_MAIN(tests)
