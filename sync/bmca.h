/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of two clocks is the better master: IEEE 1588-2019 9.3.4.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_BMCA_H
#define DVMM_BMCA_H

#include "wire.h"

/**
 * struct dvmm_dataset - what the comparison looks at (table 28)
 * @sender: identity of the port's clock that told it; of ourselves for our own (D0)
 * @receiver: identity of the port that heard it
 */
struct dvmm_dataset {
	u8 priority1;
	struct dvmm_clock_quality quality;
	u8 priority2;
	u8 grandmaster[8];
	u16 steps_removed;
	struct dvmm_port_id sender;
	struct dvmm_port_id receiver;
};

/* The outcomes of figures 34 and 35, from best to worst for A. */
enum dvmm_order {
	DVMM_A_BETTER = 2,
	DVMM_A_BETTER_BY_TOPOLOGY = 1,
	DVMM_SAME = 0,		/* the figures' error-1 and error-2 */
	DVMM_B_BETTER_BY_TOPOLOGY = -1,
	DVMM_B_BETTER = -2,
};

/* Compare A with B; positive if A is the better master. */
enum dvmm_order dvmm_bmca_compare(const struct dvmm_dataset *a, const struct dvmm_dataset *b);

/* The data set of @msg, an Announce heard by @receiver. */
void dvmm_bmca_dataset(struct dvmm_dataset *ds, const struct dvmm_msg *msg,
		       const struct dvmm_port_id *receiver);

#endif
