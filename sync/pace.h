/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often slaves ask: a leader's work is to be the same for a hundred as for a
 * thousand. It counts what it is asked, and tells how often those who know the time well
 * are to ask from now on; who does not asks at every Sync. logMinDelayReqInterval
 * (IEEE 1588-2019 7.7.2.4) in effect, which unicast responses cannot carry.
 *
 * Pure: compiles unchanged in user space. The caller serialises.
 */
#ifndef DVMM_PACE_H
#define DVMM_PACE_H

#include "estimator.h"

/* No slave is asked to ask more seldom than this: logarithm to base 2, in seconds. */
#define DVMM_PACE_LOG_MAX 0

/* Looked at so often. */
#define DVMM_PACE_REVIEW_NS (DVMM_NSEC_PER_SEC / 2)

/**
 * struct dvmm_pace - a leader's
 * @log_sync: the least interval: slaves cannot measure more often
 * @log_request: the interval now asked of slaves
 * @asked: requests since the last look
 */
struct dvmm_pace {
	s8 log_sync;
	s8 log_request;
	u32 asked;
};

void dvmm_pace_init(struct dvmm_pace *pace, s8 log_sync);

/* A request came. */
static inline void dvmm_pace_asked(struct dvmm_pace *pace)
{
	pace->asked++;
}

/* Every DVMM_PACE_REVIEW_NS: more was asked than we care to answer, or far less? */
void dvmm_pace_review(struct dvmm_pace *pace);

/*
 * As slave of a leader that asks for @log_request: the interval in which to ask, by how
 * well its time is known to @e. Never below @log_sync, whatever it asks for.
 */
s8 dvmm_pace_interval(const struct dvmm_estimator *e, s8 log_sync, s8 log_request);

#endif
