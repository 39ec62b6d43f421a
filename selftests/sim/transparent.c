// SPDX-License-Identifier: GPL-2.0
/* A peer-to-peer transparent clock as the switch between all hosts. */
#include "dice.h"
#include "transparent.h"
#include "wire_bytes.h"

/* Where all have correctionField (13.3). */
#define CORRECTION_AT 8

/* It runs freely, as one that is not syntonized may. */
#define CLOCK_PPM 40
#define CLOCK_EPOCH_NS (77 * SIM_SECOND)

/* It answers after so long, at most; and follows up as soon again. */
#define TURNAROUND_MAX_NS 200000

static u64 clock_ns(u64 ns)
{
	return CLOCK_EPOCH_NS + ns + ns / 1000000 * CLOCK_PPM;
}

static u64 link_ns(struct sim *sim, int host)
{
	return sim_link_delay_ns(sim_links_get(&sim->links, host, host), sim->now_ns, &sim->seed);
}

static bool is_lost(struct sim *sim, int host)
{
	return sim_dice_chance(&sim->seed, sim_links_get(&sim->links, host, host)->loss_ppm);
}

/* @buf arrives at @to at @ns. */
static void deliver(struct sim *sim, int from, int to, const u8 *buf, size_t len, u64 ns)
{
	struct sim_event event = {
		.kind = SIM_ARRIVAL, .host = to, .from = from, .message = sim_message_new(buf, len),
		.latency_ns = sim_dice(&sim->seed) % (sim->latency_ns + 1),
	};

	if (!is_lost(sim, to))
		sim_events_put(&sim->events, sim_event_new(&event), ns);
	sim_message_put(event.message);
}

static void answer(struct sim *sim, int to, struct dvmm_msg *msg, u64 ns)
{
	u8 buf[DVMM_WIRE_TX_MAX];

	deliver(sim, to, to, buf, dvmm_wire_encode(msg, buf), ns);
}

/* 11.4.2 c: in two steps with both stamps, or in one with how long it took. */
static void on_pdelay_req(struct sim *sim, int from, const struct sim_message *message)
{
	u64 came_ns = sim->now_ns + link_ns(sim, from);
	u64 left_ns = came_ns + sim_dice(&sim->seed) % TURNAROUND_MAX_NS;
	struct dvmm_msg msg = { .type = DVMM_MSG_PDELAY_RESP };
	struct dvmm_msg req;

	if (dvmm_wire_decode(&req, message->buf, message->len) || is_lost(sim, from))
		return;
	msg.source = (struct dvmm_port_id) { { 0xfe, 0xdc, 0xba }, (u16)(from + 1) };
	msg.requester = req.source;
	msg.sequence = req.sequence;
	if (sim->transparent_one_step) {
		msg.correction = (s64)(clock_ns(left_ns) - clock_ns(came_ns)) << 16;
		return answer(sim, from, &msg, left_ns + link_ns(sim, from));
	}
	msg.flags = DVMM_FLAG_TWO_STEP;
	msg.time_ns = clock_ns(came_ns);
	answer(sim, from, &msg, left_ns + link_ns(sim, from));
	msg.type = DVMM_MSG_PDELAY_RESP_FOLLOW_UP;
	msg.flags = 0;
	msg.time_ns = clock_ns(left_ns);
	answer(sim, from, &msg, left_ns + 2 * TURNAROUND_MAX_NS + link_ns(sim, from));
}

/* Of the link that a message came by it has measured the mean delay. */
static u64 mean_ns(struct sim *sim, int host)
{
	const struct sim_link *link = sim_links_get(&sim->links, host, host);

	return link->base_ns + link->jitter_ns / 2;
}

/* 10.3.2: event messages bear how long they stayed, and were under way to here. */
static void pass_on(struct sim *sim, int from, int to, const struct sim_message *message)
{
	u64 stay_ns = sim_dice(&sim->seed) % (sim->transparent_ns + 1);
	u64 ns = sim->now_ns + link_ns(sim, from) + stay_ns;
	u8 buf[DVMM_WIRE_TX_MAX];

	memcpy(buf, message->buf, message->len);
	if ((buf[0] & 0xf) == DVMM_MSG_SYNC)
		put_be(buf + CORRECTION_AT, 8, get_be(buf + CORRECTION_AT, 8) +
		       ((stay_ns + stay_ns / 1000000 * CLOCK_PPM + mean_ns(sim, from)) << 16));
	deliver(sim, from, to, buf, message->len, ns + link_ns(sim, to));
}

void sim_transparent_carry(struct sim *sim, int from, const struct dvmm_address *address,
			   const struct sim_message *message)
{
	int one = (address->host[0] | address->host[1] << 8) - 1, to;

	if (address->scope == DVMM_TO_NEIGHBOURS) {
		if ((message->buf[0] & 0xf) == DVMM_MSG_PDELAY_REQ)
			on_pdelay_req(sim, from, message);
		return;
	}
	if (is_lost(sim, from))
		return;
	for (to = 0; to < sim->hosts; to++)
		if (to != from && sim->host[to].group == sim->host[from].group &&
		    (address->scope != DVMM_TO_ONE || to == one))
			pass_on(sim, from, to, message);
}
