// SPDX-License-Identifier: GPL-2.0
/* Signaling: other intervals, asked for and given (wire_signaling.c, pace.c, port_signaling.c). */
#include "port_internal.h"
#include "scenario.h"
#include "wire_bytes.h"

#define SAME DVMM_LOG_INTERVAL_UNCHANGED
#define INITIAL DVMM_LOG_INTERVAL_INITIAL

static const struct dvmm_intervals usual = { .pdelay = -3, .sync = -4, .announce = -5 };
static const struct dvmm_port_id one = { { 1 }, 1 }, other = { { 2 }, 1 };

/* What ptp4l's port_tx_interval_request() makes. */
static const u8 theirs[] = {
	0x0c, 0x02, 0x00, 0x3c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0xff, 0xfe, 0x00, 0x01, 0x02, 0x00, 0x01, 0x00, 0x00,
	0x05, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x03, 0x00, 0x0c,
	0x00, 0x80, 0xc2, 0x00, 0x00, 0x02, 0x80, 0xfa, 0x80, 0x00, 0x00, 0x00,
};

static int decode(struct dvmm_msg *msg, const u8 *buf, size_t len)
{
	u8 *exact = malloc(len);
	int ret;

	memcpy(exact, buf, len);
	ret = dvmm_wire_decode(msg, exact, len);
	free(exact);
	return ret;
}

static void as_ptp4l_writes_it(void)
{
	u8 buf[DVMM_WIRE_TX_MAX], again[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	size_t len;

	CHECK_EQ(decode(&msg, theirs, sizeof(theirs)), 0);
	CHECK_EQ(msg.type, DVMM_MSG_SIGNALING);
	CHECK_EQ(msg.signaling.target.port, 0xffff);
	CHECK(msg.signaling.has_intervals);
	CHECK_EQ(msg.signaling.intervals.pdelay, SAME);
	CHECK_EQ(msg.signaling.intervals.sync, -6);
	CHECK_EQ(msg.signaling.intervals.announce, SAME);
	CHECK_EQ(dvmm_wire_encode(&msg, buf), sizeof(theirs));
	memcpy(again, buf, sizeof(theirs));
	again[1] = theirs[1];		/* minorVersionPTP */
	CHECK(!memcmp(again, theirs, sizeof(theirs)));
	for (len = 0; len < sizeof(theirs); len++)
		CHECK(decode(&msg, theirs, len) < 0);
}

/* What is not for us is skipped; what is, and too short, is refused. */
static void other_tlvs(void)
{
	u8 buf[sizeof(theirs)];
	struct dvmm_msg msg;

	memcpy(buf, theirs, sizeof(buf));
	buf[53] = 4;				/* gPTP-capable */
	CHECK_EQ(decode(&msg, buf, sizeof(buf)), 0);
	CHECK(!msg.signaling.has_intervals);
	buf[53] = 2;
	buf[45] = 4;				/* REQUEST_UNICAST_TRANSMISSION */
	CHECK_EQ(decode(&msg, buf, sizeof(buf)), 0);
	CHECK(!msg.signaling.has_intervals);
	buf[45] = 3;
	buf[47] = 10;
	dvmm_wire_set_length(buf, sizeof(buf) - 2);
	CHECK_EQ(decode(&msg, buf, sizeof(buf)), -DVMM_WIRE_TLV);
	dvmm_wire_set_length(buf, 44);		/* none at all */
	CHECK_EQ(decode(&msg, buf, sizeof(buf)), 0);
	CHECK(!msg.signaling.has_intervals);
}

static void ask_long(struct dvmm_pace *pace, const struct dvmm_port_id *by)
{
	int i;

	for (i = 0; i < 70; i++) {
		if (by)
			dvmm_pace_asked(pace, by);
		dvmm_pace_review(pace);
	}
}

static void quicker_at_once(void)
{
	struct dvmm_intervals wish = { SAME, -6, -7 };
	struct dvmm_pace pace;

	dvmm_pace_init(&pace, &usual);
	CHECK_EQ(dvmm_pace_wish(&pace, &one, &wish), 0);
	CHECK_EQ(pace.now.pdelay, -3);
	CHECK_EQ(pace.now.sync, -6);
	CHECK_EQ(pace.now.announce, -7);
	ask_long(&pace, &other);
	CHECK_EQ(pace.now.sync, -6);
	wish = (struct dvmm_intervals) { -5, INITIAL, SAME };
	CHECK_EQ(dvmm_pace_wish(&pace, &other, &wish), 0);
	CHECK_EQ(pace.now.pdelay, -5);
	CHECK_EQ(pace.now.sync, -4);
	CHECK_EQ(pace.now.announce, -7);
}

/* Nobody is to wait because of what another wishes; and Announce are for all. */
static void slower_for_one_alone(void)
{
	struct dvmm_intervals wish = { 1, 0, 3 };
	struct dvmm_pace pace;

	dvmm_pace_init(&pace, &usual);
	CHECK_EQ(dvmm_pace_wish(&pace, &one, &wish), 0);
	CHECK_EQ(pace.now.sync, -4);		/* who has asked before is not known */
	ask_long(&pace, &one);
	CHECK_EQ(pace.now.sync, 0);
	CHECK_EQ(pace.now.pdelay, 1);
	CHECK_EQ(pace.now.announce, -5);
	dvmm_pace_asked(&pace, &other);
	CHECK_EQ(pace.now.sync, -4);
	CHECK_EQ(pace.now.pdelay, -3);
	ask_long(&pace, &other);
	CHECK_EQ(pace.now.sync, -4);
	ask_long(&pace, NULL);
	CHECK_EQ(pace.now.sync, 0);
}

static void out_of_range(void)
{
	static const struct dvmm_intervals wishes[] = {
		{ SAME, -8, SAME }, { SAME, 4, SAME }, { 127, SAME, SAME }, { SAME, -5, -127 },
	};
	struct dvmm_pace pace;
	u32 i;

	dvmm_pace_init(&pace, &usual);
	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		CHECK_EQ(dvmm_pace_wish(&pace, &one, &wishes[i]), -ERANGE);
		CHECK(!memcmp(&pace.now, &usual, sizeof(usual)));
	}
}

static u32 sent[16];

static void count_kinds(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
			size_t len)
{
	(void)sim, (void)to, (void)len;
	if (!from)
		sent[buf[0] & 0xf]++;
}

static struct dvmm_msg request(const struct dvmm_port_id *target, s8 sync)
{
	return (struct dvmm_msg) {
		.type = DVMM_MSG_SIGNALING,
		.source = one,
		.log_interval = 0x7f,
		.signaling = {
			.target = *target, .has_intervals = true, .intervals = { SAME, sync, SAME },
		},
	};
}

static u32 syncs(struct sim *sim, u64 ns)
{
	sent[DVMM_MSG_SYNC] = 0;
	sim_run(sim, ns);
	return sent[DVMM_MSG_SYNC];
}

static void leader_sends_as_many(void)
{
	struct sim *sim = sim_new(1, &quiet);
	struct sim_host *a = start(sim, 10), *b;
	struct dvmm_msg msg;
	int i;

	sim->tap = count_kinds;
	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, -10);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK_NEAR(syncs(sim, 2 * SIM_SECOND), 32, 1);
	msg = request(&b->port.id, -7);		/* for somebody else */
	sim_inject(sim, 0, &msg);
	CHECK_NEAR(syncs(sim, 2 * SIM_SECOND), 32, 1);
	msg = request(&a->port.id, -7);
	sim_inject(sim, 0, &msg);
	CHECK_NEAR(syncs(sim, 2 * SIM_SECOND), 256, 2);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	msg = request(&a->port.id, 3);		/* the slave would have to wait */
	sim_inject(sim, 0, &msg);
	CHECK_NEAR(syncs(sim, 40 * SIM_SECOND), 640, 2);
	CHECK_EQ(a->port.dropped[DVMM_DROP_INTERVAL], 0);
	msg = request(&a->port.id, 9);
	sim_inject(sim, 0, &msg);
	sim_run(sim, SIM_SECOND);
	CHECK_EQ(a->port.dropped[DVMM_DROP_INTERVAL], 1);
	for (i = 0; i < 10; i++)
		sim_inject(sim, 0, &msg);
	sim_run(sim, SIM_SECOND);
	CHECK_IN(a->port.dropped[DVMM_DROP_RATE], 6, 8);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* Only who is alone at the other end of the link may have fewer. */
static void fewer_for_the_neighbour_only(void)
{
	struct sim *sim = sim_new(3, &quiet);
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *a, *b;
	struct dvmm_msg msg;

	sim->tap = count_kinds;
	config.peer_to_peer = true;
	a = sim_start(sim, &config, 10);
	sim_run(sim, 3 * SIM_SECOND);
	config.identity[7] = 2;
	b = sim_start(sim, &config, -10);
	sim_run(sim, 5 * SIM_SECOND);
	msg = request(&a->port.id, 0);
	sim_inject(sim, 0, &msg);
	CHECK_NEAR(syncs(sim, 40 * SIM_SECOND), 640, 2);
	msg.source = b->port.id;
	msg.signaling.intervals.pdelay = -6;
	dvmm_port_wished(&a->port, &msg, sim_cycles(a));
	CHECK_EQ(a->port.pace.now.pdelay, -6);
	sim_run(sim, 35 * SIM_SECOND);
	CHECK_NEAR(syncs(sim, 10 * SIM_SECOND), 10, 1);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	finish(sim);
}

/* One that sends a Sync a second is asked for 16, and gives them. */
static void reference_is_asked(void)
{
	struct sim *sim = sim_new(2, &quiet);
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *f, *a;
	u32 asked;

	config.priority1 = 1;
	config.master_only = true;
	config.log_announce = -2;
	config.log_sync = 0;
	f = sim_start(sim, &config, 30);
	f->plain_class = 6;
	f->plain_accuracy = 0x21;
	f->plain_log_ask = -4;
	f->group = 1;
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(f));
	f->group = 0;
	sim->tap = count_kinds;
	config = sim_config(1);
	config.reference_choice = DVMM_CHOOSE_ANY;
	config.log_reference_sync = -4;
	a = sim_start(sim, &config, 0);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_NEAR(syncs(sim, 2 * SIM_SECOND), 32, 1);
	CHECK_EQ(a->port.reference.clock.state, DVMM_REFERENCE_LOCKED);
	asked = a->port.sequence[DVMM_MSG_SIGNALING];
	CHECK_IN(asked, 1, 2);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_EQ(a->port.sequence[DVMM_MSG_SIGNALING], asked);
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(as_ptp4l_writes_it),
	TEST(other_tlvs),
	TEST(quicker_at_once),
	TEST(slower_for_one_alone),
	TEST(out_of_range),
	TEST(leader_sends_as_many),
	TEST(fewer_for_the_neighbour_only),
	TEST(reference_is_asked),
};

UNIT_MAIN(tests)
