// SPDX-License-Identifier: GPL-2.0
/* A PTP port: probes between slaves, and what all of them make of the leader's time. */
#include "consensus.h"
#include "port_internal.h"

/* One peer after the other is probed: each 4 times a second. */
#define PROBE_LOG_MIN -4

/* A slave asks once a second at least; one that has not for so long is gone. */
#define FRESH_NS (3 * DVMM_NSEC_PER_SEC)

/* Introductions heeded: not more often, lest somebody else's victim is probed by all. */
#define MEET_INTERVAL_NS DVMM_NSEC_PER_SEC

/*
 * Who has all the peers there is room for parts with one after so many probes, on average:
 * or hosts that have been there for long would be everybody's.
 */
#define PART_PROBES 1024

/* Who is further off is not of one opinion with anybody. */
#define CLOSURE_MAX_NS 1000000000LL

u64 dvmm_port_own_ns(const struct dvmm_port *p, u64 cycles)
{
	return dvmm_segment_ns(&p->own, cycles);
}

struct dvmm_wire_peer dvmm_port_introduce(struct dvmm_port *p, const struct dvmm_msg *req,
					  u64 cycles)
{
	struct dvmm_wire_peer asker = { .id = req->source, .address = req->from };
	u64 fresh = dvmm_port_cycles(p, FRESH_NS);

	dvmm_acquaint_hear(&p->slaves, &asker, cycles);
	return dvmm_acquaint_introduce(&p->slaves, &asker.id, p->ops->random(p->ctx), fresh,
				       cycles);
}

void dvmm_port_meet(struct dvmm_port *p, const struct dvmm_wire_peer *who, u64 now)
{
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, MEET_INTERVAL_NS), .burst = DVMM_PEERS,
	};

	if (who->address.scope != DVMM_TO_ONE || !dvmm_peers_wanted(&p->peers))
		return;
	/* nor is the leader a juror of its own */
	if (!memcmp(who->id.clock, p->id.clock, sizeof(p->id.clock)) ||
	    dvmm_port_id_equal(&who->id, &p->parent))
		return;
	if (dvmm_bucket_take(&p->meeting, &rate, now))
		dvmm_peers_meet(&p->peers, who);
}

static u64 probe_interval_ns(const struct dvmm_port *p)
{
	return dvmm_interval_ns(max_t(s8, p->config.log_sync, PROBE_LOG_MIN));
}

/* Not all at once, when a leader is followed by all at once. */
void dvmm_port_start_probing(struct dvmm_port *p, u64 now)
{
	u64 ns = dvmm_port_random_ns(p, probe_interval_ns(p));

	dvmm_peers_forget(&p->peers, &p->parent);
	dvmm_port_arm(p, DVMM_TIMER_PROBE, now + dvmm_port_cycles(p, ns));
}

void dvmm_port_probe(struct dvmm_port *p, u64 now)
{
	struct dvmm_peer *peer = dvmm_peers_turn(&p->peers);
	struct dvmm_msg msg;
	u32 key;

	dvmm_port_arm(p, DVMM_TIMER_PROBE, now + dvmm_port_cycles(p, probe_interval_ns(p)));
	if (!peer)
		return;
	if (!dvmm_peers_wanted(&p->peers) && !(p->ops->random(p->ctx) % PART_PROBES))
		return dvmm_peers_forget(&p->peers, &peer->id);
	dvmm_port_begin(p, &msg, DVMM_MSG_PDELAY_REQ);
	msg.flags = DVMM_FLAG_UNICAST;
	msg.log_interval = DVMM_LOG_INTERVAL_NONE;
	msg.sequence = p->sequence[msg.type]++;
	if (!dvmm_port_transmit(p, &peer->address, &msg, &key))
		dvmm_peer_probed(peer, msg.sequence, key);
}

static void begin_answer(struct dvmm_port *p, struct dvmm_msg *msg, enum dvmm_msg_type type,
			 const struct dvmm_msg *req)
{
	dvmm_port_begin(p, msg, type);
	msg->flags = req->flags & DVMM_FLAG_UNICAST;
	msg->log_interval = DVMM_LOG_INTERVAL_NONE;
	msg->sequence = req->sequence;
	msg->requester = req->source;
	msg->answers = req->number;
}

/* To one, or to all at the other end of the link. */
static const struct dvmm_address *asker(const struct dvmm_msg *req)
{
	return req->flags & DVMM_FLAG_UNICAST ? &req->from : &dvmm_to_neighbours;
}

/* 11.4.2 b, two-step. Whom it was for is kept until the stamp of its departure comes. */
void dvmm_port_probed(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles)
{
	struct dvmm_port_answer *answer = &p->answer[p->answers % DVMM_PORT_ANSWERS];
	struct dvmm_msg msg;

	dvmm_pace_asked(&p->pace, &req->source);
	if (!dvmm_port_may_answer(p, &req->from, cycles))
		return dvmm_port_drop(p, DVMM_DROP_RATE);
	begin_answer(p, &msg, DVMM_MSG_PDELAY_RESP, req);
	msg.flags |= DVMM_FLAG_TWO_STEP;
	msg.time_ns = dvmm_port_own_ns(p, cycles);
	answer->request = *req;
	answer->waiting = !dvmm_port_transmit(p, asker(req), &msg, &answer->key);
	p->answers++;
}

/* As leader: what it has itself. */
static struct dvmm_wire_opinion own_opinion(const struct dvmm_port *p, u64 cycles)
{
	const struct dvmm_discipline *d = &p->discipline;
	struct dvmm_wire_opinion o = { .cluster_id = d->view.cluster.id };

	memcpy(o.leader, p->id.clock, sizeof(o.leader));
	o.ns = dvmm_segment_ns(&d->led, cycles) - dvmm_port_own_ns(p, cycles);
	o.ppb = dvmm_mult_skew_ppb(d->led.mult, p->own.mult);
	return o;
}

/* About our leader, if we know well what time it has. */
static struct dvmm_wire_opinion opinion(const struct dvmm_port *p, u64 cycles)
{
	const struct dvmm_estimator *e = &p->discipline.target.estimator;
	struct dvmm_wire_opinion o = { .cluster_id = p->cluster.id };
	u64 ns;

	if (p->state == DVMM_PORT_MASTER)
		return own_opinion(p, cycles);
	if (!dvmm_port_is_slave(p) || e->now.window < DVMM_ESTIMATOR_MIN)
		return (struct dvmm_wire_opinion) {};
	ns = dvmm_estimator_ns(e, cycles);
	memcpy(o.leader, p->grandmaster, sizeof(o.leader));
	o.ns = ns - dvmm_port_own_ns(p, cycles);
	o.ppb = e->now.skew_ppb;
	o.error_ns = dvmm_path_error_ns(&e->now);
	return o;
}

static void follow_up(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles)
{
	struct dvmm_msg msg;

	begin_answer(p, &msg, DVMM_MSG_PDELAY_RESP_FOLLOW_UP, req);
	msg.correction = req->correction;
	msg.time_ns = dvmm_port_own_ns(p, cycles);
	msg.opinion = opinion(p, cycles);
	dvmm_port_transmit(p, asker(req), &msg, NULL);
}

static bool answer_stamp(struct dvmm_port *p, u32 key, u64 cycles)
{
	struct dvmm_port_answer *answer;

	for (answer = p->answer; answer < p->answer + DVMM_PORT_ANSWERS; answer++) {
		if (!answer->waiting || answer->key != key)
			continue;
		answer->waiting = false;
		follow_up(p, &answer->request, cycles);
		return true;
	}
	return false;
}

/* All is well with a peer as long as nothing is wrong with the leader. */
static void heard_of(struct dvmm_port *p, struct dvmm_peer *peer, u64 now)
{
	if (!peer)
		return;
	if (!p->suspecting)
		dvmm_trail_keep(&peer->trail, &peer->estimator);
	dvmm_port_consult(p, now);
}

bool dvmm_port_probe_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now)
{
	struct dvmm_peer *peer;

	if (answer_stamp(p, key, cycles))
		return true;
	peer = dvmm_peers_stamp(&p->peers, key, cycles);
	heard_of(p, peer, now);
	return peer;
}

void dvmm_port_probe_answered(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles, u64 now)
{
	struct dvmm_peer *peer;

	if (!dvmm_port_id_equal(&msg->requester, &p->id))
		return;
	if (msg->type == DVMM_MSG_PDELAY_RESP)
		peer = dvmm_peers_response(&p->peers, msg, cycles);
	else
		peer = dvmm_peers_follow_up(&p->peers, msg);
	heard_of(p, peer, now);
}

/* Return: whether @peer has a voice; @direct is the leader's free-running time at @now. */
static bool voice_of(struct dvmm_port *p, struct dvmm_peer *peer, u64 direct, u64 now,
		     struct dvmm_voice *voice)
{
	u64 ns;

	peer->error_ns = U64_MAX;
	if (!dvmm_peer_tells(peer, p->cluster.id, p->grandmaster, now, &ns, &voice->error_ns))
		return false;
	voice->ns = ns - direct;
	if (voice->ns < -CLOSURE_MAX_NS || voice->ns > CLOSURE_MAX_NS)
		return false;
	peer->closure_ns = voice->ns;
	peer->error_ns = voice->error_ns;
	return true;
}

/*
 * The direct measurement and those by way of the peers, each by its own path. What comes
 * of it stays inside of what is certain of the direct one: nobody can lie us out of that.
 */
void dvmm_port_consult(struct dvmm_port *p, u64 now)
{
	struct dvmm_estimator *e = &p->discipline.target.estimator;
	struct dvmm_voice voice[1 + DVMM_PEERS];
	struct dvmm_interval truth;
	u32 count = 1, i;
	u64 direct;
	s64 ns;

	if (!dvmm_port_is_slave(p) || e->now.window < DVMM_ESTIMATOR_MIN)
		return;
	direct = dvmm_estimator_ns(e, now);
	truth = dvmm_estimator_interval(e, now);
	voice[0] = (struct dvmm_voice) { 0, dvmm_path_error_ns(&e->now) };
	for (i = 0; i < DVMM_PEERS; i++)
		count += voice_of(p, &p->peers.peer[i], direct, now, &voice[count]);
	ns = dvmm_consensus(voice, count);
	p->discipline.target.peers_ns = clamp(ns, (s64)(truth.low_ns - direct),
					      (s64)(truth.high_ns - direct));
}

void dvmm_port_closure(const struct dvmm_port *p, u32 *peers, s64 *closure_ns)
{
	struct dvmm_voice voice[DVMM_PEERS];
	const struct dvmm_peer *peer;

	*peers = 0;
	*closure_ns = 0;
	if (!dvmm_port_is_slave(p))
		return;
	for (peer = p->peers.peer; peer < p->peers.peer + DVMM_PEERS; peer++) {
		if (!dvmm_peer_known(peer) || peer->error_ns == U64_MAX)
			continue;
		voice[*peers] = (struct dvmm_voice) { peer->closure_ns, peer->error_ns };
		*peers += 1;
	}
	if (*peers)
		*closure_ns = dvmm_consensus(voice, *peers);
}
