/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The neighbour on a link with the peer-to-peer delay mechanism (IEEE 1588-2019 11.4), and
 * what exchanges with it say of the time of whoever sends Sync.
 *
 * If that is the neighbour itself, and it tells its own time, the exchange with it is one
 * with the master: as good as Sync and Delay_Req, and as certain. If a transparent clock
 * is in between, or the neighbour tells only how long it took to answer, there remains
 * what the standard does: Sync took its correctionField, and then half the link's round
 * trip. That nothing took less than no time is certain as ever. That it did not take more
 * than the whole round trip is not of a Sync that had to queue; so of a few Sync in a row
 * only the quickest is used, with the shortest of the round trips meanwhile: what makes
 * all Sync queue does so to what answers us, too. And if all of them are later than those
 * before, by more than a rate may have changed, they have queued, and took no longer than
 * that and the whole round trip.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_NEIGHBOUR_H
#define DVMM_NEIGHBOUR_H

#include "pdelay.h"

/* Round trips remembered. */
#define DVMM_NEIGHBOUR_ROUNDS 16

/* So many Sync, logarithm to base 2, make one exchange. */
#define DVMM_NEIGHBOUR_SYNCS_LOG 3

/**
 * struct dvmm_neighbour
 * @id: who answered last; zeros if nobody does
 * @pdelay: the exchange in hand, @answered by @id, if one was ever @asked for
 * @unanswered: requests in a row that nobody answered
 * @crowded: so many more requests, it is remembered that several answered one
 * @round_trip_ns: the last ones, @rounds in all
 * @direct: the last exchange was in the time of who sends Sync
 * @syncs: Sync since the last exchange made of them, @from one host since @first_cycles
 * @first_round: and @rounds at that time
 * @quickest_ns, @quickest_cycles: departure and arrival of the quickest of these
 * @prompt: the last exchange made of Sync that were not late; zeros if there was none
 * @late: exchanges since then
 */
struct dvmm_neighbour {
	struct dvmm_port_id id;
	struct dvmm_pdelay pdelay;
	bool asked;
	bool answered;
	u32 unanswered;
	u32 crowded;
	u64 round_trip_ns[DVMM_NEIGHBOUR_ROUNDS];
	u32 rounds;
	bool direct;
	u32 syncs;
	struct dvmm_port_id from;
	u64 first_cycles;
	u32 first_round;
	u64 quickest_ns;
	u64 quickest_cycles;
	struct dvmm_exchange prompt;
	u32 late;
};

/* A Pdelay_Req went out, with @sequence; its stamp comes under @key. */
void dvmm_neighbour_asked(struct dvmm_neighbour *n, u16 sequence, u32 key);

/*
 * @msg answers what another has answered already: there is more than one neighbour.
 * Return: whether that is so; then none is measured for a while.
 */
bool dvmm_neighbour_crowds(struct dvmm_neighbour *n, const struct dvmm_msg *msg);

/* Pieces. Return: whether an exchange is complete; then it is to be measured. */
bool dvmm_neighbour_stamp(struct dvmm_neighbour *n, u32 key, u64 cycles);
bool dvmm_neighbour_response(struct dvmm_neighbour *n, const struct dvmm_msg *msg, u64 cycles);
bool dvmm_neighbour_follow_up(struct dvmm_neighbour *n, const struct dvmm_msg *msg);

/*
 * How long the link's round trip is by the exchange: at rate @mult, which may differ by
 * @error_ppb from the neighbour's. Return: 0, or -EINVAL for one that cannot be.
 */
int __must_check dvmm_neighbour_measure(struct dvmm_neighbour *n, u64 mult, u64 error_ppb);

/* The shortest of late, at most; U64_MAX where none is known. Half of it: meanLinkDelay. */
u64 dvmm_neighbour_round_trip_ns(const struct dvmm_neighbour *n);

/**
 * dvmm_neighbour_exchange() - the exchange in hand, in the time of @master
 * @master: who sends Sync; one that arrived at @t2_cycles left at @t1_ns
 * @e: what is known of its time
 *
 * Return: false if it is not in that time.
 */
bool dvmm_neighbour_exchange(struct dvmm_neighbour *n, const struct dvmm_port_id *master,
			     const struct dvmm_estimator *e, u64 t1_ns, u64 t2_cycles,
			     struct dvmm_exchange *x);

/* The same, from Sync: whether @x is made of that one, and others before, and the link. */
bool dvmm_neighbour_sync(struct dvmm_neighbour *n, const struct dvmm_port_id *master,
			 const struct dvmm_estimator *e, u64 t1_ns, u64 t2_cycles,
			 struct dvmm_exchange *x);

#endif
