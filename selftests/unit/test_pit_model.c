// SPDX-License-Identifier: GPL-2.0
/*
 * pit.c, which computes, against a chip that steps: clock pulse by clock pulse, with flip-flops
 * and a counting element that is decremented, as the data sheet's block diagram has it. Random
 * programs of writes, reads, gate changes and time steps; the two must never differ.
 */
#include "pit.h"
#include "unit.h"

#define PROGRAMS 3000
#define STEPS 120

/* A counter as a chip has it. OL follows CE unless it was latched. */
struct chip_counter {
	u8 control;		/* RW1 RW0 M2 M1 M0 BCD */
	u16 cr;			/* as written: the chip counts digits, we count numbers */
	u32 ce;
	bool odd_pulse;		/* mode 3: an odd count's high half is one pulse longer */
	bool out, gate;
	bool trigger;		/* flip-flop that a rising GATE sets and a pulse clears */
	bool complete;		/* a count was written since the control word */
	bool transfer;		/* CR goes to CE at the next pulse, whatever else */
	bool cr_full;		/* not null count, inverted */
	bool loaded;		/* CE counts something */
	bool strobed;		/* modes 0, 1, 4, 5: terminal count was reached */
	bool strobe;		/* modes 4, 5: OUT is low for this pulse */
	bool first_byte_in;	/* write flip-flop */
	u8 first_byte;
	u8 ol_bytes;
	u16 ol;
	bool read_msb;
	bool status_held;
	u8 status;
};

struct chip {
	struct chip_counter c[3];
	bool speaker;
	u64 pulses;
	u64 rises;		/* of OUT 0 */
};

static u8 chip_mode(const struct chip_counter *c)
{
	u8 m = (c->control >> 1) & 7;

	return m & 2 ? m & 3 : m;
}

static bool decimal(const struct chip_counter *c)
{
	return c->control & 1;
}

static u32 full(const struct chip_counter *c)
{
	return decimal(c) ? 10000 : 65536;
}

static u32 cr_number(const struct chip_counter *c)
{
	u32 n = c->cr;

	if (decimal(c)) {
		u32 d[4] = { n >> 12, n >> 8 & 15, n >> 4 & 15, n & 15 };

		n = 1000 * min(d[0], 9U) + 100 * min(d[1], 9U) + 10 * min(d[2], 9U) + min(d[3], 9U);
	}
	if (n == 1 && (chip_mode(c) == 2 || chip_mode(c) == 3))
		n = 2;
	return n;
}

static void transfer(struct chip_counter *c, bool low_half)
{
	u32 n = cr_number(c);

	c->ce = n;
	if (chip_mode(c) == 3) {
		c->ce = n & ~1U;
		c->odd_pulse = (n & 1) && !low_half;
	}
	c->cr_full = false;
	c->transfer = false;
	c->loaded = true;
	c->strobed = false;
}

static void decrement(struct chip_counter *c, u32 by)
{
	c->ce = (c->ce + full(c) - by) % full(c);
}

static void pulse_square(struct chip_counter *c)
{
	if (c->ce == (c->odd_pulse ? 0 : 2)) {
		transfer(c, c->out);
		c->out = !c->out;
	} else {
		decrement(c, 2);
	}
}

static void pulse_rate(struct chip_counter *c)
{
	if (c->ce == 1) {
		transfer(c, false);
		c->out = true;
		return;
	}
	decrement(c, 1);
	c->out = c->ce != 1;
}

static void pulse_once(struct chip_counter *c)
{
	u8 mode = chip_mode(c);

	decrement(c, 1);
	if (mode >= 4)
		c->out = true;
	if (c->ce || c->strobed)
		return;
	c->strobed = true;
	c->out = mode < 2;
}

/* Rising edge of CLK samples GATE and its flip-flop, the falling edge loads or counts. */
static void pulse(struct chip_counter *c)
{
	u8 mode = chip_mode(c);
	bool edge = c->trigger && mode != 0 && mode != 4 && c->complete;
	bool level = c->gate || mode == 1 || mode == 5;

	c->trigger = false;
	if (c->transfer || edge) {
		transfer(c, false);
		if (mode != 0)
			c->out = mode != 1;
	} else if (c->loaded && level) {
		if (mode == 2)
			pulse_rate(c);
		else if (mode == 3)
			pulse_square(c);
		else
			pulse_once(c);
	}
}

static void chip_pulse(struct chip *chip)
{
	bool was = chip->c[0].out;
	int i;

	for (i = 0; i < 3; i++)
		pulse(&chip->c[i]);
	chip->pulses++;
	chip->rises += !was && chip->c[0].out;
}

static void chip_gate(struct chip_counter *c, bool level)
{
	u8 mode = chip_mode(c);

	if (level && !c->gate)
		c->trigger = true;
	c->gate = level;
	if (!level && (mode == 2 || mode == 3))
		c->out = true;
}

static void chip_control(struct chip_counter *c, u8 word)
{
	c->control = word & 0x3f;
	c->cr = 0;
	c->cr_full = true;
	c->complete = c->transfer = c->loaded = c->strobed = c->trigger = false;
	c->first_byte_in = c->read_msb = c->status_held = false;
	c->ol_bytes = 0;
	c->out = chip_mode(c) != 0;
}

static u16 shown(const struct chip_counter *c)
{
	u32 n = c->ce;

	if (!decimal(c))
		return n;
	return (n / 1000 % 10) * 4096 + (n / 100 % 10) * 256 + (n / 10 % 10) * 16 + n % 10;
}

static void chip_latch(struct chip_counter *c)
{
	if (c->ol_bytes)
		return;
	c->ol = shown(c);
	c->ol_bytes = (c->control & 0x30) == 0x30 ? 2 : 1;
	c->read_msb = false;
}

static void chip_latch_status(struct chip_counter *c)
{
	if (c->status_held)
		return;
	c->status_held = true;
	c->status = c->control + (c->cr_full ? 64 : 0) + (c->out ? 128 : 0);
}

static void chip_count_complete(struct chip_counter *c, u16 value)
{
	u8 mode = chip_mode(c);
	bool periodic = mode == 2 || mode == 3;

	c->cr = value;
	c->cr_full = true;
	if (mode == 0)
		c->out = c->loaded = false;
	if (mode == 0 || mode == 4 || (periodic && !c->complete))
		c->transfer = true;
	c->complete = true;
}

static void chip_count(struct chip_counter *c, u8 byte)
{
	switch (c->control & 0x30) {
	case 0x10:
		chip_count_complete(c, byte);
		break;
	case 0x20:
		chip_count_complete(c, byte * 256);
		break;
	default:
		if (c->first_byte_in) {
			chip_count_complete(c, byte * 256 + c->first_byte);
		} else {
			c->first_byte = byte;
			if (chip_mode(c) == 0)
				c->out = c->loaded = c->transfer = false;
		}
		c->first_byte_in = !c->first_byte_in;
	}
}

static void chip_read_back(struct chip *chip, u8 word)
{
	int i;

	for (i = 0; i < 3; i++) {
		if ((word & 0x20) == 0 && (word >> (i + 1)) & 1)
			chip_latch(&chip->c[i]);
		if ((word & 0x10) == 0 && (word >> (i + 1)) & 1)
			chip_latch_status(&chip->c[i]);
	}
}

/* Says whether OUT 0 rose without a pulse. */
static bool chip_write(struct chip *chip, unsigned int port, u8 value)
{
	bool was = chip->c[0].out;

	if (port < 3)
		chip_count(&chip->c[port], value);
	else if (value >= 0xc0)
		chip_read_back(chip, value);
	else if (value & 0x30)
		chip_control(&chip->c[value >> 6], value);
	else
		chip_latch(&chip->c[value >> 6]);
	return !was && chip->c[0].out;
}

static u8 chip_read(struct chip *chip, unsigned int port)
{
	struct chip_counter *c = &chip->c[port];
	u16 value;
	bool msb;

	if (port == 3)
		return 0;
	if (c->status_held) {
		c->status_held = false;
		return c->status;
	}
	value = c->ol_bytes ? c->ol : shown(c);
	c->ol_bytes -= c->ol_bytes ? 1 : 0;
	msb = (c->control & 0x30) == 0x20;
	if ((c->control & 0x30) == 0x30) {
		msb = c->read_msb;
		c->read_msb = !msb;
	}
	return msb ? value / 256 : value % 256;
}

static u8 chip_read_61(const struct chip *chip)
{
	return chip->c[2].gate + 2 * chip->speaker + 16 * (chip->pulses / 18 & 1) +
	       32 * chip->c[2].out;
}

static void chip_write_61(struct chip *chip, u8 value)
{
	chip->speaker = value & 2;
	chip_gate(&chip->c[2], value & 1);
}

/* Both, side by side. */
static struct chip chip;
static struct dvmm_pit pit;

static u64 now(void)
{
	u64 from = dvmm_ticks_ns(DVMM_PIT_HZ, chip.pulses);
	u64 to = dvmm_ticks_ns(DVMM_PIT_HZ, chip.pulses + 1);

	return from + unit_random() % (to - from);
}

static void power_on(void)
{
	int i;

	chip = (struct chip){ .pulses = unit_random() % 100000 };
	dvmm_pit_init(&pit, now());
	for (i = 0; i < 3; i++) {
		chip.c[i].gate = i != 2;
		chip_control(&chip.c[i], 0x36);
		chip_count_complete(&chip.c[i], 0);
		transfer(&chip.c[i], false);
	}
}

static bool same(const char *what, u64 ours, u64 chips)
{
	CHECKF(ours == chips, "%s: %llu, the chip says %llu, at pulse %llu", what,
	       (unsigned long long)ours, (unsigned long long)chips, (unsigned long long)chip.pulses);
	return ours == chips;
}

/* No pulse between: only what the series told of may rise. */
static bool step_time(void)
{
	u64 pulses = unit_random() % 4 ? unit_random() % 6 : unit_random() % 300;
	struct dvmm_series s;
	bool due;

	if (unit_random() % 200 == 0)
		pulses = unit_random() % 140000;
	while (pulses--) {
		u64 rises = chip.rises;

		s = dvmm_pit_series(&pit, now());
		chip_pulse(&chip);
		due = s.first == chip.pulses;
		if (!same("OUT 0 rises", due, chip.rises - rises))
			return false;
	}
	return true;
}

static u8 likely_byte(void)
{
	return unit_random() % 3 ? unit_random() % 7 : unit_random();
}

static bool step_write(void)
{
	unsigned int port = unit_random() % 4;
	u8 value = port == 3 ? unit_random() : likely_byte();
	u64 at = now();

	return same("OUT 0 rises at a write", dvmm_pit_write(&pit, port, value, at),
		    chip_write(&chip, port, value));
}

static bool step_read(void)
{
	unsigned int port = unit_random() % 5;
	u64 at = now();

	if (port == 4)
		return same("port 61", dvmm_pit_read_61(&pit, at), chip_read_61(&chip));
	return same("count or status", dvmm_pit_read(&pit, port, at), chip_read(&chip, port));
}

static bool step_gate(void)
{
	u8 value = unit_random();
	u64 at = now();

	dvmm_pit_write_61(&pit, value, at);
	chip_write_61(&chip, value);
	return true;
}

/* A program a machine could have: a control word and its count. */
static bool step_set_up(void)
{
	u8 ch = unit_random() % 3;
	u8 word = ch << 6 | (0x10 + unit_random() % 0x30);
	int bytes = (word & 0x30) == 0x30 ? 2 : 1;
	u64 at = now();

	dvmm_pit_write(&pit, 3, word, at);
	chip_write(&chip, 3, word);
	while (bytes--) {
		u8 value = bytes || unit_random() % 4 == 0 ? likely_byte() : 0;

		dvmm_pit_write(&pit, ch, value, at);
		chip_write(&chip, ch, value);
	}
	return true;
}

static void both_agree_on_random_programs(void)
{
	bool (*const steps[])(void) = {
		step_time, step_time, step_time, step_read, step_read, step_write, step_gate,
		step_set_up,
	};
	int program, step;

	for (program = 0; program < PROGRAMS; program++) {
		power_on();
		for (step = 0; step < STEPS; step++)
			if (!steps[unit_random() % ARRAY_SIZE(steps)]())
				break;
		if (step < STEPS)
			return;
	}
}

/* The series tells each rise, not only the next: count them over a long while. */
static void series_foretells_every_rise(void)
{
	int i;

	for (i = 0; i < 300; i++) {
		u64 first, told = 0, until;
		struct dvmm_series s;

		power_on();
		step_set_up();
		step_set_up();
		while (unit_random() % 3)
			step_time();
		s = dvmm_pit_series(&pit, now());
		until = chip.pulses + 1 + unit_random() % 20000;
		first = s.first;
		if (first <= until)
			told = 1 + (s.period ? (until - first) / s.period : 0);
		chip.rises = 0;
		while (chip.pulses < until)
			chip_pulse(&chip);
		if (!same("rises", told, chip.rises))
			return;
	}
}

static const struct unit_test tests[] = {
	TEST(both_agree_on_random_programs),
	TEST(series_foretells_every_rise),
};

UNIT_MAIN(tests)
