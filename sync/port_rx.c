// SPDX-License-Identifier: GPL-2.0
/* A PTP port: what comes in. */
#include "management.h"
#include "port_internal.h"

/* A Delay_Req follows within 1/32 of the sync interval; many slaves do not all at once. */
#define DELAY_REQ_SPREAD 32

/* stepsRemoved of a master that runs in circles (9.3.2.5 d). */
#define STEPS_MAX 255

/* Stamps older than this are not of the message that is waited for. */
#define STAMP_AGE_MAX_NS DVMM_NSEC_PER_SEC

/* Delay_Resp a second at most: a thousand slaves at 16 a second. */
#define REPLIES_MAX 16384

static bool from_parent(const struct dvmm_port *p, const struct dvmm_msg *msg)
{
	return dvmm_port_is_slave(p) && dvmm_port_id_equal(&msg->source, &p->parent);
}

static bool contradicts(const struct dvmm_cluster *a, const struct dvmm_cluster *b)
{
	return a->id == b->id && (a->epoch_ns != b->epoch_ns || a->tsc_khz != b->tsc_khz);
}

/* Why not to listen to this master, or 0. */
static int refuse_announce(const struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	const struct dvmm_announce *a = &msg->announce;

	if (!memcmp(a->grandmaster, p->id.clock, sizeof(a->grandmaster)))
		return DVMM_DROP_OWN;
	if (a->steps_removed >= STEPS_MAX)
		return DVMM_DROP_FAR;
	if (!a->has_cluster)
		return DVMM_DROP_NO_CLUSTER;
	if (dvmm_port_refuses(p, msg->source.clock, now))
		return DVMM_DROP_REFUSED;
	if (contradicts(&a->cluster.cluster, &p->discipline.view.cluster))
		return DVMM_DROP_MISMATCH;
	return 0;
}

/* A list that changes all the time qualifies nobody (9.3.2.5). */
static int refuse_newcomer(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	u64 interval_ns = dvmm_interval_ns(p->config.log_announce);
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, interval_ns), .burst = DVMM_FOREIGN_MAX,
	};

	if (dvmm_foreign_find(&p->foreign, &msg->source))
		return 0;
	return dvmm_bucket_take(&p->newcomer, &rate, now) ? 0 : DVMM_DROP_RATE;
}

/*
 * Whoever leads our cluster keeps us from leading it, unless we may not follow; while we
 * are of none, whoever leads any.
 */
static bool is_led_by(const struct dvmm_port *p, const struct dvmm_msg *msg)
{
	u64 id = p->discipline.view.cluster.id;

	if (!id)
		return true;
	return !p->config.master_only && id == msg->announce.cluster.cluster.id;
}

static void on_announce(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	int why = refuse_announce(p, msg, now) ?: refuse_newcomer(p, msg, now);

	if (why == DVMM_DROP_NO_CLUSTER && dvmm_port_reference_hear(p, msg, now))
		return;
	if (why)
		return dvmm_port_drop(p, why);
	dvmm_foreign_hear(&p->foreign, msg, &p->id, dvmm_port_is_slave(p) ? &p->parent : NULL, now);
	if (from_parent(p, msg)) {
		p->time_flags = msg->flags & (DVMM_FLAG_PTP_TIMESCALE | DVMM_FLAG_UTC_OFFSET_VALID);
		p->utc_offset_s = msg->announce.utc_offset_s;
		p->log_request = msg->announce.cluster.log_request;
		p->reference.handed_down = msg->announce.steps_removed;
	}
	if (p->state != DVMM_PORT_MASTER && is_led_by(p, msg))
		dvmm_port_expect_announce(p, now);
	dvmm_port_decide(p, now);
}

/* The Sync nearest to when the next answer is wanted is asked about. */
static bool want_answer(const struct dvmm_port *p, u64 now)
{
	u64 wait_ns = dvmm_interval_ns(p->log_ask) - dvmm_interval_ns(p->config.log_sync) / 2;

	return now - p->answered_cycles >= dvmm_port_cycles(p, wait_ns);
}

static void schedule_delay_req(struct dvmm_port *p, u64 now)
{
	u64 spread_ns = dvmm_interval_ns(p->config.log_sync) / DELAY_REQ_SPREAD;
	u64 ns = dvmm_port_random_ns(p, spread_ns);

	if (want_answer(p, now))
		dvmm_port_arm(p, DVMM_TIMER_DELAY_REQ, now + dvmm_port_cycles(p, ns));
}

/* A Sync is complete with its time: how long was it under way? */
static void ask(struct dvmm_port *p, u64 now)
{
	if (p->config.peer_to_peer)
		dvmm_port_neighbour_sync(p, now);
	else
		schedule_delay_req(p, now);
}

static void on_sync(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles, u64 now)
{
	if (!from_parent(p, msg))
		return;
	p->parent_address = msg->from;
	if (dvmm_exchanger_sync(&p->exchanger, msg, cycles))
		ask(p, now);
}

static void note_steering(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	u64 free_ns = msg->time_ns - msg->steering.ns;

	if (p->suspecting)
		return;
	if (!dvmm_discipline_steered(&p->discipline, free_ns, &msg->steering, now))
		return;
	dvmm_port_drop(p, DVMM_DROP_JUMP);
	dvmm_port_suspect(p, now);
	dvmm_port_calibrate(p);
}

static void on_follow_up(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	if (!from_parent(p, msg))
		return;
	note_steering(p, msg, now);
	if (dvmm_exchanger_follow_up(&p->exchanger, msg))
		ask(p, now);
}

/* Not too soon again, if all is well. */
static void pace(struct dvmm_port *p, u64 now)
{
	const struct dvmm_estimator *e = &p->discipline.target.estimator;
	s8 log = dvmm_pace_interval(e, p->config.log_sync, p->log_request);

	p->answered_cycles = now;
	if (p->config.peer_to_peer)
		return;
	if (log != p->log_ask)
		dvmm_port_set_pace(p, log);
}

void dvmm_port_exchanged(struct dvmm_port *p, u64 now)
{
	int ret = 0;

	if (!p->suspecting)
		ret = dvmm_discipline_sample(&p->discipline, &p->exchanger.request, &p->cluster,
					     now);
	if (ret)
		dvmm_port_drop(p, ret == -ERANGE ? DVMM_DROP_JUMP : DVMM_DROP_STAMPS);
	pace(p, now);
	dvmm_port_witness(p, ret, now);
	dvmm_port_consult(p, now);
	dvmm_port_calibrate(p);
}

static void on_delay_resp(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	if (!from_parent(p, msg) || !dvmm_port_id_equal(&msg->requester, &p->id))
		return;
	note_steering(p, msg, now);
	dvmm_port_meet(p, &msg->peer, now);
	if (dvmm_exchanger_response(&p->exchanger, msg))
		dvmm_port_exchanged(p, now);
}

/* Each host asks once in a sync interval; all of them no more than can be answered. */
bool dvmm_port_may_answer(struct dvmm_port *p, const struct dvmm_address *to, u64 cycles)
{
	struct dvmm_rate all = {
		.interval_cycles = dvmm_port_cycles(p, DVMM_NSEC_PER_SEC / REPLIES_MAX),
		.burst = REPLIES_MAX / 8,
	};

	dvmm_ratelimit_believe(&p->replies, to);
	return dvmm_ratelimit_take(&p->replies, to, cycles) &&
	       dvmm_bucket_take(&p->reply, &all, cycles);
}

static void on_delay_req(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles)
{
	if (p->config.peer_to_peer)
		return dvmm_port_drop(p, DVMM_DROP_MECHANISM);
	if (p->state != DVMM_PORT_MASTER)
		return;
	dvmm_pace_asked(&p->pace, &msg->source);
	if (dvmm_port_may_answer(p, &msg->from, cycles))
		dvmm_port_send_delay_resp(p, msg, cycles);
	else
		dvmm_port_drop(p, DVMM_DROP_RATE);
}

static void on_pdelay(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles, u64 now)
{
	bool probe = msg->flags & DVMM_FLAG_UNICAST;

	if (!probe && !p->config.peer_to_peer)
		dvmm_port_drop(p, DVMM_DROP_MECHANISM);
	else if (msg->type == DVMM_MSG_PDELAY_REQ)
		dvmm_port_probed(p, msg, cycles);
	else if (probe)
		dvmm_port_probe_answered(p, msg, cycles, now);
	else
		dvmm_port_pdelay_answered(p, msg, cycles, now);
}

static void on_message(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles, u64 now)
{
	if (dvmm_port_reference_input(p, msg, cycles, now))
		return;
	switch (msg->type) {
	case DVMM_MSG_ANNOUNCE:
		return on_announce(p, msg, now);
	case DVMM_MSG_SYNC:
		return on_sync(p, msg, cycles, now);
	case DVMM_MSG_FOLLOW_UP:
		return on_follow_up(p, msg, now);
	case DVMM_MSG_DELAY_RESP:
		return on_delay_resp(p, msg, now);
	case DVMM_MSG_DELAY_REQ:
		return on_delay_req(p, msg, cycles);
	case DVMM_MSG_MANAGEMENT:
		return dvmm_management_answer(p, msg, now);
	case DVMM_MSG_SIGNALING:
		return dvmm_port_wished(p, msg, now);
	case DVMM_MSG_PDELAY_REQ:
	case DVMM_MSG_PDELAY_RESP:
	case DVMM_MSG_PDELAY_RESP_FOLLOW_UP:
		return on_pdelay(p, msg, cycles, now);
	}
}

/* Why not to look at a message that is well-formed, or 0. */
static int refuse(struct dvmm_port *p, struct dvmm_msg *msg, const u8 *buf, u64 now)
{
	int ret = 0;

	if (msg->domain != p->config.domain)
		return DVMM_DROP_DOMAIN;
	if (!memcmp(msg->source.clock, p->id.clock, sizeof(msg->source.clock)))
		return DVMM_DROP_OWN;
	if (dvmm_auth_required(&p->auth))
		ret = dvmm_auth_open(&p->auth, msg, buf, &p->id, now);
	return ret ? DVMM_DROP_AUTH - ret : 0;
}

bool dvmm_port_input(struct dvmm_port *p, const struct dvmm_address *from, const u8 *buf,
		     size_t len, u64 cycles, u64 now)
{
	struct dvmm_msg msg;
	int why = -dvmm_wire_decode(&msg, buf, len);

	if (!why)
		why = refuse(p, &msg, buf, now);
	if (why) {
		dvmm_port_drop(p, why);
		return false;
	}
	p->rx++;
	msg.from = *from;
	if (p->state != DVMM_PORT_FAULTY)
		on_message(p, &msg, cycles, now);
	return true;
}

void dvmm_port_input_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now)
{
	if (now - cycles > dvmm_port_cycles(p, STAMP_AGE_MAX_NS))
		return;
	p->unstamped = 0;
	if (p->sync_pending && key == p->sync_key)
		dvmm_port_send_follow_up(p, cycles);
	else if (dvmm_port_probe_stamp(p, key, cycles, now) ||
		 dvmm_port_pdelay_stamp(p, key, cycles, now) ||
		 dvmm_port_reference_stamp(p, key, cycles, now))
		return;
	else if (dvmm_exchanger_stamp(&p->exchanger, key, cycles))
		dvmm_port_exchanged(p, now);
}
