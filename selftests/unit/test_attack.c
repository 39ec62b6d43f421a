// SPDX-License-Identifier: GPL-2.0
/* Clusters with keys, and what is done to them. */
#include "scenario.h"

static const struct dvmm_auth_keys key7 = { .spp = 1, .count = 1, .id = { 7 } };
static const struct dvmm_auth_keys key8 = { .spp = 1, .count = 1, .id = { 8 } };
static const struct dvmm_auth_keys key78 = { .spp = 1, .count = 2, .id = { 7, 8 } };
static const struct dvmm_auth_keys key87 = { .spp = 1, .count = 2, .id = { 8, 7 } };

static struct sim_host *start_keyed(struct sim *sim, double ppm, const struct dvmm_auth_keys *keys)
{
	struct sim_host *host = start(sim, ppm);

	dvmm_port_keys(&host->port, keys);
	return host;
}

static u64 dropped(const struct sim_host *host, enum dvmm_auth_error why)
{
	return host->port.dropped[DVMM_DROP_AUTH + why];
}

static void with_one_key_they_agree(void)
{
	struct sim *sim = sim_new(51, &bed);
	struct sim_host *a = start_keyed(sim, 30, &key7), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_keyed(sim, -30, &key7);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	sim_measure(sim);
	sim_run(sim, 10 * SIM_SECOND);
	report(sim, "sealed");
	CHECK_IN(sim_stats(sim).max_ns, 500, 60000);
	/* the network's own duplicates are replays, and nothing else is */
	CHECK_EQ(dropped(b, DVMM_AUTH_NONE) + dropped(b, DVMM_AUTH_ICV), 0);
	CHECK_IN(dropped(b, DVMM_AUTH_REPLAY), 1, 40);
	finish(sim);
}

static void without_the_key_nobody_gets_in(void)
{
	struct sim *sim = sim_new(52, &bed);
	struct sim_host *a = start_keyed(sim, 30, &key7), *b, *c;
	struct dvmm_port_config best = sim_config(2);

	sim_run(sim, 3 * SIM_SECOND);
	b = start_keyed(sim, -30, &key8);
	best.priority1 = 0;
	c = sim_start(sim, &best, 0);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a) && leads(b));
	CHECK(cluster_id(a) != cluster_id(b));
	CHECK(dropped(a, DVMM_AUTH_KEY) > 50);
	CHECK(dropped(b, DVMM_AUTH_KEY) > 50);
	/* who has no key hears the others, but nobody answers it */
	CHECK(dropped(a, DVMM_AUTH_NONE) > 50);
	CHECK_EQ(c->synced_ns, 0);
	CHECK_EQ(a->port.foreign.record[0].heard_cycles, 0);
	finish(sim);
}

/* Both accept both; one after the other sends with the new one; both forget the old. */
static void rollover_without_a_gap(void)
{
	const struct dvmm_auth_keys *steps[] = { &key78, &key87, &key8 };
	struct sim *sim = sim_new(53, &bed);
	struct sim_host *a = start_keyed(sim, 30, &key7), *b;
	size_t step, host;
	u32 changes;
	u64 rx;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_keyed(sim, -30, &key7);
	sim_run(sim, 10 * SIM_SECOND);
	changes = a->port.changes + b->port.changes;
	for (step = 0; step < ARRAY_SIZE(steps); step++) {
		for (host = 0; host < 2; host++) {
			dvmm_port_keys(&sim->host[host].port, steps[step]);
			rx = b->port.rx;
			sim_run(sim, 2 * SIM_SECOND);
			CHECK(b->port.rx - rx > 90);
		}
	}
	CHECK_EQ(a->port.changes + b->port.changes, changes);
	CHECK_EQ(dropped(a, DVMM_AUTH_KEY) + dropped(b, DVMM_AUTH_KEY), 0);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* All that was said, to be said again. */
static struct {
	struct { int from; size_t len; u8 buf[DVMM_WIRE_TX_MAX]; } msg[20000];
	size_t count;
} tape;

static void record(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
		   size_t len)
{
	(void)sim;
	(void)to;
	if (tape.count == ARRAY_SIZE(tape.msg))
		return;
	tape.msg[tape.count].from = from;
	tape.msg[tape.count].len = len;
	memcpy(tape.msg[tape.count++].buf, buf, len);
}

static void replay(struct sim *sim, struct sim_host *to, size_t each_ns)
{
	int victim = to - sim->host;
	size_t i;

	for (i = 0; i < tape.count; i++) {
		if (tape.msg[i].from != victim)
			sim_forge(sim, tape.msg[i].from, victim, tape.msg[i].buf, tape.msg[i].len);
		sim_run(sim, each_ns);
	}
}

static struct sim *recorded(u64 seed, double seconds)
{
	struct sim *sim = sim_new(seed, &quiet);

	tape.count = 0;
	start_keyed(sim, 30, &key7);
	sim_run(sim, 3 * SIM_SECOND);
	start_keyed(sim, -30, &key7);
	sim_run(sim, 5 * SIM_SECOND);
	sim->tap = record;
	sim_run(sim, seconds * SIM_SECOND);
	sim->tap = NULL;
	return sim;
}

static void recordings_are_of_no_use(void)
{
	struct sim *sim = recorded(54, 10);
	struct sim_host *b = &sim->host[1];
	u32 changes = b->port.changes;
	u64 before = dropped(b, DVMM_AUTH_REPLAY), sent = tape.count;

	sim_run(sim, 5 * SIM_SECOND);
	sim_measure(sim);
	replay(sim, b, 5 * MS);
	CHECK(sent > 400);
	CHECK(dropped(b, DVMM_AUTH_REPLAY) - before > sent / 2);
	CHECK_EQ(b->port.changes, changes);
	CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP], 0);
	CHECK(sim_stats(sim).max_ns < 5000);
	finish(sim);
}

/*
 * The leader is gone for good; a host that was restarted hears a recording of it, has
 * never heard of it, and asks: no recording answers. In time it leads, as if alone.
 */
static void nobody_joins_a_recording(void)
{
	struct sim *sim = recorded(55, 20);
	struct sim_host *c;

	sim_kill(&sim->host[0]);
	sim_kill(&sim->host[1]);
	sim->host[0].group = 5;
	sim->host[1].group = 5;
	c = start_keyed(sim, 0, &key7);
	replay(sim, c, 10 * MS);
	CHECK(dropped(c, DVMM_AUTH_REPLAY) > 0 || c->port.rx > 0);
	CHECK_EQ(c->synced_ns, 0);
	CHECK_EQ(c->port.discipline.target.estimator.count, 0);
	sim_run(sim, 6 * SIM_SECOND);
	CHECK(leads(c));
	sim_free(sim);
}

/* Thousands of requests a second, from one host and from a thousand pretended ones. */
static void floods_are_cut_off(void)
{
	struct sim *sim = sim_new(56, &quiet);
	struct sim_host *a = start(sim, 30), *b;
	struct dvmm_msg ask = { .type = DVMM_MSG_DELAY_REQ };
	struct dvmm_msg tell = { .type = DVMM_MSG_ANNOUNCE };
	u8 buf[DVMM_WIRE_TX_MAX];
	u64 replies, i;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -30);
	sim_run(sim, 10 * SIM_SECOND);
	replies = a->port.tx;
	for (i = 0; i < 10000; i++) {
		sim_forge(sim, 5, 0, buf, dvmm_wire_encode(&ask, buf));
		sim_run(sim, MS / 2);
	}
	/* 5 s: 64 a second to that one, and what else a leader sends */
	CHECK_IN(a->port.tx - replies, 5 * 64 + 340, 5 * 64 + 32 + 410);
	CHECK_IN(a->port.dropped[DVMM_DROP_RATE], 9000, 10000);
	tell.announce.has_cluster = true;
	tell.announce.cluster.cluster = (struct dvmm_cluster) { .id = 1, .tsc_khz = 2900000 };
	for (i = 0; i < 10000; i++) {
		tell.source.clock[7] = (u8)i;
		tell.source.port = (u16)i;
		tell.announce.grandmaster[0] = 1;
		sim_forge(sim, 5, 1, buf, dvmm_wire_encode(&tell, buf));
		sim_run(sim, MS / 2);
	}
	/* one newcomer in each announce interval */
	CHECK_IN(b->port.dropped[DVMM_DROP_RATE], 9800, 9860);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK(b->port.parent.clock[7] == 1);
	finish(sim);
}

/*
 * One direction is held back, by steps or slowly. Two hosts cannot see it; the error is
 * half of it; the bound is never less. The simulator compares all the while.
 */
static void hold_back(u64 seed, int from, u64 most_ns, u64 step_ns)
{
	struct sim *sim = sim_new(seed, &bed);
	struct sim_host *b;
	u64 base, quiet_bound, held_ns;

	start_keyed(sim, 30, &key7);
	sim_run(sim, 3 * SIM_SECOND);
	b = start_keyed(sim, -30, &key7);
	sim_run(sim, 15 * SIM_SECOND);
	quiet_bound = sim_bound_ns(b);
	base = sim_link(sim, from, !from)->base_ns;
	for (held_ns = step_ns; held_ns <= most_ns; held_ns += step_ns) {
		sim_link(sim, from, !from)->base_ns = base + held_ns;
		sim_run(sim, SIM_SECOND / 4);
	}
	sim_run(sim, 20 * SIM_SECOND);
	sim_measure(sim);
	sim_run(sim, 5 * SIM_SECOND);
	report(sim, from ? "requests held back" : "Sync held back");
	CHECK(sim_state(b) != DVMM_STATE_UNSYNCHRONISED);
	CHECK(sim_stats(sim).bound_ns >= quiet_bound + most_ns / 2);
	CHECK(sim_stats(sim).bound_ns >= sim_stats(sim).rms_ns);
	CHECK(sim->checks > 50000);
	finish(sim);
}

static void delay_attacks_widen_the_bound(void)
{
	hold_back(57, 0, 4 * MS, 4 * MS);
	hold_back(58, 1, 4 * MS, 4 * MS);
	hold_back(59, 0, 2 * MS, 20000);
	hold_back(60, 1, 2 * MS, 20000);
}

/* Whatever the one who holds the wire thinks of: either direction, steps and ramps. */
static void any_delay_attack(u64 seed)
{
	struct sim *sim = sim_new(seed, seed & 1 ? &bed : &quiet);
	u64 base = sim_link(sim, 0, 1)->base_ns;
	int round, step, from;

	start_keyed(sim, (double)(unit_random() % 100) - 50, &key7);
	sim_run(sim, 3 * SIM_SECOND);
	start_keyed(sim, (double)(unit_random() % 100) - 50, &key7);
	sim_run(sim, SIM_SECOND + unit_random() % (10 * SIM_SECOND));
	for (round = 0; round < 12; round++) {
		u64 span_ns = unit_random() % (4 * SIM_SECOND), steps = 1 + unit_random() % 40;
		s64 most_ns = unit_random() % (10000ULL << unit_random() % 11), was;

		from = (int)(unit_random() & 1);
		was = sim_link(sim, from, !from)->base_ns;
		for (step = 1; step <= (int)steps; step++) {
			s64 way_ns = (s64)base + most_ns - was;

			sim_link(sim, from, !from)->base_ns = was + way_ns * step / (s64)steps;
			sim_run(sim, span_ns / steps);
		}
		if (unit_random() % 3 == 0)
			sim_link(sim, 0, 1)->base_ns = sim_link(sim, 1, 0)->base_ns = base;
		sim_run(sim, unit_random() % (8 * SIM_SECOND));
	}
	CHECK(sim->checks > 10000);
	finish(sim);
}

static void no_delay_attack_escapes_the_bound(void)
{
	const char *rounds = getenv("ATTACKS");
	u64 seed, last = rounds ? strtoull(rounds, NULL, 10) : 30;

	for (seed = 1; seed <= last; seed++)
		any_delay_attack(seed);
}

static const struct unit_test tests[] = {
	TEST(with_one_key_they_agree),
	TEST(without_the_key_nobody_gets_in),
	TEST(rollover_without_a_gap),
	TEST(recordings_are_of_no_use),
	TEST(nobody_joins_a_recording),
	TEST(floods_are_cut_off),
	TEST(delay_attacks_widen_the_bound),
	TEST(no_delay_attack_escapes_the_bound),
};

UNIT_MAIN(tests)
