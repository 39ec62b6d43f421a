/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The grandmaster's steering: how its time differs from what its clock, left alone,
 * would show. That free-running time is what slaves measure.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_STEERING_H
#define DVMM_STEERING_H

#include "estimator.h"

/* As far as a grandmaster is steered, either way: by hand, or after a reference. */
#define DVMM_STEERING_MAX_PPB 100000

/* What a slave does not know yet: it may be steered at once from one end to the other. */
#define DVMM_STEERING_SWING_PPB (2 * DVMM_STEERING_MAX_PPB)

/**
 * struct dvmm_steering - as last told
 * @free_ns: free-running time when it was told
 * @ns: cluster time less free-running time, then
 * @ppb: and by how much cluster time runs faster since
 * @slew_ppb: of which so much will end when some phase is right
 */
struct dvmm_steering {
	u64 free_ns;
	s64 ns;
	s32 ppb;
	s32 slew_ppb;
};

/* Cluster time when free-running time is @free_ns. */
u64 dvmm_steering_apply(const struct dvmm_steering *s, u64 free_ns);

/* The same for what free-running time may be; wider by what may not have been told. */
struct dvmm_interval dvmm_steering_apply_interval(const struct dvmm_steering *s,
						  const struct dvmm_interval *free);

/* Whether @next, told later, can follow from @s with nothing but steering in between. */
bool dvmm_steering_continues(const struct dvmm_steering *s, const struct dvmm_steering *next);

#endif
