/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interval timer of a PC: an 8254 at ports 0x40 to 0x43, and what port 0x61 has to do
 * with it. After the Intel 8254 data sheet (order 231164). Pure: compiles unchanged in user
 * space.
 *
 * All functions take machine time, which must not go back; what goes back is taken as the
 * latest that was seen. The caller keeps calls from overlapping.
 */
#ifndef DVMM_PIT_H
#define DVMM_PIT_H

#include "pit_counter.h"

#define DVMM_PIT_CHANNELS 3

/**
 * struct dvmm_pit_channel - a counter and its side of the bus
 * @counter: what counts
 * @control: bits 5 to 0 of its last control word: access, mode, BCD
 * @low: first byte of a count that is being written
 * @write_high: the next byte written is the second
 * @read_high: the next byte read is the second
 * @latched: bytes of @latch that are still to be read
 * @latch: count as it was latched
 * @status_latched: @status is to be read before any count
 * @status: status byte as it was latched
 */
struct dvmm_pit_channel {
	struct dvmm_pit_counter counter;
	u8 control;
	u8 low;
	bool write_high;
	bool read_high;
	u8 latched;
	u16 latch;
	bool status_latched;
	u8 status;
};

/**
 * struct dvmm_pit - the three channels
 * @channel: 0: IRQ 0; 1: once the memory's refresh; 2: the speaker, GATE by port 0x61
 * @speaker: bit 1 of port 0x61: OUT of channel 2 is to be heard
 * @replaced: another timer has taken IRQ 0 (the HPET's legacy replacement)
 * @tick: the latest that was seen
 */
struct dvmm_pit {
	struct dvmm_pit_channel channel[DVMM_PIT_CHANNELS];
	bool speaker;
	bool replaced;
	u64 tick;
};

/* As at power-on: all in mode 3 with the full count, GATE of channel 2 low. */
void dvmm_pit_init(struct dvmm_pit *pit, u64 now_ns);

/*
 * Write @value to port 0x40 + @port, @port being 0 to 3.
 * Return: whether OUT of channel 0 rose at once, as it does when a control word ends a mode
 * that held it low: an interrupt that no series told of.
 */
bool dvmm_pit_write(struct dvmm_pit *pit, unsigned int port, u8 value, u64 now_ns);

/* Is this write a control word of channel 0? It ends what was counted, and what was late of it. */
static inline bool dvmm_pit_programs_irq0(unsigned int port, u8 value)
{
	return port == 3 && value < 0x40 && value & 0x30;
}

/* Read port 0x40 + @port. The control word cannot be read: 0, as in QEMU. */
u8 dvmm_pit_read(struct dvmm_pit *pit, unsigned int port, u64 now_ns);

/*
 * Port 0x61, bits 0: GATE of channel 2, 1: speaker data, 4: changes each 15 us, with what
 * was once memory's refresh (18 pulses), 5: OUT of channel 2. The others read 0.
 */
void dvmm_pit_write_61(struct dvmm_pit *pit, u8 value, u64 now_ns);
u8 dvmm_pit_read_61(struct dvmm_pit *pit, u64 now_ns);

/* Interrupts at IRQ 0: the rising edges of OUT of channel 0 after @now_ns. */
struct dvmm_series dvmm_pit_series(const struct dvmm_pit *pit, u64 now_ns);

#endif
