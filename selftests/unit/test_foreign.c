// SPDX-License-Identifier: GPL-2.0
/* Packets and masters that are not what they should be. */
#include "scenario.h"

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
		dvmm_port_receive(&a->port, &dvmm_to_all, buf, unit_random() % sizeof(buf), sim_cycles(a),
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

static const struct unit_test tests[] = {
	TEST(foreign_packets_do_no_harm),
	TEST(strangers_tell_no_time),
	TEST(garbage_is_counted),
	TEST(grandmaster_that_jumps),
	TEST(held_slave_never_steps),
	TEST(driver_without_stamps_is_named),
};

UNIT_MAIN(tests)
