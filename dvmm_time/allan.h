/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allan deviation of one clock against another, at 1, 10 and 100 s, from their phase
 * difference once a second. Pure; constant memory, constant time per sample.
 */
#ifndef DVMM_ALLAN_H
#define DVMM_ALLAN_H

#include "dvmm_pure.h"

#define DVMM_ALLAN_TAUS 3
#define DVMM_ALLAN_PHASES 21	/* two times tau at a tenth of tau, and both ends */

/**
 * struct dvmm_allan_tau - the estimate at one averaging time
 * @phase_ns: the latest phases, a ring
 * @count: phases ever put there
 * @skipped: samples since the last that was
 * @mean_sq_q8: mean square of the second differences, in ns^2 * 2^-8
 * @n: second differences in it
 */
struct dvmm_allan_tau {
	s64 phase_ns[DVMM_ALLAN_PHASES];
	u32 count;
	u32 skipped;
	u64 mean_sq_q8;
	u32 n;
};

struct dvmm_allan {
	struct dvmm_allan_tau tau[DVMM_ALLAN_TAUS];
};

/* Forget all. All zeros is the same. */
void dvmm_allan_reset(struct dvmm_allan *allan);

/* Take the phase difference of now, one second after the last; any unit of offset will do. */
void dvmm_allan_add(struct dvmm_allan *allan, s64 phase_ns);

/**
 * dvmm_allan_deviation() - the deviation at 1, 10 or 100 s
 * @index: 0, 1 or 2
 *
 * Return: in units of 10^-12; U64_MAX while not yet known.
 */
u64 dvmm_allan_deviation(const struct dvmm_allan *allan, unsigned int index);

#endif
