// SPDX-License-Identifier: GPL-2.0
/*
 * A host's counter goes wrong, which is noticed after a while and put right: what
 * becomes of cluster time, of the bound and of who leads.
 */
#include "port_internal.h"
#include "scenario.h"

/*
 * As in the module: the first round after, then as many as it takes to be sure. A large
 * jump the engine sees by itself.
 */
#define SUSPECT_NS (100 * MS)
#define LARGE_NS (1500 * MS)
#define VERDICT_NS (500 * MS)

#define HOUR_NS (3600 * SIM_SECOND)

static struct sim_host *hosts[3];

static struct sim *settled_cluster(u64 seed, int count)
{
	struct sim *sim = sim_new(seed, &bed);
	int i;

	hosts[0] = start(sim, 30);
	sim_run(sim, 3 * SIM_SECOND);
	for (i = 1; i < count; i++)
		hosts[i] = start(sim, -40 + 50 * i);
	sim_run(sim, 20 * SIM_SECOND);
	for (i = 0; i < count; i++) {
		CHECK_EQ(sim_state(hosts[i]), DVMM_STATE_SYNCHRONISED);
		hosts[i]->held = true;
	}
	return sim;
}

/* @left_ns of the jump are not put right. */
static void jump(struct sim *sim, struct sim_host *host, s64 ns, s64 left_ns)
{
	sim_astray(host, ns);
	if ((u64)abs(ns) < LARGE_NS)
		sim_run(sim, SUSPECT_NS);
	sim_suspect(host);
	sim_run(sim, VERDICT_NS);
	sim_disturb(host, ns - left_ns, abs(ns) + 50000, 5000);
}

static void check_all_in_step(struct sim *sim)
{
	int i;

	CHECK_EQ(leaders(sim), 1);
	for (i = 0; i < sim->hosts; i++) {
		if (!sim->host[i].alive)
			continue;
		CHECK_EQ(sim_state(&sim->host[i]), DVMM_STATE_SYNCHRONISED);
		CHECK(sim_bound_ns(&sim->host[i]) < 1000000);
		CHECK_NEAR(apart(&sim->host[i], hosts[0]), 0, 200000);
	}
}

/* Any jump of a slave: it is back within seconds, and its clock was moved by no step. */
static void slave_comes_back(void)
{
	static const s64 jumps[] = { 1000000, -1000000, 30000000, -1000000000, 1400000000,
				     1000 * HOUR_NS, -1000 * HOUR_NS };
	struct dvmm_sync_status status;
	u32 i, steps;

	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct sim *sim = settled_cluster(i + 1, 2);
		struct sim_host *b = hosts[1];

		steps = b->steps;
		jump(sim, b, jumps[i], 0);
		CHECK(sim_state(b) != DVMM_STATE_SYNCHRONISED);
		CHECK(sim_bound_ns(b) >= (u64)abs(jumps[i]));
		CHECK_NEAR(apart(b, hosts[0]), 0, 1000000);
		dvmm_port_status(&b->port, &status, sim_cycles(b));
		CHECK_EQ(status.state_age_ns, 0);
		CHECK((s64)(b->port.timer[DVMM_TIMER_TICK] - sim_cycles(b)) <= 0);
		CHECK(strstr(status.reason, "cannot lead"));
		sim_run(sim, 5 * SIM_SECOND);
		check_all_in_step(sim);
		CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
		CHECK_EQ(b->steps, steps);
		finish(sim);
	}
}

/* A jump that nobody could put right: the bound covers it, and the clock is slewed. */
static void unclear_jump_is_within_the_bound(void)
{
	struct sim *sim = settled_cluster(20, 2);
	struct sim_host *b = hosts[1];

	jump(sim, b, 2000000, 2000000);
	CHECK_NEAR(apart(b, hosts[0]), 2000000, 500000);
	CHECK(sim_bound_ns(b) >= 2000000);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_IN(apart(b, hosts[0]), 1200000, 2000000);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_NEAR(apart(b, hosts[0]), 0, 100000);
	finish(sim);
}

/* The leader gives up the lead, follows, and may lead again once it is sound. */
static void leader_hands_over(void)
{
	u64 seed;

	for (seed = 30; seed < 40; seed++) {
		struct sim *sim = settled_cluster(seed, 3);
		struct sim_host *a = hosts[0];
		u64 id = cluster_id(a);
		int i;

		jump(sim, a, seed & 1 ? 10000000 : -10000000, 0);
		CHECK(!leads(a));
		sim_run(sim, 10 * SIM_SECOND);
		check_all_in_step(sim);
		CHECK_EQ(a->port.state, DVMM_PORT_SLAVE);
		for (i = 0; i < 3; i++)
			CHECK_EQ(cluster_id(hosts[i]), id);
		finish(sim);
	}
}

/* Its counters are not sound yet: nobody leads rather than this one. */
static void unsound_host_does_not_lead(void)
{
	struct sim *sim = settled_cluster(50, 2);
	struct sim_host *a = hosts[0], *b = hosts[1];

	jump(sim, b, 10000000, 0);
	sim_run(sim, 5 * SIM_SECOND);
	sim_kill(a);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(!leads(b));
	CHECK_EQ(b->port.state, DVMM_PORT_LISTENING);
	CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
	CHECK_IN(sim_bound_ns(b), 100000, 10000000);
	dvmm_port_eligible(&b->port, true);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* Nor does it found a cluster. */
static void unsound_host_founds_nothing(void)
{
	struct sim *sim = sim_new(51, &bed);
	struct sim_host *a = start(sim, 30);

	dvmm_port_eligible(&a->port, false);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(!leads(a) && !cluster_id(a));
	dvmm_port_eligible(&a->port, true);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(a) && cluster_id(a));
	finish(sim);
}

/* A lone leader goes on with its own time, and leads it again. */
static void lone_leader_goes_on(void)
{
	struct sim *sim = settled_cluster(52, 1);
	struct sim_host *a = hosts[0];
	u64 id = cluster_id(a);

	jump(sim, a, 10000000, 0);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK_EQ(sim_state(a), DVMM_STATE_HOLDOVER);
	CHECK(!leads(a));
	dvmm_port_eligible(&a->port, true);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(cluster_id(a), id);
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* Nobody knows how far off: nothing is promised until it is measured. */
static void unknown_step_leaves_no_bound(void)
{
	struct sim *sim = settled_cluster(53, 2);
	struct sim_host *b = hosts[1];

	sim_disturb(b, 0, U64_MAX, 0);
	CHECK_EQ(sim_state(b), DVMM_STATE_UNSYNCHRONISED);
	CHECK_EQ(sim_bound_ns(b), U64_MAX);
	sim_run(sim, 5 * SIM_SECOND);
	check_all_in_step(sim);
	sim_disturb(b, 0, 1000, 10 * DVMM_SKEW_UNKNOWN_PPB);
	CHECK_EQ(sim_bound_ns(b), U64_MAX);
	sim_run(sim, 5 * SIM_SECOND);
	check_all_in_step(sim);
	finish(sim);
}

/* The rate may be off, too: the bound grows by that. */
static void doubtful_rate_grows_the_bound(void)
{
	struct sim *sim = settled_cluster(54, 2);
	struct sim_host *b = hosts[1];
	u64 bound;

	sim_kill(hosts[0]);
	sim_drift(b, 400);
	sim_disturb(b, 0, 1000, 800000);
	bound = sim_bound_ns(b);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK_IN(sim_bound_ns(b) - bound, 8000000, 40000000);
	finish(sim);
}

/* With the link down there is nobody to listen to; time goes on, and the link comes back. */
static void disturbed_without_a_link(void)
{
	struct sim *sim = settled_cluster(55, 2);
	struct sim_host *b = hosts[1];

	dvmm_port_link(&b->port, false, sim_cycles(b));
	sim_run(sim, SIM_SECOND);
	jump(sim, b, 100 * HOUR_NS, 0);
	CHECK_EQ(b->port.state, DVMM_PORT_FAULTY);
	sim_run(sim, 2 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_FAULTY);
	dvmm_port_link(&b->port, true, sim_cycles(b));
	sim_run(sim, 5 * SIM_SECOND);
	check_all_in_step(sim);
	finish(sim);
}

/* What was noted at a time that never came to be is not of the future. */
static void age_of_what_happened_meanwhile(void)
{
	struct sim *sim = settled_cluster(56, 2);
	struct dvmm_sync_status status;
	struct sim_host *b = hosts[1];

	sim_astray(b, LARGE_NS);
	sim_run(sim, SUSPECT_NS / 2);
	dvmm_port_link(&b->port, false, sim_cycles(b));
	sim_disturb(b, LARGE_NS, LARGE_NS, 5000);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK_IN(status.state_age_ns, 0, SIM_SECOND);
	finish(sim);
}

/* Nor what it learnt of other slaves, nor whom it refused. */
static void others_are_measured_anew(void)
{
	struct sim *sim = settled_cluster(57, 3);
	struct sim_host *b = hosts[1];
	u32 i, known = 0;

	for (i = 0; i < DVMM_PEERS; i++)
		known += b->port.peers.peer[i].estimator.count > DVMM_ESTIMATOR_MIN;
	CHECK_EQ(known, 1);
	memcpy(b->port.refused, hosts[2]->port.id.clock, sizeof(b->port.refused));
	b->port.refused_cycles = sim_cycles(b);
	b->port.answer[0].waiting = true;
	sim_disturb(b, 0, 1000, 1000);
	for (i = 0; i < DVMM_PEERS; i++)
		CHECK_EQ(b->port.peers.peer[i].estimator.count, 0);
	CHECK(!dvmm_port_refuses(&b->port, hosts[2]->port.id.clock, sim_cycles(b)));
	CHECK(!b->port.answer[0].waiting);
	sim_run(sim, 20 * SIM_SECOND);
	check_all_in_step(sim);
	for (i = 0; i < DVMM_PEERS; i++)
		known += b->port.peers.peer[i].estimator.count > DVMM_ESTIMATOR_MIN;
	CHECK_EQ(known, 2);
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(slave_comes_back),
	TEST(unclear_jump_is_within_the_bound),
	TEST(leader_hands_over),
	TEST(unsound_host_does_not_lead),
	TEST(unsound_host_founds_nothing),
	TEST(lone_leader_goes_on),
	TEST(unknown_step_leaves_no_bound),
	TEST(doubtful_rate_grows_the_bound),
	TEST(disturbed_without_a_link),
	TEST(others_are_measured_anew),
	TEST(age_of_what_happened_meanwhile),
};

UNIT_MAIN(tests)
