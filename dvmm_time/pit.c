// SPDX-License-Identifier: GPL-2.0
/* The bus side of a PC's 8254: control words, latches, bytes of counts, port 0x61. */
#include "pit.h"

/* Control word, data sheet "Control Word Format" and "Read-Back Command". */
#define SELECT(word)	((word) >> 6)
#define SELECT_READ_BACK	3
#define ACCESS(word)	(((word) >> 4) & 3)
#define ACCESS_LATCH	0
#define ACCESS_LOW	1
#define ACCESS_HIGH	2
#define ACCESS_BOTH	3
#define MODE(word)	(((word) >> 1) & 7)
#define BCD		0x01
#define CONTROL_MASK	0x3f
#define NO_COUNT	0x20	/* of the read-back command: these two are active low */
#define NO_STATUS	0x10
#define READ_BACK(word, n)	((word) & (2 << (n)))
#define STATUS_OUT	0x80
#define STATUS_NULL	0x40

#define PORT_61_GATE	0x01
#define PORT_61_SPEAKER	0x02
#define PORT_61_REFRESH	0x10
#define PORT_61_OUT	0x20

/* Pulses between two refreshes of memory, 15 us, on every AT. */
#define REFRESH_PULSES	18

static u64 arrive(struct dvmm_pit *pit, u64 now_ns)
{
	pit->tick = max(pit->tick, dvmm_ticks_at(DVMM_PIT_HZ, now_ns));
	return pit->tick;
}

void dvmm_pit_init(struct dvmm_pit *pit, u64 now_ns)
{
	u64 tick;
	int i;

	*pit = (struct dvmm_pit){};
	tick = arrive(pit, now_ns);
	for (i = 0; i < DVMM_PIT_CHANNELS; i++) {
		dvmm_pit_counter_init(&pit->channel[i].counter, i != 2, tick);
		pit->channel[i].control = ACCESS_BOTH << 4 | pit->channel[i].counter.mode << 1;
	}
}

/* A latch that was not read yet keeps what it has. */
static void latch_count(struct dvmm_pit_channel *ch, u64 tick)
{
	if (ch->latched)
		return;
	ch->latch = dvmm_pit_counter_value(&ch->counter, tick);
	ch->latched = ACCESS(ch->control) == ACCESS_BOTH ? 2 : 1;
	ch->read_high = false;
}

static void latch_status(struct dvmm_pit_channel *ch, u64 tick)
{
	if (ch->status_latched)
		return;
	ch->status_latched = true;
	ch->status = ch->control;
	if (dvmm_pit_counter_out(&ch->counter, tick))
		ch->status |= STATUS_OUT;
	if (ch->counter.null_count)
		ch->status |= STATUS_NULL;
}

static void read_back(struct dvmm_pit *pit, u8 word, u64 tick)
{
	struct dvmm_pit_channel *ch;
	int i;

	for (i = 0; i < DVMM_PIT_CHANNELS; i++) {
		if (!READ_BACK(word, i))
			continue;
		ch = &pit->channel[i];
		dvmm_pit_counter_settle(&ch->counter, tick);
		if (!(word & NO_COUNT))
			latch_count(ch, tick);
		if (!(word & NO_STATUS))
			latch_status(ch, tick);
	}
}

/* All that was under way with this counter is forgotten. */
static void program(struct dvmm_pit_channel *ch, u8 word, u64 tick)
{
	dvmm_pit_counter_program(&ch->counter, MODE(word), word & BCD, tick);
	ch->control = word & CONTROL_MASK;
	ch->write_high = false;
	ch->read_high = false;
	ch->latched = 0;
	ch->status_latched = false;
}

static void write_control(struct dvmm_pit *pit, u8 word, u64 tick)
{
	struct dvmm_pit_channel *ch;

	if (SELECT(word) == SELECT_READ_BACK) {
		read_back(pit, word, tick);
		return;
	}
	ch = &pit->channel[SELECT(word)];
	if (ACCESS(word) == ACCESS_LATCH) {
		dvmm_pit_counter_settle(&ch->counter, tick);
		latch_count(ch, tick);
	} else {
		program(ch, word, tick);
	}
}

/* The byte that is not written of a one-byte count is 0. */
static void write_count(struct dvmm_pit_channel *ch, u8 byte, u64 tick)
{
	switch (ACCESS(ch->control)) {
	case ACCESS_LOW:
		dvmm_pit_counter_write(&ch->counter, byte, tick);
		return;
	case ACCESS_HIGH:
		dvmm_pit_counter_write(&ch->counter, byte << 8, tick);
		return;
	}
	if (ch->write_high) {
		dvmm_pit_counter_write(&ch->counter, byte << 8 | ch->low, tick);
	} else {
		ch->low = byte;
		dvmm_pit_counter_half_written(&ch->counter, tick);
	}
	ch->write_high = !ch->write_high;
}

bool dvmm_pit_write(struct dvmm_pit *pit, unsigned int port, u8 value, u64 now_ns)
{
	struct dvmm_pit_counter *irq0 = &pit->channel[0].counter;
	u64 tick = arrive(pit, now_ns);
	bool was_high;

	dvmm_pit_counter_settle(irq0, tick);
	was_high = dvmm_pit_counter_out(irq0, tick);
	if (port < DVMM_PIT_CHANNELS)
		write_count(&pit->channel[port], value, tick);
	else
		write_control(pit, value, tick);
	return !pit->replaced && !was_high && dvmm_pit_counter_out(irq0, tick);
}

static u8 read_count(struct dvmm_pit_channel *ch, u64 tick)
{
	u16 value = ch->latched ? ch->latch : dvmm_pit_counter_value(&ch->counter, tick);
	bool high = ACCESS(ch->control) == ACCESS_HIGH || ch->read_high;

	if (ch->latched)
		ch->latched--;
	if (ACCESS(ch->control) == ACCESS_BOTH)
		ch->read_high = !ch->read_high;
	return high ? value >> 8 : value;
}

u8 dvmm_pit_read(struct dvmm_pit *pit, unsigned int port, u64 now_ns)
{
	u64 tick = arrive(pit, now_ns);
	struct dvmm_pit_channel *ch;

	if (port >= DVMM_PIT_CHANNELS)
		return 0;
	ch = &pit->channel[port];
	if (ch->status_latched) {
		ch->status_latched = false;
		return ch->status;
	}
	dvmm_pit_counter_settle(&ch->counter, tick);
	return read_count(ch, tick);
}

void dvmm_pit_write_61(struct dvmm_pit *pit, u8 value, u64 now_ns)
{
	u64 tick = arrive(pit, now_ns);

	pit->speaker = value & PORT_61_SPEAKER;
	dvmm_pit_counter_gate(&pit->channel[2].counter, value & PORT_61_GATE, tick);
}

u8 dvmm_pit_read_61(struct dvmm_pit *pit, u64 now_ns)
{
	struct dvmm_pit_counter *c = &pit->channel[2].counter;
	u64 tick = arrive(pit, now_ns);

	dvmm_pit_counter_settle(c, tick);
	return (c->gate ? PORT_61_GATE : 0) |
	       (pit->speaker ? PORT_61_SPEAKER : 0) |
	       (tick / REFRESH_PULSES % 2 ? PORT_61_REFRESH : 0) |
	       (dvmm_pit_counter_out(c, tick) ? PORT_61_OUT : 0);
}

struct dvmm_series dvmm_pit_series(const struct dvmm_pit *pit, u64 now_ns)
{
	struct dvmm_pit_counter c = pit->channel[0].counter;
	u64 tick = max(pit->tick, dvmm_ticks_at(DVMM_PIT_HZ, now_ns));

	if (pit->replaced)
		return (struct dvmm_series){ .hz = DVMM_PIT_HZ, .first = DVMM_NEVER };
	dvmm_pit_counter_settle(&c, tick);
	return dvmm_pit_counter_rises(&c, tick);
}
