// SPDX-License-Identifier: GPL-2.0
/*
 * pit.c against the Intel 8254 data sheet (order 231164): control words, bytes of counts,
 * latches, read-back; port 0x61; and what IRQ 0 is told.
 */
#include "pit_bench.h"

static void access_to_one_byte(void)
{
	power_on();
	write(3, HIGH | MODE(2));
	write(0, 0x12);
	tick++;
	CHECK_EQ(read(0), 0x12);
	CHECK_EQ(read(0), 0x12);
	tick++;
	CHECK_EQ(read(0), 0x11);
	write(3, LATCH);
	tick += 0x200;
	CHECK_EQ(read(0), 0x11);
	CHECK_EQ(read(0), 0x0f);
	write(3, LOW | MODE(2));
	write(0, 0x12);
	tick += 2;
	CHECK_EQ(read(0), 0x11);
	CHECK_EQ(read(0), 0x11);
	CHECK_EQ(status(0) & 0x3f, LOW | MODE(2));
}

/* Read low, write low, read high, write high: the data sheet's own example. */
static void reads_and_writes_interleave(void)
{
	power_on();
	write(3, BOTH | MODE(2));
	load(0, 0x1234);
	tick++;
	CHECK_EQ(read(0), 0x34);
	write(0, 0x78);
	CHECK_EQ(read(0), 0x12);
	write(0, 0x56);
	tick += 0x1234;
	CHECK_EQ(read(0), 0x78);
	CHECK_EQ(read(0), 0x56);
}

static void a_latch_holds_until_read(void)
{
	power_on();
	write(3, CHANNEL(1) | BOTH | MODE(2));
	load(1, 0x4000);
	tick++;
	write(3, CHANNEL(1) | LATCH);
	tick += 0x111;
	write(3, CHANNEL(1) | LATCH);	/* ignored */
	CHECK_EQ(read(1), 0);
	tick++;
	CHECK_EQ(read(0), 0xda);	/* another counter, live */
	write(3, CHANNEL(1) | LATCH);	/* half of it is still there */
	CHECK_EQ(read(1), 0x40);
	CHECK_EQ(read(1), 0xee);
	CHECK_EQ(read(1), 0x3e);
	write(3, CHANNEL(1) | LATCH);
	write(3, CHANNEL(1) | BOTH | MODE(2));	/* a control word drops it */
	load(1, 0x5000);
	tick++;
	CHECK_EQ(read(1), 0);
	CHECK_EQ(read(1), 0x50);
}

/* The data sheet's table "Read-back command example", on counters 0 to 2. */
static void read_back(void)
{
	int ch;

	power_on();
	gate(true);
	for (ch = 0; ch < 3; ch++) {
		write(3, CHANNEL(ch) | BOTH | MODE(2));
		load(ch, 0x100 + ch);
	}
	tick += 17;
	write(3, 0xc2);		/* count and status of counter 0 */
	write(3, 0xe4);		/* status of counter 1 */
	write(3, 0xec);		/* status of counters 2 and 1: not again of counter 1 */
	write(3, CHANNEL(1) | LOW | MODE(5));	/* drops what was latched of 1 */
	write(3, 0xd8);		/* count of counters 2 and 1 */
	write(3, 0xc4);		/* count and status of counter 1: only the status */
	tick += 1000;
	CHECK_EQ(read(0), 0x80 | BOTH | MODE(2));
	CHECK_EQ(read(0), 0xf0);
	CHECK_EQ(read(0), 0);
	CHECK_EQ(read(2), 0x80 | BOTH | MODE(2));
	CHECK_EQ(read(2), 0xf2);
	CHECK_EQ(read(2), 0);
	CHECK_EQ(read(1), 0xc0 | LOW | MODE(5));
	CHECK_EQ(read(1), 0xf1);
}

/* Neither word to a counter that was not chosen, nor an empty read-back, does a thing. */
static void an_empty_read_back_does_nothing(void)
{
	power_on();
	write(3, 0xf0 | 0x0e);
	write(3, 0xc0);
	tick += 3;
	CHECK_EQ(read(0), 0xfa);
	CHECK_EQ(read(3), 0);
}

static void null_count_tells_of_the_load(void)
{
	u8 mode;

	for (mode = 0; mode < 6; mode++) {
		bool waits = mode == 1 || mode == 5;

		power_on();
		gate(true);
		CHECK(!(status(2) & 0x40));
		write(3, CHANNEL(2) | BOTH | MODE(mode));
		CHECK(status(2) & 0x40);
		tick++;
		load(2, 100);
		CHECK(status(2) & 0x40);
		tick++;
		CHECK_EQ(!!(status(2) & 0x40), waits);
		gate(false);
		gate(true);
		tick++;
		CHECK(!(status(2) & 0x40));
		write(2, 100);
		CHECK(!(status(2) & 0x40));
		write(2, 0);
		CHECK(status(2) & 0x40);
		tick++;
		CHECK_EQ(!!(status(2) & 0x40), mode != 0 && mode != 4);
		tick += 100;
		CHECK_EQ(!!(status(2) & 0x40), waits);
		CHECK(!(status(0) & 0x40));
	}
}

/* "exactly as written in the last mode control word" */
static void status_tells_the_control_word(void)
{
	u8 word;

	power_on();
	for (word = LOW; word < 0x40; word++) {
		write(3, word);
		CHECK_EQ(status(0) & 0x3f, word);
	}
	write(3, LOW | MODE(6));
	write(0, 3);
	CHECK_EQ(dvmm_pit_series(&pit, now()).period, 3);
}

static void port_61(void)
{
	int changes = 0, i;
	u8 last, next;

	power_on();
	CHECK_EQ(dvmm_pit_read_61(&pit, now()) & ~0x10, 0x20);
	dvmm_pit_write_61(&pit, 0xff, now());
	CHECK_EQ(dvmm_pit_read_61(&pit, now()) & ~0x10, 0x23);
	dvmm_pit_write_61(&pit, 2, now());
	CHECK_EQ(dvmm_pit_read_61(&pit, now()) & ~0x10, 0x22);
	last = dvmm_pit_read_61(&pit, now());
	for (i = 0; i < 18 * 100; i++, last = next) {
		tick++;
		next = dvmm_pit_read_61(&pit, now());
		changes += (last ^ next) == 0x10;
		CHECK(!((last ^ next) & ~0x10));
	}
	CHECK_EQ(changes, 100);
}

/* OUT of each mode, seen from IRQ 0. */
static void series_of_each_mode(void)
{
	static const struct { u8 mode; u32 first, period; } table[] = {
		{ 0, 101, 0 }, { 2, 101, 100 }, { 3, 101, 100 }, { 4, 102, 0 },
	};
	struct dvmm_series s;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		power_on();
		write(3, LOW | MODE(table[i].mode));
		CHECK(dvmm_pit_series(&pit, now()).first == DVMM_NEVER);
		write(0, 100);
		s = dvmm_pit_series(&pit, now());
		CHECK_EQ(s.hz, 1193182);
		CHECK_EQ(s.first, tick + table[i].first);
		CHECK_EQ(s.period, table[i].period);
		tick = s.first;
		s = dvmm_pit_series(&pit, now());
		CHECK_EQ(s.first, table[i].period ? tick + 100 : DVMM_NEVER);
	}
	for (i = 1; i < 6; i += 4) {	/* GATE of counter 0 never rises */
		write(3, LOW | MODE(i));
		write(0, 100);
		CHECK(dvmm_pit_series(&pit, now()).first == DVMM_NEVER);
	}
}

/* What a guest does that goes from one-shot to periodic. */
static void a_control_word_may_raise_irq0(void)
{
	power_on();
	CHECK(!write(3, BOTH | MODE(0)));
	CHECK(!write(3, BOTH | MODE(0)));
	CHECK(write(3, BOTH | MODE(2)));
	CHECK(!write(3, BOTH | MODE(3)));
	write(3, BOTH | MODE(0));
	pit.replaced = true;
	CHECK(!write(3, BOTH | MODE(2)));
	load(0, 100);
	CHECK(dvmm_pit_series(&pit, now()).first == DVMM_NEVER);
}

static void a_control_word_is_told_from_others(void)
{
	u32 value, words = 0;

	for (value = 0; value < 256; value++) {
		words += dvmm_pit_programs_irq0(3, value);
		CHECK(!dvmm_pit_programs_irq0(0, value));
	}
	CHECK_EQ(words, 0x30);
	CHECK(!dvmm_pit_programs_irq0(3, 0x0f) && dvmm_pit_programs_irq0(3, 0x34));
}

/* Time that goes back is the latest that was seen. */
static void time_does_not_go_back(void)
{
	power_on();
	write(3, BOTH | MODE(2));
	load(0, 1000);
	tick += 11;
	CHECK_EQ(count(0), 990);
	tick -= 8;
	CHECK_EQ(count(0), 990);
	CHECK_EQ(dvmm_pit_series(&pit, now()).first, tick + 8 + 990);
	tick = dvmm_ticks_at(DVMM_PIT_HZ, U64_MAX);
	count(0);
	CHECK(dvmm_pit_series(&pit, now()).first > tick);
}

static const struct unit_test tests[] = {
	TEST(access_to_one_byte),
	TEST(reads_and_writes_interleave),
	TEST(a_latch_holds_until_read),
	TEST(read_back),
	TEST(an_empty_read_back_does_nothing),
	TEST(null_count_tells_of_the_load),
	TEST(status_tells_the_control_word),
	TEST(port_61),
	TEST(series_of_each_mode),
	TEST(a_control_word_may_raise_irq0),
	TEST(a_control_word_is_told_from_others),
	TEST(time_does_not_go_back),
};

UNIT_MAIN(tests)
