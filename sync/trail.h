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

/* A line is this old to twice this old when it is needed: from before the trouble began. */
#define DVMM_TRAIL_NS (4 * DVMM_NSEC_PER_SEC)

/**
 * struct dvmm_trail
 * @line: of the other clock, the newer first; of window 0 where there is none
 * @moved_ns: by the best exchange since dvmm_trail_watch(), how far it is from the older
 * @delay_ns: that exchange's round trip; U64_MAX where there was none
 */
struct dvmm_trail {
	struct dvmm_estimate line[2];
	s64 moved_ns;
	u64 delay_ns;
};

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

/* Whether it was seen before and since. */
static inline bool dvmm_trail_tells(const struct dvmm_trail *trail)
{
	return trail->line[1].window && trail->delay_ns != U64_MAX;
}

#endif
