/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From an estimate of master time to the rate of the cluster clock.
 *
 * Feed-forward: the rate is the estimated skew, plus a slew in proportion to what
 * the clock is off by. The offset is computed anew each time from the estimate and
 * the clock's own segment, not accumulated, so there is no integrator to wind up;
 * it decays exponentially, without overshoot, as long as the servo runs more often
 * than its time constant.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_SERVO_H
#define DVMM_SERVO_H

#include "clock.h"
#include "steering.h"

/**
 * struct dvmm_servo - how eagerly the clock is corrected
 * @slew_max_ppb: limit of the slew, either way
 * @time_constant_ns: in which an offset shrinks to 1/e, limit permitting
 */
struct dvmm_servo {
	u32 slew_max_ppb;
	u64 time_constant_ns;
};

/* The slew that lets the clock, @offset_ns behind its master, catch up. */
s64 dvmm_servo_slew_ppb(const struct dvmm_servo *servo, s64 offset_ns);

/* How far a clock that reads @clock_ns may be from a truth inside @truth. */
u64 dvmm_servo_bound_ns(u64 clock_ns, const struct dvmm_interval *truth);

/* Whether @e is good enough to keep a clock by. */
bool dvmm_servo_ready(const struct dvmm_estimator *e);

/**
 * struct dvmm_target - where the clock should be
 * @estimator: the grandmaster's free-running time
 * @peers_ns: by how much the paths by way of others say that it is later
 * @strayed_ns: by how much that time is not where it was expected, either way
 * @steering: and what it makes of it
 */
struct dvmm_target {
	struct dvmm_estimator estimator;
	s64 peers_ns;
	u64 strayed_ns;
	struct dvmm_steering steering;
};

/* Cluster time at @cycles, as far as is known. */
u64 dvmm_target_ns(const struct dvmm_target *t, u64 cycles);

/* The rate of cluster time, */
u64 dvmm_target_rate(const struct dvmm_target *t);

/* and what it is where nobody slews it. */
u64 dvmm_target_rest_rate(const struct dvmm_target *t);

/* How fast cluster time may run away from it, in ppb. */
u32 dvmm_target_drift_ppb(const struct dvmm_target *t);

/*
 * Continue @view's clock from @cycles on towards @t: rate, bound and the bound's growth.
 * No step: the segment is pivoted.
 */
void dvmm_servo_steer(const struct dvmm_servo *servo, const struct dvmm_target *t,
		      struct dvmm_clock_view *view, u64 cycles);

/* The same, but right onto it: a step. */
void dvmm_servo_jump(const struct dvmm_target *t, struct dvmm_clock_view *view, u64 cycles);

#endif
