/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host cycles: what the module keeps time in. They are the TSC's as long as it is good,
 * and go on where another counter takes its place. Pure.
 *
 * One line from the counter that is read to cycles. The unit never changes: what was
 * learnt of a rate over host cycles stays true whichever counter they come from.
 */
#ifndef DVMM_TIMEBASE_H
#define DVMM_TIMEBASE_H

#include "segment.h"
#include "sources.h"

/* Fraction bits of cycles per tick: up to 2^16 of them, to 0.004 ppt where it is one. */
#define DVMM_TIMEBASE_SHIFT 48

/**
 * struct dvmm_timebase - where host cycles come from
 * @source: the counter that is read
 * @bits: its width
 * @base_value: a reading of it
 * @base_cycles: host cycles then
 * @mult: host cycles per tick of it, in units of 2^-DVMM_TIMEBASE_SHIFT
 * @tsc_mult: host cycles per tick of the TSC, the same; @mult where that is read
 */
struct dvmm_timebase {
	enum dvmm_source_id source;
	u8 bits;
	u64 base_value;
	u64 base_cycles;
	u64 mult;
	u64 tsc_mult;
};

/* Host cycles are the TSC. */
#define DVMM_TIMEBASE_TSC { \
	.source = DVMM_SOURCE_TSC, \
	.bits = 64, \
	.mult = 1ULL << DVMM_TIMEBASE_SHIFT, \
	.tsc_mult = 1ULL << DVMM_TIMEBASE_SHIFT, \
}

/*
 * Host cycles when the counter in use reads @value, which may be up to half of its wrap
 * away from the base, either way.
 */
u64 dvmm_timebase_cycles(const struct dvmm_timebase *t, u64 value);

/**
 * struct dvmm_disturbance - how far off time may be, now that the timebase is right again
 * @step_ns: host cycles, or what was made of them; 0 if nothing happened
 * @rate_ppb: their rate
 */
struct dvmm_disturbance {
	u64 step_ns;
	u64 rate_ppb;
};

/**
 * dvmm_timebase_round() - go by what @verdict, on a round of @s, says of the counters
 *
 * While the TSC is accused another goes on in its place, from where the TSC would be. Once
 * it is trusted again it is read again; host cycles go ahead then by what reading the
 * other leaves open, and never back.
 */
struct dvmm_disturbance dvmm_timebase_round(struct dvmm_timebase *t, const struct dvmm_sources *s,
					    const struct dvmm_sources_verdict *verdict);

/* Host cycles were @missing too few, or too many. */
static inline void dvmm_timebase_shift(struct dvmm_timebase *t, s64 missing)
{
	t->base_cycles += missing;
}

/* @seg, over host cycles, as a line over the TSC: at @cycles that reads @tsc. */
struct dvmm_segment dvmm_timebase_over_tsc(const struct dvmm_timebase *t,
					   const struct dvmm_segment *seg, u64 cycles, u64 tsc);

#endif
