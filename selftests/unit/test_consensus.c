// SPDX-License-Identifier: GPL-2.0
/* consensus.c: of many voices, one. */
#include "consensus.h"
#include "unit.h"

static void alone_it_is_right(void)
{
	struct dvmm_voice voice = { -123456, 77 };

	CHECK_EQ(dvmm_consensus(&voice, 1), -123456);
	voice.error_ns = U64_MAX;
	CHECK_EQ(dvmm_consensus(&voice, 1), -123456);
}

/* 1 to 1/4: a fifth of the way. */
static void the_surer_weighs_more(void)
{
	struct dvmm_voice voice[] = { { 0, 1000 }, { 1000, 2000 } };

	CHECK_NEAR(dvmm_consensus(voice, 2), 200, 1);
	voice[1].error_ns = 1000;
	CHECK_NEAR(dvmm_consensus(voice, 2), 500, 1);
}

static void a_minority_far_off_is_not_heard(void)
{
	struct dvmm_voice voice[] = {
		{ 0, 1000 }, { 100, 1000 }, { 900000000, 1000 }, { -100, 1000 }, { 200, 1000 },
	};
	u32 i;

	CHECK_NEAR(dvmm_consensus(voice, 5), 50, 1);
	voice[0].ns = voice[2].ns + 10;
	CHECK_NEAR(dvmm_consensus(voice, 5), 66, 1);
	for (i = 0; i < ARRAY_SIZE(voice); i++)
		voice[i].ns = -voice[i].ns;
	CHECK_NEAR(dvmm_consensus(voice, 5), -66, 1);
}

/* Nothing overflows (the sanitiser would tell), and nobody is outside of all. */
static void anything_goes(void)
{
	struct dvmm_voice voice[5];
	int rounds;
	u32 i;

	for (rounds = 0; rounds < 200000; rounds++) {
		s64 low = S64_MAX, high = S64_MIN, ns;
		u32 count = 1 + unit_random() % 5;

		for (i = 0; i < count; i++) {
			voice[i].ns = (s64)(unit_random() % 2000000000000001ULL) - 1000000000000000LL;
			if (unit_random() & 1)
				voice[i].ns >>= unit_random() % 50;
			voice[i].error_ns = unit_random() >> unit_random() % 64;
			low = min(low, voice[i].ns);
			high = max(high, voice[i].ns);
		}
		ns = dvmm_consensus(voice, count);
		CHECK(low <= ns && ns <= high);
	}
}

static void errors_add_up(void)
{
	CHECK_EQ(dvmm_error_sum(3, 4), 5);
	CHECK_EQ(dvmm_error_sum(U64_MAX, 0), 0x7fffffff);
	CHECK_EQ(dvmm_path_error_ns(&(struct dvmm_estimate) { .error_ns = 300, .delay_ns = 3200 }),
		 500);
}

static const struct unit_test tests[] = {
	TEST(alone_it_is_right),
	TEST(the_surer_weighs_more),
	TEST(a_minority_far_off_is_not_heard),
	TEST(anything_goes),
	TEST(errors_add_up),
};

UNIT_MAIN(tests)
