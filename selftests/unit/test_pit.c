// SPDX-License-Identifier: GPL-2.0
/*
 * pit.c against the Intel 8254 data sheet (order 231164): what its figures show of each
 * mode, its tables of GATE and of counts, control words, latches, read-back.
 */
#include "pit.h"
#include "unit.h"

static struct dvmm_pit pit;
static u64 tick;

static u64 now(void)
{
	return dvmm_ticks_ns(DVMM_PIT_HZ, tick);
}

static void power_on(void)
{
	tick = 1000;
	pit.tick = 0;
	dvmm_pit_init(&pit, now());
}

static bool write(unsigned int port, u8 value)
{
	return dvmm_pit_write(&pit, port, value, now());
}

static u8 read(unsigned int port)
{
	return dvmm_pit_read(&pit, port, now());
}

static void gate(bool level)
{
	dvmm_pit_write_61(&pit, level, now());
}

static bool out2(void)
{
	return dvmm_pit_read_61(&pit, now()) & 0x20;
}

static u8 status(unsigned int ch)
{
	write(3, 0xe0 | 2 << ch);
	return read(ch);
}

/* Two bytes by a latch. */
static u16 count(unsigned int ch)
{
	u8 low;

	write(3, ch << 6);
	low = read(ch);
	return low | read(ch) << 8;
}

static void load(unsigned int ch, u16 value)
{
	write(ch, value);
	write(ch, value >> 8);
}

enum { LATCH, LOW = 0x10, HIGH = 0x20, BOTH = 0x30, BCD = 1, READ_BACK = 0xc0 };
#define MODE(n) ((n) << 1)
#define CHANNEL(n) ((n) << 6)

/**
 * struct figure - a timing diagram: a count of one byte, a letter for each pulse
 * @before: what is done before it: a digit: that count is written; L, H: GATE falls, rises;
 *	T: it falls and rises
 * @out: OUT after it
 * @element: what the counter holds after it, its last hexadecimal digit; -: not defined
 */
struct figure {
	u8 mode;
	bool gate;
	const char *before, *out, *element;
};

static const struct figure figures[] = {
	/* Mode 0: the count; GATE stops it; a new count; one with GATE low */
	{ 0, true, "4      ", "0000111", "43210fe" },
	{ 0, true, "3 L H  ", "0000011", "322210f" },
	{ 0, true, "3  2   ", "0000011", "321210f" },
	{ 0, false, "3  H   ", "0000011", "333210f" },
	{ 0, true, "2   3    ", "001100011", "210f3210f" },
	/* Mode 1: no count without a trigger; a second trigger; a new count waits for one */
	{ 1, false, "3 T     T", "110001110", "--3210fe3" },
	{ 1, false, "3 T  T    ", "1100000011", "--3213210f" },
	{ 1, false, "2 T 4   T    ", "1100111100001", "--210fed43210" },
	{ 1, false, "3 T L    ", "110001111", "--3210fed" },
	/* Mode 2: GATE low stops it, rising begins anew; a new count waits for the cycle's end */
	{ 2, true, "3      ", "1101101", "3213213" },
	{ 2, true, "3 LH   ", "1111101", "3223213" },
	{ 2, true, "4  5      ", "1110111101", "4321543215" },
	{ 2, true, "4 5T     ", "111111101", "432543215" },
	{ 2, true, "3 L    ", "1111111", "3222222" },
	{ 2, false, "3 5 H     ", "1111111101", "3333543215" },
	/* Mode 3: even and odd counts, GATE, a new count waits for half a cycle's end */
	{ 3, true, "4         ", "1100110011", "4242424242" },
	{ 3, true, "5         ", "1110011100", "4204242042" },
	{ 3, true, "4   L H   ", "1100111100", "4242224242" },
	{ 3, true, "46      ", "11000111", "42642642" },
	{ 3, true, "45      ", "11001110", "42424204" },
	{ 3, true, "4  5    ", "11001110", "42424204" },
	{ 3, true, "46T     ", "11111000", "42642642" },
	{ 3, true, "3      ", "1101101", "2022022" },
	{ 3, true, "2     ", "101010", "222222" },
	/* Mode 4: OUT low for one pulse; GATE stops the count; a new count */
	{ 4, true, "3      ", "1110111", "3210fed" },
	{ 4, false, "3  H   ", "1111101", "333210f" },
	{ 4, true, "3  2   ", "1111101", "321210f" },
	{ 4, true, "2  3    ", "11011101", "2103210f" },
	/* Mode 5: as mode 4, but a trigger begins it, and GATE does not stop it */
	{ 5, false, "3 T    T", "11111011", "--3210f3" },
	{ 5, false, "3 T T     ", "1111111011", "--323210fe" },
	{ 5, false, "3 T 5    T  ", "111110111111", "--3210fed543" },
	{ 5, false, "3 TL   ", "1111101", "--3210f" },
};

static void act(char what)
{
	if (what >= '0' && what <= '9')
		write(2, what - '0');
	if (what == 'L' || what == 'T')
		gate(false);
	if (what == 'H' || what == 'T')
		gate(true);
}

static char digit(u8 value)
{
	return "0123456789abcdef"[value & 0xf];
}

static void play(const struct figure *f, int nr)
{
	int i;

	power_on();
	gate(f->gate);
	write(3, CHANNEL(2) | LOW | MODE(f->mode));
	CHECKF(out2() == (f->mode != 0), "figure %d at its begin", nr);
	for (i = 0; f->before[i]; i++) {
		act(f->before[i]);
		tick++;
		CHECKF(out2() == (f->out[i] == '1'), "figure %d, pulse %d", nr, i);
		CHECKF(f->element[i] == '-' || digit(read(2)) == f->element[i],
		       "figure %d, pulse %d: %c, not %c", nr, i, digit(read(2)), f->element[i]);
	}
}

static void figures_are_as_drawn(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(figures); i++)
		play(&figures[i], i);
}

/* Without waiting for a pulse: "no CLK pulse is required". */
static void out_changes_at_once(void)
{
	power_on();
	gate(true);
	write(3, CHANNEL(2) | LOW | MODE(2));
	write(2, 3);
	tick += 3;
	CHECK(!out2());
	gate(false);	/* low in the output pulse */
	CHECK(out2());
	gate(true);
	CHECK(out2());
	write(3, CHANNEL(2) | BOTH | MODE(0));
	CHECK(!out2());
	load(2, 2);
	tick += 3;
	CHECK(out2());
	write(2, 5);	/* the first byte stops the count */
	CHECK(!out2());
	tick += 100000;
	CHECK(!out2());
	CHECK_EQ(count(2), 0);
	write(2, 0);
	tick += 5;
	CHECK(!out2());
	tick++;
	CHECK(out2());
}

/* Mode 4: "writing the first byte has no effect on counting". */
static void half_a_count_is_ignored(void)
{
	u8 mode;

	for (mode = 1; mode < 6; mode++) {
		power_on();
		gate(false);
		write(3, CHANNEL(2) | BOTH | MODE(mode));
		load(2, 1000);
		gate(true);
		tick += 11;
		CHECK_EQ(count(2), mode == 3 ? 980 : 990);
		write(2, 77);
		tick += 10;
		CHECK_EQ(count(2), mode == 3 ? 960 : 980);
	}
}

/* "Minimum and maximum initial counts": 0 is 2^16, or 10^4. */
static void zero_is_the_largest_count(void)
{
	static const u32 low_for[] = { 65537, 0, 65536, 65536, 65537, 0 };
	u8 mode;

	for (mode = 0; mode < 6; mode++) {
		if (mode == 1 || mode == 5)
			continue;
		power_on();
		write(3, BOTH | MODE(mode));
		load(0, 0);
		CHECK_EQ(dvmm_pit_series(&pit, now()).first - tick, low_for[mode] + (mode != 0));
		write(3, BOTH | MODE(mode) | BCD);
		load(0, 0);
		CHECK_EQ(dvmm_pit_series(&pit, now()).first - tick,
			 low_for[mode] - 65536 + 10000 + (mode != 0));
	}
}

static void decimal_counts(void)
{
	power_on();
	write(3, BOTH | MODE(2) | BCD);
	load(0, 0x1000);
	tick += 2;
	CHECK_EQ(count(0), 0x0999);
	tick += 998;
	CHECK_EQ(count(0), 1);
	tick++;
	CHECK_EQ(count(0), 0x1000);
	write(3, BOTH | MODE(0) | BCD);
	load(0, 2);
	tick += 4;
	CHECK_EQ(count(0), 0x9999);
	tick += 10000;
	CHECK_EQ(count(0), 0x9999);
	load(0, 0xfff0);	/* no digits: taken as 9 */
	tick++;
	CHECK_EQ(count(0), 0x9990);
	write(3, BOTH | MODE(3) | BCD);
	load(0, 0);
	tick++;
	CHECK_EQ(count(0), 0);
	tick++;
	CHECK_EQ(count(0), 0x9998);
}

/* Forbidden by the data sheet; QEMU and KVM go on, and so do we, as with a count of 2. */
static void count_of_one_is_bounded(void)
{
	u8 mode;

	for (mode = 2; mode < 4; mode++) {
		struct dvmm_series s;

		power_on();
		write(3, LOW | MODE(mode));
		write(0, 1);
		s = dvmm_pit_series(&pit, now());
		CHECK_EQ(s.first, tick + 3);
		CHECK_EQ(s.period, 2);
	}
}

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
	TEST(figures_are_as_drawn),
	TEST(out_changes_at_once),
	TEST(half_a_count_is_ignored),
	TEST(zero_is_the_largest_count),
	TEST(decimal_counts),
	TEST(count_of_one_is_bounded),
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
	TEST(time_does_not_go_back),
};

UNIT_MAIN(tests)
