// SPDX-License-Identifier: GPL-2.0
/* share.c: whoever works all the time that he may has half of it. */
#include "share.h"
#include "unit.h"

#define MS 1000000ULL

static void bursts_are_free(void)
{
	struct dvmm_share share = {};

	CHECK_EQ(dvmm_share_rest(&share, 100 * MS, 105 * MS), 105 * MS);
	CHECK_EQ(dvmm_share_rest(&share, 120 * MS, 121 * MS), 121 * MS);
}

static void who_takes_more_waits(void)
{
	struct dvmm_share share = {};

	CHECK_EQ(dvmm_share_rest(&share, 100 * MS, 115 * MS), 120 * MS);
	CHECK_EQ(share.budget_ns, -10 * (s64)MS);
	CHECK(dvmm_share_rest(&share, 120 * MS, 121 * MS) > 121 * MS);
}

/* Long rest and long work earn no more than a burst. */
static void nothing_is_hoarded(void)
{
	struct dvmm_share share = {};

	dvmm_share_rest(&share, 1ULL << 62, (1ULL << 62) + 1);
	CHECK(share.budget_ns <= DVMM_SHARE_BURST_NS);
}

/* Work of any length, begun as soon as may be, or later. */
static void half_is_the_most(void)
{
	struct dvmm_share share = {};
	u64 start = 1000 * MS, now = start, worked = 0, longest = 0, work;
	int i;

	for (i = 0; i < 200000; i++) {
		work = unit_random() >> (unit_random() % 20 + 40);
		longest = max(longest, work);
		worked += work;
		now = dvmm_share_rest(&share, now, now + work);
		if (unit_random() % 8 == 0)
			now += unit_random() % MS;
		CHECK(worked <= (now - start) / 2 + DVMM_SHARE_BURST_NS + longest);
	}
	printf("# %llu of %llu ms worked\n", (long long)(worked / MS), (long long)((now - start) / MS));
	CHECK(worked >= (now - start) / 4);
}

static const struct unit_test tests[] = {
	TEST(bursts_are_free),
	TEST(who_takes_more_waits),
	TEST(nothing_is_hoarded),
	TEST(half_is_the_most),
};

UNIT_MAIN(tests)
