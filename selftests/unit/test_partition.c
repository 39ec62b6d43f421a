// SPDX-License-Identifier: GPL-2.0
/* Clusters and parts of clusters that meet, links that go and come. */
#include <math.h>

#include "scenario.h"

/* Two clusters meet: those free to move join the one that cannot. */
static void held_cluster_is_joined(void)
{
	struct sim *sim = sim_new(11, &bed);
	struct sim_host *a = start(sim, 30), *b = start(sim, -30);

	a->group = 1;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(a) && leads(b) && cluster_id(a) != cluster_id(b));
	b->held = true;		/* though a is the better clock by its identity */
	a->group = 0;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	CHECK_EQ(a->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(cluster_id(a), cluster_id(b));
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

static void held_clusters_stay_apart(void)
{
	struct sim *sim = sim_new(12, &bed);
	struct sim_host *a = start(sim, 30), *b = start(sim, -30);
	struct dvmm_sync_status status;

	a->group = 1;
	sim_run(sim, 5 * SIM_SECOND);
	a->held = b->held = true;
	a->group = 0;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(a) && leads(b) && cluster_id(a) != cluster_id(b));
	CHECK_EQ(a->steps, 1);
	CHECK_EQ(b->steps, 1);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK(strstr(status.reason, "another cluster"));
	CHECK(status.rx_dropped > 5);
	a->group = 1;
	sim_run(sim, 3 * SIM_SECOND);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK(!strstr(status.reason, "another cluster"));
	a->group = 0;
	b->held = false;		/* now it may join, and does by itself */
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(cluster_id(b), cluster_id(a));
	finish(sim);
}

/* A slave with VMs does not run over to another cluster when its leader dies. */
static void held_slave_takes_over_its_own(void)
{
	struct sim *sim = sim_new(13, &bed);
	struct sim_host *a = start(sim, 30), *b, *c;
	u64 id;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 0);
	c = start(sim, 10);
	c->group = 1;
	sim_run(sim, 5 * SIM_SECOND);
	id = cluster_id(b);
	a->held = b->held = true;
	c->held = true;
	c->group = 0;
	sim_run(sim, 1 * SIM_SECOND);
	sim_kill(a);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(b));
	CHECK_EQ(cluster_id(b), id);
	CHECK(cluster_id(c) != id);
	finish(sim);
}

/* Each side goes on; when they meet again one yields and slews. */
static void partition_heals_by_slewing(void)
{
	struct sim *sim = sim_new(14, &bed);
	struct sim_host *a = start(sim, 30), *b;
	struct dvmm_sync_status status;
	s64 off;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 20 * SIM_SECOND);
	a->held = b->held = true;
	b->group = 1;
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a) && leads(b));
	CHECK_EQ(cluster_id(a), cluster_id(b));
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK(strstr(status.reason, "fell silent"));
	sim_adjust(b, 80000);		/* 800 us in 10 s */
	sim_run(sim, 10 * SIM_SECOND);
	off = apart(b, a);
	CHECK_IN(off, 780000, 1000000);
	b->group = 0;
	sim_run(sim, 4 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	/* at 100 ppm: no sooner, and hardly later */
	CHECK_IN(apart(b, a), off - 4 * 110000, off - 2 * 90000);
	sim_run(sim, 12 * SIM_SECOND);
	CHECK_NEAR(apart(b, a), 0, 30000);
	CHECK_EQ(b->steps, 1);
	finish(sim);
}

/* What one learnt of the rate need not be true of the other side's leader. */
static void both_sides_of_a_partition_steered(void)
{
	static const struct sim_link quick = { .base_ns = 2000, .jitter_ns = 1000 };
	u64 seed;

	for (seed = 1; seed <= 10; seed++) {
		struct sim *sim = sim_new(seed, &quick);
		struct sim_host *a = start(sim, 30), *b;

		sim->latency_ns = 2000;
		sim_run(sim, 3 * SIM_SECOND);
		b = start(sim, -30);
		sim_run(sim, 3 * SIM_SECOND);
		a->held = b->held = true;
		b->group = 1;
		sim_run(sim, 3 * SIM_SECOND);
		CHECK(leads(a) && leads(b));
		sim_adjust(a, 90000);
		sim_adjust(b, -90000);
		sim_run(sim, 2 * SIM_SECOND);
		b->group = 0;
		sim_run(sim, 4 * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
		CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP], 0);
		finish(sim);
	}
}

/* Who hardly knew the rate when it took over knows it no better for having led. */
static void leading_teaches_no_rate(void)
{
	struct sim *sim = sim_new(17, &bed);
	struct sim_host *a = start(sim, 30), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 5 * SIM_SECOND);
	b->group = 1;
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a) && leads(b));
	b->port.discipline.rate_error_ppb = 800000;
	b->group = 0;
	while (leads(b))
		sim_run(sim, MS);
	CHECK(b->port.discipline.target.estimator.known_error_ppb >= 800000);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

static void link_loss_is_holdover(void)
{
	struct sim *sim = sim_new(15, &bed);
	struct sim_host *a = start(sim, 30), *b;
	struct dvmm_sync_status status;
	u64 bound;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 20 * SIM_SECOND);
	a->held = b->held = true;
	dvmm_port_link(&b->port, false, sim_cycles(b));
	b->group = 1;
	bound = sim_bound_ns(b);
	sim_run(sim, 10 * SIM_SECOND);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK_EQ(status.role, DVMM_ROLE_LISTENING);
	CHECK_EQ(status.state, DVMM_STATE_HOLDOVER);
	CHECK(strstr(status.reason, "down"));
	CHECK_IN(sim_bound_ns(b) - bound, 2400000, 3500000);
	CHECK_NEAR(apart(b, a), 0, 100000);
	b->group = 0;
	dvmm_port_link(&b->port, true, sim_cycles(b));
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(b->steps, 1);
	finish(sim);
}

/* How far off a minute without a leader makes who has followed one for @seconds: RMS of some. */
static double held_over_ns(u64 seconds)
{
	double squares = 0;
	u64 seed, count = 12;

	for (seed = 1; seed <= count; seed++) {
		struct sim *sim = sim_new(seed, &bed);
		struct sim_host *a = start(sim, 30), *b;

		sim_run(sim, 3 * SIM_SECOND);
		b = start(sim, -30);
		sim_run(sim, seconds * SIM_SECOND);
		CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
		dvmm_port_link(&b->port, false, sim_cycles(b));
		b->group = 1;
		sim_run(sim, 60 * SIM_SECOND);
		CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
		CHECK((u64)abs(apart(b, a)) <= sim_bound_ns(b));
		squares += (double)apart(b, a) * apart(b, a) / count;
		sim_free(sim);
	}
	return sqrt(squares);
}

/* The clock goes on at the rate learnt, which is the better the longer it was learnt. */
static void holdover_improves_with_age(void)
{
	double young = held_over_ns(3), grown = held_over_ns(10), old = held_over_ns(40);

	printf("# a minute of holdover after 3, 10, 40 s: off by %.1f, %.1f, %.1f us rms\n",
	       young / 1e3, grown / 1e3, old / 1e3);
	CHECK(grown < young / 2);
	CHECK(old < grown / 2);
	CHECK_IN((u64)old, 500, 30000);		/* 0.5 ppm; by the nominal rates it were 3600 us */
}

/* A grandmaster whose link went comes back to find a successor, and follows it. */
static void leader_without_link_gives_up_the_lead(void)
{
	struct sim *sim = sim_new(16, &bed);
	struct sim_host *a = start(sim, 30), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 10 * SIM_SECOND);
	a->held = b->held = true;
	dvmm_port_link(&a->port, false, sim_cycles(a));
	a->group = 1;
	CHECK_EQ(sim_state(a), DVMM_STATE_HOLDOVER);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	a->group = 0;
	dvmm_port_link(&a->port, true, sim_cycles(a));
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	CHECK_EQ(a->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(a->steps, 1);
	finish(sim);
}

/* Steered, then cut off, then back with nobody there: the clock just goes on. */
static void lone_leader_keeps_its_rate(void)
{
	struct sim *sim = sim_new(26, &bed);
	struct sim_host *a = start(sim, 30);
	u64 rate, id;

	sim_run(sim, 3 * SIM_SECOND);
	sim_adjust(a, 90000);
	rate = a->port.discipline.view.segment.mult;
	id = cluster_id(a);
	dvmm_port_link(&a->port, false, sim_cycles(a));
	sim_run(sim, 2 * SIM_SECOND);
	CHECK_EQ(sim_state(a), DVMM_STATE_HOLDOVER);
	dvmm_port_link(&a->port, true, sim_cycles(a));
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(cluster_id(a), id);
	CHECK_NEAR(dvmm_mult_skew_ppb(a->port.discipline.view.segment.mult, rate), 0, 2);
	CHECK_EQ(sim_bound_ns(a), 0);
	sim_adjust(a, 90000);		/* the same again is no change */
	CHECK_NEAR(dvmm_mult_skew_ppb(a->port.discipline.view.segment.mult, rate), 0, 2);
	CHECK_EQ(a->steps, 1);
	finish(sim);
}

/* Whatever is known of the leader by then: who hears nothing is in step with nobody. */
static void link_down_is_holdover(void)
{
	struct sim *sim = sim_new(91, &quiet);
	struct sim_host *b;

	start(sim, 0);
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 10);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	b->port.discipline.target.estimator.now.skew_error_ppb = DVMM_SKEW_UNKNOWN_PPB;
	dvmm_port_link(&b->port, false, sim_cycles(b));
	CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
	sim_free(sim);
}

static const struct unit_test tests[] = {
	TEST(link_down_is_holdover),
	TEST(held_cluster_is_joined),
	TEST(held_clusters_stay_apart),
	TEST(held_slave_takes_over_its_own),
	TEST(partition_heals_by_slewing),
	TEST(both_sides_of_a_partition_steered),
	TEST(leading_teaches_no_rate),
	TEST(link_loss_is_holdover),
	TEST(holdover_improves_with_age),
	TEST(leader_without_link_gives_up_the_lead),
	TEST(lone_leader_keeps_its_rate),
};

UNIT_MAIN(tests)
