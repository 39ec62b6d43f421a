// SPDX-License-Identifier: GPL-2.0
/*
 * A PTP port with the peer-to-peer delay mechanism (IEEE 1588-2019 11.4): it measures its
 * link in all states, as every port at the other end of one does, and in its leader's
 * time, or, as leader, in the reference's.
 */
#include "port_internal.h"

/* Requests that nobody answered, until that is worth a word. */
#define UNANSWERED_TELL 4

/* Whose Sync is measured by, what is in hand of it, and what is known of its time. */
struct subject {
	const struct dvmm_port_id *id;
	struct dvmm_exchanger *exchanger;
	const struct dvmm_estimator *estimator;
};

static bool find_subject(struct dvmm_port *p, struct subject *s)
{
	if (dvmm_port_is_slave(p)) {
		*s = (struct subject) {
			&p->parent, &p->exchanger, &p->discipline.target.estimator,
		};
		return true;
	}
	*s = (struct subject) {
		&p->reference.sender, &p->reference.exchanger, &p->reference.clock.estimator,
	};
	return p->reference.aimed;
}

static void take_in(struct dvmm_port *p, const struct subject *s, const struct dvmm_exchange *x,
		    u64 now)
{
	s->exchanger->request = *x;
	if (dvmm_port_is_slave(p))
		dvmm_port_exchanged(p, now);
	else
		dvmm_port_reference_exchanged(p, now);
}

void dvmm_port_pdelay_req(struct dvmm_port *p)
{
	struct dvmm_msg msg;
	u32 key;

	if (p->state == DVMM_PORT_FAULTY)
		return;
	dvmm_port_begin(p, &msg, DVMM_MSG_PDELAY_REQ);
	msg.log_interval = DVMM_LOG_INTERVAL_NONE;
	msg.sequence = p->sequence[msg.type]++;
	if (!dvmm_port_transmit(p, &dvmm_to_neighbours, &msg, &key))
		dvmm_neighbour_asked(&p->neighbour, msg.sequence, key);
}

/* The link's round trip, and, if it is our subject's own time, what that is. */
static void complete(struct dvmm_port *p, u64 now)
{
	u64 mult = p->discipline.view.segment.mult, error_ppb = DVMM_SKEW_UNKNOWN_PPB;
	struct dvmm_neighbour *n = &p->neighbour;
	const struct dvmm_estimator *e;
	struct dvmm_exchange x;
	struct subject s;
	bool known = find_subject(p, &s);

	if (known) {
		e = s.estimator;
		mult = dvmm_mult_adjust(e->nominal, e->now.skew_ppb);
		error_ppb = min_t(u64, 4 * e->now.skew_error_ppb, error_ppb);
	}
	if (dvmm_neighbour_measure(n, mult, error_ppb))
		return dvmm_port_drop(p, DVMM_DROP_STAMPS);
	if (known && dvmm_neighbour_exchange(n, s.id, e, s.exchanger->t1_ns,
					     s.exchanger->t2_cycles, &x))
		take_in(p, &s, &x, now);
}

void dvmm_port_pdelay_answered(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles,
			       u64 now)
{
	struct dvmm_neighbour *n = &p->neighbour;
	bool done;

	if (!dvmm_port_id_equal(&msg->requester, &p->id))
		return;
	if (msg->type == DVMM_MSG_PDELAY_RESP && dvmm_neighbour_crowds(n, msg))
		return dvmm_port_drop(p, DVMM_DROP_CROWD);
	if (msg->type == DVMM_MSG_PDELAY_RESP)
		done = dvmm_neighbour_response(n, msg, cycles);
	else
		done = dvmm_neighbour_follow_up(n, msg);
	if (done)
		complete(p, now);
}

bool dvmm_port_pdelay_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now)
{
	if (!dvmm_neighbour_stamp(&p->neighbour, key, cycles))
		return false;
	complete(p, now);
	return true;
}

void dvmm_port_neighbour_sync(struct dvmm_port *p, u64 now)
{
	struct dvmm_exchange x;
	struct subject s;

	if (!find_subject(p, &s))
		return;
	s.exchanger->have_pair = false;
	if (dvmm_neighbour_sync(&p->neighbour, s.id, s.estimator, s.exchanger->t1_ns,
				s.exchanger->t2_cycles, &x))
		take_in(p, &s, &x, now);
}

/* Whichever way it is measured. */
s8 dvmm_port_ask_log(const struct dvmm_port *p, s8 log_sync)
{
	if (!p->config.peer_to_peer)
		return log_sync;
	return max_t(s8, p->config.log_pdelay, log_sync + DVMM_NEIGHBOUR_SYNCS_LOG);
}

const char *dvmm_port_neighbour_reason(const struct dvmm_port *p)
{
	if (!p->config.peer_to_peer)
		return NULL;
	if (p->neighbour.crowded)
		return "more than one neighbour answers: delay=p2p is for links with one";
	if (p->neighbour.unanswered >= UNANSWERED_TELL && dvmm_port_is_slave(p))
		return "no neighbour answers: delay=p2p needs one that measures so, too";
	return NULL;
}
