// SPDX-License-Identifier: GPL-2.0
/* How often slaves ask. */
#include "pace.h"

/* Requests in a review: 1024 a second, some 2 % of a CPU. */
#define ASKED_MAX 512

/* So few that twice as many are welcome: well below half, lest it go to and fro. */
#define ASKED_MIN (ASKED_MAX / 4)

/* Exchanges, before a slave can judge how well it knows the time. */
#define CERTAIN_EXCHANGES 64

/*
 * The bound has to allow for half the round trip, whatever the estimate. Once that is
 * known to a fraction of it, more exchanges buy nothing that can be promised.
 */
#define CERTAIN_FRACTION 4

void dvmm_pace_init(struct dvmm_pace *pace, s8 log_sync)
{
	pace->log_sync = log_sync;
	pace->log_request = log_sync;
	pace->asked = 0;
}

void dvmm_pace_review(struct dvmm_pace *pace)
{
	if (pace->asked > ASKED_MAX && pace->log_request < DVMM_PACE_LOG_MAX)
		pace->log_request++;
	else if (pace->asked < ASKED_MIN && pace->log_request > pace->log_sync)
		pace->log_request--;
	pace->asked = 0;
}

static bool certain(const struct dvmm_estimator *e)
{
	return e->count >= CERTAIN_EXCHANGES &&
	       e->now.error_ns <= e->now.delay_ns / CERTAIN_FRACTION;
}

s8 dvmm_pace_interval(const struct dvmm_estimator *e, s8 log_sync, s8 log_request)
{
	s8 limit = min_t(s8, log_request, DVMM_PACE_LOG_MAX);

	return certain(e) ? max(log_sync, limit) : log_sync;
}
