// SPDX-License-Identifier: GPL-2.0
/* Host cycles against a model of a host: they go on whatever the TSC does. */
#include "model.h"

#define KHZ 2096000ULL
#define HOUR_NS 3.6e12
#define ONE (1ULL << DVMM_TIMEBASE_SHIFT)

/* Whatever it reads, and exactly. */
static void good_tsc_is_host_cycles(void)
{
	struct dvmm_timebase t = DVMM_TIMEBASE_TSC;
	int i;

	for (i = 0; i < 100000; i++) {
		u64 tsc = unit_random();

		CHECK_EQ(dvmm_timebase_cycles(&t, tsc), tsc);
	}
}

static void good_tsc_is_left_alone(void)
{
	static const struct dvmm_timebase identity = DVMM_TIMEBASE_TSC;
	static struct model m;

	model_init(&m, 32, 24, false);
	model_run(&m, 2000);
	CHECK(!memcmp(&m.timebase, &identity, sizeof(identity)));
	CHECK_EQ(m.disturbances, 0);
}

static void fail_and_check(struct model *m, enum dvmm_source_fault fault)
{
	u32 rounds;

	model_run(m, 100 + unit_random() % 200);
	m->wander = 0;
	inject(m, DVMM_SOURCE_TSC, fault);
	for (rounds = 0; rounds < DVMM_SOURCES_HZ && !m->verdicts; rounds++)
		model_run(m, 1);
	CHECK_EQ(m->verdicts, 1);
	CHECK_EQ(m->timebase.source, DVMM_SOURCE_HPET);
	CHECK_EQ(m->disturbances, 1);
	CHECK_NEAR(astray_ns(m), 0, 10000);
	/* off by what reading left open at first, then by the rate told to be in doubt */
	for (rounds = 0; rounds < 100; rounds++) {
		model_run(m, 1);
		CHECK_NEAR(astray_ns(m), 0, 10000 + rounds * m->disturbance.rate_ppb / 8);
	}
	CHECK_IN(m->disturbance.rate_ppb, 1000, 20000);
}

/* By any jump, also of hours; by a stop; by a change of rate: no step, no other rate. */
static void host_cycles_go_on_by_the_hpet(void)
{
	static struct model m;
	u32 run;

	for (run = 0; run < 60; run++) {
		double sign = run & 1 ? 1 : -1;

		fault_jump_ns = sign * (50e3 + uniform() * (run & 2 ? 1000 * HOUR_NS : 1e7));
		fault_rate = sign * (50e-6 + uniform() * 300e-6);
		model_init(&m, run & 8 ? 64 : 32, run & 4 ? 24 : 32, false);
		fail_and_check(&m, DVMM_FAULT_JUMP + run % 3);
		if (unit_errors)
			return;
	}
}

/* What the bound is widened by covers what the TSC was off at its worst. */
static void disturbance_covers_the_fault(void)
{
	static struct model m;

	model_init(&m, 64, 24, false);
	model_run(&m, 100);
	fault_jump_ns = -1e7;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	model_run(&m, 8);
	CHECK_EQ(m.disturbances, 1);
	CHECK_IN(m.disturbance.step_ns, 10000000, 10100000);
}

/* Many wraps of a 32-bit counter at 100 MHz, which is 43 s. */
static void count_is_not_lost(void)
{
	static struct model m;

	model_init(&m, 32, 24, false);
	model_run(&m, 100);
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_STOP);
	model_run(&m, 8 * 600);
	CHECK_EQ(m.timebase.source, DVMM_SOURCE_HPET);
	CHECK_EQ(m.verdicts, 1);
	CHECK_NEAR(astray_ns(&m), 0, 10000 + 600 * (double)m.disturbance.rate_ppb);
}

/* Never back, hardly ahead, and at the rate of before. */
static void trusted_tsc_is_returned_to(void)
{
	static struct model m;
	double before = 0, after, sign;
	u32 run, rounds;

	for (run = 0; run < 20; run++) {
		sign = run & 1 ? 1 : -1;
		fault_rate = sign * 200e-6;
		fault_jump_ns = sign * 3 * HOUR_NS;
		model_init(&m, 32, 32, false);
		model_run(&m, 8 * 140);
		m.wander = 0;
		inject(&m, DVMM_SOURCE_TSC, run & 2 ? DVMM_FAULT_JUMP : DVMM_FAULT_RATE);
		model_run(&m, 8);
		for (rounds = 0; rounds < 8 * 60 && m.timebase.source; rounds++) {
			before = astray_ns(&m);
			CHECK(!dvmm_sources_sound(&m.s));
			model_run(&m, 1);
		}
		CHECK_IN(rounds, 8 * DVMM_SOURCES_HEAL_S - 8, 8 * DVMM_SOURCES_HEAL_S + 16);
		CHECK_EQ(m.disturbances, 2);
		after = astray_ns(&m);
		CHECK(after > before - 1);
		CHECK(after < before + m.disturbance.step_ns + 10);
		CHECK_IN(m.disturbance.step_ns, 100, 10000);
		model_run(&m, 800);
		CHECK_NEAR(astray_ns(&m), after, 60000);
		CHECK_EQ(m.disturbances, 2);
	}
}

/* With two voters nobody is replaced, but nobody leads by either. */
static void unclear_is_not_sound(void)
{
	static struct model m;

	model_init(&m, 0, 32, false);
	model_run(&m, 100);
	CHECK(dvmm_sources_sound(&m.s));
	fault_rate = 100e-6;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_RATE);
	model_run(&m, 20);
	CHECK_EQ(m.timebase.source, DVMM_SOURCE_TSC);
	CHECK_EQ(m.disturbances, 1);
	CHECK(m.disturbance.rate_ppb > 100000);
	CHECK(!dvmm_sources_sound(&m.s));
	model_run(&m, 8 * (DVMM_SOURCES_HEAL_S - 4));
	CHECK(!dvmm_sources_sound(&m.s));
	model_run(&m, 8 * 8);
	CHECK(dvmm_sources_sound(&m.s));
}

/* Another counter's fault is none of time's. */
static void fault_of_another_disturbs_nothing(void)
{
	static struct model m;

	model_init(&m, 64, 32, false);
	model_run(&m, 100);
	fault_jump_ns = 1e8;
	inject(&m, DVMM_SOURCE_HPET, DVMM_FAULT_JUMP);
	model_run(&m, 20);
	CHECK_EQ(m.verdicts, 1);
	CHECK_EQ(m.disturbances, 0);
	CHECK_EQ(m.timebase.source, DVMM_SOURCE_TSC);
	CHECK(dvmm_sources_sound(&m.s));
}

/* After a sleep nothing is sound for a while, and no rate is known. */
static void sleep_is_unclear(void)
{
	static struct model m;

	model_init(&m, 64, 32, false);
	model_run(&m, 100);
	fault_jump_ns = -1e12;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	dvmm_sources_resume(&m.s);
	CHECK(!dvmm_sources_sound(&m.s));
	model_run(&m, 8 * (DVMM_SOURCES_HEAL_S - 1));
	CHECK(!dvmm_sources_sound(&m.s));
	model_run(&m, 8 * 4);
	CHECK(dvmm_sources_sound(&m.s));
	CHECK_EQ(m.verdicts, 0);
}

/* Guests go on by the TSC: their line is right at the instant, and at its rate. */
static void segment_over_tsc(void)
{
	static struct model m;
	struct dvmm_segment seg, over;
	u64 cycles, tsc;

	model_init(&m, 64, 32, false);
	seg = (struct dvmm_segment){ .base.ns = 5000, .mult = dvmm_mult_from_khz(KHZ) };
	model_run(&m, 8 * 140);
	m.wander = 0;
	fault_rate = 400e-6;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_RATE);
	model_run(&m, 8 * 20);
	CHECK_EQ(m.timebase.source, DVMM_SOURCE_HPET);
	cycles = dvmm_timebase_cycles(&m.timebase, look(&m, DVMM_SOURCE_HPET));
	tsc = look(&m, DVMM_SOURCE_TSC);
	over = dvmm_timebase_over_tsc(&m.timebase, &seg, cycles, tsc);
	CHECK_EQ(dvmm_segment_ns(&over, tsc), dvmm_segment_ns(&seg, cycles));
	CHECK_NEAR(dvmm_mult_skew_ppb(over.mult, seg.mult), -400000, 2000);
}

/* Until its new rate is measured, if it has any, its old one is the best guess. */
static void unknown_rate_of_the_tsc_is_the_old(void)
{
	static const enum dvmm_source_fault faults[] = { DVMM_FAULT_JUMP, DVMM_FAULT_STOP };
	static struct model m;
	u32 i, rounds;

	fault_jump_ns = 1e7;
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		model_init(&m, 64, 32, false);
		model_run(&m, 8 * 140);
		inject(&m, DVMM_SOURCE_TSC, faults[i]);
		model_run(&m, 8);
		CHECK_EQ(m.timebase.source, DVMM_SOURCE_HPET);
		for (rounds = 0; rounds < 8 * 20; rounds++) {
			CHECK_NEAR(dvmm_mult_skew_ppb(m.timebase.tsc_mult, ONE), 0, 10000);
			model_run(&m, 1);
		}
	}
}

static const struct unit_test tests[] = {
	TEST(good_tsc_is_host_cycles),
	TEST(good_tsc_is_left_alone),
	TEST(host_cycles_go_on_by_the_hpet),
	TEST(disturbance_covers_the_fault),
	TEST(count_is_not_lost),
	TEST(trusted_tsc_is_returned_to),
	TEST(unclear_is_not_sound),
	TEST(fault_of_another_disturbs_nothing),
	TEST(sleep_is_unclear),
	TEST(segment_over_tsc),
	TEST(unknown_rate_of_the_tsc_is_the_old),
};

UNIT_MAIN(tests)
