/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often messages are sent, and how often slaves ask.
 *
 * A leader's work is to be the same for a hundred slaves as for a thousand. It counts what
 * it is asked, and tells how often those who know the time well are to ask from now on; who
 * does not asks at every Sync. logMinDelayReqInterval (IEEE 1588-2019 7.7.2.4) in effect,
 * which unicast responses cannot carry.
 *
 * Sync, Announce and Pdelay_Req are sent as configured, or as one who listens wishes
 * (wire_signaling.h): more often in any case, more seldom only where nobody else would
 * have to wait. Announce are never more seldom than all rely on.
 *
 * Pure: compiles unchanged in user space. The caller serialises.
 */
#ifndef DVMM_PACE_H
#define DVMM_PACE_H

#include "estimator.h"
#include "wire.h"

/* No slave is asked to ask more seldom than this: logarithm to base 2, in seconds. */
#define DVMM_PACE_LOG_MAX 0

/* What may be configured, and wished. */
#define DVMM_INTERVAL_LOG_MIN (-7)
#define DVMM_INTERVAL_LOG_MAX 3

/* Looked at so often. */
#define DVMM_PACE_REVIEW_NS (DVMM_NSEC_PER_SEC / 2)

/**
 * struct dvmm_pace
 * @configured: as the user asked for them
 * @wished: as somebody else does, and @by whom; nobody in particular if that is zeros
 * @now: as they are
 * @others_reviews: reviews until nobody but @by has asked us anything for long
 * @log_request: the interval now asked of slaves, as leader
 * @asked: requests since the last look
 */
struct dvmm_pace {
	struct dvmm_intervals configured;
	struct dvmm_intervals wished;
	struct dvmm_intervals now;
	struct dvmm_port_id by;
	u32 others_reviews;
	s8 log_request;
	u32 asked;
};

/* As configured; what was wished is forgotten. */
void dvmm_pace_init(struct dvmm_pace *pace, const struct dvmm_intervals *configured);

/* A request came from @id: Delay_Req or Pdelay_Req. */
void dvmm_pace_asked(struct dvmm_pace *pace, const struct dvmm_port_id *id);

/**
 * dvmm_pace_wish() - somebody wishes other intervals
 * @wish: each may be DVMM_LOG_INTERVAL_UNCHANGED or _INITIAL
 *
 * The last one's wish counts. Return: 0, or -ERANGE where one of them is out of range:
 * nothing changes then.
 */
int __must_check dvmm_pace_wish(struct dvmm_pace *pace, const struct dvmm_port_id *by,
				const struct dvmm_intervals *wish);

/* Every DVMM_PACE_REVIEW_NS: more was asked than we care to answer, or far less? */
void dvmm_pace_review(struct dvmm_pace *pace);

/*
 * As slave of a leader that asks for @log_request: the interval in which to ask, by how
 * well its time is known to @e. Never below @log_sync, whatever it asks for.
 */
s8 dvmm_pace_interval(const struct dvmm_estimator *e, s8 log_sync, s8 log_request);

#endif
