/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slave's puzzle: from Sync, Follow_Up, Delay_Req and Delay_Resp, in whatever
 * order they come, if they come, to (t1, t2, t3, t4). IEEE 1588-2019 11.3.2.
 *
 * Times are those that the master's clock would show if nobody steered it: what it
 * tells of its steering is taken off.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_EXCHANGE_H
#define DVMM_EXCHANGE_H

#include "estimator.h"
#include "wire.h"

/**
 * struct dvmm_exchanger - the pieces in hand
 * @sync: sequenceId, arrival and correction of the last Sync; valid if @have_sync
 * @follow_up: sequenceId and corrected time of the last Follow_Up, if @have_follow_up
 * @t1_ns, @t2_cycles: the last pair made of the two, if @have_pair
 * @request: the exchange that a Delay_Req is out for, if @have_request
 * @request_sequence: that Delay_Req's sequenceId
 * @request_key: and what its transmit stamp will come under
 */
struct dvmm_exchanger {
	struct {
		u16 sequence;
		u64 cycles;
		s64 correction_ns;
	} sync;
	struct {
		u16 sequence;
		u64 ns;
	} follow_up;
	u64 t1_ns;
	u64 t2_cycles;
	struct dvmm_exchange request;
	u16 request_sequence;
	u32 request_key;
	bool have_sync, have_follow_up, have_pair, have_request, have_t3, have_t4;
};

void dvmm_exchanger_reset(struct dvmm_exchanger *x);

/* A Sync came. Return: whether (t1, t2) is complete, so that a Delay_Req is due. */
bool dvmm_exchanger_sync(struct dvmm_exchanger *x, const struct dvmm_msg *msg, u64 cycles);
bool dvmm_exchanger_follow_up(struct dvmm_exchanger *x, const struct dvmm_msg *msg);

/* A Delay_Req went out; its stamp comes later. */
void dvmm_exchanger_request(struct dvmm_exchanger *x, u16 sequence, u32 key);

/* The rest. Return: whether x->request is complete; it is handed out once. */
bool dvmm_exchanger_stamp(struct dvmm_exchanger *x, u32 key, u64 cycles);
bool dvmm_exchanger_response(struct dvmm_exchanger *x, const struct dvmm_msg *msg);

#endif
