// SPDX-License-Identifier: GPL-2.0
/* estimator.c and linefit.c: exchanges made up from a known truth. */
#include <math.h>

#include "linefit.h"
#include "unit.h"

#define KHZ 2900000
#define SECOND_CYCLES (KHZ * 1000ULL)
#define MASTER_EPOCH 1700000000000000000ULL

/* A master at @skew_ppb of our counter, and a path to it. */
struct world {
	u64 cycles;		/* our counter, now */
	u64 origin_cycles;
	u64 origin_ns;
	double skew_ppb;
	u64 base_ns;		/* one-way delay, at least */
	u64 jitter_ns;
	s64 asymmetry_ns;	/* the way to us takes so much longer */
	bool probe;		/* we ask first, as with Pdelay_Req */
};

static struct world quiet_world(void)
{
	return (struct world) {
		.cycles = 1ULL << 63, .origin_cycles = 1ULL << 63, .origin_ns = MASTER_EPOCH,
		.base_ns = 50000,
	};
}

static u64 truth(const struct world *w, u64 cycles)
{
	s64 ahead = cycles - w->origin_cycles;
	double ns = ahead * 1e6 / KHZ;

	return w->origin_ns + (s64)(ns + ns * w->skew_ppb * 1e-9);
}

static void turn(struct world *w, double skew_ppb)
{
	w->origin_ns = truth(w, w->cycles);
	w->origin_cycles = w->cycles;
	w->skew_ppb = skew_ppb;
}

static u64 cycles_of(u64 ns)
{
	return ns * KHZ / 1000000;
}

static u64 jitter(const struct world *w)
{
	double u = (unit_random() >> 11) / 9007199254740992.0;
	u64 tail = unit_random() % 20 ? 0 : (u64)(w->jitter_ns * (pow(1 - u, -0.7) - 1));

	return unit_random() % (w->jitter_ns + 1) + tail;
}

static struct dvmm_exchange probe(struct world *w)
{
	u64 there = cycles_of(w->base_ns + jitter(w));
	u64 back = cycles_of(w->base_ns + jitter(w) + w->asymmetry_ns);
	u64 t3 = w->cycles, t4 = t3 + there, t1 = t4 + cycles_of(unit_random() % 2000000);

	return (struct dvmm_exchange) {
		.t1_ns = truth(w, t1), .t2_cycles = t1 + back, .t3_cycles = t3,
		.t4_ns = truth(w, t4),
	};
}

static struct dvmm_exchange exchange(struct world *w)
{
	u64 there = cycles_of(w->base_ns + jitter(w) + w->asymmetry_ns);
	u64 back = cycles_of(w->base_ns + jitter(w));
	u64 t1 = w->cycles, t2 = t1 + there, t3 = t2 + cycles_of(unit_random() % 2000000);

	if (w->probe)
		return probe(w);
	return (struct dvmm_exchange) {
		.t1_ns = truth(w, t1), .t2_cycles = t2, .t3_cycles = t3,
		.t4_ns = truth(w, t3 + back),
	};
}

/* @n exchanges, 16 a second. */
static void feed_unchecked(struct dvmm_estimator *e, struct world *w, int n)
{
	while (n--) {
		struct dvmm_exchange x = exchange(w);

		CHECK_EQ(dvmm_estimator_add(e, &x), 0);
		w->cycles += SECOND_CYCLES / 16;
	}
}

/* After each the truth lies within the interval, at once and for a while. */
static void feed(struct dvmm_estimator *e, struct world *w, int n)
{
	while (n--) {
		struct dvmm_interval i;
		u64 now;

		feed_unchecked(e, w, 1);
		now = w->cycles - cycles_of(unit_random() % 50000000);
		i = dvmm_estimator_interval(e, now);
		CHECK((s64)(truth(w, now) - i.low_ns) >= 0);
		CHECK((s64)(i.high_ns - truth(w, now)) >= 0);
	}
}

static struct dvmm_estimator *fresh(void)
{
	static struct dvmm_exchange ring[DVMM_ESTIMATOR_RING];
	static struct dvmm_point points[DVMM_ESTIMATOR_RING];
	static struct dvmm_estimator e;

	dvmm_estimator_init(&e, dvmm_mult_from_khz(KHZ), ring, points, DVMM_ESTIMATOR_RING);
	return &e;
}

static s64 error_now(const struct dvmm_estimator *e, const struct world *w)
{
	return dvmm_estimator_ns(e, w->cycles) - truth(w, w->cycles);
}

static void exact_without_jitter(void)
{
	double skew[] = { 0, 100000, -100000, 1100000, -1100000, 2050000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(skew); i++) {
		struct dvmm_estimator *e = fresh();
		struct world w = quiet_world();

		w.skew_ppb = skew[i];
		feed(e, &w, 64);
		CHECK_NEAR(e->now.skew_ppb, skew[i], 2000);
		CHECK_NEAR(error_now(e, &w), 0, 500);
		CHECK_NEAR(e->now.delay_ns, w.base_ns, 150);
	}
}

/* The unavoidable: half the asymmetry, with its sign. */
static void asymmetry_shows_by_half(void)
{
	s64 asymmetry[] = { 40000, -40000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asymmetry); i++) {
		struct dvmm_estimator *e = fresh();
		struct world w = quiet_world();

		w.asymmetry_ns = asymmetry[i];
		w.skew_ppb = 50000;
		feed(e, &w, 128);
		CHECK_NEAR(error_now(e, &w), -asymmetry[i] / 2, 500);
	}
}

static void jitter_with_tails(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	double squares = 0;
	int i;

	w.jitter_ns = 60000;
	w.skew_ppb = 1070000;
	feed(e, &w, 256);
	for (i = 0; i < 500; i++) {
		feed(e, &w, 1);
		squares += pow(error_now(e, &w), 2);
	}
	CHECK_NEAR(e->now.skew_ppb, 1070000, 1500);
	/* much less than the jitter, yet not better than it can be: that were luck */
	CHECK_IN(sqrt(squares / 500), 50, 2000);
	CHECK_IN(e->now.error_ns, 100, 2000);
}

/* Errors claimed are errors made: of 200 estimates most are within two of them. */
static void claimed_errors_are_honest(void)
{
	int i, beyond = 0, skew_beyond = 0;

	for (i = 0; i < 200; i++) {
		struct dvmm_estimator *e = fresh();
		struct world w = quiet_world();

		w.jitter_ns = 60000;
		w.skew_ppb = 30000;
		feed(e, &w, 16 + i % 240);
		beyond += abs(error_now(e, &w)) > (s64)(2 * e->now.error_ns + 3000);
		skew_beyond += abs(e->now.skew_ppb - 30000) > (s64)(2 * e->now.skew_error_ppb);
	}
	CHECK_IN(beyond, 0, 20);
	CHECK_IN(skew_beyond, 0, 20);
}

/*
 * For two seconds all that comes to us waits for 2 ms, each for much the same time. They
 * agree with each other, but nothing before agrees with them.
 */
static void stall_is_no_news(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	int i;

	w.jitter_ns = 20000;
	feed(e, &w, 400);
	w.asymmetry_ns = 2000000;
	for (i = 0; i < 32; i++) {
		feed(e, &w, 1);
		CHECK_NEAR(dvmm_estimator_ns(e, w.cycles), truth(&w, w.cycles), 5000);
	}
}

/*
 * The master is turned by 100 ppm at once and does not tell, which is more than the
 * interval promises to cover: most of it learnt within 2.5 s, and the old data go.
 */
static void rate_step_is_learnt(void)
{
	double skew[] = { 50000, -50000, 60000, -40000 };
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	size_t i;

	w.jitter_ns = 20000;
	feed(e, &w, 256);
	CHECK_EQ(e->now.window, 181);
	for (i = 0; i < ARRAY_SIZE(skew); i++) {
		turn(&w, skew[i]);
		feed_unchecked(e, &w, 40);
		CHECK_NEAR(e->now.skew_ppb, skew[i], 50000);
		CHECK_NEAR(error_now(e, &w), 0, 50000);
		CHECK(e->now.window <= 54);
		feed_unchecked(e, &w, 300);
		CHECK_NEAR(e->now.skew_ppb, skew[i], 1000);
		CHECK_NEAR(error_now(e, &w), 0, 5000);
		CHECK_EQ(e->now.window, 271);
	}
}

static void no_exchange_is_taken_that_cannot_be(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	struct dvmm_exchange good, bad;

	feed(e, &w, 20);
	good = exchange(&w);
#define REFUSED(member, value)						\
	do {								\
		bad = good;						\
		bad.member = (value);					\
		CHECK_EQ(dvmm_estimator_add(e, &bad), -EINVAL);		\
	} while (0)
	REFUSED(t4_ns, good.t1_ns - 1);			/* back before it went */
	REFUSED(t4_ns, 0);
	REFUSED(t4_ns, U64_MAX);
	REFUSED(t3_cycles, good.t2_cycles - 1);
	REFUSED(t3_cycles, good.t2_cycles + SECOND_CYCLES);	/* longer here than there */
	REFUSED(t2_cycles, good.t2_cycles - SECOND_CYCLES);	/* out of order */
#undef REFUSED
	CHECK_EQ(dvmm_estimator_add(e, &good), 0);
}

/* A jump of the master or of our counter contradicts what is certain. */
static void jump_is_a_contradiction(void)
{
	s64 jump[] = { 1000000, -1000000, 3600000000000LL, -3600000000000LL };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(jump); i++) {
		struct dvmm_estimator *e = fresh();
		struct world w = quiet_world();
		struct dvmm_exchange x;

		feed(e, &w, 40);
		w.origin_ns += jump[i];
		x = exchange(&w);
		CHECK_EQ(dvmm_estimator_add(e, &x), -ERANGE);
		dvmm_estimator_restart(e, e->now.skew_ppb, DVMM_SKEW_UNKNOWN_PPB);
		feed(e, &w, 40);
		CHECK_NEAR(error_now(e, &w), 0, 500);
	}
}

/* Whoever asks first: the same line, and the same certainty, from a ring of any size. */
static void probes_serve_as_well(void)
{
	static struct dvmm_exchange ring[64];
	static struct dvmm_point points[64];
	struct world w = quiet_world();
	struct dvmm_estimator e;
	struct dvmm_exchange x;

	w.probe = true;
	w.skew_ppb = -40000;
	w.jitter_ns = 20000;
	dvmm_estimator_init(&e, dvmm_mult_from_khz(KHZ), ring, points, 64);
	feed(&e, &w, 300);
	CHECK_EQ(e.count, 64);
	CHECK_NEAR(e.now.skew_ppb, -40000, 3000);
	CHECK_NEAR(error_now(&e, &w), 0, 4000);
	CHECK_NEAR(e.now.delay_ns, 52000, 2000);
	w.asymmetry_ns = 30000;
	dvmm_estimator_restart(&e, e.now.skew_ppb, e.now.skew_error_ppb);
	feed(&e, &w, 300);
	CHECK_NEAR(error_now(&e, &w), -15000, 4000);
	w.origin_ns += 1000000;
	x = probe(&w);
	CHECK_EQ(dvmm_estimator_add(&e, &x), -ERANGE);
}

/* A new master of the same cluster: its phase is learnt from a few exchanges. */
static void restart_keeps_the_skew(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();

	w.skew_ppb = 900000;
	feed(e, &w, 100);
	dvmm_estimator_restart(e, e->now.skew_ppb, e->now.skew_error_ppb);
	CHECK_NEAR(e->now.skew_ppb, 900000, 2000);
	feed(e, &w, 4);
	CHECK_NEAR(e->now.skew_ppb, 900000, 2000);
	CHECK_NEAR(error_now(e, &w), 0, 500);
}

/* In silence the interval widens by 50 ppm and the doubt about the skew. */
static void interval_widens_with_age(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	struct dvmm_interval now, later;
	u64 wider;

	feed(e, &w, 256);
	now = dvmm_estimator_interval(e, w.cycles);
	later = dvmm_estimator_interval(e, w.cycles + SECOND_CYCLES);
	wider = (later.high_ns - later.low_ns) - (now.high_ns - now.low_ns);
	CHECK_IN(wider, 2 * 50000, 2 * 60000);
	CHECK_IN(now.high_ns - now.low_ns, 2 * w.base_ns, 2 * w.base_ns + 20000);
}

/* One that queued for 3 ms tells little of the rate, and takes away nothing that was known. */
static void one_slow_exchange_raises_no_doubt(void)
{
	struct dvmm_estimator *e = fresh();
	struct world w = quiet_world();
	u64 before;

	feed(e, &w, 256);
	before = e->doubt_ppb;
	w.base_ns = 3000000;
	feed(e, &w, 1);
	CHECK_IN(e->doubt_ppb, 1, before + before / 2);
}

/* Points as wild as the contract allows: no overflow (UBSan), no nonsense. */
static void linefit_extremes(void)
{
	static struct dvmm_point p[DVMM_ESTIMATOR_RING];
	struct dvmm_slope prior;
	struct dvmm_linefit fit;
	int round, i;
	u32 n;

	for (round = 0; round < 2000; round++) {
		for (i = 0; i < DVMM_ESTIMATOR_RING; i++) {
			u64 r = unit_random();

			p[i].x_us = -(s64)((unit_random() >> (r & 31)) % DVMM_LINEFIT_X_MAX_US);
			p[i].y_ns = (s64)(unit_random() >> (30 + (r >> 8 & 31)));
			p[i].y_ns = clamp(p[i].y_ns, 0LL, DVMM_LINEFIT_Y_MAX_NS);
			p[i].y_ns = r >> 16 & 1 ? p[i].y_ns : -p[i].y_ns;
			p[i].delay_ns = unit_random() >> (r >> 24 & 63);
		}
		n = 1 + unit_random() % DVMM_ESTIMATOR_RING;
		prior.ppb = (s64)(unit_random() % (2 * DVMM_SKEW_MAX_PPB)) - DVMM_SKEW_MAX_PPB;
		prior.error_ppb = unit_random() >> (unit_random() & 63);
		if (!dvmm_linefit(&fit, p, n, dvmm_linefit_shortest(p, n), &prior))
			CHECK(abs(fit.slope_ppb) <= DVMM_SKEW_MAX_PPB);
		dvmm_linefit_level(&fit, p, n, dvmm_linefit_shortest(p, n), &prior);
	}
}

static const struct dvmm_slope nothing_known = { 0, DVMM_SKEW_UNKNOWN_PPB };

/* One second of points that queued for up to a millisecond tell little of a slope. */
static void short_window_leans_on_the_prior(void)
{
	struct dvmm_slope prior = { 7000, DVMM_SKEW_CHANGE_PPB };
	struct dvmm_linefit alone, fit;
	struct dvmm_point p[16];
	s64 worst_alone = 0;
	int round, i;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < 16; i++) {
			u64 there = unit_random() % 500000, back = unit_random() % 500000;

			p[i].x_us = -62500LL * i;
			p[i].y_ns = p[i].x_us * 7 / 1000 + (s64)(there - back) / 2;
			p[i].delay_ns = 100000 + there + back;
		}
		CHECK_EQ(dvmm_linefit(&alone, p, 16, 100000, &nothing_known), 0);
		CHECK_EQ(dvmm_linefit(&fit, p, 16, 100000, &prior), 0);
		worst_alone = max(worst_alone, (s64)abs(alone.slope_ppb - 7000));
		CHECK_NEAR(fit.slope_ppb, 7000, 60000);
	}
	CHECKF(worst_alone > 150000, "%lld: these points tell more than expected", (long long)worst_alone);
}

/* Known wrong: where points say plainly otherwise, what was known counts for nothing. */
static void evidence_outweighs_a_wrong_prior(void)
{
	struct dvmm_slope prior = { 0, DVMM_SKEW_CHANGE_PPB };
	struct dvmm_linefit fit;
	struct dvmm_point p[32];
	int round, i;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < 32; i++) {
			u64 there = unit_random() % 50000, back = unit_random() % 50000;

			p[i].x_us = -62500LL * i;
			p[i].y_ns = p[i].x_us * 4 / 10 + (s64)(there - back) / 2;
			p[i].delay_ns = 100000 + there + back;
		}
		CHECK_EQ(dvmm_linefit(&fit, p, 32, 100000, &prior), 0);
		CHECK_NEAR(fit.slope_ppb, 400000, 50000);
	}
}

/* The quickest packets decide, of each direction by itself: rubbish changes nothing. */
static void slow_points_do_not_count(void)
{
	static struct dvmm_point p[64];
	struct dvmm_linefit fit;
	int i;

	for (i = 0; i < 64; i++) {
		u64 there = i % 4 ? unit_random() % 1000000 * 2 : 0;
		u64 back = i % 4 == 1 ? 0 : 10000 + unit_random() % 1000000 * 2;

		p[i].x_us = -62500LL * i;
		p[i].y_ns = 1000 + p[i].x_us / 100 + (s64)(back - there) / 2;
		p[i].delay_ns = 100000 + there + back;
	}
	CHECK_EQ(dvmm_linefit(&fit, p, 64, 100000, &nothing_known), 0);
	CHECK_NEAR(fit.y0_ns, 1000, 4);
	CHECK_NEAR(fit.slope_ppb, 10000, 5);
	CHECK_EQ(fit.delay_ns, 100000);
}

static const struct unit_test tests[] = {
	TEST(exact_without_jitter),
	TEST(asymmetry_shows_by_half),
	TEST(jitter_with_tails),
	TEST(claimed_errors_are_honest),
	TEST(stall_is_no_news),
	TEST(rate_step_is_learnt),
	TEST(no_exchange_is_taken_that_cannot_be),
	TEST(jump_is_a_contradiction),
	TEST(probes_serve_as_well),
	TEST(restart_keeps_the_skew),
	TEST(interval_widens_with_age),
	TEST(one_slow_exchange_raises_no_doubt),
	TEST(linefit_extremes),
	TEST(short_window_leans_on_the_prior),
	TEST(evidence_outweighs_a_wrong_prior),
	TEST(slow_points_do_not_count),
};

UNIT_MAIN(tests)
