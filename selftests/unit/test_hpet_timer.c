// SPDX-License-Identifier: GPL-2.0
/* hpet_timer.c: when comparators match, and what they read (IA-PC HPET 1.0a). */
#include "hpet_bench.h"

/* 2.3.9.2.1: once; the comparator stays; what was passed already does not come */
static void one_shot_64(void)
{
	reset(3);
	wr(CONFIG(2), ENABLE | ROUTE(20));
	run_from(1000);
	wr(COMPARATOR(2), 1500);
	CHECK_EQ(due_in(2), 500);
	now += 499 * TICK;
	CHECK_EQ(due_in(2), 1);
	now += TICK;
	CHECK_EQ(due_in(2), DVMM_NEVER);
	CHECK_EQ(rd(COMPARATOR(2)), 1500);
	wr(COMPARATOR(2), 1500);		/* the counter stands there: too late */
	CHECK_EQ(due_in(2), DVMM_NEVER);
	wr(COMPARATOR(2), 1499);
	CHECK_EQ(due_in(2), DVMM_NEVER);
	wr(COMPARATOR(2), 1501);
	CHECK_EQ(due_in(2), 1);
	wr(COMPARATOR(2), 1500 + (1ULL << 60));
	CHECK_EQ(due_in(2), 1ULL << 60);
}

static void one_shot_over_the_64_bit_wrap(void)
{
	reset(3);
	wr(CONFIG(2), ENABLE | ROUTE(20));
	run_from(U64_MAX - 9);
	wr(COMPARATOR(2), 90);
	CHECK_EQ(due_in(2), 100);
	CHECK_EQ(period(2), 0);
}

/* 32 bits: compared with the counter's lower half, and again each time it has gone round */
static void one_shot_32(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | ROUTE(16) | MODE32);
	run_from(0x7fffffff0);
	wr(COMPARATOR(0), 0x10);
	CHECK_EQ(due_in(0), 0x20);
	CHECK_EQ(period(0), WRAP32);
	now += 0x20 * TICK;
	CHECK_EQ(due_in(0), WRAP32);
	now += TICK;
	CHECK_EQ(due_in(0), WRAP32 - 1);
	now += 5 * WRAP32 * TICK;
	CHECK_EQ(due_in(0), WRAP32 - 1);
	CHECK_EQ(rd(COMPARATOR(0)), 0x10);
	wr(COMPARATOR(0), 0xabcd00000000 | rd32(DVMM_HPET_COUNTER));
	CHECK_EQ(due_in(0), WRAP32);
}

/* 2.3.8, bit 8 and 2.4.7: the upper half is always 0 */
static void mode_32(void)
{
	reset(3);
	wr(COMPARATOR(1), 0x1111111122222222);
	wr(CONFIG(1), MODE32);
	CHECK_EQ(rd(COMPARATOR(1)), 0x22222222);
	wr32(COMPARATOR(1) + 4, 7);
	CHECK_EQ(rd(COMPARATOR(1)), 0x22222222);
	wr(COMPARATOR(1), 0x3333333344444444);
	CHECK_EQ(rd(COMPARATOR(1)), 0x44444444);
	wr(CONFIG(1), 0);
	CHECK_EQ(rd(COMPARATOR(1)), 0x44444444);
	reset(3);
	wr(CONFIG(1), MODE32);
	CHECK_EQ(rd(COMPARATOR(1)), U32_MAX);	/* 2.3.9.1, default */
}

/* 2.3.9.1, its example */
static void periodic(void)
{
	static const u64 comparators[] = { 0x123, 0x246, 0x369, 0x48c };
	u64 counter, i;

	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 0x123);
	run_from(0);
	for (counter = 0; counter < 0x48c; counter++, now += TICK) {
		CHECK_EQ(rd(DVMM_HPET_COUNTER), counter);
		i = counter / 0x123;
		CHECK_EQ(rd(COMPARATOR(0)), comparators[i]);
		CHECK_EQ(rd32(COMPARATOR(0)), comparators[i]);
		CHECK_EQ(due_in(0), comparators[i] - counter);
		CHECK_EQ(period(0), 0x123);
	}
}

/* "... is FFFF0000h and the last value written is 20000, ... will change to 00010000h" */
static void periodic_wraps(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16) | MODE32);
	wr(COMPARATOR(0), 0xffff0000);
	wr(COMPARATOR(0), 0x20000);
	run_from(0x3fffeff00);
	CHECK_EQ(due_in(0), 0x100);
	now += 0xff * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 0xffff0000);
	now += TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 0x00010000);
	CHECK_EQ(due_in(0), 0x20000);
}

/* A period of nothing adds nothing: the comparator stays, and matches once a round. */
static void periodic_without_a_period(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16) | MODE32);
	wr(COMPARATOR(0), 100);
	wr(COMPARATOR(0), 0);
	run_from(0);
	CHECK_EQ(due_in(0), 100);
	CHECK_EQ(period(0), WRAP32);
	now += 3 * WRAP32 * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 100);
	wr(CONFIG(0), ENABLE | PERIODIC | ROUTE(16));
	CHECK_EQ(period(0), 0);
	CHECK_EQ(due_in(0), DVMM_NEVER);	/* the counter is above 2^32 */
}

/* 2.3.8, bit 6: only with it the accumulator is set; it goes away by itself */
static void val_set(void)
{
	reset(3);
	wr(CONFIG(0), PERIODIC);
	wr(COMPARATOR(0), 500);
	CHECK_EQ(rd(COMPARATOR(0)), U64_MAX);
	wr(CONFIG(0), PERIODIC | VAL_SET);
	CHECK_EQ(rd(CONFIG(0)), TN_CAPS | PERIODIC | VAL_SET);
	wr(COMPARATOR(0), 700);
	CHECK_EQ(rd(COMPARATOR(0)), 700);
	CHECK_EQ(rd(CONFIG(0)), TN_CAPS | PERIODIC);
	wr(CONFIG(0), PERIODIC | VAL_SET);
	wr(CONFIG(0), PERIODIC);
	wr(COMPARATOR(0), 900);
	CHECK_EQ(rd(COMPARATOR(0)), 700);
	wr(CONFIG(0), VAL_SET);			/* non-periodic: not to be written */
	CHECK_EQ(rd(CONFIG(0)), TN_CAPS);
	wr(COMPARATOR(0), 900);
	CHECK_EQ(rd(COMPARATOR(0)), 900);
}

/* One half at a time, VAL_SET before each: as Intel's data sheets want it. */
static void val_set_in_two_halves(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr32(COMPARATOR(0), 0x55555555);
	CHECK_EQ(rd(COMPARATOR(0)), 0xffffffff55555555);
	CHECK_EQ(rd(CONFIG(0)) & VAL_SET, 0);
	wr32(COMPARATOR(0) + 4, 0x66666666);	/* without: the period's half only */
	CHECK_EQ(rd(COMPARATOR(0)), 0xffffffff55555555);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr32(COMPARATOR(0) + 4, 0x00000001);
	CHECK_EQ(rd(COMPARATOR(0)), 0x0000000155555555);
	run_from(0x155555550);
	CHECK_EQ(due_in(0), 5);
	CHECK_EQ(period(0), 0x155555555);
}

/* "At the point when the comparator indicates a match, this new value will be added" */
static void another_rate(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 1000);
	run_from(0);
	now += 2300 * TICK;
	wr(COMPARATOR(0), 50);
	CHECK_EQ(rd(COMPARATOR(0)), 3000);
	CHECK_EQ(due_in(0), 700);
	now += 699 * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 3000);
	now += TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 3050);
	now += 1001 * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 4050);
	CHECK_EQ(due_in(0), 49);
}

/* Set up while it runs, accumulator and period apart: what Linux does. */
static void as_linux_does(void)
{
	u32 cmp;

	reset(3);
	wr32(DVMM_HPET_CONFIG, 3);
	now += 777 * US;
	cmp = rd32(DVMM_HPET_COUNTER) + 400000;
	wr32(CONFIG(0), ENABLE | PERIODIC | VAL_SET | MODE32);
	wr32(COMPARATOR(0), cmp);
	now += 1 * US;
	wr32(COMPARATOR(0), 400000);
	CHECK_EQ(due_in(0), 399900);
	CHECK_EQ(period(0), 400000);
	CHECK_EQ(dvmm_hpet_route(&hpet, 0).way, DVMM_HPET_GSI);
	CHECK_EQ(dvmm_hpet_route(&hpet, 0).gsi, 0);
	now += 10000 * MS;
	CHECK_EQ(rd32(COMPARATOR(0)), cmp + 2500U * 400000);
	CHECK_EQ(due_in(0), 399900);
}

/* A halted counter matches nothing, and comparators go on from where it goes on. */
static void halted(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 100);
	CHECK_EQ(due_in(0), DVMM_NEVER);
	run_from(0);
	now += 250 * TICK;
	wr(DVMM_HPET_CONFIG, 0);
	now += 1000 * TICK;
	CHECK_EQ(due_in(0), DVMM_NEVER);
	CHECK_EQ(rd(COMPARATOR(0)), 300);
	wr(DVMM_HPET_CONFIG, 1);
	CHECK_EQ(due_in(0), 50);
	CHECK_EQ(rd(COMPARATOR(0)), 300);
}

/* Modes changed under way: what has matched until then, has. */
static void mode_changes(void)
{
	reset(3);
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 100);
	run_from(0);
	now += 250 * TICK;
	wr(CONFIG(0), ENABLE | ROUTE(16));
	CHECK_EQ(due_in(0), 50);
	CHECK_EQ(period(0), 0);
	now += 100 * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 300);
	CHECK_EQ(due_in(0), DVMM_NEVER);
	wr(COMPARATOR(0), 400);
	wr(CONFIG(0), ENABLE | ROUTE(16) | PERIODIC);	/* the last value written is 400 */
	CHECK_EQ(due_in(0), 50);
	CHECK_EQ(period(0), 400);
	wr(CONFIG(0), PERIODIC);			/* disabled: goes on, tells nobody */
	CHECK_EQ(due_in(0), DVMM_NEVER);
	now += 1000 * TICK;
	CHECK_EQ(rd(COMPARATOR(0)), 1600);
}

/* The longest and the shortest that there are, late in a machine's life. */
static void extremes(void)
{
	reset(3);
	now = U64_MAX - 1000;
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 1);
	wr(CONFIG(1), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(1), U64_MAX);
	wr(CONFIG(2), ENABLE | ROUTE(16));
	wr(COMPARATOR(2), U64_MAX);
	run_from(0);
	now += 1000;
	CHECK_EQ(due_in(0), 1);
	CHECK_EQ(period(0), 1);
	CHECK_EQ(rd(COMPARATOR(0)), 101);
	CHECK_EQ(due_in(1), DVMM_NEVER);
	CHECK_EQ(due_in(2), DVMM_NEVER);
	run_from(U64_MAX - 5);
	CHECK_EQ(due_in(1), 5);
	CHECK_EQ(due_in(2), 5);
}

/* A timer whose next match would be beyond all ticks has none, and does not go round. */
static void last_of_a_long_period(void)
{
	reset(3);
	now = 1000;
	wr(CONFIG(0), ENABLE | PERIODIC | VAL_SET | ROUTE(16));
	wr(COMPARATOR(0), 50);
	wr(COMPARATOR(0), U64_MAX - 120);
	run_from(0);
	CHECK_EQ(due_in(0), 50);
	now += 50 * TICK;
	CHECK_EQ(due_in(0), DVMM_NEVER);
	CHECK_EQ(rd(COMPARATOR(0)), 50 + U64_MAX - 120);
}

static const struct unit_test tests[] = {
	TEST(one_shot_64),
	TEST(one_shot_over_the_64_bit_wrap),
	TEST(one_shot_32),
	TEST(mode_32),
	TEST(periodic),
	TEST(periodic_wraps),
	TEST(periodic_without_a_period),
	TEST(val_set),
	TEST(val_set_in_two_halves),
	TEST(another_rate),
	TEST(as_linux_does),
	TEST(halted),
	TEST(mode_changes),
	TEST(extremes),
	TEST(last_of_a_long_period),
};

UNIT_MAIN(tests)
