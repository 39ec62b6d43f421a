// SPDX-License-Identifier: GPL-2.0
/* How often messages are sent, and how often slaves ask. */
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

/* Who asks most seldom does so every 8 s; four times that is long. */
#define OTHERS_REVIEWS (32 * DVMM_NSEC_PER_SEC / DVMM_PACE_REVIEW_NS)

static s8 fulfil(s8 configured, s8 wished, bool may_slow_down)
{
	return may_slow_down ? wished : min(configured, wished);
}

/* All rely on Announce, to know that their leader lives; also who has not asked yet. */
static void apply(struct dvmm_pace *pace)
{
	const struct dvmm_intervals *configured = &pace->configured, *wished = &pace->wished;
	bool alone = !pace->others_reviews;

	pace->now.pdelay = fulfil(configured->pdelay, wished->pdelay, alone);
	pace->now.sync = fulfil(configured->sync, wished->sync, alone);
	pace->now.announce = fulfil(configured->announce, wished->announce, false);
}

void dvmm_pace_init(struct dvmm_pace *pace, const struct dvmm_intervals *configured)
{
	memset(pace, 0, sizeof(*pace));
	pace->configured = *configured;
	pace->wished = *configured;
	pace->now = *configured;
	pace->log_request = configured->sync;
}

void dvmm_pace_asked(struct dvmm_pace *pace, const struct dvmm_port_id *id)
{
	pace->asked++;
	if (dvmm_port_id_equal(id, &pace->by))
		return;
	pace->others_reviews = OTHERS_REVIEWS;
	apply(pace);
}

static int choose(s8 wish, s8 configured, s8 *wished)
{
	if (wish == DVMM_LOG_INTERVAL_UNCHANGED)
		return 0;
	if (wish == DVMM_LOG_INTERVAL_INITIAL)
		wish = configured;
	else if (wish < DVMM_INTERVAL_LOG_MIN || wish > DVMM_INTERVAL_LOG_MAX)
		return -ERANGE;
	*wished = wish;
	return 0;
}

/* Whoever has asked so far may have been the one who wishes now, or another. */
int dvmm_pace_wish(struct dvmm_pace *pace, const struct dvmm_port_id *by,
		   const struct dvmm_intervals *wish)
{
	struct dvmm_intervals wished = pace->wished;
	int ret = choose(wish->pdelay, pace->configured.pdelay, &wished.pdelay) ?:
		  choose(wish->sync, pace->configured.sync, &wished.sync) ?:
		  choose(wish->announce, pace->configured.announce, &wished.announce);

	if (ret)
		return ret;
	if (!dvmm_port_id_equal(by, &pace->by))
		pace->others_reviews = OTHERS_REVIEWS;
	pace->by = *by;
	pace->wished = wished;
	apply(pace);
	return 0;
}

void dvmm_pace_review(struct dvmm_pace *pace)
{
	if (pace->asked > ASKED_MAX && pace->log_request < DVMM_PACE_LOG_MAX)
		pace->log_request++;
	else if (pace->asked < ASKED_MIN && pace->log_request > pace->configured.sync)
		pace->log_request--;
	pace->asked = 0;
	if (pace->others_reviews && !--pace->others_reviews)
		apply(pace);
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
