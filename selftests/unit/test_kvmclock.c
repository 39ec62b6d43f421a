// SPDX-License-Identifier: GPL-2.0
/* kvmclock's arithmetic, against 128 bits and against what a guest computes. */
#include "kvmclock.h"
#include "unit.h"

#define ROUNDS 200000
#define KHZ_MAX 67000000
#define YEAR_S (366ULL * 86400)

static u64 below(u64 limit)
{
	return unit_random() % limit;
}

static u32 random_khz(void)
{
	return below(2) ? 1 + below(KHZ_MAX) : 1000000 + below(4000000);
}

/* As Linux' guests do it, in 64 bits and a 96-bit product. */
static u64 guest_reads(const struct dvmm_kvmclock_rate *rate,
		       const struct dvmm_kvmclock_page *page, u64 tsc)
{
	u64 delta = tsc - page->tsc;

	delta = rate->shift < 0 ? delta >> -rate->shift : delta << rate->shift;
	return page->system_ns + (u64)((u128)delta * rate->mul >> 32);
}

static void rate_is_right_to_a_quarter_ppb(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = i < 1000 ? 1 + (u32)i : random_khz();
		struct dvmm_kvmclock_rate rate = dvmm_kvmclock_rate(khz);
		/* ns per second of ticks, in 2^-32; mul << 6 keeps a negative shift whole */
		u128 got = ((u128)rate.mul << (rate.shift + 6)) * khz * 1000 >> 6;
		u128 want = (u128)1000000000 << 32;

		CHECK(rate.mul >= 1U << 31);
		CHECK_NEAR(got > want ? got - want : want - got, 0, want >> 32);
	}
	/* as KVM's own for 2.1 GHz: a tick is just below half a ns */
	CHECK_EQ(dvmm_kvmclock_rate(2000000).mul, 1U << 31);
	CHECK_EQ(dvmm_kvmclock_rate(2000000).shift, 0);
	CHECK_EQ(dvmm_kvmclock_rate(1000000).shift, 1);
	CHECK_EQ(dvmm_kvmclock_rate(KHZ_MAX).shift, -6);
}

static void years_are_within_a_quarter_ppb(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = random_khz();
		struct dvmm_kvmclock_rate rate = dvmm_kvmclock_rate(khz);
		u64 s = below(8 * YEAR_S);

		CHECK_NEAR(dvmm_kvmclock_ns(&rate, s * khz * 1000), s * 1000000000, s / 4 + 2);
	}
}

static void pages_agree_within_a_ns(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = random_khz();
		struct dvmm_kvmclock_rate rate = dvmm_kvmclock_rate(khz);
		u64 a = below(YEAR_S * khz * 1000), b = a + below(1000ULL * khz * 1000);
		u64 offset = unit_random(), tsc = b + below(100ULL * khz * 1000);
		struct dvmm_kvmclock_page old = dvmm_kvmclock_page(&rate, a, offset);
		struct dvmm_kvmclock_page new = dvmm_kvmclock_page(&rate, b, offset);

		CHECK(old.tsc <= a);
		CHECK_NEAR(guest_reads(&rate, &old, tsc) - guest_reads(&rate, &new, tsc), 0, 1);
		CHECK_NEAR(guest_reads(&rate, &new, tsc) - dvmm_kvmclock_ns(&rate, tsc) - offset,
			   0, 1);
	}
}

static const struct unit_test tests[] = {
	TEST(rate_is_right_to_a_quarter_ppb),
	TEST(years_are_within_a_quarter_ppb),
	TEST(pages_agree_within_a_ns),
};

UNIT_MAIN(tests)
