// SPDX-License-Identifier: GPL-2.0
/* Management: who is asked, and what the answer is. */
#include "management.h"
#include "management_data.h"
#include "port_internal.h"

/* Answers a second, to all who ask together; and at once: pmc asks for all it knows. */
#define ANSWERS_HZ 64
#define ANSWERS_BURST 64

/* All ones in targetPortIdentity are any clock, and any port (15.3.1). */
static bool is_for_us(const struct dvmm_port *p, const struct dvmm_port_id *target)
{
	static const u8 any[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (target->port != U16_MAX && target->port != p->id.port)
		return false;
	return !memcmp(target->clock, any, sizeof(any)) ||
	       !memcmp(target->clock, p->id.clock, sizeof(any));
}

static bool is_request(const struct dvmm_management *m)
{
	return m->has_id && !m->error &&
	       (m->action == DVMM_MANAGEMENT_GET || m->action == DVMM_MANAGEMENT_SET ||
		m->action == DVMM_MANAGEMENT_COMMAND);
}

/*
 * What can be read is set by module parameters or by the protocol, not from afar. Return:
 * the length of the dataField, or a negative enum dvmm_management_error.
 */
static int serve(struct dvmm_port *p, const struct dvmm_management *m, u8 *data)
{
	int ret = dvmm_management_get(p, m->id, data);

	if (m->action == DVMM_MANAGEMENT_GET || m->id == DVMM_MANAGEMENT_NULL)
		return ret;
	if (ret == -DVMM_MANAGEMENT_NO_SUCH_ID || ret == -DVMM_MANAGEMENT_NOT_SUPPORTED)
		return ret;
	return m->action == DVMM_MANAGEMENT_SET ? -DVMM_MANAGEMENT_NOT_SETABLE :
						  -DVMM_MANAGEMENT_NOT_SUPPORTED;
}

/* Table 57: what answers which; 15.4.1.4: no further than the request has come. */
static struct dvmm_management answer_to(const struct dvmm_msg *req)
{
	const struct dvmm_management *m = &req->management;
	bool command = m->action == DVMM_MANAGEMENT_COMMAND;
	u8 hops = m->starting_hops - m->hops;

	return (struct dvmm_management) {
		.target = req->source,
		.starting_hops = hops,
		.hops = hops,
		.action = command ? DVMM_MANAGEMENT_ACKNOWLEDGE : DVMM_MANAGEMENT_RESPONSE,
		.has_id = true,
		.id = m->id,
	};
}

static bool may_answer(struct dvmm_port *p, u64 now)
{
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, DVMM_NSEC_PER_SEC / ANSWERS_HZ),
		.burst = ANSWERS_BURST,
	};

	return dvmm_bucket_take(&p->manage, &rate, now);
}

/* 15.3.3: what was asked by unicast is answered by unicast. */
static void send(struct dvmm_port *p, const struct dvmm_msg *req,
		 const struct dvmm_management *answer)
{
	struct dvmm_msg msg;

	dvmm_port_begin(p, &msg, DVMM_MSG_MANAGEMENT);
	msg.flags = req->flags & DVMM_FLAG_UNICAST;
	msg.log_interval = DVMM_LOG_INTERVAL_NONE;
	msg.sequence = req->sequence;
	msg.answers = req->number;
	msg.management = *answer;
	dvmm_port_transmit(p, msg.flags ? &req->from : &dvmm_to_all, &msg, NULL);
}

void dvmm_management_answer(struct dvmm_port *p, const struct dvmm_msg *req, u64 now)
{
	struct dvmm_management answer = answer_to(req);
	u8 data[DVMM_MANAGEMENT_DATA_MAX];
	int ret;

	if (!is_request(&req->management) || !is_for_us(p, &req->management.target))
		return;
	if (!may_answer(p, now))
		return dvmm_port_drop(p, DVMM_DROP_RATE);
	ret = serve(p, &req->management, data);
	if (ret < 0) {
		answer.error = (u16)-ret;
	} else {
		answer.data = data;
		answer.len = ret;
	}
	send(p, req, &answer);
}
