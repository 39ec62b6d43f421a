// SPDX-License-Identifier: GPL-2.0
/* port_fsm.c against a table, every state with every event; exchange.c in any order. */
#include "exchange.h"
#include "port_fsm.h"
#include "unit.h"

#define FA DVMM_PORT_FAULTY
#define LI DVMM_PORT_LISTENING
#define MA DVMM_PORT_MASTER
#define UN DVMM_PORT_UNCALIBRATED
#define SL DVMM_PORT_SLAVE

static void every_transition(void)
{
	static const enum dvmm_port_state table[][8] = {
		/* from, FAULT, FAULT_CLEARED, NO_MASTER, LEFT_ALONE, FOLLOW, CALIBRATED, SYNC_FAULT */
		{ FA, FA, LI, FA, FA, FA, FA, FA },
		{ LI, FA, LI, MA, LI, UN, LI, LI },
		{ MA, FA, MA, MA, MA, UN, MA, MA },
		{ UN, FA, UN, MA, LI, UN, SL, UN },
		{ SL, FA, SL, MA, LI, UN, SL, UN },
	};
	size_t i;
	int event;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		for (event = DVMM_EV_FAULT; event <= DVMM_EV_SYNC_FAULT; event++)
			CHECK_EQ(dvmm_port_fsm(table[i][0], event), table[i][1 + event]);
}

static void states_are_those_of_the_standard(void)
{
	CHECK_EQ(FA, 2);
	CHECK_EQ(LI, 4);
	CHECK_EQ(MA, 6);
	CHECK_EQ(UN, 8);
	CHECK_EQ(SL, 9);
	CHECK(!strcmp(dvmm_port_state_name(UN), "UNCALIBRATED"));
}

static struct dvmm_msg message(enum dvmm_msg_type type, u16 sequence, u64 ns, s64 correction_ns)
{
	return (struct dvmm_msg) {
		.type = type, .flags = type == DVMM_MSG_SYNC ? DVMM_FLAG_TWO_STEP : 0,
		.sequence = sequence, .time_ns = ns, .correction = correction_ns * 65536,
	};
}

/* All orders in which a Sync with its Follow_Up, and a stamp with its response, may come. */
static void any_order(void)
{
	struct dvmm_msg sync = message(DVMM_MSG_SYNC, 7, 0, 3);
	struct dvmm_msg follow_up = message(DVMM_MSG_FOLLOW_UP, 7, 1000, 20);
	struct dvmm_msg response = message(DVMM_MSG_DELAY_RESP, 70, 5000, 400);
	int order;

	for (order = 0; order < 4; order++) {
		struct dvmm_exchanger x = { 0 };

		if (order & 1) {
			CHECK(!dvmm_exchanger_sync(&x, &sync, 222));
			CHECK(dvmm_exchanger_follow_up(&x, &follow_up));
		} else {
			CHECK(!dvmm_exchanger_follow_up(&x, &follow_up));
			CHECK(dvmm_exchanger_sync(&x, &sync, 222));
		}
		dvmm_exchanger_request(&x, 70, 44);
		if (order & 2) {
			CHECK(!dvmm_exchanger_stamp(&x, 44, 333));
			CHECK(dvmm_exchanger_response(&x, &response));
		} else {
			CHECK(!dvmm_exchanger_response(&x, &response));
			CHECK(dvmm_exchanger_stamp(&x, 44, 333));
		}
		CHECK_EQ(x.request.t1_ns, 1023);
		CHECK_EQ(x.request.t2_cycles, 222);
		CHECK_EQ(x.request.t3_cycles, 333);
		CHECK_EQ(x.request.t4_ns, 4600);
	}
}

static void one_step_sync(void)
{
	struct dvmm_msg sync = message(DVMM_MSG_SYNC, 7, 1000, 5);
	struct dvmm_exchanger x = { 0 };

	sync.flags = 0;
	CHECK(dvmm_exchanger_sync(&x, &sync, 222));
	CHECK_EQ(x.t1_ns, 1005);
}

static void strangers_do_not_fit(void)
{
	struct dvmm_msg sync = message(DVMM_MSG_SYNC, 7, 0, 0);
	struct dvmm_msg late = message(DVMM_MSG_FOLLOW_UP, 6, 1000, 0);
	struct dvmm_msg follow_up = message(DVMM_MSG_FOLLOW_UP, 7, 1000, 0);
	struct dvmm_msg wrong = message(DVMM_MSG_DELAY_RESP, 71, 5000, 0);
	struct dvmm_msg right = message(DVMM_MSG_DELAY_RESP, 70, 5000, 0);
	struct dvmm_exchanger x = { 0 };

	CHECK(!dvmm_exchanger_response(&x, &right));	/* nothing was asked */
	CHECK(!dvmm_exchanger_sync(&x, &sync, 222));
	CHECK(!dvmm_exchanger_follow_up(&x, &late));
	CHECK(dvmm_exchanger_follow_up(&x, &follow_up));
	CHECK(!dvmm_exchanger_follow_up(&x, &follow_up));	/* a duplicate */
	dvmm_exchanger_request(&x, 70, 44);
	CHECK(!dvmm_exchanger_stamp(&x, 43, 333));
	CHECK(!dvmm_exchanger_response(&x, &wrong));
	CHECK(!dvmm_exchanger_stamp(&x, 44, 333));
	CHECK(dvmm_exchanger_response(&x, &right));
	CHECK(!dvmm_exchanger_response(&x, &right));	/* handed out once */
}

/* A Delay_Req without a fresh Sync yields nothing. */
static void no_pair_no_exchange(void)
{
	struct dvmm_msg right = message(DVMM_MSG_DELAY_RESP, 70, 5000, 0);
	struct dvmm_exchanger x = { 0 };

	dvmm_exchanger_request(&x, 70, 44);
	CHECK(!dvmm_exchanger_stamp(&x, 44, 333));
	CHECK(!dvmm_exchanger_response(&x, &right));
}

static const struct unit_test tests[] = {
	TEST(every_transition),
	TEST(states_are_those_of_the_standard),
	TEST(any_order),
	TEST(one_step_sync),
	TEST(strangers_do_not_fit),
	TEST(no_pair_no_exchange),
};

UNIT_MAIN(tests)
