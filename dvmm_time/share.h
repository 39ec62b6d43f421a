/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread of real-time priority must not take a CPU for itself, whatever a guest makes it
 * do: it may work for half of the time, however long its work takes on this machine, and
 * for DVMM_SHARE_BURST_NS more at a time. Pure.
 */
#ifndef DVMM_SHARE_H
#define DVMM_SHARE_H

#include "dvmm_pure.h"

#define DVMM_SHARE_BURST_NS 5000000

/**
 * struct dvmm_share - zeroed at first
 * @budget_ns: what may still be worked
 * @begun_ns: when it last was
 */
struct dvmm_share {
	s64 budget_ns;
	u64 begun_ns;
};

/**
 * dvmm_share_rest() - the thread has worked from @begin_ns to @end_ns
 *
 * Times of one clock, which do not go back from call to call.
 * Return: when it may work again; @end_ns if at once.
 */
u64 dvmm_share_rest(struct dvmm_share *share, u64 begin_ns, u64 end_ns);

#endif
