// SPDX-License-Identifier: GPL-2.0
/* The peer-to-peer delay mechanism: pdelay.c, neighbour.c and port_neighbour.c. */
#include "port_internal.h"
#include "scenario.h"

static struct sim_host *start_p2p(struct sim *sim, double ppm)
{
	struct dvmm_port_config config = sim_config(sim->hosts);

	config.peer_to_peer = true;
	return sim_start(sim, &config, ppm);
}

static bool because(const struct sim_host *host, const char *text)
{
	struct dvmm_sync_status status;

	dvmm_port_status(&host->port, &status, sim_cycles(host));
	return strstr(status.reason, text);
}

/* Sent, by messageType. */
static u32 sent[16];

static void count_kinds(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
			size_t len)
{
	(void)sim, (void)from, (void)to, (void)len;
	sent[buf[0] & 0xf]++;
}

/* As well as with Delay_Req, which nobody sends. */
static void two_agree(void)
{
	struct sim *sim = sim_new(1, &bed);
	struct sim_host *a = start_p2p(sim, 50), *b;

	sim->tap = count_kinds;
	memset(sent, 0, sizeof(sent));
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a));
	b = start_p2p(sim, -50);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK(b->port.neighbour.direct);
	sim_measure(sim);
	sim_run(sim, 60 * SIM_SECOND);
	report(sim, "60 s of following");
	CHECK_IN(sim_stats(sim).rms_ns, 100, 2500);
	CHECK_IN(sim_stats(sim).bound_ns, 60000, 140000);
	CHECK(!sent[DVMM_MSG_DELAY_REQ] && !sent[DVMM_MSG_DELAY_RESP]);
	CHECK_IN(sent[DVMM_MSG_PDELAY_REQ], 2000, 2300);
	CHECK(because(b, "in step"));
	CHECK_NEAR(b->port.discipline.offset_ns, 0, 400000);
	finish(sim);
}

/* Answers are in the leader's own time, and it tells what that is of the cluster's. */
static void steering_is_followed(void)
{
	struct sim *sim = sim_new(2, &bed);
	struct sim_host *a = start_p2p(sim, 30), *b;
	s64 ppb[] = { 100000, -100000, 0 };
	size_t i;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_p2p(sim, -30);
	sim_run(sim, 25 * SIM_SECOND);
	b->held = true;
	for (i = 0; i < ARRAY_SIZE(ppb); i++) {
		sim_adjust(a, ppb[i]);
		sim_measure(sim);
		sim_run(sim, 10 * SIM_SECOND);
		CHECK_IN(sim_stats(sim).max_ns, 1000, 25000);
		CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	}
	CHECK_EQ(b->port.dropped[DVMM_DROP_JUMP], 0);
	finish(sim);
}

/* Requests and answers are sealed, both of each kind; who has no key is no neighbour. */
static void with_keys(void)
{
	static const struct dvmm_auth_keys keys = { .spp = 1, .count = 1, .id = { 0x107 } };
	struct sim *sim = sim_new(10, &bed);
	struct sim_host *a = start_p2p(sim, 30), *b;

	dvmm_port_keys(&a->port, &keys);
	sim_run(sim, 3 * SIM_SECOND);
	b = start_p2p(sim, -30);
	dvmm_port_keys(&b->port, &keys);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK(b->port.neighbour.direct);
	start_p2p(sim, 10)->held = true;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK(!b->port.neighbour.crowded);
	CHECK(b->port.dropped[DVMM_DROP_AUTH + DVMM_AUTH_NONE] > 60);
	finish(sim);
}

/* The successor's answers are understood as the first leader's were. */
static void leader_dies(void)
{
	struct sim *sim = sim_new(3, &bed);
	struct sim_host *a = start_p2p(sim, 30), *b, *c;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_p2p(sim, 60);
	sim_run(sim, 10 * SIM_SECOND);
	sim_kill(a);
	sim_run(sim, SIM_SECOND);
	CHECK(leads(b));
	c = start_p2p(sim, 10);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(c->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(sim_state(c), DVMM_STATE_SYNCHRONISED);
	CHECK(c->port.neighbour.direct && cluster_id(b) == cluster_id(c));
	finish(sim);
}

/* A switch that knows nothing of it is between three: whose link is it? */
static void more_than_one_neighbour_is_a_fault(void)
{
	struct sim *sim = sim_new(4, &quiet);
	struct sim_host *a = start_p2p(sim, 30), *b, *c;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_p2p(sim, 60);
	sim_run(sim, 5 * SIM_SECOND);
	c = start_p2p(sim, -20);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(because(a, "more than one neighbour"));
	CHECK(because(b, "more than one neighbour"));
	CHECK(because(c, "more than one neighbour"));
	CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
	CHECK_EQ(sim_state(c), DVMM_STATE_UNSYNCHRONISED);
	CHECK(b->port.dropped[DVMM_DROP_CROWD] > 50);
	sim_kill(c);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(because(b, "in step") && because(a, "founded"));
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* 11.2: a port answers messages of its own mechanism only; and says whom it lacks. */
static void mechanisms_do_not_mix(void)
{
	struct sim *sim = sim_new(5, &quiet);
	struct sim_host *a = start(sim, 30), *b;

	sim->tap = count_kinds;
	sim_run(sim, 3 * SIM_SECOND);
	memset(sent, 0, sizeof(sent));
	b = start_p2p(sim, 60);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_UNCALIBRATED);
	CHECK(because(b, "no neighbour answers"));
	CHECK(!sent[DVMM_MSG_PDELAY_RESP]);
	CHECK_IN(a->port.dropped[DVMM_DROP_MECHANISM], 70, 90);
	finish(sim);

	sim = sim_new(6, &quiet);
	a = start_p2p(sim, 30);
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 60);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_UNCALIBRATED);
	CHECK(a->port.dropped[DVMM_DROP_MECHANISM] > 40);
	finish(sim);
}

static void with_a_transparent_clock(bool one_step)
{
	struct sim_link wire = bed;
	struct sim *sim;
	struct sim_host *a, *b, *c;

	wire.tail_ppm = 0;
	wire.duplicate_ppm = 0;
	sim = sim_new(7, &wire);
	sim->transparent_ns = 2 * MS;
	sim->transparent_one_step = one_step;
	a = start_p2p(sim, 30);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK(leads(a));
	b = start_p2p(sim, 60);
	c = start_p2p(sim, -60);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(sim_state(c), DVMM_STATE_SYNCHRONISED);
	CHECK(!b->port.neighbour.direct);
	CHECK_EQ(b->port.dropped[DVMM_DROP_CROWD], 0);
	sim_measure(sim);
	sim_run(sim, 60 * SIM_SECOND);
	report(sim, one_step ? "through a one-step transparent clock" : "a two-step one");
	/* the mean of a queueing link is not what the quickest take */
	CHECK_IN(sim_stats(sim).rms_ns, 1000, 40000);
	CHECK_IN(sim_stats(sim).bound_ns, 60000, 180000);
	finish(sim);
}

static void transparent_clock_two_step(void)
{
	with_a_transparent_clock(false);
}

static void transparent_clock_one_step(void)
{
	with_a_transparent_clock(true);
}

/* One that knows nothing of clusters, at the other end of the link. */
static void reference_is_measured(void)
{
	struct sim *sim = sim_new(8, &bed);
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *f, *a;

	config.peer_to_peer = true;
	config.master_only = true;
	config.priority1 = 1;
	config.log_announce = -2;
	f = sim_start(sim, &config, 80);
	f->plain_class = 6;
	f->plain_accuracy = 0x21;
	f->group = 1;
	sim_run(sim, 10 * SIM_SECOND);
	f->group = 0;
	config = sim_config(1);
	config.peer_to_peer = true;
	config.reference_choice = DVMM_CHOOSE_ANY;
	a = sim_start(sim, &config, -40);
	sim_run(sim, 30 * SIM_SECOND);
	CHECK(leads(a));
	CHECK_EQ(a->port.reference.clock.state, DVMM_REFERENCE_LOCKED);
	CHECK_NEAR(apart(a, f), 0, 20000);
	CHECK_EQ(a->steps, 1);
	finish(sim);
}

/* Half a round trip is measured whoever leads; and what is told of it by Management. */
static void leader_knows_its_link(void)
{
	struct sim *sim = sim_new(9, &quiet);
	struct sim_host *a = start_p2p(sim, 30);

	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(dvmm_neighbour_round_trip_ns(&a->port.neighbour), U64_MAX);
	start_p2p(sim, 60);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_IN(dvmm_neighbour_round_trip_ns(&a->port.neighbour), 99000, 103000);
	finish(sim);
}

#define KEY 7
#define SEQUENCE 99

static struct dvmm_pdelay asked(void)
{
	struct dvmm_pdelay pd;

	dvmm_pdelay_request(&pd, SEQUENCE, KEY);
	return pd;
}

/* Request: 1000 cycles, 5 us under way; 20 us until answered; 7 us back. */
static void pieces_in_any_order(void)
{
	struct dvmm_msg resp = {
		.sequence = SEQUENCE, .flags = DVMM_FLAG_TWO_STEP, .time_ns = 705000,
		.correction = 300 << 16,
	};
	struct dvmm_msg fup = { .sequence = SEQUENCE, .time_ns = 725000, .correction = 400 << 16 };
	struct dvmm_pdelay pd = asked();

	CHECK(!dvmm_pdelay_stamp(&pd, KEY + 1, 1000));
	CHECK(!dvmm_pdelay_follow_up(&pd, &fup));	/* there is nothing to follow up */
	CHECK(!dvmm_pdelay_response(&pd, &resp, 33000));
	CHECK(!dvmm_pdelay_response(&pd, &resp, 99999));	/* once only */
	CHECK(!dvmm_pdelay_stamp(&pd, KEY, 1000));
	CHECK(dvmm_pdelay_follow_up(&pd, &fup));
	CHECK(!dvmm_pdelay_follow_up(&pd, &fup));
	CHECK_EQ(pd.x.t3_cycles, 1000);
	CHECK_EQ(pd.x.t4_ns, 705000 - 400);
	CHECK_EQ(pd.x.t1_ns, 725000 + 300);
	CHECK_EQ(pd.x.t2_cycles, 33000);
	CHECK(!pd.relative);
	pd = asked();
	resp.sequence++;
	CHECK(!dvmm_pdelay_response(&pd, &resp, 33000) && !pd.have);
}

static void one_step_tells_a_difference(void)
{
	struct dvmm_msg resp = { .sequence = SEQUENCE, .correction = 20000LL << 16 };
	struct dvmm_pdelay pd = asked();

	CHECK(!dvmm_pdelay_stamp(&pd, KEY, 1000));
	CHECK(dvmm_pdelay_response(&pd, &resp, 33000));
	CHECK(pd.relative);
	CHECK_EQ(pd.x.t1_ns - pd.x.t4_ns, 20000);
}

/* One cycle a nanosecond, to keep it simple. */
#define MULT dvmm_mult_from_khz(1000000)

static struct dvmm_neighbour neighbour_after(s64 turnaround_ns, u64 round_trip_cycles)
{
	struct dvmm_msg resp = { .sequence = 1, .correction = turnaround_ns * 65536 };
	struct dvmm_neighbour n = { 0 };

	dvmm_neighbour_asked(&n, 1, KEY);
	CHECK(!dvmm_neighbour_stamp(&n, KEY, 1000));
	CHECK(dvmm_neighbour_response(&n, &resp, 1000 + round_trip_cycles));
	return n;
}

static void answers_that_cannot_be(void)
{
	struct dvmm_neighbour n = neighbour_after(20000, 30000);

	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), 0);
	CHECK_IN(dvmm_neighbour_round_trip_ns(&n), 10000, 10005);
	n = neighbour_after(-1, 30000);			/* answered before it was asked */
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), -EINVAL);
	n = neighbour_after(40000, 30000);		/* after it was heard to */
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), -EINVAL);
	n = neighbour_after(30100, 30000);		/* but for what stamps are wrong by */
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), 0);
	n = neighbour_after(20000, 1ULL << 62);
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), -EINVAL);
	n = neighbour_after(S64_MAX >> 16, 30000);
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), -EINVAL);
}

/* Of eight Sync, whichever was the quickest; and that it took no longer than both ways. */
static void quickest_sync_counts(void)
{
	static const u64 late_ns[] = { 500, 900, 300, 100, 800, 100000, 200, 700 };
	struct dvmm_neighbour n = neighbour_after(20000, 30000);
	struct dvmm_port_id master = { { 9 }, 1 };
	struct dvmm_estimator e = { .nominal = MULT };
	struct dvmm_exchange x;
	u64 i;

	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), 0);
	for (i = 0; i < 8; i++) {
		u64 t1 = 5000000000 + i * 1000000;

		CHECK_EQ(dvmm_neighbour_sync(&n, &master, &e, t1, t1 + 4000 + late_ns[i], &x), i == 7);
	}
	CHECK_EQ(x.t1_ns, 5003000000);
	CHECK_EQ(x.t2_cycles, 5003004100);
	CHECK_EQ(x.t3_cycles, x.t2_cycles);
	CHECK_IN(x.t4_ns - x.t1_ns, 10000, 10005);
	/* another master begins anew */
	for (i = 0; i < 5; i++)
		CHECK(!dvmm_neighbour_sync(&n, &master, &e, 6000000000 + i, 6000000000, &x));
	master.port = 2;
	for (i = 0; i < 7; i++)
		CHECK(!dvmm_neighbour_sync(&n, &master, &e, 7000000000 + i, 7000000000, &x));
	CHECK(dvmm_neighbour_sync(&n, &master, &e, 7000000001, 7000000000, &x));
	CHECK_EQ(x.t1_ns, 7000000006);
	/* the round trip is of the same time: there is load now */
	for (i = 0; i < 7; i++)
		CHECK(!dvmm_neighbour_sync(&n, &master, &e, 8000000000 + i, 8000000000, &x));
	n.pdelay.x.t2_cycles += 5000;
	CHECK_EQ(dvmm_neighbour_measure(&n, MULT, 0), 0);
	CHECK(dvmm_neighbour_sync(&n, &master, &e, 8000000001, 8000000000, &x));
	CHECK_IN(x.t4_ns - x.t1_ns, 15000, 15005);
	CHECK_IN(dvmm_neighbour_round_trip_ns(&n), 10000, 10005);
}

static const struct unit_test tests[] = {
	TEST(two_agree),
	TEST(steering_is_followed),
	TEST(with_keys),
	TEST(leader_dies),
	TEST(more_than_one_neighbour_is_a_fault),
	TEST(mechanisms_do_not_mix),
	TEST(transparent_clock_two_step),
	TEST(transparent_clock_one_step),
	TEST(reference_is_measured),
	TEST(leader_knows_its_link),
	TEST(pieces_in_any_order),
	TEST(one_step_tells_a_difference),
	TEST(answers_that_cannot_be),
	TEST(quickest_sync_counts),
};

UNIT_MAIN(tests)
