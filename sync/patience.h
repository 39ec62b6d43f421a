/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long a leader may be silent before it is held to be dead.
 *
 * The standard has one number for it (9.2.6.12, announceReceiptTimeout). On hosts that are
 * starved for longer than that, of CPU or of network, it deposes leaders that live, again
 * and again, and each time all must measure another clock anew. Who is heard again soon
 * after it was given up was not dead: then twice the time is waited, up to eight times, and
 * half of it again after a minute without such a mistake. Pure.
 */
#ifndef DVMM_PATIENCE_H
#define DVMM_PATIENCE_H

#include "dvmm_pure.h"

/* At the default timeout of 190 ms: 1.5 s. */
#define DVMM_PATIENCE_MAX 3

/* One heard again after longer may have been dead, and restarted. */
#define DVMM_PATIENCE_MEMORY_NS (60 * DVMM_NSEC_PER_SEC)

/**
 * struct dvmm_patience
 * @memory_cycles: DVMM_PATIENCE_MEMORY_NS, in cycles of the host counter
 * @doublings: the timeout is doubled so often; 0 to DVMM_PATIENCE_MAX
 * @since: when it was last changed, or proven right; host counter
 * @given_up: clockIdentity of the leader last held to be dead
 * @given_up_cycles: when; 0 while none is
 */
struct dvmm_patience {
	u64 memory_cycles;
	u32 doublings;
	u64 since;
	u8 given_up[8];
	u64 given_up_cycles;
};

/* @leader has been silent for too long. */
void dvmm_patience_give_up(struct dvmm_patience *patience, const u8 *leader, u64 now);

/* @leader leads, and is to be followed. Return: whether the timeout has changed. */
bool dvmm_patience_hear(struct dvmm_patience *patience, const u8 *leader, u64 now);

/* Time passes. Return: whether the timeout has changed. */
bool dvmm_patience_tick(struct dvmm_patience *patience, u64 now);

#endif
