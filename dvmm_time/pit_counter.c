// SPDX-License-Identifier: GPL-2.0
/* One counter of an 8254, as a function of the pulses since its count was loaded. */
#include "pit_counter.h"

static bool periodic(const struct dvmm_pit_counter *c)
{
	return c->mode == 2 || c->mode == 3;
}

static bool triggered(const struct dvmm_pit_counter *c)
{
	return c->mode == 1 || c->mode == 5;
}

/* Where the counting element wraps: a count of 0 is this. */
static u32 modulus(const struct dvmm_pit_counter *c)
{
	return c->bcd ? 10000 : 65536;
}

static u32 from_bcd(u16 value)
{
	u32 n = 0;
	int shift;

	for (shift = 12; shift >= 0; shift -= 4)
		n = n * 10 + min_t(u32, (value >> shift) & 0xf, 9);
	return n;
}

static u16 to_bcd(u32 n)
{
	return (n / 1000 % 10) << 12 | (n / 100 % 10) << 8 | (n / 10 % 10) << 4 | n % 10;
}

/* In mode 3 OUT is high for this much of @n pulses, and low for the rest. */
static u32 high_half(u32 n)
{
	return (n + 1) / 2;
}

u64 dvmm_pit_counter_pulses(const struct dvmm_pit_counter *c, u64 tick)
{
	if (!c->running)
		return 0;
	if (!c->gate && !triggered(c))
		return c->pulses;
	return c->pulses + (tick - c->since);
}

/* Where the run is in its cycle. */
static u32 phase(const struct dvmm_pit_counter *c, u64 tick)
{
	return dvmm_pit_counter_pulses(c, tick) % c->count;
}

/* Mode 3 counts down by two from an even number, in each half of the cycle. */
static u32 square_element(const struct dvmm_pit_counter *c, u64 tick)
{
	u32 half = high_half(c->count);
	u32 at = phase(c, tick);

	return (c->count & ~1U) - 2 * (at < half ? at : at - half);
}

static u32 element(const struct dvmm_pit_counter *c, u64 tick)
{
	u32 wrap = modulus(c);

	if (!c->running)
		return c->element;
	switch (c->mode) {
	case 2:
		return (c->count - phase(c, tick)) % wrap;
	case 3:
		return square_element(c, tick) % wrap;
	default:
		return (c->count + wrap - dvmm_pit_counter_pulses(c, tick) % wrap) % wrap;
	}
}

u16 dvmm_pit_counter_value(const struct dvmm_pit_counter *c, u64 tick)
{
	u32 n = element(c, tick);

	return c->bcd ? to_bcd(n) : n;
}

bool dvmm_pit_counter_out(const struct dvmm_pit_counter *c, u64 tick)
{
	if (!c->running)
		return c->mode != 0;
	switch (c->mode) {
	case 0:
	case 1:
		return dvmm_pit_counter_pulses(c, tick) >= c->count;
	case 2:
		return phase(c, tick) != c->count - 1;
	case 3:
		return phase(c, tick) < high_half(c->count);
	default:
		return dvmm_pit_counter_pulses(c, tick) != c->count;
	}
}

/* Stand still, with OUT as after a control word, until a count is loaded. */
static void stop(struct dvmm_pit_counter *c, u64 tick)
{
	c->element = element(c, tick);
	c->running = false;
	c->load = DVMM_NEVER;
}

/* The count register goes to the counting element, at the pulse @tick. */
static void load(struct dvmm_pit_counter *c, u64 tick)
{
	/* the end of mode 3's high half: the low one follows */
	bool falls = c->mode == 3 && c->running && phase(c, tick) == high_half(c->count);

	c->count = c->reload;
	c->null_count = false;
	c->running = true;
	c->since = tick;
	c->pulses = falls ? high_half(c->count) : 0;
	c->load = DVMM_NEVER;
	if (periodic(c) && !c->gate)
		stop(c, tick);
}

void dvmm_pit_counter_settle(struct dvmm_pit_counter *c, u64 tick)
{
	if (c->load > tick)
		return;
	if (c->written)
		load(c, c->load);
	else	/* a trigger, and no count came before the pulse */
		c->load = DVMM_NEVER;
}

void dvmm_pit_counter_init(struct dvmm_pit_counter *c, bool gate, u64 tick)
{
	*c = (struct dvmm_pit_counter){ .mode = 3, .gate = gate, .written = true, .reload = 65536 };
	load(c, tick);
}

void dvmm_pit_counter_program(struct dvmm_pit_counter *c, u8 mode, bool bcd, u64 tick)
{
	dvmm_pit_counter_settle(c, tick);
	stop(c, tick);
	c->mode = mode > 5 ? mode - 4 : mode;
	c->bcd = bcd;
	c->written = false;
	c->null_count = true;
}

void dvmm_pit_counter_half_written(struct dvmm_pit_counter *c, u64 tick)
{
	dvmm_pit_counter_settle(c, tick);
	if (c->mode == 0)
		stop(c, tick);
}

static u32 legal_count(const struct dvmm_pit_counter *c, u16 value)
{
	u32 n = c->bcd ? from_bcd(value) : value;

	if (!n)
		return modulus(c);
	return periodic(c) ? max(n, 2U) : n;
}

/* Pulses until a cycle ends, in mode 3 half a cycle: then the count register is loaded. */
static u32 to_cycle_end(const struct dvmm_pit_counter *c, u64 tick)
{
	u32 at = phase(c, tick);

	if (c->mode == 3 && at < high_half(c->count))
		return high_half(c->count) - at;
	return c->count - at;
}

void dvmm_pit_counter_write(struct dvmm_pit_counter *c, u16 value, u64 tick)
{
	bool first = !c->written;

	dvmm_pit_counter_settle(c, tick);
	c->reload = legal_count(c, value);
	c->written = true;
	c->null_count = true;
	if (c->mode == 0)
		stop(c, tick);
	if (c->mode == 0 || c->mode == 4 || (periodic(c) && first))
		c->load = tick + 1;
	else if (periodic(c) && c->running)
		c->load = tick + to_cycle_end(c, tick);
}

void dvmm_pit_counter_gate(struct dvmm_pit_counter *c, bool level, u64 tick)
{
	dvmm_pit_counter_settle(c, tick);
	if (level == c->gate)
		return;
	c->pulses = dvmm_pit_counter_pulses(c, tick);
	c->since = tick;
	/* no cycle will end; but a first load, or one that a trigger asked for, does come */
	if (periodic(c) && c->running)
		stop(c, tick);
	c->gate = level;
	if (level && (periodic(c) || triggered(c)))
		c->load = tick + 1;
}

void dvmm_pit_counter_resume(struct dvmm_pit_counter *c, u16 value, s64 loaded, u64 tick)
{
	c->reload = legal_count(c, value);
	c->written = true;
	c->running = false;
	if (loaded > (s64)tick) {
		c->null_count = true;
		c->load = tick + 1;
		return;
	}
	load(c, tick);
	if (c->running)
		c->pulses = tick - loaded;
}

u16 dvmm_pit_counter_reload(const struct dvmm_pit_counter *c)
{
	u32 n = c->reload % modulus(c);

	return c->bcd ? to_bcd(n) : n;
}

/* Modes 0, 1, 4 and 5: OUT rises once, this many pulses after a load. */
static u32 once_after(const struct dvmm_pit_counter *c, u32 n)
{
	return c->mode >= 4 ? n + 1 : n;
}

static u64 once(const struct dvmm_pit_counter *c, u64 tick)
{
	u64 done = dvmm_pit_counter_pulses(c, tick);
	u32 after = once_after(c, c->count);

	if (!c->running || done >= after || (!c->gate && !triggered(c)))
		return DVMM_NEVER;
	return tick + (after - done);
}

/* A load that is to come cuts the present run short. */
static u64 once_loaded(const struct dvmm_pit_counter *c, u64 tick)
{
	if (c->mode >= 4 && !dvmm_pit_counter_out(c, tick))
		return c->load;
	if (!c->gate && !triggered(c))
		return DVMM_NEVER;
	return c->load + once_after(c, c->reload);
}

/* Modes 2 and 3 while they run: the cycles after this one are by the count register. */
static u64 cycle(const struct dvmm_pit_counter *c, u64 tick)
{
	u64 end = tick + to_cycle_end(c, tick);

	if (c->mode == 3 && dvmm_pit_counter_out(c, tick))
		return end + c->reload - high_half(c->reload);
	return end;
}

struct dvmm_series dvmm_pit_counter_rises(const struct dvmm_pit_counter *c, u64 tick)
{
	struct dvmm_series series = { .hz = DVMM_PIT_HZ, .first = DVMM_NEVER };

	if (!c->written)
		return series;
	if (!periodic(c)) {
		series.first = c->load == DVMM_NEVER ? once(c, tick) : once_loaded(c, tick);
		return series;
	}
	if (c->running)
		series.first = cycle(c, tick);
	else if (c->load != DVMM_NEVER && c->gate)
		series.first = c->load + c->reload;
	if (series.first != DVMM_NEVER)
		series.period = c->reload;
	return series;
}
