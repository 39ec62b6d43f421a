/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One counter of an 8254: counting element, count register, GATE and OUT in six modes,
 * after the Intel 8254 data sheet (order 231164), "Mode Definitions" and "Operation Common
 * to All Modes". Pure: compiles unchanged in user space.
 *
 * Time is @tick, the number of CLK pulses since machine time 0, and must not go back from
 * call to call. What is written between two pulses takes effect where the data sheet says:
 * OUT at once upon a control word, the count at the next pulse or at the end of a cycle.
 * Nothing is stepped: where the counter stands follows from where its present run began.
 */
#ifndef DVMM_PIT_COUNTER_H
#define DVMM_PIT_COUNTER_H

#include "series.h"

/* CLK of all three counters: 14.31818 MHz / 12. */
#define DVMM_PIT_HZ 1193182U

/**
 * struct dvmm_pit_counter - one counter
 * @mode: 0 to 5
 * @bcd: counts four decimal digits, not 16 bits
 * @gate: level of GATE
 * @written: a count was written since the control word
 * @null_count: the count register is not yet in the counting element
 * @running: counts, or would with GATE high; otherwise stands at @element with OUT as the
 *	control word left it
 * @reload: count register: 1 to 65536, or 10000
 * @count: what the present run began with
 * @element: counting element while not @running
 * @since: pulse from which the run counts on, or at which it was loaded
 * @pulses: of the run, counted before @since
 * @load: pulse at which the count register will be loaded, or DVMM_NEVER
 */
struct dvmm_pit_counter {
	u8 mode;
	bool bcd;
	bool gate;
	bool written;
	bool null_count;
	bool running;
	u32 reload;
	u32 count;
	u32 element;
	u64 since;
	u64 pulses;
	u64 load;
};

/* Power-on: mode 3, full count, loaded at @tick (undefined on the chip, so QEMU has it). */
void dvmm_pit_counter_init(struct dvmm_pit_counter *c, bool gate, u64 tick);

/* Bring @c to @tick. All others below do so first. */
void dvmm_pit_counter_settle(struct dvmm_pit_counter *c, u64 tick);

/* A control word: @mode as its three bits say, 6 and 7 being 2 and 3. */
void dvmm_pit_counter_program(struct dvmm_pit_counter *c, u8 mode, bool bcd, u64 tick);

/* The first of two bytes of a count was written. */
void dvmm_pit_counter_half_written(struct dvmm_pit_counter *c, u64 tick);

/*
 * A count was written, as 16 bits or four digits; digits above 9 are 9. 0 is the largest
 * count. 1, which the data sheet forbids in modes 2 and 3, is 2 there.
 */
void dvmm_pit_counter_write(struct dvmm_pit_counter *c, u16 value, u64 tick);

/* GATE is now @level; a rising edge is a trigger. */
void dvmm_pit_counter_gate(struct dvmm_pit_counter *c, bool level, u64 tick);

/* What OUT is, and what reading the counting element gives, at @tick: settled before. */
bool dvmm_pit_counter_out(const struct dvmm_pit_counter *c, u64 tick);
u16 dvmm_pit_counter_value(const struct dvmm_pit_counter *c, u64 tick);

/* Pulses that the present run has counted, settled at @tick; 0 if there is none. */
u64 dvmm_pit_counter_pulses(const struct dvmm_pit_counter *c, u64 tick);

/*
 * State that was saved elsewhere: @value was written, and loaded at the pulse @loaded, or
 * will be at the next one if that is after @tick. A counter that its GATE holds in mode 2 or
 * 3 stands at its beginning.
 */
void dvmm_pit_counter_resume(struct dvmm_pit_counter *c, u16 value, s64 loaded, u64 tick);

/* The count register as it was written. */
u16 dvmm_pit_counter_reload(const struct dvmm_pit_counter *c);

/*
 * Rising edges of OUT after @tick, settled before, if nothing is written any more. In
 * modes 4 and 5 a second one follows where a count is loaded while OUT is low: ask again
 * after the first.
 */
struct dvmm_series dvmm_pit_counter_rises(const struct dvmm_pit_counter *c, u64 tick);

#endif
