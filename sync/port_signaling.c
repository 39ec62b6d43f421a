// SPDX-License-Identifier: GPL-2.0
/*
 * A PTP port and Signaling (IEEE 1588-2019 13.12): who listens to us wishes
 * other intervals, and so do we of a reference.
 */
#include "port_internal.h"

/* Wishes heeded: one a second, and some at once. */
#define WISHES_BURST 4

/* Who has not heeded one may not have heard it. */
#define ASK_AGAIN_NS (4 * DVMM_NSEC_PER_SEC)

/* All ones in targetPortIdentity are any clock, and any port (13.12.1). */
static bool is_for_us(const struct dvmm_port *p, const struct dvmm_port_id *target)
{
	static const struct dvmm_port_id any = {
		.clock = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, .port = U16_MAX,
	};

	return dvmm_port_id_equal(target, &any) || dvmm_port_id_equal(target, &p->id);
}

static bool may_wish(struct dvmm_port *p, u64 now)
{
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, DVMM_NSEC_PER_SEC), .burst = WISHES_BURST,
	};

	return dvmm_bucket_take(&p->wish, &rate, now);
}

/*
 * Behind a transparent clock there may be others, whom we do not hear, because it answers
 * them: they are not to wait for somebody's wish.
 */
static s8 limit(const struct dvmm_port *p, const struct dvmm_msg *msg, s8 wish, s8 configured)
{
	if (!p->config.peer_to_peer || dvmm_port_id_equal(&msg->source, &p->neighbour.id))
		return wish;
	return wish > configured && wish <= DVMM_INTERVAL_LOG_MAX ? configured : wish;
}

/* Timers that were set for the old intervals. */
static void hasten(struct dvmm_port *p, u64 now)
{
	static const enum dvmm_timer timers[] = {
		DVMM_TIMER_ANNOUNCE, DVMM_TIMER_SYNC, DVMM_TIMER_PDELAY,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(timers); i++)
		if (p->armed & 1U << timers[i])
			dvmm_port_arm(p, timers[i], now);
}

void dvmm_port_wished(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	struct dvmm_intervals wish = msg->signaling.intervals;
	const struct dvmm_intervals *configured = &p->pace.configured;

	if (!msg->signaling.has_intervals || !is_for_us(p, &msg->signaling.target))
		return;
	if (!may_wish(p, now))
		return dvmm_port_drop(p, DVMM_DROP_RATE);
	wish.pdelay = limit(p, msg, wish.pdelay, configured->pdelay);
	wish.sync = limit(p, msg, wish.sync, configured->sync);
	if (dvmm_pace_wish(&p->pace, &msg->source, &wish))
		return dvmm_port_drop(p, DVMM_DROP_INTERVAL);
	hasten(p, now);
}

void dvmm_port_wish(struct dvmm_port *p, const struct dvmm_msg *sync, u64 now)
{
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, ASK_AGAIN_NS), .burst = 1,
	};
	s8 log = p->config.log_reference_sync;
	struct dvmm_msg msg;

	if (log > DVMM_INTERVAL_LOG_MAX || sync->log_interval == log)
		return;
	if (!dvmm_bucket_take(&p->wish, &rate, now))
		return;
	dvmm_port_begin(p, &msg, DVMM_MSG_SIGNALING);
	msg.log_interval = DVMM_LOG_INTERVAL_NONE;
	msg.sequence = p->sequence[msg.type]++;
	msg.signaling = (struct dvmm_signaling) {
		.target = sync->source,
		.has_intervals = true,
		.intervals = {
			.pdelay = DVMM_LOG_INTERVAL_UNCHANGED,
			.sync = log,
			.announce = DVMM_LOG_INTERVAL_UNCHANGED,
		},
	};
	dvmm_port_transmit(p, &dvmm_to_all, &msg, NULL);
}
