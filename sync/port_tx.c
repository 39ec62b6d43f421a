// SPDX-License-Identifier: GPL-2.0
/* A PTP port: what goes out. */
#include "port_internal.h"

void dvmm_port_begin(struct dvmm_port *p, struct dvmm_msg *msg, enum dvmm_msg_type type)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = type;
	msg->domain = p->config.domain;
	msg->source = p->id;
	msg->log_interval = p->pace.now.sync;
}

int dvmm_port_transmit(struct dvmm_port *p, const struct dvmm_address *to,
		       const struct dvmm_msg *msg, u32 *key)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t len = dvmm_wire_encode(msg, buf);
	int ret = 0;

	if (dvmm_auth_required(&p->auth))
		ret = dvmm_auth_seal(&p->auth, buf, sizeof(buf), &len, msg->answers);
	if (!ret)
		ret = p->ops->send(p->ctx, to, dvmm_msg_is_event(msg->type), buf, len, key);
	if (ret)
		return ret;
	p->tx++;
	if (dvmm_msg_is_event(msg->type))
		p->unstamped++;
	return 0;
}

/* Rounded up, and as far as it can be told. */
static u16 rate_error_ppm(const struct dvmm_discipline *d)
{
	return min_t(u64, div64_u64(d->rate_error_ppb + 999, 1000), U16_MAX);
}

void dvmm_port_send_announce(struct dvmm_port *p, u64 now)
{
	struct dvmm_dataset own;
	struct dvmm_msg msg;

	dvmm_port_own_dataset(p, &own);
	dvmm_port_begin(p, &msg, DVMM_MSG_ANNOUNCE);
	msg.flags = p->time_flags;
	msg.log_interval = p->pace.now.announce;
	msg.sequence = p->sequence[msg.type]++;
	msg.time_ns = dvmm_discipline_ns(&p->discipline, now);
	msg.announce = (struct dvmm_announce) {
		.utc_offset_s = p->utc_offset_s,
		.priority1 = own.priority1,
		.quality = own.quality,
		.priority2 = own.priority2,
		.steps_removed = own.steps_removed,
		.time_source = dvmm_port_time_source(p),
		.has_cluster = true,
		.cluster = {
			.cluster = p->discipline.view.cluster,
			.inherited_ns = dvmm_discipline_inherited_ns(&p->discipline, now),
			.rate_error_ppm = rate_error_ppm(&p->discipline),
			.log_request = p->pace.log_request,
			.held = p->ops->held(p->ctx),
			.refused = dvmm_port_refuses(p, p->predecessor, now),
		},
	};
	memcpy(msg.announce.grandmaster, own.grandmaster, sizeof(own.grandmaster));
	memcpy(msg.announce.cluster.predecessor, p->predecessor, sizeof(p->predecessor));
	dvmm_port_transmit(p, &dvmm_to_all, &msg, NULL);
}

/* originTimestamp is an estimate; Follow_Up brings the true one (11.4.3). */
void dvmm_port_send_sync(struct dvmm_port *p, u64 now)
{
	struct dvmm_msg msg;

	dvmm_port_begin(p, &msg, DVMM_MSG_SYNC);
	msg.flags = DVMM_FLAG_TWO_STEP;
	msg.sequence = p->sequence[msg.type]++;
	msg.time_ns = dvmm_discipline_ns(&p->discipline, now);
	p->sync_sequence = msg.sequence;
	p->sync_pending = !dvmm_port_transmit(p, &dvmm_to_all, &msg, &p->sync_key);
}

void dvmm_port_send_follow_up(struct dvmm_port *p, u64 cycles)
{
	struct dvmm_msg msg;

	dvmm_port_begin(p, &msg, DVMM_MSG_FOLLOW_UP);
	msg.sequence = p->sync_sequence;
	msg.time_ns = dvmm_discipline_ns(&p->discipline, cycles);
	msg.steering = dvmm_discipline_steering(&p->discipline, cycles);
	p->sync_pending = false;
	dvmm_port_transmit(p, &dvmm_to_all, &msg, NULL);
}

static void send_delay_req(struct dvmm_port *p, const struct dvmm_address *to, u16 flags,
			   struct dvmm_exchanger *x)
{
	struct dvmm_msg msg;
	u32 key;

	dvmm_port_begin(p, &msg, DVMM_MSG_DELAY_REQ);
	msg.flags = flags;
	msg.log_interval = DVMM_LOG_INTERVAL_NONE;
	msg.sequence = p->sequence[msg.type]++;
	if (!dvmm_port_transmit(p, to, &msg, &key))
		dvmm_exchanger_request(x, msg.sequence, key);
}

/* To our leader only (16.9): what it costs the others must not grow with them. */
void dvmm_port_send_delay_req(struct dvmm_port *p)
{
	send_delay_req(p, &p->parent_address, DVMM_FLAG_UNICAST, &p->exchanger);
}

/* One host of all does; and ptp4l answers no other way unless it is told to. */
void dvmm_port_send_reference_req(struct dvmm_port *p)
{
	send_delay_req(p, &dvmm_to_all, 0, &p->reference.exchanger);
}

/*
 * 11.3.2 d: the request's sequenceId and correctionField go back with the stamp. To whom
 * asked us only, but to all if it asked all.
 */
void dvmm_port_send_delay_resp(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles)
{
	bool unicast = req->flags & DVMM_FLAG_UNICAST;
	struct dvmm_msg msg;

	dvmm_port_begin(p, &msg, DVMM_MSG_DELAY_RESP);
	msg.flags = unicast ? DVMM_FLAG_UNICAST : 0;
	msg.log_interval = unicast ? DVMM_LOG_INTERVAL_NONE : p->pace.log_request;
	msg.sequence = req->sequence;
	msg.correction = req->correction;
	msg.requester = req->source;
	msg.answers = req->number;
	msg.time_ns = dvmm_discipline_ns(&p->discipline, cycles);
	msg.steering = dvmm_discipline_steering(&p->discipline, cycles);
	msg.peer = dvmm_port_introduce(p, req, cycles);
	dvmm_port_transmit(p, unicast ? &req->from : &dvmm_to_all, &msg, NULL);
}
