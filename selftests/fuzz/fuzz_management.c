// SPDX-License-Identifier: GPL-2.0
/*
 * Management: any datagram, to a grandmaster, to a slave, and to one whose parent has just
 * gone. An answer is well-formed, fits, goes to who may get it, and asks nothing itself.
 */
#include "fuzz.h"
#include "management.h"
#include "wire_bytes.h"

static struct dvmm_msg answer;
static int answers;

static int op_send(void *ctx, const struct dvmm_address *to, bool event, const u8 *buf, size_t len,
		   u32 *key)
{
	(void)ctx, (void)key;
	MUST(!event && len <= DVMM_WIRE_TX_MAX && !dvmm_wire_decode(&answer, buf, len));
	MUST((to->scope == DVMM_TO_ONE) == !!(answer.flags & DVMM_FLAG_UNICAST));
	answers++;
	return 0;
}

static u64 op_random(void *ctx)
{
	(void)ctx;
	return 1;
}

static bool op_held(void *ctx)
{
	(void)ctx;
	return false;
}

static void op_publish(void *ctx, struct dvmm_clock_view *view)
{
	(void)ctx, (void)view;
}

static const struct dvmm_port_ops ops = {
	.send = op_send, .random = op_random, .tai_ns = op_random, .held = op_held,
	.clock = { .publish = op_publish },
};

/* A port in @state, with a clock that never was anywhere. */
static void init(struct dvmm_port *p, enum dvmm_port_state state, bool heard)
{
	static const struct dvmm_port_config config = {
		.identity = { 0x52, 0x54, 0, 0xff, 0xfe, 0, 0, 1 }, .host_khz = 2900000,
		.log_announce = 1, .announce_timeout = 3, .slew_max_ppb = 100000,
		.network = DVMM_NETWORK_UDP6,
	};
	static const struct dvmm_msg announce = {
		.type = DVMM_MSG_ANNOUNCE, .source = { { 3 }, 1 },
	};

	dvmm_port_init(p, &config, &ops, NULL, false, 1);
	p->state = state;
	p->parent = announce.source;
	if (heard)
		dvmm_foreign_hear(&p->foreign, &announce, &p->id, NULL, 1);
}

static void ask(struct dvmm_port *p, const u8 *data, size_t len)
{
	static const struct dvmm_address from = { .scope = DVMM_TO_ONE, .host = { 1 } };
	struct dvmm_msg req;

	answers = 0;
	if (dvmm_wire_decode(&req, data, len) || req.type != DVMM_MSG_MANAGEMENT)
		return;
	req.from = from;
	dvmm_management_answer(p, &req, 2);
	MUST(answers <= 1);
	if (!answers)
		return;
	MUST(answer.type == DVMM_MSG_MANAGEMENT && dvmm_msg_is_answer(&answer));
	MUST(answer.sequence == req.sequence && answer.management.id == req.management.id);
	MUST(dvmm_port_id_equal(&answer.management.target, &req.source));
	dvmm_management_answer(p, &answer, 3);
	MUST(answers == 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static struct dvmm_port master, slave, orphan;
	u8 *buf = fuzz_copy(data, len);

	if (!master.ops) {
		init(&master, DVMM_PORT_MASTER, false);
		init(&slave, DVMM_PORT_SLAVE, true);
		init(&orphan, DVMM_PORT_UNCALIBRATED, false);
	}
	master.manage.paid_cycles = 0;
	slave.manage.paid_cycles = 0;
	orphan.manage.paid_cycles = 0;
	ask(&master, buf, len);
	ask(&slave, buf, len);
	ask(&orphan, buf, len);
	free(buf);
	return 0;
}
