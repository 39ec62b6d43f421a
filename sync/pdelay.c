// SPDX-License-Identifier: GPL-2.0
/* Peer delay: from messages to (t1, t2, t3, t4). */
#include "pdelay.h"

/* Pieces of an exchange. */
enum { STAMP = 1, RESPONSE = 2, FOLLOW_UP = 4, ALL = 7 };

void dvmm_pdelay_request(struct dvmm_pdelay *pd, u16 sequence, u32 key)
{
	memset(pd, 0, sizeof(*pd));
	pd->sequence = sequence;
	pd->key = key;
	pd->asked = true;
}

static bool have(struct dvmm_pdelay *pd, u8 pieces)
{
	pd->have |= pieces;
	if (pd->have != ALL)
		return false;
	pd->asked = false;
	return true;
}

bool dvmm_pdelay_stamp(struct dvmm_pdelay *pd, u32 key, u64 cycles)
{
	if (!pd->asked || pd->key != key || pd->have & STAMP)
		return false;
	pd->x.t3_cycles = cycles;
	return have(pd, STAMP);
}

static bool answers(const struct dvmm_pdelay *pd, const struct dvmm_msg *msg, u8 piece)
{
	return pd->asked && pd->sequence == msg->sequence && !(pd->have & piece);
}

/*
 * 11.4.2 c: the response brings the request's arrival, its Follow_Up the response's
 * departure; or both are 0, and correctionField tells how long it was in between, as it
 * always does in one step. The request's correctionField comes back in the Follow_Up's.
 */
bool dvmm_pdelay_response(struct dvmm_pdelay *pd, const struct dvmm_msg *msg, u64 cycles)
{
	if (!answers(pd, msg, RESPONSE))
		return false;
	pd->x.t4_ns = msg->time_ns;
	pd->x.t2_cycles = cycles;
	pd->relative = !msg->time_ns;
	pd->response_correction_ns = dvmm_msg_correction_ns(msg);
	if (msg->flags & DVMM_FLAG_TWO_STEP)
		return have(pd, RESPONSE);
	pd->x.t1_ns = msg->time_ns + pd->response_correction_ns;
	return have(pd, RESPONSE | FOLLOW_UP);
}

bool dvmm_pdelay_follow_up(struct dvmm_pdelay *pd, const struct dvmm_msg *msg)
{
	/* the arrival is corrected by what the Follow_Up tells */
	if (!answers(pd, msg, FOLLOW_UP) || !(pd->have & RESPONSE))
		return false;
	pd->x.t4_ns -= dvmm_msg_correction_ns(msg);
	pd->x.t1_ns = msg->time_ns + pd->response_correction_ns;
	pd->opinion = msg->opinion;
	pd->opinion_ns = msg->time_ns;
	return have(pd, FOLLOW_UP);
}
