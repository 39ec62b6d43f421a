// SPDX-License-Identifier: GPL-2.0
/* patience.c: what a false alarm teaches, and how it is forgotten. */
#include "patience.h"
#include "unit.h"

#define MEMORY 60000ULL

static const u8 leader[8] = { 1 }, another[8] = { 2 };

static struct dvmm_patience fresh(void)
{
	return (struct dvmm_patience) { .memory_cycles = MEMORY };
}

static void false_alarms_teach(void)
{
	struct dvmm_patience patience = fresh();
	u64 now = 1000;
	u32 i;

	for (i = 1; i < 10; i++) {
		dvmm_patience_give_up(&patience, leader, now += 10);
		CHECK_EQ(dvmm_patience_hear(&patience, leader, now += 10), i <= DVMM_PATIENCE_MAX);
		CHECK_EQ(patience.doublings, min_t(u32, i, DVMM_PATIENCE_MAX));
	}
}

static void only_the_same_leader_soon_and_once(void)
{
	struct dvmm_patience patience = fresh();

	CHECK(!dvmm_patience_hear(&patience, leader, 500));
	dvmm_patience_give_up(&patience, leader, 1000);
	CHECK(!dvmm_patience_hear(&patience, another, 1001));
	CHECK(!dvmm_patience_hear(&patience, leader, 1001 + MEMORY));
	CHECK_EQ(patience.doublings, 0);
	CHECK(dvmm_patience_hear(&patience, leader, 1000 + MEMORY));
	CHECK(!dvmm_patience_hear(&patience, leader, 1000 + MEMORY));
	CHECK_EQ(patience.doublings, 1);
}

static void calm_makes_impatient(void)
{
	struct dvmm_patience patience = fresh();
	u64 now;

	for (now = 1000; now < 1300; now += 100) {
		dvmm_patience_give_up(&patience, leader, now);
		dvmm_patience_hear(&patience, leader, now);
	}
	CHECK_EQ(patience.doublings, 3);
	CHECK(!dvmm_patience_tick(&patience, 1199 + MEMORY));
	CHECK(dvmm_patience_tick(&patience, 1200 + MEMORY));
	CHECK(!dvmm_patience_tick(&patience, 1201 + MEMORY));
	CHECK(dvmm_patience_tick(&patience, 1200 + 2 * MEMORY));
	CHECK(dvmm_patience_tick(&patience, 1200 + 3 * MEMORY));
	CHECK(!dvmm_patience_tick(&patience, 1200 + 9 * MEMORY));
	CHECK_EQ(patience.doublings, 0);
}

/* A mistake soon after the last one leaves less calm, not more. */
static void mistakes_put_calm_off(void)
{
	struct dvmm_patience patience = fresh();

	dvmm_patience_give_up(&patience, leader, 1000);
	dvmm_patience_hear(&patience, leader, 1000);
	dvmm_patience_give_up(&patience, leader, 900 + MEMORY);
	dvmm_patience_hear(&patience, leader, 900 + MEMORY);
	CHECK(!dvmm_patience_tick(&patience, 1000 + MEMORY));
	CHECK_EQ(patience.doublings, 2);
}

static const struct unit_test tests[] = {
	TEST(false_alarms_teach),
	TEST(only_the_same_leader_soon_and_once),
	TEST(calm_makes_impatient),
	TEST(mistakes_put_calm_off),
};

UNIT_MAIN(tests)
