// SPDX-License-Identifier: GPL-2.0
/* bmca.c: IEEE 1588-2019 figures 34 and 35, step by step; and the list of masters. */
#include "foreign.h"
#include "unit.h"

static struct dvmm_dataset middle(u8 identity)
{
	struct dvmm_dataset ds = {
		.priority1 = 128,
		.quality = { .class = 100, .accuracy = 0x25, .variance = 1000 },
		.priority2 = 128,
		.grandmaster = { 0, 0, 0, 0, 0, 0, 0, identity },
		.steps_removed = 5,
		.sender = { { 0, 0, 0, 0, 0, 0, 0, identity }, 1 },
		.receiver = { { 9 }, 1 },
	};
	return ds;
}

static void expect(const struct dvmm_dataset *a, const struct dvmm_dataset *b, enum dvmm_order want)
{
	CHECK_EQ(dvmm_bmca_compare(a, b), want);
	CHECK_EQ(dvmm_bmca_compare(b, a), -want);
}

/*
 * Each attribute decides, in its turn, against all that come after it: A is better in
 * that one and worse in every later one.
 */
static void attributes_in_order(void)
{
	int step;

	for (step = 0; step < 6; step++) {
		struct dvmm_dataset a = middle(2), b = middle(2);

		a.priority1 -= step == 0;
		a.quality.class += step == 1 ? -1 : step < 1;
		a.quality.accuracy += step == 2 ? -1 : step < 2;
		a.quality.variance += step == 3 ? -1 : step < 3;
		a.priority2 += step == 4 ? -1 : step < 4;
		a.grandmaster[7] += step == 5 ? -1 : 1;
		a.steps_removed += 3;
		expect(&a, &b, DVMM_A_BETTER);
	}
}

static void identity_is_compared_as_octets(void)
{
	struct dvmm_dataset a = middle(0xff), b = middle(0);

	b.grandmaster[0] = 0x80;
	expect(&a, &b, DVMM_A_BETTER);
}

/* Figure 35: the same grandmaster over two paths. */
static void two_steps_nearer_decide(void)
{
	struct dvmm_dataset a = middle(1), b = middle(1);

	b.steps_removed += 2;
	expect(&a, &b, DVMM_A_BETTER);
}

static void one_step_nearer(void)
{
	struct dvmm_dataset a = middle(1), b = middle(1);

	b.steps_removed++;
	b.sender.clock[0] = 5;
	b.receiver.clock[0] = 4;
	expect(&a, &b, DVMM_A_BETTER);
	b.receiver.clock[0] = 6;
	expect(&a, &b, DVMM_A_BETTER_BY_TOPOLOGY);
	b.receiver = b.sender;			/* error-1: our own message */
	expect(&a, &b, DVMM_SAME);
}

static void same_distance(void)
{
	struct dvmm_dataset a = middle(1), b = middle(1);

	b.sender.clock[7]++;
	expect(&a, &b, DVMM_A_BETTER_BY_TOPOLOGY);
	b = middle(1);
	b.sender.port++;
	expect(&a, &b, DVMM_A_BETTER_BY_TOPOLOGY);
	b = middle(1);
	b.receiver.port++;
	expect(&a, &b, DVMM_A_BETTER_BY_TOPOLOGY);
	b = middle(1);				/* error-2: the same message */
	expect(&a, &b, DVMM_SAME);
}

/* The attributes are the grandmaster's, so they go with its identity. */
static struct dvmm_dataset any_dataset(void)
{
	u8 identity = unit_random() % 8;
	struct dvmm_dataset ds = middle(identity);

	ds.priority1 += identity * 5 % 2;
	ds.quality.class += identity * 3 % 8 / 4;
	ds.priority2 += identity * 7 % 4 / 2;
	ds.steps_removed += unit_random() % 4;
	ds.sender.clock[7] = unit_random() % 3;
	return ds;
}

/* Of grandmasters; paths of about the same length have no order (figure 35's "by topology"). */
static void order_is_total_and_transitive(void)
{
	int i;

	for (i = 0; i < 200000; i++) {
		struct dvmm_dataset a = any_dataset(), b = any_dataset(), c = any_dataset();
		int ab = dvmm_bmca_compare(&a, &b), bc = dvmm_bmca_compare(&b, &c);

		CHECK_EQ(ab, -dvmm_bmca_compare(&b, &a));
		if (ab == DVMM_A_BETTER && bc == DVMM_A_BETTER)
			CHECK(dvmm_bmca_compare(&a, &c) > 0);
	}
}

#define INTERVAL 1000

static void hear(struct dvmm_foreign_list *list, u8 identity, u64 cluster, bool held, u64 cycles)
{
	static const struct dvmm_port_id us = { { 9 }, 1 };
	struct dvmm_msg msg = { .type = DVMM_MSG_ANNOUNCE };

	msg.source.clock[7] = identity;
	msg.announce.grandmaster[7] = identity;
	msg.announce.has_cluster = true;
	msg.announce.cluster.cluster.id = cluster;
	msg.announce.cluster.held = held;
	dvmm_foreign_hear(list, &msg, &us, NULL, cycles);
}

static struct dvmm_foreign_list empty(void)
{
	return (struct dvmm_foreign_list) {
		.window_cycles = 4 * INTERVAL, .timeout_cycles = 4 * INTERVAL,
	};
}

static int best(const struct dvmm_foreign_list *list, u64 id, bool others)
{
	const struct dvmm_foreign *f = dvmm_foreign_best(list, id, others);

	return f ? f->dataset.grandmaster[7] : -1;
}

static void two_announces_qualify(void)
{
	struct dvmm_foreign_list list = empty();

	hear(&list, 3, 7, false, 1 * INTERVAL);
	CHECK_EQ(best(&list, 7, false), -1);
	hear(&list, 3, 7, false, 6 * INTERVAL);		/* not within the window */
	CHECK_EQ(best(&list, 7, false), -1);
	hear(&list, 3, 7, false, 7 * INTERVAL);
	CHECK_EQ(best(&list, 7, false), 3);
	dvmm_foreign_expire(&list, 11 * INTERVAL);
	CHECK_EQ(best(&list, 7, false), 3);
	dvmm_foreign_expire(&list, 11 * INTERVAL + 1);
	CHECK_EQ(best(&list, 7, false), -1);
}

static void best_of_cluster_and_of_others(void)
{
	struct dvmm_foreign_list list = empty();
	u64 t;

	for (t = 1; t < 3; t++) {
		hear(&list, 5, 7, false, t * INTERVAL);
		hear(&list, 4, 7, false, t * INTERVAL);
		hear(&list, 1, 8, false, t * INTERVAL);
		hear(&list, 2, 9, true, t * INTERVAL);
	}
	CHECK_EQ(best(&list, 7, false), 4);
	CHECK_EQ(best(&list, 7, true), 2);	/* it cannot be stepped, so it comes first */
	CHECK_EQ(best(&list, 10, false), -1);
}

/* A flood of new identities can never push out the one that is followed. */
static void flood_keeps_the_parent(void)
{
	static const struct dvmm_port_id us = { { 9 }, 1 };
	struct dvmm_foreign_list list = empty();
	struct dvmm_port_id parent = { { 0, 0, 0, 0, 0, 0, 0, 3 }, 0 };
	struct dvmm_msg msg = { .type = DVMM_MSG_ANNOUNCE };
	int i;

	hear(&list, 3, 7, false, 1);
	hear(&list, 3, 7, false, 2);
	for (i = 0; i < 1000; i++) {
		msg.source.clock[0] = 1 + i % 255;
		msg.source.port = i;
		dvmm_foreign_hear(&list, &msg, &us, &parent, 10 + i);
	}
	CHECK(dvmm_foreign_find(&list, &parent));
	CHECK_EQ(best(&list, 7, false), 3);
}

static const struct unit_test tests[] = {
	TEST(attributes_in_order),
	TEST(identity_is_compared_as_octets),
	TEST(two_steps_nearer_decide),
	TEST(one_step_nearer),
	TEST(same_distance),
	TEST(order_is_total_and_transitive),
	TEST(two_announces_qualify),
	TEST(best_of_cluster_and_of_others),
	TEST(flood_keeps_the_parent),
};

UNIT_MAIN(tests)
