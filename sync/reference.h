/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A foreign grandmaster's time, as a leader measures it, and the rate at which cluster
 * time goes there. It knows nothing of packets, and steps nothing.
 *
 * The cluster's own clock is another matter: towards the cluster its leader's time is
 * right by definition, and slaves are told how it is steered.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_REFERENCE_H
#define DVMM_REFERENCE_H

#include "servo.h"

/* Exchanges looked at: 4 minutes at ptp4l's one a second. A power of two. */
#define DVMM_REFERENCE_RING 256

/**
 * struct dvmm_reference
 * @state: LOCKED while the clock is where the exchanges allow the reference to be
 * @estimator: the reference's time over the host counter, on @ring
 * @servo: how eagerly the clock goes there
 * @silence_cycles: without an exchange for so long, it is silent
 * @last_cycles: when the last good exchange was taken in
 * @offset_ns: the clock less the estimate, when last judged
 * @bound_ns: the clock was at most so far from the reference at @bound_cycles, when it
 *	was last measured; U64_MAX if it never was
 * @bound_growth_ppb: and may have gone so much farther since
 */
struct dvmm_reference {
	enum dvmm_reference_state state;
	struct dvmm_estimator estimator;
	struct dvmm_exchange ring[DVMM_REFERENCE_RING];
	struct dvmm_servo servo;
	u64 silence_cycles;
	u64 last_cycles;
	s64 offset_ns;
	u64 bound_cycles;
	u64 bound_ns;
	u32 bound_growth_ppb;
};

/*
 * None yet. @nominal: rate of the host counter; @points: scratch, of DVMM_REFERENCE_RING at
 * least, that others may use, too; @slew_max_ppb: limit of the slew.
 */
void dvmm_reference_init(struct dvmm_reference *r, u64 nominal, struct dvmm_point *points,
			 u32 slew_max_ppb);

/**
 * dvmm_reference_aim() - measure another one
 * @skew_ppb: what its rate may be, over nominal
 * @error_ppb: and how well that is known
 *
 * A clock that was led after one before goes on in holdover meanwhile.
 */
void dvmm_reference_aim(struct dvmm_reference *r, s64 skew_ppb, u64 error_ppb);

/* It sends Sync every @interval_ns, on a host of @khz. */
void dvmm_reference_pace(struct dvmm_reference *r, u64 interval_ns, u32 khz);

/*
 * Take in an exchange with it. Return: as dvmm_estimator_add(); after -ERANGE, for a
 * jump, it is measured afresh.
 */
int __must_check dvmm_reference_sample(struct dvmm_reference *r, const struct dvmm_exchange *x,
				       u64 now);

/* Whether its time and rate are known, and it is not silent. */
bool dvmm_reference_ready(const struct dvmm_reference *r, u64 now);

/* Whether its rate is known well enough to found a cluster on. */
bool dvmm_reference_settled(const struct dvmm_reference *r, u64 now);

/* Its rate, as far as it is known. */
u64 dvmm_reference_rate(const struct dvmm_reference *r);

/* A clock that starts at @now on its time, at its rate. */
struct dvmm_segment dvmm_reference_line(const struct dvmm_reference *r, u64 now);

/**
 * dvmm_reference_steer() - how the clock is to be led
 * @clock: what it is now
 * @free: its rate where nobody leads it
 * @ppb: out: by how much faster than @free it is to run from @now on,
 * @slew_ppb: out: so much of it for the phase
 *
 * Judges the state, too: to be called twice a second or more. Beyond what slaves can
 * be told (DVMM_STEERING_MAX_PPB) it does not go.
 * Return: false where there is nothing to lead it after, and neither is set.
 */
bool dvmm_reference_steer(struct dvmm_reference *r, const struct dvmm_segment *clock, u64 free,
			  u64 now, s64 *ppb, s64 *slew_ppb);

/* How far the clock may be from the reference, silent or not; U64_MAX: not known. */
u64 dvmm_reference_bound_ns(const struct dvmm_reference *r, u64 now);

#endif
