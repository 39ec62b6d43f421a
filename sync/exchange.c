// SPDX-License-Identifier: GPL-2.0
/* From PTP messages to (t1, t2, t3, t4). */
#include "exchange.h"

void dvmm_exchanger_reset(struct dvmm_exchanger *x)
{
	memset(x, 0, sizeof(*x));
}

/* t1 = preciseOriginTimestamp + both correctionFields (11.3.2 c). */
static bool pair_up(struct dvmm_exchanger *x)
{
	if (!x->have_sync || !x->have_follow_up || x->sync.sequence != x->follow_up.sequence)
		return false;
	x->t1_ns = x->follow_up.ns + x->sync.correction_ns;
	x->t2_cycles = x->sync.cycles;
	x->have_pair = true;
	x->have_sync = false;
	x->have_follow_up = false;
	return true;
}

/* A one-step Sync brings its own departure and needs no Follow_Up. */
bool dvmm_exchanger_sync(struct dvmm_exchanger *x, const struct dvmm_msg *msg, u64 cycles)
{
	x->sync.sequence = msg->sequence;
	x->sync.cycles = cycles;
	x->sync.correction_ns = dvmm_msg_correction_ns(msg);
	x->have_sync = true;
	if (!(msg->flags & DVMM_FLAG_TWO_STEP)) {
		x->follow_up.sequence = msg->sequence;
		x->follow_up.ns = msg->time_ns;
		x->have_follow_up = true;
	}
	return pair_up(x);
}

bool dvmm_exchanger_follow_up(struct dvmm_exchanger *x, const struct dvmm_msg *msg)
{
	x->follow_up.sequence = msg->sequence;
	x->follow_up.ns = msg->time_ns + dvmm_msg_correction_ns(msg) - msg->steering.ns;
	x->have_follow_up = true;
	return pair_up(x);
}

void dvmm_exchanger_request(struct dvmm_exchanger *x, u16 sequence, u32 key)
{
	x->request.t1_ns = x->t1_ns;
	x->request.t2_cycles = x->t2_cycles;
	x->request_sequence = sequence;
	x->request_key = key;
	x->have_request = x->have_pair;
	x->have_pair = false;
	x->have_t3 = false;
	x->have_t4 = false;
}

static bool complete(struct dvmm_exchanger *x)
{
	if (!x->have_t3 || !x->have_t4)
		return false;
	x->have_request = false;
	return true;
}

bool dvmm_exchanger_stamp(struct dvmm_exchanger *x, u32 key, u64 cycles)
{
	if (!x->have_request || key != x->request_key)
		return false;
	x->request.t3_cycles = cycles;
	x->have_t3 = true;
	return complete(x);
}

/* t4 = receiveTimestamp - correctionField (11.3.2 e). */
bool dvmm_exchanger_response(struct dvmm_exchanger *x, const struct dvmm_msg *msg)
{
	if (!x->have_request || msg->sequence != x->request_sequence)
		return false;
	x->request.t4_ns = msg->time_ns - dvmm_msg_correction_ns(msg) - msg->steering.ns;
	x->have_t4 = true;
	return complete(x);
}
