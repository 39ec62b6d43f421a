/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One piece of the piecewise-linear map from the host counter to cluster time.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_SEGMENT_H
#define DVMM_SEGMENT_H

#include "dvmm_pure.h"

/* Fraction bits of dvmm_segment.mult: 16 ns per cycle at the most (62.5 MHz). */
#define DVMM_MULT_SHIFT 60

/**
 * struct dvmm_instant - a moment of cluster time
 * @ns: nanoseconds of the PTP domain
 * @frac: and this many 2^-32 nanoseconds
 */
struct dvmm_instant {
	u64 ns;
	u32 frac;
};

/**
 * struct dvmm_segment - cluster time as a line over the host counter
 * @base_cycles: host counter where the segment starts
 * @base: cluster time there
 * @mult: nanoseconds per cycle, in units of 2^-DVMM_MULT_SHIFT
 *
 * Defined for every counter value, also for those before @base_cycles: a
 * packet's stamp may be older than the segment that judges it. Differences are
 * taken modulo 2^64 and read as signed, so they may reach 2^63 cycles (58
 * years at 5 GHz); a live segment is replaced at least once a second.
 */
struct dvmm_segment {
	u64 base_cycles;
	struct dvmm_instant base;
	u64 mult;
};

/* Cluster time when the host counter reads @cycles. */
struct dvmm_instant dvmm_segment_at(const struct dvmm_segment *seg, u64 cycles);

/* The same, whole nanoseconds only. */
static inline u64 dvmm_segment_ns(const struct dvmm_segment *seg, u64 cycles)
{
	return dvmm_segment_at(seg, cycles).ns;
}

/* Continue at rate @mult from @cycles on: the new line meets the old one there. */
void dvmm_segment_pivot(struct dvmm_segment *seg, u64 cycles, u64 mult);

/* The rate of a counter of exactly @khz kHz; @khz must be above 62500. */
u64 dvmm_mult_from_khz(u32 khz);

/* @mult made faster by @ppb parts per billion; |ppb| < 10^9. */
u64 dvmm_mult_adjust(u64 mult, s64 ppb);

/* By how many parts per billion @mult is faster than @nominal (within +-50 %). */
s64 dvmm_mult_skew_ppb(u64 mult, u64 nominal);

/* Nanoseconds, rounded down, in @cycles at rate @mult; saturates at U64_MAX. */
u64 dvmm_mult_ns(u64 mult, u64 cycles);

#endif
