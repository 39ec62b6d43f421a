// SPDX-License-Identifier: GPL-2.0
/* ratelimit.c: never more than allowed, never less, and strangers share. */
#include <arpa/inet.h>

#include "ratelimit.h"
#include "unit.h"

static const struct dvmm_rate rate = { .interval_cycles = 1000, .burst = 10 };

static struct dvmm_address address(u32 n)
{
	struct dvmm_address a = { .scope = DVMM_TO_ONE };

	memcpy(a.host, &n, sizeof(n));
	return a;
}

/* In any time, the burst and what that time brings; asked all the time, no less. */
static void exact(void)
{
	struct dvmm_bucket bucket = { 0 };
	u64 now = 5000, start = now, taken = 0, i;

	for (i = 0; i < 100000; i++) {
		now += unit_random() % 300;
		taken += dvmm_bucket_take(&bucket, &rate, now);
		CHECK(taken <= 10 + (now - start) / 1000);
	}
	CHECK(taken >= (now - start) / 1000);
}

static void wherever_the_counter_stands(void)
{
	static const u64 at[] = { 0, 1, U64_MAX - 3, S64_MAX, 1ULL << 63 };
	size_t i, n, taken;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		struct dvmm_bucket bucket = { 0 };

		for (n = taken = 0; n < 20; n++)
			taken += dvmm_bucket_take(&bucket, &rate, at[i]);
		CHECK_IN(taken, 9, 10);	/* zeros may happen to be just ahead */
	}
}

static u32 take_all(struct dvmm_ratelimit *limit, u32 who, u64 now)
{
	struct dvmm_address a = address(who);
	u32 n;

	for (n = 0; n < 100 && dvmm_ratelimit_take(limit, &a, now); n++)
		;
	return n;
}

static void strangers_share_and_the_known_do_not(void)
{
	struct dvmm_rate few = { .interval_cycles = 1000, .burst = 4 };
	struct dvmm_ratelimit *limit = malloc(sizeof(*limit));
	struct dvmm_address friend = address(7);
	u32 who, strangers = 0;

	dvmm_ratelimit_init(limit, &rate, &few);
	dvmm_ratelimit_believe(limit, &friend);
	for (who = 100; who < 10000; who++)
		strangers += take_all(limit, who, 50);
	CHECK_EQ(strangers, 4);
	CHECK_EQ(take_all(limit, 7, 50), 10);
	CHECK_EQ(take_all(limit, 7, 2050), 2);
	free(limit);
}

/* A thousand hosts are mostly known; who is believed all the time is never put out. */
static void many_are_known(void)
{
	struct dvmm_ratelimit *limit = malloc(sizeof(*limit));
	struct dvmm_rate none = { .interval_cycles = 1000, .burst = 0 };
	struct dvmm_address leader = address(htonl(0x0a4d0001)), a;
	u32 host, known = 0;

	dvmm_ratelimit_init(limit, &rate, &none);
	dvmm_ratelimit_believe(limit, &leader);
	CHECK_EQ(take_all(limit, htonl(0x0a4d0001), 1), 10);
	for (host = 2; host < 900; host++) {
		a = address(htonl(0x0a4d0000 + host));
		dvmm_ratelimit_believe(limit, &a);
		dvmm_ratelimit_believe(limit, &leader);
	}
	for (host = 2; host < 900; host++)
		known += take_all(limit, htonl(0x0a4d0000 + host), 1) == 10;
	CHECK_IN(known, 700, 898);
	/* one that was put out, and came back, would have a full bucket */
	CHECK_EQ(take_all(limit, htonl(0x0a4d0001), 1), 0);
	free(limit);
}

static const struct unit_test tests[] = {
	TEST(exact),
	TEST(wherever_the_counter_stands),
	TEST(strangers_share_and_the_known_do_not),
	TEST(many_are_known),
};

UNIT_MAIN(tests)
