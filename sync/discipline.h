/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cluster clock as the port keeps it: founded, led, followed, left.
 *
 * It knows nothing of packets. Whatever happens, the clock only ever pivots, except
 * in dvmm_discipline_found() and where a step is asked for by the op that may refuse.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_DISCIPLINE_H
#define DVMM_DISCIPLINE_H

#include "servo.h"
#include "wire.h"

/**
 * struct dvmm_clock_ops - where the clock goes
 * @publish: let the world see @view, which meets the old one. May take the pivot
 *	again at a later instant, and writes back to @view what it did
 * @step: the same for a @view that may be anywhere. 0, or -EBUSY: nothing changed
 */
struct dvmm_clock_ops {
	void (*publish)(void *ctx, struct dvmm_clock_view *view);
	int (*step)(void *ctx, const struct dvmm_clock_view *view);
};

/**
 * struct dvmm_discipline
 * @silence_cycles: without an exchange for so long the master is silent: HOLDOVER
 * @relax_cycles: for so long a new leader goes on publishing the bound it had as a
 *	slave, until all others have measured against it
 * @view: as last published
 * @before: the segment before it, for stamps older than @view's
 * @last_cycles: when the last good exchange was taken in
 * @offset_ns: the clock less what that exchange alone says
 * @target: what is known of the leader's clock; its estimator works on @ring, @points
 * @led_cycles: since when this clock leads
 * @led: how it would have gone on since without adjustment, as long as nobody else
 *	was followed; its mult is 0 if it never led
 * @slew_ppb: part of its adjustment that only puts a phase right
 * @inherited_ns: and how far from its predecessor's time it was
 * @rate_error_ppb: how well, in all, leaders since the first knew the rate to go on at
 * @doubted: what was believed before it was last found to be wrong
 * @leading: whether it does
 */
struct dvmm_discipline {
	const struct dvmm_clock_ops *ops;
	void *ctx;
	struct dvmm_servo servo;
	struct dvmm_target target;
	struct dvmm_exchange ring[DVMM_ESTIMATOR_RING];
	struct dvmm_point points[DVMM_ESTIMATOR_RING];
	u64 silence_cycles;
	u64 relax_cycles;
	struct dvmm_clock_view view;
	struct dvmm_segment before;
	u64 last_cycles;
	s64 offset_ns;
	u64 led_cycles;
	struct dvmm_segment led;
	s64 slew_ppb;
	u64 inherited_ns;
	u64 rate_error_ppb;
	struct {
		struct dvmm_clock_view view;
		struct dvmm_steering steering;
	} doubted;
	bool leading;
};

/*
 * Be of no cluster, and let the world see that. The servo and the two durations are
 * the caller's to set.
 */
void dvmm_discipline_init(struct dvmm_discipline *d, const struct dvmm_clock_ops *ops,
			  void *ctx, u32 host_khz);

/* Cluster time at a stamp not older than the last but one change of rate. */
u64 dvmm_discipline_ns(const struct dvmm_discipline *d, u64 cycles);

/*
 * Be the first leader of @cluster, whose time is @line, which starts now. Still
 * UNSYNCHRONISED, so that no VM attaches, until dvmm_discipline_confirm(). Return: 0 or
 * -EBUSY.
 */
int __must_check dvmm_discipline_found(struct dvmm_discipline *d,
				       const struct dvmm_cluster *cluster,
				       const struct dvmm_segment *line);
void dvmm_discipline_confirm(struct dvmm_discipline *d, u64 now);

/* The leader is dead: lead its cluster, at the rate learnt from it. */
void dvmm_discipline_succeed(struct dvmm_discipline *d, u64 now);

/* As leader: how far from what the predecessor would have made of the time by now. */
u64 dvmm_discipline_inherited_ns(const struct dvmm_discipline *d, u64 now);

/*
 * Follow a (new) leader of our cluster, or one of a cluster yet to be joined, who is
 * at most @apart_ns from whom we followed, or were, until now; U64_MAX if not known.
 * What it says of @rate_error_ppb becomes ours.
 */
void dvmm_discipline_follow(struct dvmm_discipline *d, u64 apart_ns, u64 rate_error_ppb,
			    u64 now);

/*
 * The host counter was wrong for a while, and may be off by @step_ns and by @rate_ppb even
 * now. What was measured by it does not count; nobody is led. Beyond
 * DVMM_SKEW_UNKNOWN_PPB it is not a rate, and no bound is left.
 */
void dvmm_discipline_disturb(struct dvmm_discipline *d, u64 step_ns, u64 rate_ppb, u64 now);

/* Be of no cluster. Return: 0, or -EBUSY while VMs hold the clock. */
int __must_check dvmm_discipline_leave(struct dvmm_discipline *d, u64 now);

/* As leader: what is to be told of the steering, for a stamp of @cycles. */
struct dvmm_wire_steering dvmm_discipline_steering(const struct dvmm_discipline *d, u64 cycles);

/*
 * The leader told its steering when its clock, free-running, would have read @free_ns.
 * Return: 0, or -ERANGE where it tells of a jump, which starts afresh.
 */
int __must_check dvmm_discipline_steered(struct dvmm_discipline *d, u64 free_ns,
					 const struct dvmm_wire_steering *steering, u64 now);

/*
 * Take in an exchange with the leader of @cluster. Return: 0, or as
 * dvmm_estimator_add(): -EINVAL for one to drop, -ERANGE for one that starts afresh.
 */
int __must_check dvmm_discipline_sample(struct dvmm_discipline *d,
					const struct dvmm_exchange *x,
					const struct dvmm_cluster *cluster, u64 now);

/* Nothing that is known of the leader is believed any more; unless that was just so. */
void dvmm_discipline_doubt(struct dvmm_discipline *d, u64 now);

/*
 * All was right but the leader, who ran at @skew_ppb before: go on in holdover, as of
 * before dvmm_discipline_doubt().
 */
void dvmm_discipline_reinstate(struct dvmm_discipline *d, s64 skew_ppb, u64 now);

/* Twice a second or more: the segment is renewed, silence noticed. */
void dvmm_discipline_tick(struct dvmm_discipline *d, u64 now);

/* Neither lead nor expect any exchange. */
void dvmm_discipline_holdover(struct dvmm_discipline *d, u64 now);

/* As leader: faster by @ppb than at the start of the lead, @slew_ppb of which will end. */
void dvmm_discipline_adjust(struct dvmm_discipline *d, s64 ppb, s64 slew_ppb, u64 now);

/*
 * As leader, twice a second: if @rate is where the clock is steered for good, let what
 * counts as its free run go there by and by, so that there is room to steer again. It
 * does so too slowly for slaves to take it for more than an oscillator's wander.
 */
void dvmm_discipline_absorb(struct dvmm_discipline *d, u64 rate, u64 now);

#endif
