// SPDX-License-Identifier: GPL-2.0
/*
 * port*.c and discipline.c: whole clusters in virtual time. The simulator checks all
 * the while that clocks do not jump and that no error exceeds its bound. Limits are
 * both ways: too early, too good or too quick is a bug as well.
 */
#include "sim.h"
#include "unit.h"

/* Like two QEMU machines on one host: 0.1 ms one way, 3 % far out, 0.5 % lost. */
static const struct sim_link bed = {
	.base_ns = 60000, .jitter_ns = 60000, .tail_ppm = 30000, .tail_ns = 400000,
	.loss_ppm = 5000, .duplicate_ppm = 2000,
};

static const struct sim_link quiet = { .base_ns = 50000 };

#define MS 1000000ULL

static struct sim_host *start(struct sim *sim, double ppm)
{
	struct dvmm_port_config config = sim_config(sim->hosts);

	return sim_start(sim, &config, ppm);
}

static void finish(struct sim *sim)
{
	CHECKF(!sim->violations, "%llu of %llu, by up to %llu ns", (long long)sim->violations,
	       (long long)sim->checks, (long long)sim->worst_excess_ns);
	CHECK_EQ(sim->jumps, 0);
	sim_free(sim);
}

static void report(struct sim *sim, const char *what)
{
	struct sim_stats s = sim_stats(sim);

	printf("# %s: rms %.1f us, p99 %.1f us, max %.1f us, mean %+.1f us, mean bound %.1f us\n",
	       what, s.rms_ns / 1e3, s.p99_ns / 1e3, s.max_ns / 1e3, s.mean_ns / 1e3,
	       s.bound_ns / 1e3);
}

static bool leads(const struct sim_host *host)
{
	return host->port.state == DVMM_PORT_MASTER;
}

static u64 cluster_id(const struct sim_host *host)
{
	return host->port.discipline.view.cluster.id;
}

static int leaders(const struct sim *sim)
{
	int i, count = 0;

	for (i = 0; i < sim->hosts; i++)
		count += sim->host[i].alive && leads(&sim->host[i]);
	return count;
}

static s64 apart(const struct sim_host *a, const struct sim_host *b)
{
	return sim_clock_ns(a) - sim_clock_ns(b);
}

static void alone_becomes_grandmaster(void)
{
	struct sim *sim = sim_new(1, &bed);
	struct sim_host *a = start(sim, 50);
	struct dvmm_clock_view *view = &a->port.discipline.view;
	struct dvmm_sync_status status;

	CHECK_EQ(sim_bound_ns(a), U64_MAX);
	sim_run(sim, 990 * MS);
	CHECK_EQ(a->port.state, DVMM_PORT_LISTENING);
	sim_run(sim, 600 * MS);
	CHECK(leads(a));
	CHECK_EQ(sim_state(a), DVMM_STATE_UNSYNCHRONISED);
	sim_run(sim, 1000 * MS);
	CHECK_IN(a->synced_ns, 1750 * MS, 2300 * MS);
	CHECK_EQ(sim_bound_ns(a), 0);
	CHECK(cluster_id(a));
	CHECK_EQ(view->cluster.tsc_khz, 2900000);
	CHECK_EQ(view->segment.mult, dvmm_mult_from_khz(2900000));
	CHECK_NEAR(sim_clock_ns(a), view->cluster.epoch_ns, 1500 * MS);
	CHECK_NEAR(sim_clock_ns(a), 1700000000000000000ULL + sim->now_ns, MS);
	dvmm_port_status(&a->port, &status, sim_cycles(a));
	CHECK_EQ(status.role, DVMM_ROLE_GRANDMASTER);
	CHECK(!memcmp(status.grandmaster, status.identity, 8));
	finish(sim);
}

/* The later one has every right by the standard, and still waits. */
static void newcomer_follows_whatever_its_priority(void)
{
	struct sim *sim = sim_new(2, &bed);
	struct sim_host *a = start(sim, 50), *b;
	struct dvmm_port_config config = sim_config(1);
	u64 since;

	sim_run(sim, 3 * SIM_SECOND);
	a->held = true;
	config.priority1 = 0;
	since = sim->now_ns;
	b = sim_start(sim, &config, -50);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK_IN(b->synced_ns - since, 900 * MS, 2500 * MS);
	CHECK_EQ(b->steps, 1);
	CHECK_EQ(cluster_id(a), cluster_id(b));
	CHECK(!memcmp(&b->port.discipline.view.cluster, &a->port.discipline.view.cluster,
		      sizeof(struct dvmm_cluster)));
	printf("# in step %.2f s after switching on\n", (b->synced_ns - since) / 1e9);
	sim_measure(sim);
	sim_run(sim, 60 * SIM_SECOND);
	report(sim, "60 s of following");
	CHECK_IN(sim_stats(sim).rms_ns, 300, 8000);
	CHECK_IN(sim_stats(sim).p99_ns, 800, 20000);
	CHECK_IN(sim_stats(sim).bound_ns, 60000, 140000);
	CHECK_EQ(b->steps, 1);
	finish(sim);
}

/* TCG hosts calibrate badly: 1000 ppm off at either end, and drift on top. */
static void wrong_khz_is_learnt(void)
{
	struct sim *sim = sim_new(3, &bed);
	struct dvmm_port_config config = sim_config(0);
	struct dvmm_sync_status status;
	struct sim_host *b;

	config.host_khz = 2900000 * 1.001;
	sim_start(sim, &config, -900);
	sim_run(sim, 3 * SIM_SECOND);
	config = sim_config(1);
	config.host_khz = 2900000 * 0.999;
	b = sim_start(sim, &config, 1100);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	sim_measure(sim);
	sim_run(sim, 20 * SIM_SECOND);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK_NEAR(status.skew_ppb, -2000000, 25000);
	CHECK_IN(sim_stats(sim).p99_ns, 800, 25000);
	finish(sim);
}

static void two_at_once_agree(void)
{
	u64 seed;

	for (seed = 1; seed <= 40; seed++) {
		struct sim *sim = sim_new(seed, &bed);
		struct sim_host *a = start(sim, 20), *b = start(sim, -20), *c = start(sim, 0);

		sim_run(sim, 8 * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		CHECK(cluster_id(a) == cluster_id(b) && cluster_id(b) == cluster_id(c));
		CHECK(sim_state(a) && sim_state(b) && sim_state(c));
		finish(sim);
	}
}

static void failover_has_no_step(void)
{
	struct sim *sim = sim_new(5, &bed);
	struct sim_host *a = start(sim, 30), *b, *c, *next;
	u64 rate, id, before;
	s64 was;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 60);
	c = start(sim, -60);
	sim_run(sim, 15 * SIM_SECOND);
	sim_adjust(a, 80000);		/* which is part of the rate learnt */
	sim_run(sim, 5 * SIM_SECOND);
	a->held = b->held = c->held = true;
	id = cluster_id(a);
	sim_measure(sim);
	sim_kill(a);
	sim_run(sim, 750 * MS);
	CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
	CHECK(sim_bound_ns(b) > 200 * 1000);	/* it grows */
	before = dvmm_segment_ns(&a->port.discipline.view.segment, sim_cycles(a));
	was = sim_clock_ns(b) - before;
	sim_run(sim, 1250 * MS);
	CHECK_EQ(leaders(sim), 1);
	next = leads(b) ? b : c;
	CHECK_EQ(sim_state(next), DVMM_STATE_SYNCHRONISED);
	CHECK(sim_bound_ns(next) > 10000);	/* until all have measured against it */
	rate = next->port.discipline.view.segment.mult;
	sim_run(sim, 8 * SIM_SECOND);
	CHECK_EQ(next->port.discipline.view.segment.mult, rate);
	CHECK_EQ(sim_bound_ns(next), 0);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(sim_state(c), DVMM_STATE_SYNCHRONISED);
	CHECK(cluster_id(b) == id && cluster_id(c) == id);
	CHECK_EQ(b->steps, 1);
	CHECK_EQ(c->steps, 1);
	/* the dead one's clock would have been only so far from it by now */
	CHECK_NEAR(apart(b, a), was, 60000);
	report(sim, "10 s from the death on");
	CHECK_IN(sim_stats(sim).max_ns, 500, 60000);
	finish(sim);
}

/* A correction that was under way at the leader's death is none of the new leader's rate. */
static void successor_drops_the_slew(void)
{
	struct sim *sim = sim_new(23, &bed);
	struct sim_host *a = start(sim, 30), *b;
	const struct dvmm_discipline *d;
	s64 slew;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 60);
	d = &b->port.discipline;
	sim_run(sim, 20 * SIM_SECOND);
	b->held = true;
	a->port.discipline.view.segment.base.ns += 5 * MS;
	sim_run(sim, 5 * SIM_SECOND);
	slew = dvmm_mult_skew_ppb(d->view.segment.mult, dvmm_target_rate(&d->target));
	CHECK_NEAR(slew, 100000, 100);
	sim_kill(a);
	sim_run(sim, 2 * SIM_SECOND);
	CHECK(leads(b));
	slew = dvmm_mult_skew_ppb(d->view.segment.mult, dvmm_target_rate(&d->target));
	CHECK_NEAR(slew, 0, 2);
	CHECK_EQ(sim->jumps, 0);
	sim_free(sim);
}

/*
 * A leader that dies before anyone has learnt its rate well: the successor goes on at
 * a rate of its own, and tells how little it knew, lest the others trust theirs.
 */
static void successor_that_hardly_knew_the_rate(void)
{
	struct sim_link noisy = bed;
	u64 seed;

	noisy.jitter_ns = 400000;
	for (seed = 1; seed <= 40; seed++) {
		struct sim *sim = sim_new(seed, &noisy);
		struct sim_host *a = start(sim, 100), *b, *c;

		sim_run(sim, 3 * SIM_SECOND);
		b = start(sim, -100);
		c = start(sim, 60);
		for (; !b->synced_ns || !c->synced_ns; sim_run(sim, 10 * MS))
			;
		sim_kill(a);
		sim->link[1][2].base_ns = 2000;
		sim->link[1][2].jitter_ns = 1000;
		sim->link[2][1] = sim->link[1][2];
		sim_run(sim, 5 * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP] + c->port.dropped[DVMM_DROP_JUMP], 0);
		finish(sim);
	}
}

/* A stamp from before a change of rate is of the old rate. */
static void stamps_belong_to_their_segment(void)
{
	struct sim *sim = sim_new(24, &bed);
	struct sim_host *a = start(sim, 0);
	u64 cycles, ns;

	sim_run(sim, 3 * SIM_SECOND);
	cycles = sim_cycles(a);
	ns = sim_clock_ns(a);
	sim_run(sim, 10 * MS);
	sim_adjust(a, 100000);
	CHECK_EQ(dvmm_discipline_ns(&a->port.discipline, cycles), ns);
	CHECK_EQ(dvmm_discipline_ns(&a->port.discipline, sim_cycles(a)), sim_clock_ns(a));
	finish(sim);
}

/* The stamp of a Sync that comes when the lead is over: no Follow_Up any more. */
static void late_stamp_after_the_lead(void)
{
	struct sim *sim = sim_new(27, &bed);
	struct sim_host *a = start(sim, 0);
	u64 key, tx;

	sim_run(sim, 3 * SIM_SECOND);
	for (key = a->key; key == a->key; sim->now_ns += MS)
		dvmm_port_run(&a->port, sim_cycles(a));
	CHECK(a->port.sync_pending);
	dvmm_port_link(&a->port, false, sim_cycles(a));
	tx = a->port.tx;
	dvmm_port_stamp(&a->port, a->key, sim_cycles(a), sim_cycles(a));
	CHECK_EQ(a->port.tx, tx);
	finish(sim);
}

/* The dead grandmaster comes back with the best priority, as a slave. */
static void returning_grandmaster_follows(void)
{
	struct sim *sim = sim_new(6, &bed);
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *a, *b, *again;

	config.priority1 = 1;
	a = sim_start(sim, &config, 30);
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 60);
	sim_run(sim, 5 * SIM_SECOND);
	b->held = true;
	sim_kill(a);
	a->group = 1;
	a->port.id.clock[0]++;		/* the simulator tells hosts by it */
	sim_run(sim, 3 * SIM_SECOND);
	again = sim_start(sim, &config, 30);
	sim_run(sim, 4 * SIM_SECOND);
	CHECK(leads(b));
	CHECK_EQ(again->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(cluster_id(again), cluster_id(b));
	finish(sim);
}

static void steering_is_followed(void)
{
	struct sim *sim = sim_new(7, &bed);
	struct sim_host *a = start(sim, 30), *b;
	s64 ppb[] = { 50000, -50000, 100000, -100000, 0 };
	struct dvmm_sync_status status;
	s64 before;
	size_t i;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 25 * SIM_SECOND);
	b->held = true;
	for (i = 0; i < ARRAY_SIZE(ppb); i++) {
		sim_adjust(a, ppb[i]);
		dvmm_port_status(&a->port, &status, sim_cycles(a));
		CHECK_NEAR(status.skew_ppb, ppb[i], 2);
		sim_measure(sim);
		sim_run(sim, 6 * SIM_SECOND);
		printf("# to %lld ppm\n", (long long)ppb[i] / 1000);
		report(sim, "  first 6 s");
		CHECK_IN(sim_stats(sim).max_ns, 1000, 25000);
		dvmm_port_status(&b->port, &status, sim_cycles(b));
		CHECK_NEAR(status.skew_ppb, ppb[i] + 60000, 25000);
		/* its rate over 4 s is the leader's */
		before = apart(b, a);
		sim_run(sim, 4 * SIM_SECOND);
		CHECK_NEAR(apart(b, a), before, 4 * 5000);
	}
	finish(sim);
}

static void adjust_is_for_leaders_and_limited(void)
{
	struct sim *sim = sim_new(8, &bed);
	struct sim_host *a = start(sim, 0), *b;

	CHECK_EQ(dvmm_port_adjust(&a->port, 1, sim_cycles(a)), -EOPNOTSUPP);
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 0);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(dvmm_port_adjust(&b->port, 1, sim_cycles(b)), -EOPNOTSUPP);
	CHECK_EQ(dvmm_port_adjust(&a->port, 100001, sim_cycles(a)), -ERANGE);
	CHECK_EQ(dvmm_port_adjust(&a->port, -100001, sim_cycles(a)), -ERANGE);
	CHECK_EQ(dvmm_port_adjust(&a->port, -100000, sim_cycles(a)), 0);
	finish(sim);
}

/* Path asymmetry cannot be seen from the ends: half of it is the error, with its sign. */
static void asymmetry_shows_by_half(void)
{
	s64 asymmetry[] = { 80000, -80000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(asymmetry); i++) {
		struct sim *sim = sim_new(9, &quiet);

		/* host 0 leads; packets to host 1 are held back, or those from it */
		if (asymmetry[i] > 0)
			sim->link[0][1].base_ns += asymmetry[i];
		else
			sim->link[1][0].base_ns -= asymmetry[i];
		start(sim, 10);
		sim_run(sim, 3 * SIM_SECOND);
		start(sim, -40);
		sim_run(sim, 10 * SIM_SECOND);
		sim_measure(sim);
		sim_run(sim, 5 * SIM_SECOND);
		CHECK_NEAR(sim_stats(sim).mean_ns, -asymmetry[i] / 2, 1500);
		finish(sim);
	}
}

static void loss_and_duplication(void)
{
	struct sim_link bad = bed;
	struct sim *sim;

	bad.loss_ppm = 200000;
	bad.duplicate_ppm = 100000;
	sim = sim_new(10, &bad);
	start(sim, 80);
	sim_run(sim, 3 * SIM_SECOND);
	start(sim, -80);
	start(sim, 0);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK_EQ(leaders(sim), 1);
	CHECK(sim_state(&sim->host[1]) && sim_state(&sim->host[2]));
	sim_measure(sim);
	sim_run(sim, 30 * SIM_SECOND);
	report(sim, "a fifth of all packets lost");
	CHECK_IN(sim_stats(sim).p99_ns, 1000, 40000);
	finish(sim);
}

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
	s64 off;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 20 * SIM_SECOND);
	a->held = b->held = true;
	b->group = 1;
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a) && leads(b));
	CHECK_EQ(cluster_id(a), cluster_id(b));
	sim_adjust(b, 80000);		/* 800 us in 10 s */
	sim_run(sim, 10 * SIM_SECOND);
	off = apart(b, a);
	CHECK_IN(off, 800000, 1000000);
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

static struct dvmm_msg announce(void)
{
	return (struct dvmm_msg) {
		.type = DVMM_MSG_ANNOUNCE,
		.source = { { 0, 1, 2, 0xff, 0xfe, 3, 4, 5 }, 1 },
		.announce = {
			.grandmaster = { 0, 1, 2, 0xff, 0xfe, 3, 4, 5 },
			.quality = { 6, 0x20, 100 },
		},
	};
}

/* Five a second of each, for two seconds. */
static u64 dropped(struct sim *sim, const struct dvmm_msg *msg, int why)
{
	struct dvmm_port *port = &sim->host[1].port;
	u64 before = port->dropped[why];
	int i;

	for (i = 0; i < 10; i++) {
		sim_inject(sim, 0, msg);
		sim_run(sim, 200 * MS);
	}
	return port->dropped[why] - before;
}

/* Every one claims to be the best clock there is. None disturbs, all are counted. */
static void foreign_packets_do_no_harm(void)
{
	struct sim *sim = sim_new(17, &quiet);
	struct sim_host *a = start(sim, 30), *b;
	struct dvmm_msg msg;
	u64 changes;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 5 * SIM_SECOND);
	changes = b->port.changes;
	msg = announce();
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_NO_CLUSTER), 10);		/* ptp4l */
	msg.domain = 1;
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_DOMAIN), 10);
	msg = announce();
	msg.announce.has_cluster = true;
	msg.announce.cluster.cluster = b->port.discipline.view.cluster;
	msg.announce.cluster.cluster.epoch_ns++;
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_MISMATCH), 10);
	msg.announce.steps_removed = 255;
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_FAR), 10);
	memcpy(msg.announce.grandmaster, b->port.id.clock, 8);
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_OWN), 10);
	memcpy(msg.source.clock, b->port.id.clock, 8);
	CHECK_EQ(dropped(sim, &msg, DVMM_DROP_OWN), 10);
	CHECK(leads(a));
	CHECK_EQ(b->port.changes, changes);
	finish(sim);
}

/* Sync, Follow_Up and Delay_Resp from anyone but the parent are not looked at. */
static void strangers_tell_no_time(void)
{
	static const enum dvmm_msg_type types[] = {
		DVMM_MSG_SYNC, DVMM_MSG_FOLLOW_UP, DVMM_MSG_DELAY_RESP,
	};
	struct sim *sim = sim_new(18, &quiet);
	struct sim_host *a = start(sim, 30), *b;
	int i;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 5 * SIM_SECOND);
	sim_measure(sim);
	for (i = 0; i < 15000; i++) {
		struct dvmm_msg msg = announce();
		bool response = i % 3 == 2;

		/* what they say would be believed: near the truth, on the quick side */
		msg.type = types[i % 3];
		msg.time_ns = sim_clock_ns(a) + (response ? -20000 : 40000);
		msg.requester = b->port.id;
		msg.sequence = response ? b->port.sequence[DVMM_MSG_DELAY_REQ] - 1 :
					  a->port.sequence[DVMM_MSG_SYNC] - 1;
		sim_inject(sim, 0, &msg);
		sim_run(sim, MS / 5);
	}
	CHECK_IN(sim_stats(sim).max_ns, 0, 2000);
	CHECK_EQ(b->port.dropped[DVMM_DROP_STAMPS] + b->port.dropped[DVMM_DROP_JUMP], 0);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

static void garbage_is_counted(void)
{
	struct sim *sim = sim_new(19, &quiet);
	struct sim_host *a = start(sim, 0);
	struct dvmm_sync_status status;
	u8 buf[200];
	int i, j;

	sim_run(sim, 3 * SIM_SECOND);
	for (i = 0; i < 20000; i++) {
		for (j = 0; j < (int)sizeof(buf); j++)
			buf[j] = (u8)unit_random();
		dvmm_port_receive(&a->port, buf, unit_random() % sizeof(buf), sim_cycles(a),
				  sim_cycles(a));
	}
	dvmm_port_status(&a->port, &status, sim_cycles(a));
	CHECK_IN(status.rx_dropped, 19900, 20000);
	CHECK(leads(a));
	finish(sim);
}

/* A grandmaster that lies: its time jumps. The slave says so, and finds it again. */
static void grandmaster_that_jumps(void)
{
	struct sim *sim = sim_new(20, &quiet);
	struct sim_host *a = start(sim, 30), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 10 * SIM_SECOND);
	a->port.discipline.view.segment.base.ns += 5 * MS;
	sim_run(sim, 200 * MS);
	CHECK_EQ(sim_state(b), DVMM_STATE_UNSYNCHRONISED);
	CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP], 1);
	CHECK_EQ(b->port.state, DVMM_PORT_UNCALIBRATED);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(sim->jumps, 0);
	sim_free(sim);
}

/* Far off, but VMs hold it: it slews, and steps as soon as it may. */
static void held_slave_never_steps(void)
{
	struct sim *sim = sim_new(25, &quiet);
	struct sim_host *a = start(sim, 30), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 10 * SIM_SECOND);
	b->held = true;
	a->port.discipline.view.segment.base.ns += 50 * MS;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->steps, 1);
	CHECK_NEAR(apart(a, b), 50 * MS, MS);
	CHECK(sim_bound_ns(b) >= (u64)apart(a, b));
	b->held = false;
	sim_run(sim, 1 * SIM_SECOND);
	CHECK_EQ(b->steps, 2);
	CHECK_NEAR(apart(a, b), 0, 2000);
	CHECK_EQ(sim->jumps, 0);
	sim_free(sim);
}

static void driver_without_stamps_is_named(void)
{
	struct sim *sim = sim_new(21, &quiet);
	struct dvmm_sync_status status;
	struct sim_host *b;

	start(sim, 30);
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	b->unstamped = true;
	sim_run(sim, 3 * SIM_SECOND);
	dvmm_port_status(&b->port, &status, sim_cycles(b));
	CHECK_EQ(status.state, DVMM_STATE_UNSYNCHRONISED);
	CHECK(strstr(status.reason, "no transmit time stamps"));
	finish(sim);
}

/* Issue 3 asks for any interval; overshoot would show at the slow end. */
static void slow_and_fast_intervals(void)
{
	s8 log_sync[] = { -7, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(log_sync); i++) {
		struct sim *sim = sim_new(22, &bed);
		int host;

		for (host = 0; host < 2; host++) {
			struct dvmm_port_config config = sim_config(host);

			config.log_sync = log_sync[i];
			sim_start(sim, &config, 40 - 80 * host);
			sim_run(sim, 3 * SIM_SECOND);
		}
		sim_run(sim, (20ULL << (log_sync[i] + 7)) / 8 * SIM_SECOND);
		CHECK_EQ(sim_state(&sim->host[1]), DVMM_STATE_SYNCHRONISED);
		sim_measure(sim);
		sim_run(sim, 20 * SIM_SECOND);
		report(sim, i ? "1 Sync/s" : "128 Sync/s");
		CHECK_IN(sim_stats(sim).p99_ns, 300, 60000);
		finish(sim);
	}
}

static double uniform(void)
{
	return (unit_random() >> 11) / 9007199254740992.0;
}

static struct sim_link any_link(double scale)
{
	return (struct sim_link) {
		.base_ns = 60000 * scale * (0.2 + uniform()),
		.jitter_ns = 120000 * scale * uniform(),
		.tail_ppm = 300000 * uniform() * uniform(),
		.tail_ns = 400000 * scale * (0.1 + uniform()),
		.loss_ppm = 200000 * uniform() * uniform(),
		.duplicate_ppm = 20000 * uniform(),
	};
}

static void any_event(struct sim *sim)
{
	struct sim_host *host = &sim->host[unit_random() % sim->hosts];
	int i, what = unit_random() % 100;

	if (what < 30) {
		sim_drift(host, 4 * uniform() - 2);
	} else if (what < 35 && host->alive && leads(host)) {
		sim_adjust(host, 100000 * uniform() - 50000);
	} else if (what < 37) {
		dvmm_port_link(&host->port, false, sim_cycles(host));
		host->group = 1 + (host - sim->host);
	} else if (what < 42) {
		for (i = 0; i < sim->hosts; i++) {
			sim->host[i].group = 0;
			dvmm_port_link(&sim->host[i].port, true, sim_cycles(&sim->host[i]));
		}
	} else if (what < 43) {
		host->group = 1;
	} else if (what < 44) {
		sim_kill(host);
	} else if (what < 46 && sim_state(host) != DVMM_STATE_UNSYNCHRONISED) {
		host->held = !host->held;
	}
}

/* Anything may happen, on wires quick and slow; no clock jumps, no bound is wrong. */
static void random_histories(void)
{
	static const double scales[] = { 0.02, 1, 10 };
	u64 checks = 0;
	int round, i;

	for (round = 0; round < 36; round++) {
		double scale = scales[round % 3];
		struct sim_link link = any_link(scale);
		struct sim *sim = sim_new(100 + round, &link);

		sim->latency_ns = 1000 + 50000 * scale;
		for (i = 0; i < SIM_HOSTS * SIM_HOSTS; i++)
			if (uniform() < 0.3)
				sim->link[i / SIM_HOSTS][i % SIM_HOSTS].base_ns +=
					100000 * scale * uniform();
		for (i = 0; i < 2 + round % 3; i++) {
			struct dvmm_port_config config = sim_config(i);

			config.host_khz *= 1 + 0.002 * uniform() - 0.001;
			config.priority1 += unit_random() % 3;
			sim_start(sim, &config, 200 * uniform() - 100);
			sim_run(sim, unit_random() % (2 * SIM_SECOND));
		}
		for (i = 0; i < 120; i++) {
			sim_run(sim, unit_random() % (SIM_SECOND / 2));
			any_event(sim);
		}
		checks += sim->checks;
		finish(sim);
	}
	printf("# %llu comparisons of clocks\n", (unsigned long long)checks);
	CHECK(checks > 2000000);
}

static const struct unit_test tests[] = {
	TEST(alone_becomes_grandmaster),
	TEST(newcomer_follows_whatever_its_priority),
	TEST(wrong_khz_is_learnt),
	TEST(two_at_once_agree),
	TEST(failover_has_no_step),
	TEST(successor_drops_the_slew),
	TEST(successor_that_hardly_knew_the_rate),
	TEST(stamps_belong_to_their_segment),
	TEST(late_stamp_after_the_lead),
	TEST(returning_grandmaster_follows),
	TEST(steering_is_followed),
	TEST(adjust_is_for_leaders_and_limited),
	TEST(asymmetry_shows_by_half),
	TEST(loss_and_duplication),
	TEST(held_cluster_is_joined),
	TEST(held_clusters_stay_apart),
	TEST(held_slave_takes_over_its_own),
	TEST(partition_heals_by_slewing),
	TEST(both_sides_of_a_partition_steered),
	TEST(link_loss_is_holdover),
	TEST(leader_without_link_gives_up_the_lead),
	TEST(lone_leader_keeps_its_rate),
	TEST(foreign_packets_do_no_harm),
	TEST(strangers_tell_no_time),
	TEST(garbage_is_counted),
	TEST(grandmaster_that_jumps),
	TEST(held_slave_never_steps),
	TEST(driver_without_stamps_is_named),
	TEST(slow_and_fast_intervals),
	TEST(random_histories),
};

UNIT_MAIN(tests)
