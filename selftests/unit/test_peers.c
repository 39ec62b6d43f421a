// SPDX-License-Identifier: GPL-2.0
/* Slaves as second sources: other paths, and whom to believe (port_probe.c, port_verdict.c). */
#include "counter_faults.h"
#include "scenario.h"

/* A leader that has led for long, and @slaves more, which know each other. */
static struct sim *cluster(u64 seed, const struct sim_link *link, int slaves)
{
	struct sim *sim = sim_new_cluster(slaves + 1, seed, link);

	start(sim, 10);
	sim_run(sim, 3 * SIM_SECOND);
	while (slaves--)
		start(sim, 7 * slaves - 20);
	sim_run(sim, 20 * SIM_SECOND);
	return sim;
}

static int peers_of(const struct sim_host *host)
{
	int i, count = 0;

	for (i = 0; i < DVMM_PEERS; i++)
		count += dvmm_peer_known(&host->port.peers.peer[i]) &&
			 host->port.peers.peer[i].error_ns != U64_MAX;
	return count;
}

static void slaves_meet(void)
{
	static const int slaves[] = { 1, 2, 3, 7 };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(slaves); i++) {
		struct sim *sim = cluster(3, &bed, slaves[i]);

		for (j = 1; j < (u32)sim->hosts; j++)
			CHECK_IN(peers_of(&sim->host[j]), min(slaves[i] - 1, 3), min(slaves[i] - 1, 4));
		CHECK_EQ(peers_of(&sim->host[0]), 0);
		finish(sim);
	}
}

/* By the direct path alone, it is off by half of what one way takes longer. */
static void another_path_shows_an_asymmetric_one(void)
{
	struct sim *one = cluster(4, &bed, 1), *many = cluster(4, &bed, 5);
	struct sim_stats alone, helped;
	struct dvmm_sync_status status;
	s64 closure;

	sim_link(one, 0, 1)->base_ns += 400000;
	sim_link(many, 0, 1)->base_ns += 400000;
	sim_run(one, 60 * SIM_SECOND);
	sim_run(many, 60 * SIM_SECOND);
	sim_measure(one);
	sim_measure(many);
	sim_run(one, 20 * SIM_SECOND);
	sim_run(many, 20 * SIM_SECOND);
	alone = sim_errors_stats(&one->host[1].errors);
	helped = sim_errors_stats(&many->host[1].errors);
	dvmm_port_status(&many->host[1].port, &status, sim_cycles(&many->host[1]));
	closure = status.closure_ns;
	CHECK_IN(status.peers, 2, 4);
	dvmm_port_status(&one->host[1].port, &status, sim_cycles(&one->host[1]));
	CHECK_EQ(status.peers, 0);
	CHECK_EQ(status.closure_ns, 0);
	printf("# one way 400 us longer: off by %.1f us alone, by %.1f us with peers; closure %.1f us\n",
	       alone.rms_ns / 1e3, helped.rms_ns / 1e3, closure / 1e3);
	CHECK_IN(alone.rms_ns, 180000, 220000);
	CHECK(helped.rms_ns * 5 < alone.rms_ns);
	CHECK_IN(closure, 150000, 250000);
	finish(one);
	finish(many);
}

/* One peer may think what it likes. */
static void one_peer_astray_leads_nobody_astray(void)
{
	struct sim *sim = cluster(5, &bed, 5);
	struct sim_stats s;

	sim_link(sim, 0, 3)->base_ns += 5000000;
	sim_run(sim, 60 * SIM_SECOND);
	sim_measure(sim);
	sim_run(sim, 20 * SIM_SECOND);
	s = sim_errors_stats(&sim->host[1].errors);
	CHECK_IN(s.rms_ns, 100, 6000);
	finish(sim);
}

enum lie { AHEAD, BACK, FAST, COUNTER, FROZEN, LIES };

static const char * const lies[LIES] = {
	"jumps ahead by 5 ms", "jumps back by 5 ms", "runs 1000 ppm fast",
	"has a counter that jumps by 1 s", "shows the same time for ever",
};

static void lie(struct sim_host *host, enum lie how)
{
	struct dvmm_discipline *d = &host->port.discipline;
	s64 ns = how == AHEAD ? 5000000 : -5000000;

	switch (how) {
	case AHEAD:
	case BACK:
		d->led.base.ns += ns;
		d->view.segment.base.ns += ns;
		d->before.base.ns += ns;
		return;
	case FAST:
		return sim_drift(host, 1000);
	case COUNTER:
		host->oscillator.since_cycles += 2900000000ULL;
		return;
	default:
		dvmm_segment_pivot(&d->led, sim_cycles(host), 1);
		dvmm_segment_pivot(&d->view.segment, sim_cycles(host), 1);
		d->before = d->view.segment;
	}
}

/* Of those who never lied: whether all are within their bounds of each other. */
static bool agree(const struct sim *sim, int liar)
{
	int i, j;

	for (i = 0; i < sim->hosts; i++) {
		for (j = i + 1; j < sim->hosts; j++) {
			const struct sim_host *a = &sim->host[i], *b = &sim->host[j];
			u64 room = sim_bound_ns(a) + sim_bound_ns(b);

			if (i == liar || j == liar || !sim_state(a) || !sim_state(b))
				continue;
			if ((u64)abs(apart(a, b)) > room)
				return false;
		}
	}
	return true;
}

static int who_leads(const struct sim *sim)
{
	int i;

	for (i = 0; i < sim->hosts; i++)
		if (leads(&sim->host[i]))
			return i;
	return -1;
}

/* Out of @slaves and it, one host lies; all others agree all the time, on what was true. */
static void try_lie(enum lie how, int slaves, u64 seed)
{
	struct sim *sim = cluster(seed, &bed, slaves);
	const struct sim_host *b = &sim->host[1];
	u64 since = sim->now_ns, refused = 0, was, steps[8];
	s64 expected;
	int i, ms;

	for (i = 0; i < sim->hosts; i++)
		steps[i] = sim->host[i].steps;
	was = sim_clock_ns(b);
	lie(&sim->host[0], how);
	for (ms = 0; ms < 20000; ms++) {
		sim_run(sim, MS);
		CHECK(agree(sim, 0));
		if (!refused && who_leads(sim) > 0)
			refused = sim->now_ns - since;
	}
	printf("# with %d others, the leader %s: refused after %.2f s\n", slaves, lies[how],
	       refused / 1e9);
	CHECK_IN(refused, 900 * MS, 6000 * MS);
	CHECK_EQ(leaders(sim), 1);
	CHECK(who_leads(sim) > 0);
	expected = sim->now_ns - since;
	for (i = 1; i < sim->hosts; i++) {
		CHECK_EQ(sim->host[i].steps, steps[i]);
		CHECK_EQ(sim_state(&sim->host[i]), DVMM_STATE_SYNCHRONISED);
		CHECK_NEAR((s64)(sim_clock_ns(&sim->host[i]) - was), expected, 3000000);
	}
	sim_free(sim);
}

static void lying_leader_is_outvoted(void)
{
	int how;

	for (how = 0; how < LIES; how++)
		try_lie(how, 4, 10 + how);
	try_lie(AHEAD, 2, 30);
	try_lie(FAST, 2, 31);
}

/* The liar takes it, and follows; its guests would see it slew. */
static void refused_leader_follows(void)
{
	struct sim *sim = cluster(40, &bed, 4);
	struct sim_host *a = &sim->host[0];
	struct dvmm_sync_status status;
	int ms;

	lie(a, AHEAD);
	for (ms = 0; ms < 15000; ms++) {
		sim_run(sim, MS);
		CHECK(leads(a) || agree(sim, -1));
	}
	CHECK(!leads(a));
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	dvmm_port_status(&sim->host[who_leads(sim)].port, &status,
			 sim_cycles(&sim->host[who_leads(sim)]));
	CHECK(strstr(status.reason, "time was wrong"));
	sim_free(sim);
}

/* Whose own counter is at fault has all against him, and blames nobody else. */
static void own_fault_is_not_blamed_on_the_leader(void)
{
	static const enum lie own[] = { FAST, COUNTER };
	u32 i, slaves;

	for (slaves = 2; slaves <= 4; slaves += 2) {
		for (i = 0; i < ARRAY_SIZE(own); i++) {
			struct sim *sim = cluster(50 + i, &bed, slaves);
			struct sim_host *b = &sim->host[1];

			lie(b, own[i]);
			sim_run(sim, 20 * SIM_SECOND);
			CHECK_EQ(who_leads(sim), 0);
			CHECK_EQ(leaders(sim), 1);
			CHECK_EQ(b->port.refused_cycles, 0);
			CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
			CHECK(agree(sim, -1));
			sim_free(sim);
		}
	}
}

/* Two hosts, nobody to ask: no machine leaps ahead. So it was we who stood still. */
static void alone_with_a_leader_ahead_it_is_believed(void)
{
	struct sim *sim = cluster(60, &bed, 1);

	lie(&sim->host[0], AHEAD);
	sim_run(sim, 70 * SIM_SECOND);		/* slewed at 100 ppm */
	CHECK_EQ(who_leads(sim), 0);
	CHECK_EQ(sim_state(&sim->host[1]), DVMM_STATE_SYNCHRONISED);
	CHECK_NEAR(apart(&sim->host[0], &sim->host[1]), 0, 100000);
	sim_free(sim);
}

/* But one may have been stopped. */
static void alone_with_a_leader_that_fell_behind_it_is_refused(void)
{
	static const enum lie late[] = { BACK, FROZEN };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(late); i++) {
		struct sim *sim = cluster(61 + i, &bed, 1);
		struct sim_host *b = &sim->host[1];
		u32 steps = b->steps;
		u64 was = sim_clock_ns(b);

		lie(&sim->host[0], late[i]);
		sim_run(sim, 20 * SIM_SECOND);
		CHECK_EQ(who_leads(sim), 1);
		CHECK_EQ(leaders(sim), 1);
		CHECK_EQ(b->steps, steps);
		CHECK_NEAR((s64)(sim_clock_ns(b) - was), (s64)(20 * SIM_SECOND), 3000000);
		sim_free(sim);
	}
}

/* It goes on as if nothing had been; but it cannot have been there all the while. */
static void leader_that_was_stopped_yields(void)
{
	u64 seed;

	for (seed = 63; seed < 67; seed++) {
		struct sim *sim = cluster(seed, &bed, 1 + 2 * (seed % 2));
		struct sim_host *a = &sim->host[0];

		a->group = 1;
		sim_freeze(a, true);
		sim_run(sim, 3 * SIM_SECOND);
		CHECK(who_leads(sim) >= 0);
		sim_freeze(a, false);
		a->group = 0;
		sim_run(sim, SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		CHECK(who_leads(sim) > 0);
		sim_run(sim, 5 * SIM_SECOND);
		CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
		CHECK(agree(sim, -1));
		sim_free(sim);
	}
}

/* It might be the first to notice that nobody leads. */
static void who_lost_the_time_lets_others_lead(void)
{
	u64 seed;

	for (seed = 70; seed < 78; seed++) {
		struct sim *sim = cluster(seed, &bed, 3);

		sim_jump(&sim->host[1], 50 * MS);
		sim_jump(&sim->host[2], -50 * (s64)MS);
		sim_run(sim, 200 * MS);
		CHECK_EQ(sim_state(&sim->host[1]), DVMM_STATE_UNSYNCHRONISED);
		CHECK_EQ(sim_state(&sim->host[2]), DVMM_STATE_UNSYNCHRONISED);
		sim_kill(&sim->host[0]);
		sim_run(sim, 300 * MS);
		CHECK(leads(&sim->host[3]));
		CHECK_EQ(sim_state(&sim->host[3]), DVMM_STATE_SYNCHRONISED);
		sim_kill(&sim->host[3]);		/* but lead they do, if nobody else can */
		sim_run(sim, 5 * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		sim_free(sim);
	}
}

/* Quartz does not do that, and those who measure it by other quartz see the same. */
static void rate_that_turns_is_the_leaders(void)
{
	static const double ppm[] = { 25, -30, 60, 150, -300 };
	struct sim *sim;
	u32 i, ms;

	for (i = 0; i < ARRAY_SIZE(ppm); i++) {
		sim = cluster(80 + i, &bed, 2 + i % 3);
		sim_run(sim, 10 * SIM_SECOND);
		sim_wrong_rate(&sim->host[0], ppm[i]);
		for (ms = 0; ms < 10000 && who_leads(sim) <= 0; ms++)
			sim_run(sim, MS);
		printf("# turned by %g ppm at once: refused after %.2f s\n", ppm[i], ms / 1e3);
		CHECK_IN(ms, 900, 9000);
		sim_run(sim, 20 * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		finish(sim);
	}
}

/* The same of one's own counter is no reason to refuse anybody; nor is quartz that wanders. */
static void rate_that_turns_is_ours(void)
{
	struct sim *sim;
	int i;

	for (i = 0; i < 2; i++) {
		sim = cluster(90 + i, &bed, 3);
		sim_run(sim, 10 * SIM_SECOND);
		sim_drift(&sim->host[i], i ? 40 : 8);
		sim_run(sim, 20 * SIM_SECOND);
		CHECK_EQ(who_leads(sim), 0);
		CHECK_EQ(sim->host[1].port.refused_cycles, 0);
		CHECK_EQ(sim->host[2].port.refused_cycles, 0);
		finish(sim);
	}
}

/* A failover must not be taken for a lie, nor noise. */
static void honest_leaders_are_not_refused(void)
{
	struct sim_link storm = bed;
	u64 seed;
	int i;

	storm.jitter_ns = 1000000;
	storm.tail_ppm = 200000;
	storm.tail_ns = 3000000;
	storm.loss_ppm = 100000;
	for (seed = 70; seed < 76; seed++) {
		struct sim *sim = cluster(seed, seed & 1 ? &storm : &bed, 6);

		sim_kill(&sim->host[0]);
		sim_run(sim, 20 * SIM_SECOND);
		sim_adjust(&sim->host[who_leads(sim)], 100000);
		sim_run(sim, 20 * SIM_SECOND);
		for (i = 1; i < sim->hosts; i++) {
			CHECK_EQ(sim->host[i].port.refused_cycles, 0);
			CHECK_EQ(sim->host[i].port.hearings, 0);
		}
		finish(sim);
	}
}

static const struct unit_test tests[] = {
	TEST(slaves_meet),
	TEST(another_path_shows_an_asymmetric_one),
	TEST(one_peer_astray_leads_nobody_astray),
	TEST(lying_leader_is_outvoted),
	TEST(refused_leader_follows),
	TEST(own_fault_is_not_blamed_on_the_leader),
	TEST(alone_with_a_leader_ahead_it_is_believed),
	TEST(alone_with_a_leader_that_fell_behind_it_is_refused),
	TEST(leader_that_was_stopped_yields),
	TEST(who_lost_the_time_lets_others_lead),
	TEST(rate_that_turns_is_the_leaders),
	TEST(rate_that_turns_is_ours),
	TEST(honest_leaders_are_not_refused),
};

UNIT_MAIN(tests)
