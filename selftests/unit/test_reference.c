// SPDX-License-Identifier: GPL-2.0
/* A foreign grandmaster as the cluster's reference: chosen, taken over, lost, and lying. */
#include "counter_faults.h"
#include "port_internal.h"
#include "scenario.h"

#define CLASS_GPS 6
#define ACCURACY_100_NS 0x21

/* A grandmaster that knows nothing of clusters, like ptp4l; leads when this returns. */
static struct sim_host *start_foreign(struct sim *sim, u8 priority1, double ppm)
{
	struct dvmm_port_config config = sim_config(sim->hosts);
	struct sim_host *f;

	config.priority1 = priority1;
	config.master_only = true;
	config.log_announce = -2;
	f = sim_start(sim, &config, ppm);
	f->plain_class = CLASS_GPS;
	f->plain_accuracy = ACCURACY_100_NS;
	f->plain_log_ask = -4;
	f->group = 1;
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(f));
	return f;
}

static struct sim_host *start_any(struct sim *sim, double ppm)
{
	struct dvmm_port_config config = sim_config(sim->hosts);

	config.reference_choice = DVMM_CHOOSE_ANY;
	return sim_start(sim, &config, ppm);
}

static const struct dvmm_reference *reference(const struct sim_host *host)
{
	return &host->port.reference.clock;
}

static struct dvmm_dataset told(const struct sim_host *host)
{
	struct dvmm_dataset ds;

	dvmm_port_own_dataset(&host->port, &ds);
	return ds;
}

/* A cluster of @hosts in step with a reference, host 0, on whose time it was founded. */
static struct sim *in_step(u64 seed, const struct sim_link *link, int hosts)
{
	struct sim *sim = sim_new(seed, link);
	int i;

	start_foreign(sim, 1, 80)->group = 0;
	for (i = 1; i <= hosts; i++) {
		start_any(sim, 40 * i - 120);
		sim_run(sim, 6 * SIM_SECOND);
		sim->host[i].held = true;
	}
	sim_run(sim, 30 * SIM_SECOND);
	CHECK(leads(&sim->host[1]));
	CHECK_EQ(reference(&sim->host[1])->state, DVMM_REFERENCE_LOCKED);
	return sim;
}

/* Nothing is slewed for hours where nothing runs yet: the founder waits to hear what time it is. */
static void founded_on_its_time(void)
{
	struct sim *sim = sim_new(60, &bed);
	struct sim_host *f = start_foreign(sim, 1, 300), *a;

	f->group = 0;
	a = start_any(sim, -200);
	sim_run(sim, 1400 * MS);
	CHECK_EQ(a->port.state, DVMM_PORT_LISTENING);
	sim_run(sim, 4 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(a->steps, 1);
	CHECK_NEAR(apart(a, f), 0, 100000);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
	sim_run(sim, 60 * SIM_SECOND);
	CHECK_NEAR(apart(a, f), 0, 20000);
	CHECK_EQ(a->port.discipline.view.cluster.epoch_ns / SIM_SECOND / 1000,
		 sim_clock_ns(f) / SIM_SECOND / 1000);
	finish(sim);
}

/* What its free run is wrong by is steering ever after: the founder waits to know it well. */
static void founded_on_its_rate(void)
{
	struct sim_link noisy = bed;
	u64 seed, worst_ppb = 0;

	noisy.jitter_ns = 600000;
	for (seed = 100; seed < 110; seed++) {
		struct sim *sim = sim_new(seed, &noisy);
		struct sim_host *a;

		start_foreign(sim, 1, 100)->group = 0;
		a = start_any(sim, 40);
		sim_run(sim, 45 * SIM_SECOND);
		CHECK(leads(a));
		worst_ppb = max_t(u64, worst_ppb,
				  abs(dvmm_mult_skew_ppb(a->port.discipline.led.mult,
							 dvmm_mult_from_khz(2900000)) - 60000));
		finish(sim);
	}
	printf("# founded at a rate wrong by %llu ppb at most\n", (long long)worst_ppb);
	CHECK_IN(worst_ppb, 100, 50000);
}

/* Who hears of none founds a cluster all the same, later than without. */
static void founded_without_one(void)
{
	struct sim *sim = sim_new(61, &bed);
	struct sim_host *a = start_any(sim, 0);

	sim_run(sim, 7900 * MS);
	CHECK_EQ(a->port.state, DVMM_PORT_LISTENING);
	sim_run(sim, 2 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_SEARCHING);
	CHECK_EQ(told(a).priority1, 128);
	finish(sim);
}

/* All hosts as near to it as the path lets them, and truly within what the leader says. */
static void all_keep_its_time(void)
{
	struct sim *sim = in_step(62, &bed, 3);
	struct sim_host *f = &sim->host[0], *a = &sim->host[1];
	u64 beyond = 0, worst_ns = 0, bound_ns = 0;
	int i, looks = 20000;

	for (i = 0; i < looks; i++) {
		u64 now_bound_ns = dvmm_reference_bound_ns(reference(a), sim_cycles(a));

		sim_run(sim, 5 * MS);
		now_bound_ns = dvmm_reference_bound_ns(reference(a), sim_cycles(a));
		beyond += (u64)abs(apart(a, f)) > now_bound_ns;
		worst_ns = max_t(u64, worst_ns, abs(apart(a, f)));
		bound_ns = max(bound_ns, now_bound_ns);
	}
	printf("# leader: at most %.1f us off, bound at most %.1f us\n", worst_ns / 1e3,
	       bound_ns / 1e3);
	CHECK_EQ(beyond, 0);
	CHECK_IN(worst_ns, 200, 20000);
	CHECK_IN(bound_ns, 60000, 400000);
	for (i = 2; i < 4; i++)
		CHECK_NEAR(apart(&sim->host[i], f), 0, 30000);
	finish(sim);
}

/* As a boundary clock would: its grandmaster, one step farther, so that it is preferred. */
static void announced_as_by_a_boundary_clock(void)
{
	struct sim *sim = in_step(63, &bed, 2);
	struct sim_host *f = &sim->host[0], *a = &sim->host[1];
	struct dvmm_dataset theirs = told(f), ours = told(a);

	theirs.quality.class = CLASS_GPS;
	theirs.quality.accuracy = ACCURACY_100_NS;
	CHECK(!memcmp(ours.grandmaster, f->port.id.clock, 8));
	CHECK_EQ(ours.steps_removed, 1);
	CHECK_EQ(ours.priority1, 1);
	CHECK_EQ(ours.quality.class, CLASS_GPS);
	CHECK_EQ(ours.quality.accuracy, ACCURACY_100_NS);
	ours.receiver.clock[0] = theirs.receiver.clock[0] = 0x99;
	CHECK(dvmm_bmca_compare(&theirs, &ours) > 0);
	CHECK(!memcmp(sim->host[2].port.grandmaster, a->port.id.clock, 8));
	finish(sim);
}

/* A running cluster is led to a reference that turns up: slowly, and never by a step. */
static void running_cluster_slews(void)
{
	s64 offs_ns[] = { 3 * MS, -3 * (s64)MS };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offs_ns); i++) {
		struct sim *sim = sim_new(64 + i, &bed);
		struct sim_host *f = start_foreign(sim, 1, 30), *a = start_any(sim, -20), *b;
		s64 before, most = 0, past = 0;
		int second;

		sim_run(sim, 12 * SIM_SECOND);
		b = start_any(sim, 10);
		sim_run(sim, 5 * SIM_SECOND);
		a->held = b->held = true;
		f->port.discipline.view.segment.base.ns += apart(a, f) + offs_ns[i];
		f->group = 0;
		sim_run(sim, 4 * SIM_SECOND);
		CHECK_EQ(reference(a)->state, DVMM_REFERENCE_SLEWING);
		CHECK_EQ(told(a).priority1, 255);
		CHECK(!memcmp(told(a).grandmaster, a->port.id.clock, 8));
		for (second = 0; second < 120; second++) {
			before = apart(b, f);
			sim_run(sim, SIM_SECOND);
			most = max(most, abs(apart(b, f) - before));
			past = max(past, apart(b, f) * (offs_ns[i] > 0 ? 1 : -1));
		}
		/* the slew, 50 ppm between the two and a rate that is still learnt */
		CHECK_IN(most, 45000, 160000);
		CHECK(past < 300000);
		CHECK_NEAR(apart(a, f), 0, 20000);
		CHECK_NEAR(apart(b, f), 0, 30000);
		CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
		CHECK_EQ(a->steps, 1);
		CHECK_EQ(b->steps, 1);
		finish(sim);
	}
}

/* It falls silent: its rate is kept, and what is told of ourselves gets worse, truly. */
static void holdover(void)
{
	struct sim *sim = in_step(66, &bed, 2);
	struct sim_host *f = &sim->host[0], *a = &sim->host[1];
	struct dvmm_sync_status status;
	u8 first;

	f->group = 1;
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_HOLDOVER);
	CHECK_EQ(told(a).quality.class, 187);
	CHECK_EQ(told(a).steps_removed, 0);
	CHECK_EQ(told(a).priority1, 128);
	CHECK(!memcmp(told(a).grandmaster, a->port.id.clock, 8));
	first = told(a).quality.accuracy;
	CHECK_IN(first, 0x27, 0x29);
	sim_run(sim, 100 * SIM_SECOND);
	CHECK_NEAR(apart(a, f), 0, 100 * 2000);
	CHECK(dvmm_reference_bound_ns(reference(a), sim_cycles(a)) > (u64)abs(apart(a, f)));
	CHECK(told(a).quality.accuracy > first && told(a).quality.accuracy < 0x2d);
	CHECK_EQ(sim_state(a), DVMM_STATE_SYNCHRONISED);
	dvmm_port_status(&a->port, &status, sim_cycles(a));
	CHECK_EQ(status.reference_state, DVMM_REFERENCE_HOLDOVER);
	f->group = 0;
	sim_run(sim, 30 * SIM_SECOND);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
	CHECK_NEAR(apart(a, f), 0, 20000);
	finish(sim);
}

/* The leader dies: the next one leads after the same reference, and nobody's phase steps. */
static u64 take_over(const struct sim_link *link, u64 seed)
{
	struct sim *sim = in_step(seed, link, 3);
	struct sim_host *f = &sim->host[0], *b = &sim->host[2], *c = &sim->host[3], *next;
	s64 of_b = apart(b, f), of_c = apart(c, f);
	u64 most_ns = 0;
	int i;

	sim_kill(&sim->host[1]);
	for (i = 0; i < 20; i++) {
		sim_run(sim, 100 * MS);
		most_ns = max_t(u64, most_ns, abs(apart(b, f) - of_b));
		most_ns = max_t(u64, most_ns, abs(apart(c, f) - of_c));
		next = leads(b) ? b : c;
		/* 11 exchanges: too few to learn a rate from, had none been handed down */
		CHECK(i < 9 || reference(next)->state == DVMM_REFERENCE_LOCKED);
	}
	CHECK(leads(next));
	CHECK(!memcmp(told(next).grandmaster, f->port.id.clock, 8));
	sim_run(sim, 30 * SIM_SECOND);
	CHECK_NEAR(apart(b, f), 0, 30000);
	CHECK_NEAR(apart(c, f), 0, 30000);
	CHECK_EQ(b->steps + c->steps, 2);
	finish(sim);
	return most_ns;
}

/* In noise another host sees other noise, and slews; else phases stay. */
static void successor_takes_it_over(void)
{
	const struct sim_link *link[] = { &quiet, &bed };
	u64 most_ns[2] = { 0 }, seed;
	int i;

	for (i = 0; i < 2; i++) {
		for (seed = 70; seed < 76; seed++)
			most_ns[i] = max(most_ns[i], take_over(link[i], seed));
		printf("# against the reference, phases changed by %llu ns at most in 2 s\n",
		       (long long)most_ns[i]);
	}
	CHECK(most_ns[0] < 1000);
	CHECK_IN(most_ns[1], 1000, 40000);
}

/* Both are lost at once. */
static void successor_without_it(void)
{
	struct sim *sim = in_step(76, &bed, 3);
	struct sim_host *b = &sim->host[2], *c = &sim->host[3], *next;

	sim_kill(&sim->host[1]);
	sim_kill(&sim->host[0]);
	sim_run(sim, 3 * SIM_SECOND);
	next = leads(b) ? b : c;
	CHECK_EQ(leaders(sim), 1);
	CHECK_EQ(reference(next)->state, DVMM_REFERENCE_SEARCHING);
	CHECK_EQ(told(next).quality.class, 248);
	CHECK_EQ(told(next).priority1, 128);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(sim_state(c), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* The same in mid-slew, to an end that is known to nobody then: at the rate, without the slew. */
static void successor_in_mid_slew_without_it(void)
{
	struct sim *sim = in_step(79, &bed, 3);
	struct sim_host *f = &sim->host[0], *next;
	double rate = sim_honest_rate(f);

	f->port.discipline.view.segment.base.ns += 4 * MS;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_IN((s64)((sim_honest_rate(&sim->host[2]) / rate - 1) * 1e9), 90000, 110000);
	sim_kill(&sim->host[1]);
	sim_kill(f);
	sim_run(sim, 5 * SIM_SECOND);
	next = leads(&sim->host[2]) ? &sim->host[2] : &sim->host[3];
	CHECK_EQ(leaders(sim), 1);
	CHECK_NEAR((s64)((sim_honest_rate(next) / rate - 1) * 1e9), 0, 3000);
	finish(sim);
}

/* It jumps, and all hosts slew, at no more than they may. */
static void reference_that_jumps(void)
{
	struct sim *sim = in_step(77, &bed, 2);
	struct sim_host *f = &sim->host[0], *a = &sim->host[1];
	s64 before = apart(a, f);

	f->port.discipline.view.segment.base.ns += 4 * MS;
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_NEAR(apart(a, f), before - 4 * (s64)MS, 300000);
	CHECK_EQ(a->port.dropped[DVMM_DROP_JUMP], 1);
	CHECK_EQ(told(a).priority1, 255);
	sim_run(sim, 80 * SIM_SECOND);
	CHECK_NEAR(apart(a, f), 0, 20000);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
	CHECK_EQ(a->steps + sim->host[2].steps, 2);
	finish(sim);
}

/*
 * Faster than slaves could be told: the cluster goes as fast as it may, and meanwhile its
 * leader's free run is made faster, so slowly that slaves do not mind.
 */
static void reference_out_of_reach(void)
{
	struct sim *sim = sim_new(78, &bed);
	struct sim_host *f = start_foreign(sim, 1, 170), *a = start_any(sim, 0), *b;
	s64 before;
	u64 free;

	sim_run(sim, 12 * SIM_SECOND);
	b = start_any(sim, 20);
	sim_run(sim, 5 * SIM_SECOND);
	f->port.discipline.view.segment.base.ns += apart(a, f);
	f->group = 0;
	sim_run(sim, 20 * SIM_SECOND);
	before = apart(f, a);
	free = a->port.discipline.led.mult;
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_NEAR(apart(f, a) - before, 20 * 67000, 10000);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_SLEWING);
	CHECK_NEAR(dvmm_mult_skew_ppb(a->port.discipline.led.mult, free), 2000, 200);
	sim_measure(sim);
	sim->look_ns = 5 * MS;
	sim_run(sim, 1800 * SIM_SECOND);
	report(sim, "absorbing 150 ppm");
	CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP], 0);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
	CHECK_NEAR(apart(f, a), 0, 20000);
	finish(sim);
}

static u64 no_cluster(const struct sim_host *host)
{
	return host->port.dropped[DVMM_DROP_NO_CLUSTER];
}

/* Not asked for, worse than ourselves, or another than was asked for: counted, not heeded. */
static void others_are_not_chosen(void)
{
	static const u8 other[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	int i;

	for (i = 0; i < 4; i++) {
		struct sim *sim = sim_new(80 + i, &bed);
		struct sim_host *f = start_foreign(sim, i == 1 ? 127 : 1, 0), *a;
		struct dvmm_port_config config = sim_config(sim->hosts);

		config.reference_choice = i == 0 ? DVMM_CHOOSE_NONE :
					  i == 1 ? DVMM_CHOOSE_ANY : DVMM_CHOOSE_ONE;
		config.priority1 = i == 1 ? 126 : 128;
		memcpy(config.reference, i == 2 ? other : f->port.id.clock, 8);
		f->group = 0;
		a = sim_start(sim, &config, 20);
		sim_run(sim, 20 * SIM_SECOND);
		CHECK(leads(a));
		CHECK((no_cluster(a) > 0) == (i < 3));
		CHECK((reference(a)->state == DVMM_REFERENCE_LOCKED) == (i == 3));
		CHECK_EQ(dvmm_port_adjust(&a->port, 1, sim_cycles(a)), i ? -EBUSY : 0);
		finish(sim);
	}
}

/* Of two, the better one, by the standard's comparison; the other when that one goes. */
static void the_better_of_two(void)
{
	struct sim *sim = sim_new(90, &bed);
	struct sim_host *f = start_foreign(sim, 2, 10), *g = start_foreign(sim, 1, -10), *a;

	g->port.discipline.view.segment.base.ns += apart(f, g) + (s64)MS / 2;
	f->group = g->group = 0;
	a = start_any(sim, 30);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_NEAR(apart(a, g), 0, 20000);
	CHECK(!memcmp(told(a).grandmaster, g->port.id.clock, 8));
	a->held = true;
	sim_kill(g);
	sim_run(sim, 60 * SIM_SECOND);
	CHECK(!memcmp(told(a).grandmaster, f->port.id.clock, 8));
	CHECK_NEAR(apart(a, f), 0, 20000);
	CHECK_EQ(a->steps, 1);
	finish(sim);
}

static int asked;

static void count_requests(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
			   size_t len)
{
	(void)sim;
	(void)to;
	(void)len;
	asked += from == 1 && (buf[0] & 0xf) == DVMM_MSG_DELAY_REQ;
}

/* 16 Sync a second, but it wants to be asked every other second only. */
static void asked_as_often_as_it_wants(void)
{
	struct sim *sim = in_step(93, &bed, 1);

	sim->host[0].plain_log_ask = 1;
	sim_run(sim, 2 * SIM_SECOND);
	asked = 0;
	sim->tap = count_requests;
	sim_run(sim, 60 * SIM_SECOND);
	CHECK_IN(asked, 28, 35);
	CHECK_EQ(reference(&sim->host[1])->state, DVMM_REFERENCE_LOCKED);
	CHECK_NEAR(apart(&sim->host[1], &sim->host[0]), 0, 30000);
	finish(sim);
}

/* At ptp4l's own intervals: Announce every 2 s, Sync every second. */
static void slow_reference(void)
{
	struct sim *sim = sim_new(91, &bed);
	struct sim_host *f = start_foreign(sim, 1, 60), *a;

	f->port.config.log_announce = 1;
	f->port.config.log_sync = 0;
	f->plain_log_ask = 0;
	f->group = 0;
	a = start_any(sim, -60);
	sim_run(sim, 40 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_NEAR(apart(a, f), 0, 50000);
	sim_run(sim, 120 * SIM_SECOND);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_LOCKED);
	CHECK_NEAR(apart(a, f), 0, 30000);
	f->group = 1;
	sim_run(sim, 12 * SIM_SECOND);
	CHECK_EQ(reference(a)->state, DVMM_REFERENCE_HOLDOVER);
	finish(sim);
}

/* The reference comes and goes; what we claim changes with it; nobody of ours changes leaders. */
static void leadership_does_not_flip(void)
{
	struct sim *sim = in_step(92, &bed, 4);
	struct sim_host *f = &sim->host[0];
	int i;

	for (i = 0; i < 20; i++) {
		f->group = !f->group;
		sim_run(sim, 200 * MS + unit_random() % (8 * SIM_SECOND));
		CHECK(leads(&sim->host[1]));
		CHECK_EQ(leaders(sim), 2);
	}
	for (i = 2; i < 5; i++) {
		CHECK_EQ(sim->host[i].port.changes, 2);
		CHECK_EQ(sim->host[i].steps, 1);
	}
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(founded_on_its_time),
	TEST(founded_on_its_rate),
	TEST(founded_without_one),
	TEST(all_keep_its_time),
	TEST(announced_as_by_a_boundary_clock),
	TEST(running_cluster_slews),
	TEST(holdover),
	TEST(successor_takes_it_over),
	TEST(successor_without_it),
	TEST(successor_in_mid_slew_without_it),
	TEST(reference_that_jumps),
	TEST(reference_out_of_reach),
	TEST(others_are_not_chosen),
	TEST(the_better_of_two),
	TEST(asked_as_often_as_it_wants),
	TEST(slow_reference),
	TEST(leadership_does_not_flip),
};

UNIT_MAIN(tests)
