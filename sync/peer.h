/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other slaves of our leader, as second sources: each is measured directly, in its own
 * free-running time, and tells what it makes of the leader's (wire.h, opinion). Two
 * hops instead of one, but by another path.
 *
 * Probes are Pdelay_Req (IEEE 1588-2019 11.4), sent to one. From the request, the
 * response and its Follow_Up to (t1, t2, t3, t4): pdelay.h.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_PEER_H
#define DVMM_PEER_H

#include "pdelay.h"
#include "trail.h"

/* So many at a time; that they are few bounds the cost, whatever the cluster's size. */
#define DVMM_PEERS 4

/* Exchanges kept of each: 64 s at 4 per second. */
#define DVMM_PEER_RING 256

/**
 * struct dvmm_peer
 * @id: zeros in an unused record
 * @address: where probes are sent
 * @estimator, @ring: its free-running time
 * @trail: and where that was
 * @probe: the exchange in hand
 * @opinion: what it last told; cluster_id 0 if nothing yet
 * @opinion_ns: its own time at which that held
 * @was: its opinions as they were, one in DVMM_TRAIL_NS, the newest first
 * @unanswered: probes since it last answered
 * @closure_ns: the leader's time by way of it, less by the direct path; for status
 * @error_ns: how sure that is; U64_MAX where it cannot be told
 */
struct dvmm_peer {
	struct dvmm_port_id id;
	struct dvmm_address address;
	struct dvmm_estimator estimator;
	struct dvmm_exchange ring[DVMM_PEER_RING];
	struct dvmm_trail trail;
	struct dvmm_pdelay probe;
	struct dvmm_wire_opinion opinion;
	u64 opinion_ns;
	struct {
		u64 ns;
		s64 ppb;
	} was[DVMM_TRAIL_LINES];
	u32 unanswered;
	s64 closure_ns;
	u64 error_ns;
};

/**
 * struct dvmm_peers
 * @nominal: rate of the host counter
 * @points: scratch for all their estimators
 * @turn: whose turn to be probed it is
 */
struct dvmm_peers {
	u64 nominal;
	struct dvmm_point *points;
	struct dvmm_peer peer[DVMM_PEERS];
	u32 turn;
};

/* @points as for dvmm_estimator_init(), of DVMM_PEER_RING at least. */
void dvmm_peers_init(struct dvmm_peers *peers, u64 nominal, struct dvmm_point *points);

static inline bool dvmm_peer_known(const struct dvmm_peer *peer)
{
	return peer->address.scope == DVMM_TO_ONE;
}

/* Whether there is room for another. */
bool dvmm_peers_wanted(const struct dvmm_peers *peers);

/* Take in whom the leader introduces, if he is new and there is room. */
void dvmm_peers_meet(struct dvmm_peers *peers, const struct dvmm_wire_peer *who);

/* Strike out @id, who is no peer any more. */
void dvmm_peers_forget(struct dvmm_peers *peers, const struct dvmm_port_id *id);

/*
 * Whose turn to be probed it is, or NULL. Who has not answered for long is struck out on
 * the way.
 */
struct dvmm_peer *dvmm_peers_turn(struct dvmm_peers *peers);

/* The probe to @peer went out, with @sequence; its stamp comes under @key. */
void dvmm_peer_probed(struct dvmm_peer *peer, u16 sequence, u32 key);

/*
 * Pieces. Return: the peer whose exchange is complete with this, and in its estimator,
 * unless it could not be; else NULL.
 */
struct dvmm_peer *dvmm_peers_stamp(struct dvmm_peers *peers, u32 key, u64 cycles);
struct dvmm_peer *dvmm_peers_response(struct dvmm_peers *peers, const struct dvmm_msg *msg,
				      u64 cycles);
struct dvmm_peer *dvmm_peers_follow_up(struct dvmm_peers *peers, const struct dvmm_msg *msg);

/*
 * The time of @leader, of cluster @id, when the host counter reads @cycles, as @peer
 * knows it, in @ns with a standard error of @error_ns. Return: whether it can be told.
 */
bool dvmm_peer_tells(const struct dvmm_peer *peer, u64 id, const u8 *leader, u64 cycles,
		     u64 *ns, u64 *error_ns);

/*
 * By how much @leader, of cluster @id, runs faster than some seconds ago, in ppb, as @peer
 * has measured it by its own counter. Return: whether it can tell.
 */
bool dvmm_peer_saw_turn(const struct dvmm_peer *peer, u64 id, const u8 *leader, s64 *ppb);

#endif
