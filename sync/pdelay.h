/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peer delay: from Pdelay_Req, Pdelay_Resp and Pdelay_Resp_Follow_Up, in whatever order
 * they come, to (t1, t2, t3, t4) in the responder's time. IEEE 1588-2019 11.4.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_PDELAY_H
#define DVMM_PDELAY_H

#include "estimator.h"
#include "wire.h"

/**
 * struct dvmm_pdelay - one exchange in hand
 * @x: what is known of it: the request is the one from t3 to t4, and the earlier
 * @sequence, @key: of the request: sequenceId, and what its stamp comes under
 * @have: which of the pieces have come
 * @asked: a request is out
 * @relative: the responder told only how long it took: t4 and t1 are right but for a
 *	common term
 * @response_correction_ns: correctionField of the response
 * @opinion, @opinion_ns: what a Follow_Up told, and the responder's time at which it held
 */
struct dvmm_pdelay {
	struct dvmm_exchange x;
	u16 sequence;
	u32 key;
	u8 have;
	bool asked;
	bool relative;
	s64 response_correction_ns;
	struct dvmm_wire_opinion opinion;
	u64 opinion_ns;
};

/* A request went out. What was in hand is forgotten. */
void dvmm_pdelay_request(struct dvmm_pdelay *pd, u16 sequence, u32 key);

/* Pieces of the answer to it. Return: whether @pd->x is complete; told once. */
bool dvmm_pdelay_stamp(struct dvmm_pdelay *pd, u32 key, u64 cycles);
bool dvmm_pdelay_response(struct dvmm_pdelay *pd, const struct dvmm_msg *msg, u64 cycles);
bool dvmm_pdelay_follow_up(struct dvmm_pdelay *pd, const struct dvmm_msg *msg);

#endif
