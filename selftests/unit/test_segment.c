// SPDX-License-Identifier: GPL-2.0
/* segment.c against 128-bit arithmetic done another way. */
#include "clock.h"
#include "unit.h"

/* Any size of number is as likely as any other. */
static u64 any(void)
{
	return unit_random() >> (unit_random() & 63);
}

/* In 2^-32 ns; long multiplication in 32-bit halves, no shift of a 128-bit product. */
static s128 naive(const struct dvmm_segment *seg, u64 cycles)
{
	s64 delta = (s64)(cycles - seg->base_cycles);
	u64 n = delta < 0 ? -(u64)delta : (u64)delta;
	u64 high = seg->mult >> 32, low = (u32)seg->mult;
	u128 whole = (u128)high * n * 16 + ((u128)low * n >> 28);
	s128 base = ((s128)seg->base.ns << 32) + seg->base.frac;

	return delta < 0 ? base - (s128)whole : base + (s128)whole;
}

static struct dvmm_segment any_segment(void)
{
	return (struct dvmm_segment) {
		.base_cycles = unit_random(),
		.base = { .ns = unit_random() >> 2, .frac = (u32)unit_random() },
		.mult = any(),
	};
}

static s128 value(struct dvmm_instant i)
{
	return ((s128)i.ns << 32) + i.frac;
}

static void at_agrees_with_long_multiplication(void)
{
	int i;

	for (i = 0; i < 1000000; i++) {
		struct dvmm_segment seg = any_segment();
		u64 cycles = seg.base_cycles + (unit_random() & 1 ? any() : -any());
		s128 got = value(dvmm_segment_at(&seg, cycles));
		/* ns are modulo 2^64, the fraction is exact */
		u128 difference = (u128)(got - naive(&seg, cycles)) << 32;

		CHECKF(!difference, "mult %llx, delta %lld", (long long)seg.mult,
		       (long long)(cycles - seg.base_cycles));
	}
}

static void extremes(void)
{
	u64 mult[] = { 0, 1, 1ULL << DVMM_MULT_SHIFT, U64_MAX };
	u64 delta[] = { 0, 1, -1ULL, 1ULL << 62, 1ULL << 63, (1ULL << 63) - 1 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(mult); i++) {
		for (j = 0; j < ARRAY_SIZE(delta); j++) {
			struct dvmm_segment seg = { .base_cycles = 5, .mult = mult[i] };
			s128 got = value(dvmm_segment_at(&seg, 5 + delta[j]));

			CHECK(!((u128)(got - naive(&seg, 5 + delta[j])) << 32));
		}
	}
}

/* A hundred years of changes each millisecond would lose less than a tick. */
static void pivot_is_continuous(void)
{
	int i;

	for (i = 0; i < 1000000; i++) {
		struct dvmm_segment old = any_segment(), seg = old;
		u64 cycles = old.base_cycles + any();

		dvmm_segment_pivot(&seg, cycles, any());
		CHECK(value(dvmm_segment_at(&old, cycles)) == value(dvmm_segment_at(&seg, cycles)));
	}
}

static void monotonic_between_pivots(void)
{
	struct dvmm_segment seg = { .mult = dvmm_mult_from_khz(3000000) };
	s128 last = value(dvmm_segment_at(&seg, 0));
	u64 cycles = 0;
	int i;

	for (i = 0; i < 1000000; i++) {
		s128 now;

		cycles += any() >> 30;
		if (i % 10 == 0)
			dvmm_segment_pivot(&seg, cycles,
					   dvmm_mult_adjust(seg.mult, i % 2000 - 1000));
		now = value(dvmm_segment_at(&seg, cycles));
		CHECK(now >= last);
		last = now;
	}
}

static void rates(void)
{
	u32 khz[] = { 62501, 100000, 999999, 1000000, 2900000, 5000000, U32_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(khz); i++) {
		u64 mult = dvmm_mult_from_khz(khz[i]);

		/* a thousand seconds of that counter, rounded down */
		CHECK_IN(dvmm_mult_ns(mult, khz[i] * 1000000ULL), 999999999000LL, 1000000000000LL);
	}
	CHECK_EQ(dvmm_mult_ns(U64_MAX, U64_MAX), U64_MAX);
	CHECK_EQ(dvmm_mult_ns(1ULL << DVMM_MULT_SHIFT, 12345), 12345);
}

static void skew_inverts_adjust(void)
{
	u64 nominal = dvmm_mult_from_khz(2900000);
	int i;

	for (i = 0; i < 100000; i++) {
		s64 ppb = (s64)(unit_random() % 600000000) - 300000000;

		CHECK_NEAR(dvmm_mult_skew_ppb(dvmm_mult_adjust(nominal, ppb), nominal), ppb, 1);
	}
}

static void bound_grows_and_saturates(void)
{
	struct dvmm_clock_view view = {
		.segment.mult = 1ULL << DVMM_MULT_SHIFT,
		.bound_cycles = 1000,
		.bound_ns = 50,
		.bound_growth_ppb = 250000,
	};

	CHECK_EQ(dvmm_clock_bound_ns(&view, 1000), 50);
	CHECK_EQ(dvmm_clock_bound_ns(&view, 500), 50);
	CHECK_EQ(dvmm_clock_bound_ns(&view, 1001000), 50 + 250 + 1);
	view.bound_ns = U64_MAX;
	CHECK_EQ(dvmm_clock_bound_ns(&view, 1001000), U64_MAX);
	view.bound_ns = U64_MAX - 10;
	CHECK_EQ(dvmm_clock_bound_ns(&view, 1001000), U64_MAX);
}

static const struct unit_test tests[] = {
	TEST(at_agrees_with_long_multiplication),
	TEST(extremes),
	TEST(pivot_is_continuous),
	TEST(monotonic_between_pivots),
	TEST(rates),
	TEST(skew_inverts_adjust),
	TEST(bound_grows_and_saturates),
};

UNIT_MAIN(tests)
