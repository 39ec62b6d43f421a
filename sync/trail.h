/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where another clock was seconds ago, so that it can be told later by how much it has
 * moved since: who moved, when two clocks no longer agree, is asked of a third.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_TRAIL_H
#define DVMM_TRAIL_H

#include "estimator.h"

/* A line is this old to three times this old when it is needed: from before the trouble. */
#define DVMM_TRAIL_NS (4 * DVMM_NSEC_PER_SEC)
#define DVMM_TRAIL_LINES 3

/**
 * struct dvmm_trail
 * @line: of the other clock, the newest first; of window 0 where there is none
 * @since_cycles: since when the newest was looked for: the best of its time is kept
 * @moved_ns: by the best exchange since dvmm_trail_watch(), how far it is from the oldest
 * @delay_ns: that exchange's round trip; U64_MAX where there was none
 */
struct dvmm_trail {
	struct dvmm_estimate line[DVMM_TRAIL_LINES];
	u64 since_cycles;
	s64 moved_ns;
	u64 delay_ns;
};

/* The line that is old enough, of window 0 as long as there is none. */
static inline const struct dvmm_estimate *dvmm_trail_line(const struct dvmm_trail *trail)
{
	return &trail->line[DVMM_TRAIL_LINES - 1];
}

void dvmm_trail_reset(struct dvmm_trail *trail);

/* All is well: keep a line from time to time. */
void dvmm_trail_keep(struct dvmm_trail *trail, const struct dvmm_estimator *e);

/* Something is wrong. */
void dvmm_trail_watch(struct dvmm_trail *trail);

/*
 * An exchange since then, possible or not. Before anything is wrong it does no harm.
 * @e: whose counter and nominal rate it is of
 */
void dvmm_trail_measure(struct dvmm_trail *trail, const struct dvmm_estimator *e,
			const struct dvmm_exchange *x);

/* How far @e puts the other clock from where that line leads, in ns; 0 without a good one. */
s64 dvmm_trail_strayed_ns(const struct dvmm_trail *trail, const struct dvmm_estimator *e);

/*
 * By how much faster it is than that line, in ppb, as far as that is beyond doubt, and not
 * explained by a path that has changed; else 0.
 */
s64 dvmm_trail_turned_ppb(const struct dvmm_trail *trail, const struct dvmm_estimator *e);

/* Whether it was seen before and since. */
static inline bool dvmm_trail_tells(const struct dvmm_trail *trail)
{
	return dvmm_trail_line(trail)->window && trail->delay_ns != U64_MAX;
}

#endif
