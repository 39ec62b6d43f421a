// SPDX-License-Identifier: GPL-2.0
/* hpet_load.c: state saved and loaded, and state that cannot be. */
#include "hpet_bench.h"

static void random_state(void)
{
	u32 i, n;

	reset(3 + unit_random() % 30);
	for (i = 0; i < 40; i++) {
		n = unit_random() % 33;
		now += unit_random() % 100000;
		if (n == 32)
			wr(DVMM_HPET_CONFIG, unit_random() % 4);
		else if (unit_random() % 2)
			wr(CONFIG(n), unit_random() & 0xffff);
		else
			wr(COMPARATOR(n), rd(DVMM_HPET_COUNTER) + unit_random() % 10000);
		if (n < hpet.timers && unit_random() % 2)
			dvmm_hpet_fire(&hpet, n);
	}
}

/* Everything that can be read and everything that is due, @ticks after now. */
static void compare(struct dvmm_hpet *a, u64 a_ns, struct dvmm_hpet *b, u64 b_ns)
{
	u64 shift = a_ns / TICK - b_ns / TICK;
	struct dvmm_series x, y;
	u32 offset, n;

	for (offset = 0; offset < DVMM_HPET_LEN; offset += 8)
		CHECKF(dvmm_hpet_read(a, offset, 8, a_ns) == dvmm_hpet_read(b, offset, 8, b_ns),
		       "register 0x%x", offset);
	for (n = 0; n < a->timers; n++) {
		x = dvmm_hpet_series(a, n, a_ns);
		y = dvmm_hpet_series(b, n, b_ns);
		CHECK((x.first == DVMM_NEVER) == (y.first == DVMM_NEVER));
		CHECK(x.first == DVMM_NEVER || x.first - shift == y.first);
		CHECK_EQ(x.period, y.period);
	}
	CHECK_EQ(dvmm_hpet_active(a), dvmm_hpet_active(b));
}

/* Saved and loaded at the same time, and at another: as though nothing had happened. */
static void saved_and_loaded(void)
{
	struct dvmm_hpet saved, same, moved;
	u64 i, later, elsewhere;

	for (i = 0; i < 2000; i++) {
		random_state();
		saved = hpet;
		memset(&same, 0xff, sizeof(same));
		CHECK_EQ(dvmm_hpet_load(&same, &saved, now, now), 0);
		elsewhere = 777777770 + now % TICK;
		CHECK_EQ(dvmm_hpet_load(&moved, &saved, now, elsewhere), 0);
		for (later = 0; later < 3000000; later = later * 3 + 1) {
			compare(&hpet, now + later, &same, now + later);
			compare(&hpet, now + later, &moved, elsewhere + later);
		}
	}
}

/* What was due at the moment of saving is due in the loaded one, too. */
static void nothing_lost_while_saved(void)
{
	struct dvmm_hpet loaded;

	reset(3);
	wr(CONFIG(2), ENABLE | ROUTE(20));
	run_from(0);
	wr(COMPARATOR(2), 100);
	CHECK_EQ(dvmm_hpet_load(&loaded, &hpet, now, now), 0);
	CHECK_EQ(dvmm_hpet_series(&loaded, 2, now).first, now / TICK + 100);
	CHECK_EQ(dvmm_hpet_series(&loaded, 2, now + 99 * TICK).first, now / TICK + 100);
	CHECK_EQ(dvmm_hpet_series(&loaded, 2, now + 100 * TICK).first, DVMM_NEVER);
}

/* The halves of the counter that were read before belong to a time that is gone. */
static void halves_read_before(void)
{
	struct dvmm_hpet saved;

	reset(3);
	run_from(0x5fffffffe);
	rd32(DVMM_HPET_COUNTER);
	saved = hpet;
	CHECK_EQ(dvmm_hpet_load(&hpet, &saved, now, now + 50 * MS), 0);
	now += 50 * MS + 5 * TICK;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 6);
}

static void states_that_cannot_be(void)
{
	struct dvmm_hpet good, bad, loaded;
	u32 i;

#define REFUSED(member, value)							\
	do {									\
		bad = good;							\
		bad.member = (value);						\
		CHECK_EQ(dvmm_hpet_load(&loaded, &bad, now, now), -EINVAL);	\
	} while (0)

	reset(3);
	wr(CONFIG(1), ENABLE | MODE32);
	run_from(0);
	good = hpet;
	memset(&loaded, 0x55, sizeof(loaded));
	for (i = 0; i < 2; i++)
		REFUSED(timers, i);
	REFUSED(timers, 2);
	REFUSED(timers, 33);
	REFUSED(timers, U32_MAX);
	REFUSED(config, 4);
	REFUSED(status, 8);
	REFUSED(counter_tick, now / TICK + 1);
	REFUSED(timer[2].since, now / TICK + 1);
	REFUSED(timer[2].config, 1);
	REFUSED(timer[2].config, 1ULL << 32);
	REFUSED(timer[2].config, ROUTE(2));
	REFUSED(timer[1].comparator, WRAP32);
	REFUSED(timer[1].period, WRAP32);
	for (i = 0; i < sizeof(loaded); i++)
		CHECK_EQ(((u8 *)&loaded)[i], 0x55);
	CHECK_EQ(dvmm_hpet_load(&loaded, &good, now, now), 0);
}

/* Any bytes: refused, or a state in which nothing breaks. */
static void garbage_loaded(void)
{
	struct dvmm_hpet garbage, loaded;
	u32 i, n, taken = 0;

	for (i = 0; i < 20000; i++) {
		for (n = 0; n < sizeof(garbage) / 8; n++)
			((u64 *)&garbage)[n] = unit_random();
		garbage.timers = 3 + garbage.timers % 3;
		garbage.status &= 7;
		garbage.config &= 3;
		garbage.counter_tick %= 1000;
		for (n = 0; n < 5; n++) {
			garbage.timer[n].config &= LEVEL | ENABLE | PERIODIC | FSB;
			garbage.timer[n].since %= 1000;
		}
		if (dvmm_hpet_load(&loaded, &garbage, 1000000, unit_random()))
			continue;
		taken++;
		hpet = loaded;
		now = U64_MAX;
		for (n = 0; n < DVMM_HPET_LEN; n += 8)
			wr(n, rd(n) ^ unit_random());
	}
	CHECK(taken > 1000);
}

static const struct unit_test tests[] = {
	TEST(saved_and_loaded),
	TEST(nothing_lost_while_saved),
	TEST(halves_read_before),
	TEST(states_that_cannot_be),
	TEST(garbage_loaded),
};

UNIT_MAIN(tests)
