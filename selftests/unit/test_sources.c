// SPDX-License-Identifier: GPL-2.0
/* The keeping of time sources against a model of a host. */
#include "model.h"
#include "sources_internal.h"

static void check_found(const struct model *m, int i, enum dvmm_source_fault fault, u32 since)
{
	CHECK_EQ(m->verdicts, 1);
	CHECK_EQ(m->last.accused, 1U << i);
	CHECK_EQ(m->last.fault[i], fault);
	CHECK_IN(m->at - since, 1, DVMM_SOURCES_HZ);
	CHECK(!dvmm_sources_good(&m->s, i));
}

/* Each fault of each counter, at any time since the start, is found in a second. */
static void test_each_fault_of_each_counter(void)
{
	static struct model m;
	u32 i, fault, run, since;

	for (run = 0; run < 40; run++)
		for (i = 0; i < DVMM_SOURCES; i++)
			for (fault = DVMM_FAULT_JUMP; fault <= DVMM_FAULT_RATE; fault++) {
				double sign = run & 1 ? 1 : -1;

				fault_rate = sign * (50e-6 + uniform() * 300e-6);
				fault_jump_ns = sign * (50e3 + uniform() * (run & 2 ? 1e12 : 1e6));
				model_init(&m, run & 4 ? 64 : 32, run & 8 ? 24 : 32, true);
				model_run(&m, 40 + unit_random() % 200);
				CHECK_EQ(m.verdicts, 0);
				since = m.rounds;
				inject(&m, i, fault);
				model_run(&m, 40);
				check_found(&m, i, fault, since);
				if (unit_errors)
					return;
			}
}

/* The uncertainty that is told covers how far the counter went off. */
static void test_off_covers_the_jump(void)
{
	static struct model m;

	model_init(&m, 64, 24, false);
	model_run(&m, 100);
	fault_jump_ns = 1e7;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	model_run(&m, 8);
	CHECK_EQ(m.verdicts, 1);
	CHECK_IN(m.last.off_ns, 10000000, 10100000);
}

/* A jump between two readings of one round must not be laid at another's door. */
static void test_jump_inside_a_round(void)
{
	static struct model m;
	struct dvmm_source_read read[DVMM_SOURCES];
	int i, run;

	for (run = 0; run < DVMM_SOURCES; run++) {
		model_init(&m, 64, 24, true);
		model_run(&m, 100);
		pass(&m, ROUND_NS);
		for (i = 0; i < DVMM_SOURCES; i++) {
			read[i] = read_one(&m, i);
			if (i == run)
				m.count[DVMM_SOURCE_TSC] += 2e9;
		}
		dvmm_sources_round(&m.s, read);
		model_run(&m, 8);
		CHECK_EQ(m.verdicts, 1);
		CHECK_EQ(m.last.accused, 1U << DVMM_SOURCE_TSC);
	}
}

/* With two there is no majority: something is wrong, but nobody is accused. */
static void test_two_voters_are_unclear(void)
{
	static struct model m;

	model_init(&m, 0, 24, false);
	model_run(&m, 100);
	fault_jump_ns = 1e6;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	model_run(&m, 100);
	CHECK_EQ(m.verdicts, 1);
	CHECK_EQ(m.last.accused, 0);
	CHECK(m.last.off_ns >= 1000000);
	CHECK(dvmm_sources_good(&m.s, DVMM_SOURCE_TSC));
	CHECK(!dvmm_sources_sound(&m.s));
}

/*
 * One cannot tell whom to believe, since its own readings are rough; that most do not
 * contradict it makes it no majority over those who contradict each other.
 */
static void test_one_is_no_majority(void)
{
	static struct model m;

	model_init(&m, 64, 32, true);
	m.dear = DVMM_SOURCE_HPET;
	model_run(&m, 8 * 140);
	fault_jump_ns = 50e3;
	inject(&m, DVMM_SOURCE_RAW, DVMM_FAULT_JUMP);
	fault_jump_ns = 2e6;
	inject(&m, DVMM_SOURCE_PM_TIMER, DVMM_FAULT_JUMP);
	model_run(&m, 8);
	CHECK_EQ(m.verdicts, 1);
	CHECK_EQ(m.last.accused, 0);
	CHECK(!dvmm_sources_sound(&m.s));
}

/* The TSC jumped, and nobody looked for so long that the PM timer wrapped twice. */
static void test_jump_before_a_late_round(void)
{
	static struct model m;

	model_init(&m, 32, 24, false);
	model_run(&m, 8 * 20);
	fault_jump_ns = 1e12;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	model_round(&m, 10e9);
	model_run(&m, 8);
	CHECK_EQ(m.verdicts, 1);
	CHECK_EQ(m.last.accused, 1U << DVMM_SOURCE_TSC);
	CHECK_NEAR(astray_ns(&m), 0, 100000);
}

/* The HPET wrapped meanwhile, which the PM timer, and the TSC, can tell. */
static void test_late_beyond_a_wrap(void)
{
	static struct model m;

	model_init(&m, 32, 32, false);
	model_run(&m, 8 * 20);
	model_round(&m, 60e9);
	model_run(&m, 8 * 4);
	CHECK_EQ(m.verdicts, 0);
	CHECK_EQ(m.s.transients, 0);
}

/* The jump by a wrap of the widest other, which sees nothing of it: but a third does. */
static void test_jump_by_a_wrap(void)
{
	static struct model m;

	model_init(&m, 32, 24, false);
	model_run(&m, 8 * 20);
	fault_jump_ns = 42.94967296e9;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	model_run(&m, 8);
	CHECK_EQ(m.verdicts, 1);
	CHECK(!dvmm_sources_sound(&m.s));
}

/* Sums begin anew before they overflow, and nothing is made of it. */
static void test_weeks(void)
{
	static struct model m;
	int day;

	model_init(&m, 64, 0, true);
	m.wander = 0;
	model_run(&m, 8 * 140);
	for (day = 0; day < 60; day++) {
		model_round(&m, 86400e9);
		model_run(&m, 8 * 4);
		CHECK_IN(m.s.at_q10 >> DVMM_Q, 0, 15 * 86400e9);
	}
	CHECK_EQ(m.verdicts, 0);
	fault_jump_ns = 1e6;
	inject(&m, DVMM_SOURCE_HPET, DVMM_FAULT_JUMP);
	model_run(&m, 8);
	CHECK_EQ(m.last.accused, 1U << DVMM_SOURCE_HPET);
}

/* A shadow of the TSC has no voice: the TSC and it are not two against two. */
static void test_shadow_does_not_vote(void)
{
	static struct model m;

	model_init(&m, 64, 24, false);
	model_run(&m, 100);
	fault_jump_ns = -5e5;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_JUMP);
	inject(&m, DVMM_SOURCE_RAW, DVMM_FAULT_JUMP);
	model_run(&m, 100);
	CHECK_EQ(m.verdicts, 1);
	CHECK_EQ(m.last.accused, 1U << DVMM_SOURCE_TSC);
}

/* One that stands never is. */
static void test_stopped_stays_accused(void)
{
	static struct model m;
	int i;

	for (i = 0; i < DVMM_SOURCE_RAW; i++) {
		model_init(&m, 64, 24, false);
		model_run(&m, 100);
		inject(&m, i, DVMM_FAULT_STOP);
		model_run(&m, 3000);
		CHECK(!dvmm_sources_good(&m.s, i));
		CHECK_EQ(m.verdicts, 1);
	}
}

static void test_accused_is_trusted_again(void)
{
	static struct model m;

	model_init(&m, 64, 24, false);
	model_run(&m, 100);
	fault_rate = 200e-6;
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_RATE);
	model_run(&m, 8 * (DVMM_SOURCES_HEAL_S - 2));
	CHECK(!dvmm_sources_good(&m.s, DVMM_SOURCE_TSC));
	model_run(&m, 8 * 10);
	CHECK(dvmm_sources_good(&m.s, DVMM_SOURCE_TSC));
	CHECK_EQ(m.verdicts, 1);
	inject(&m, DVMM_SOURCE_TSC, DVMM_FAULT_RATE);
	model_run(&m, 8);
	CHECK_EQ(m.verdicts, 2);
	CHECK_EQ(m.s.source[DVMM_SOURCE_TSC].faults, 2);
}

/* Days of noise, spikes, late rounds and wander: not one false word. */
static void test_no_false_alarm(void)
{
	static struct model m;
	u32 run, i;

	for (run = 0; run < 8; run++) {
		model_init(&m, run & 1 ? 64 : 32, run & 2 ? 24 : 32, run & 4);
		m.wander = 2e-8;
		m.spike = 0.05;
		m.cost_ns = run & 1 ? 200 : 20000;
		for (i = 0; i < 40000; i++)
			model_round(&m, ROUND_NS * (uniform() < 0.01 ? 1 + 200 * uniform() : 1));
		CHECK_EQ(m.verdicts, 0);
		CHECK_EQ(m.s.transients, 0);
	}
}

/* The rate told is the rate, within the error told, and the error shrinks. */
static void test_rates_within_their_errors(void)
{
	static struct model m;
	u32 i, n;

	model_init(&m, 32, 24, false);
	m.wander = 0;
	for (n = 0; n < 3000; n++) {
		model_run(&m, 1);
		for (i = 1; i < DVMM_SOURCES; i++)
			CHECK_NEAR(m.s.source[i].skew_ppb, m.rate[i] * 1e9,
				   m.s.source[i].skew_error_ppb);
	}
	CHECK_IN(m.s.source[DVMM_SOURCE_HPET].skew_error_ppb, 1, 60);
	CHECK_IN(m.s.source[DVMM_SOURCE_PM_TIMER].skew_error_ppb, 1, 60);
}

/* White frequency noise of 10^-8 at 1 s goes with the root of tau. */
static void test_allan_of_white_frequency(void)
{
	struct dvmm_allan allan = { 0 };
	double phase = 0;
	int i, j;

	CHECK_EQ(dvmm_allan_deviation(&allan, 0), U64_MAX);
	for (i = 0; i < 200000; i++) {
		double rate = 0;

		for (j = 0; j < 12; j++)
			rate += uniform() - 0.5;
		phase += 100 * rate;
		dvmm_allan_add(&allan, (s64)floor(phase));
	}
	CHECK_NEAR(dvmm_allan_deviation(&allan, 0), 100000, 10000);
	CHECK_NEAR(dvmm_allan_deviation(&allan, 1), 31600, 7000);
	CHECK_NEAR(dvmm_allan_deviation(&allan, 2), 10000, 3000);
}

/* A constant rate is no instability. */
static void test_allan_of_constant_rate(void)
{
	struct dvmm_allan allan = { 0 };
	int i;

	for (i = 0; i < 1000; i++)
		dvmm_allan_add(&allan, -12345LL * i);
	CHECK_EQ(dvmm_allan_deviation(&allan, 0), 0);
	CHECK_EQ(dvmm_allan_deviation(&allan, 2), 0);
}

/* Hostile values: anything at all in the counters must not trap. */
static void test_any_values(void)
{
	static struct model m;
	struct dvmm_source_read read[DVMM_SOURCES];
	int i, n;

	model_init(&m, 64, 24, true);
	for (n = 0; n < 200000; n++) {
		for (i = 0; i < DVMM_SOURCES; i++) {
			read[i].tsc = unit_random() >> (unit_random() & 63);
			read[i].value = unit_random() >> (unit_random() & 63);
			read[i].half_ns = unit_random() >> (32 + (unit_random() & 31));
		}
		dvmm_sources_round(&m.s, read);
		if (!(n & 31))
			model_run(&m, 20);
	}
	CHECK(m.rounds);
}

static const struct unit_test tests[] = {
	TEST(test_each_fault_of_each_counter),
	TEST(test_off_covers_the_jump),
	TEST(test_jump_inside_a_round),
	TEST(test_two_voters_are_unclear),
	TEST(test_one_is_no_majority),
	TEST(test_jump_before_a_late_round),
	TEST(test_late_beyond_a_wrap),
	TEST(test_jump_by_a_wrap),
	TEST(test_weeks),
	TEST(test_shadow_does_not_vote),
	TEST(test_stopped_stays_accused),
	TEST(test_accused_is_trusted_again),
	TEST(test_no_false_alarm),
	TEST(test_rates_within_their_errors),
	TEST(test_allan_of_white_frequency),
	TEST(test_allan_of_constant_rate),
	TEST(test_any_values),
};

UNIT_MAIN(tests)
