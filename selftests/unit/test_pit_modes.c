// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of an 8254 against the Intel data sheet (order 231164): what its figures show of
 * each mode, and its tables of GATE and of counts.
 */
#include "pit_bench.h"

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
	static const struct { u8 mode; u32 first; } table[] = {
		{ 0, 1 + 65536 }, { 2, 1 + 65536 }, { 3, 1 + 65536 }, { 4, 1 + 65536 + 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		power_on();
		write(3, BOTH | MODE(table[i].mode));
		load(0, 0);
		CHECK_EQ(dvmm_pit_series(&pit, now()).first - tick, table[i].first);
		write(3, BOTH | MODE(table[i].mode) | BCD);
		load(0, 0);
		CHECK_EQ(dvmm_pit_series(&pit, now()).first - tick, table[i].first - 65536 + 10000);
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

static const struct unit_test tests[] = {
	TEST(figures_are_as_drawn),
	TEST(out_changes_at_once),
	TEST(half_a_count_is_ignored),
	TEST(zero_is_the_largest_count),
	TEST(decimal_counts),
	TEST(count_of_one_is_bounded),
};

UNIT_MAIN(tests)
