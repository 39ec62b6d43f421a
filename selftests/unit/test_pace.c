// SPDX-License-Identifier: GPL-2.0
/* pace.c, and unicast: what a cluster's size costs its leader, and its slaves. */
#include "scenario.h"

static const struct dvmm_intervals usual = { .pdelay = -4, .sync = -4, .announce = -5 };
static const struct dvmm_port_id somebody = { { 1 }, 1 };

static void ask(struct dvmm_pace *pace, u32 count)
{
	while (count--)
		dvmm_pace_asked(pace, &somebody);
	dvmm_pace_review(pace);
}

static void leader_asks_for_less_when_asked_too_much(void)
{
	struct dvmm_pace pace;
	int i;

	dvmm_pace_init(&pace, &usual);
	ask(&pace, 512);
	CHECK_EQ(pace.log_request, -4);
	ask(&pace, 513);
	CHECK_EQ(pace.log_request, -3);
	ask(&pace, 300);
	CHECK_EQ(pace.log_request, -3);
	for (i = 0; i < 10; i++)
		ask(&pace, 100000);
	CHECK_EQ(pace.log_request, DVMM_PACE_LOG_MAX);
	for (i = 0; i < 10; i++)
		ask(&pace, 127);
	CHECK_EQ(pace.log_request, -4);
}

/* At a load between the two limits the pace is found, and kept. */
static void pace_settles(void)
{
	struct dvmm_pace pace;
	int hosts, i;

	for (hosts = 2; hosts <= 1024; hosts += 7) {
		int changes = 0;
		s8 last;

		dvmm_pace_init(&pace, &usual);
		for (i = 0; i < 100; i++) {
			last = pace.log_request;
			ask(&pace, hosts * (1 << -pace.log_request) / 2);
			changes += i >= 10 && pace.log_request != last;
		}
		CHECK_EQ(changes, 0);
	}
}

static void slave_asks_as_the_leader_wishes_once_certain(void)
{
	struct dvmm_estimator e = { .count = 64, .now = { .error_ns = 1000, .delay_ns = 4000 } };

	CHECK_EQ(dvmm_pace_interval(&e, -4, -1), -1);
	CHECK_EQ(dvmm_pace_interval(&e, -4, -6), -4);
	CHECK_EQ(dvmm_pace_interval(&e, -4, 127), DVMM_PACE_LOG_MAX);
	CHECK_EQ(dvmm_pace_interval(&e, 3, -128), 3);
	e.now.error_ns = 1001;
	CHECK_EQ(dvmm_pace_interval(&e, -4, -1), -4);
	e.now.error_ns = 1000;
	e.count = 63;
	CHECK_EQ(dvmm_pace_interval(&e, -4, -1), -4);
}

static u64 sent(struct sim *sim, struct sim_host *host, u64 ns)
{
	u64 before = host->packets;

	sim_run(sim, ns);
	return (host->packets - before) * SIM_SECOND / ns;
}

/* 16 Sync, 16 Follow_Up and 32 Announce a second, and what is asked for. */
static void leaders_work_has_a_limit(void)
{
	static const int sizes[] = { 8, 60, 250 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sim *sim = sim_new_cluster(sizes[i], 60 + i, &bed);
		struct sim_host *a = start(sim, 10);
		u64 rate;

		sim_run(sim, 3 * SIM_SECOND);
		while (sim->hosts < sizes[i])
			start(sim, sim->hosts % 50);
		sim_run(sim, 15 * SIM_SECOND);
		rate = sent(sim, a, 10 * SIM_SECOND);
		printf("# %d hosts: the leader sends %llu messages a second\n", sizes[i],
		       (long long)rate);
		CHECK_IN(rate, 64 + min(15 * (sizes[i] - 1), 256), 64 + 1100);
		CHECK_EQ(leaders(sim), 1);
		CHECK_EQ(sim_state(&sim->host[sizes[i] - 1]), DVMM_STATE_SYNCHRONISED);
		finish(sim);
	}
}

static u64 heard(const struct sim_host *host)
{
	u64 sum = host->port.rx;
	int why;

	for (why = 0; why < DVMM_DROPS; why++)
		sum += host->port.dropped[why];
	return sum;
}

/* Own exchanges, probes, the leader's multicast; what others ask the leader it never sees. */
static void slave_hears_nothing_of_the_others(void)
{
	struct sim *sim = sim_new_cluster(40, 5, &quiet);
	struct sim_host *a = start(sim, 10), *b;
	u64 before;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 20);
	sim_run(sim, 5 * SIM_SECOND);
	while (sim->hosts < 40)
		start(sim, sim->hosts % 50);
	sim_run(sim, 5 * SIM_SECOND);
	before = heard(b);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK_IN(heard(b) - before, 1000, 2200);
	CHECK(leads(a));
	finish(sim);
}

/* A port that asks everybody is answered before everybody, as any ptp4l expects. */
static struct {
	int all, one;
} answers;

static void count_answers(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
			  size_t len)
{
	struct dvmm_msg msg;

	(void)sim;
	(void)from;
	if (dvmm_wire_decode(&msg, buf, len) || msg.type != DVMM_MSG_DELAY_RESP)
		return;
	CHECK_EQ(to->scope == DVMM_TO_ONE, !!(msg.flags & DVMM_FLAG_UNICAST));
	CHECK_EQ(msg.log_interval, to->scope == DVMM_TO_ONE ? 0x7f : -4);
	*(to->scope == DVMM_TO_ONE ? &answers.one : &answers.all) += 1;
}

static void answers_go_where_the_question_went(void)
{
	struct dvmm_msg req = { .type = DVMM_MSG_DELAY_REQ, .source = { { 9, 9 }, 1 } };
	struct sim *sim = sim_new(6, &quiet);

	start(sim, 0);
	sim_run(sim, 3 * SIM_SECOND);
	sim->tap = count_answers;
	sim_inject(sim, 0, &req);
	sim_run(sim, MS);
	req.flags = DVMM_FLAG_UNICAST;
	sim_inject(sim, 0, &req);
	sim_run(sim, MS);
	CHECK_EQ(answers.all, 1);
	CHECK_EQ(answers.one, 1);
	finish(sim);
}

static u64 asked_per_second(struct sim *sim, struct sim_host *host)
{
	u16 before = host->port.sequence[DVMM_MSG_DELAY_REQ];

	sim_run(sim, 2 * SIM_SECOND);
	return (u16)(host->port.sequence[DVMM_MSG_DELAY_REQ] - before) / 2;
}

/* Certainty lost is regained at the full rate. */
static void uncertain_slave_asks_more(void)
{
	struct sim *sim = sim_new_cluster(150, 7, &bed);
	struct sim_host *a = start(sim, 10), *b;
	u64 calm, most = 0;
	int i;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 20);
	while (sim->hosts < 150)
		start(sim, sim->hosts % 50);
	sim_run(sim, 25 * SIM_SECOND);
	calm = asked_per_second(sim, b);
	CHECK_IN(calm, 2, 8);
	sim_link(sim, 0, 1)->jitter_ns = 3000000;
	sim_link(sim, 1, 0)->jitter_ns = 3000000;
	sim_drift(b, 30);
	for (i = 0; i < 20; i++)
		most = max(most, asked_per_second(sim, b));
	printf("# asks %llu times a second when all is calm, %llu in a storm\n", (long long)calm,
	       (long long)most);
	CHECK_IN(most, 12, 17);
	CHECK(leads(a));
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(leader_asks_for_less_when_asked_too_much),
	TEST(pace_settles),
	TEST(slave_asks_as_the_leader_wishes_once_certain),
	TEST(leaders_work_has_a_limit),
	TEST(slave_hears_nothing_of_the_others),
	TEST(answers_go_where_the_question_went),
	TEST(uncertain_slave_asks_more),
};

UNIT_MAIN(tests)
