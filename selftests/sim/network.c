// SPDX-License-Identifier: GPL-2.0
/* What carries messages between a simulation's hosts. */
#include "dice.h"
#include "network.h"
#include "transparent.h"

static u64 latency_ns(struct sim *sim)
{
	return sim_dice(&sim->seed) % (sim->latency_ns + 1);
}

static void deliver(struct sim *sim, int from, int to, struct sim_message *message)
{
	struct sim_event event = {
		.kind = SIM_ARRIVAL, .host = to, .from = from, .message = message,
	};
	const struct sim_link *link = sim_links_get(&sim->links, from, to);
	u64 arrival = sim->now_ns + sim_link_delay_ns(link, sim->now_ns, &sim->seed);

	event.latency_ns = latency_ns(sim);
	sim_events_put(&sim->events, sim_event_new(&event), arrival);
}

static void carry(struct sim *sim, int from, int to, struct sim_message *message)
{
	const struct sim_link *link = sim_links_get(&sim->links, from, to);

	if (to == from || sim->host[to].group != sim->host[from].group)
		return;
	if (sim_dice_chance(&sim->seed, link->loss_ppm))
		return;
	deliver(sim, from, to, message);
	if (sim_dice_chance(&sim->seed, link->duplicate_ppm))
		deliver(sim, from, to, message);
}

struct dvmm_address sim_network_address(int host)
{
	return (struct dvmm_address) {
		.scope = DVMM_TO_ONE, .host = { (u8)(host + 1), (u8)((host + 1) >> 8) },
	};
}

static void carry_to(struct sim *sim, int from, const struct dvmm_address *address,
		     struct sim_message *message)
{
	int to = (address->host[0] | address->host[1] << 8) - 1;

	if (address->scope == DVMM_TO_ONE) {
		if (to >= 0 && to < sim->hosts)
			carry(sim, from, to, message);
		return;
	}
	for (to = 0; to < sim->hosts; to++)
		carry(sim, from, to, message);
}

static void stamp(struct sim_host *host)
{
	struct sim *sim = host->sim;
	struct sim_event event = {
		.kind = SIM_STAMP, .host = host - sim->host, .key = host->key,
		.cycles = sim_cycles(host),
	};

	sim_events_put(&sim->events, sim_event_new(&event), sim->now_ns + latency_ns(sim));
}

/* Where all have logMessageInterval (13.3), and Announce clockClass and clockAccuracy (13.5). */
#define LOG_INTERVAL_AT 33
#define CLASS_AT 48
#define ACCURACY_AT 49

/* What a grandmaster that knows nothing of clusters would have sent. */
static size_t make_plain(const struct sim_host *host, struct sim_message *message)
{
	u8 type = message->buf[0] & 0xf;
	size_t len = dvmm_wire_body_len(type);

	if (type == DVMM_MSG_ANNOUNCE) {
		message->buf[CLASS_AT] = host->plain_class;
		message->buf[ACCURACY_AT] = host->plain_accuracy;
	}
	if (type == DVMM_MSG_DELAY_RESP)
		message->buf[LOG_INTERVAL_AT] = (u8)host->plain_log_ask;
	dvmm_wire_set_length(message->buf, len);
	return len;
}

int sim_network_send(void *ctx, const struct dvmm_address *to, bool is_event, const u8 *buf,
		     size_t len, u32 *key)
{
	struct sim_message *message = sim_message_new(buf, len);
	struct sim_host *host = ctx;
	struct sim *sim = host->sim;

	sim->packets++;
	host->packets++;
	if (host->plain_class)
		message->len = make_plain(host, message);
	if (sim->tap)
		sim->tap(sim, host - sim->host, to, message->buf, message->len);
	if (sim->transparent_ns)
		sim_transparent_carry(sim, host - sim->host, to, message);
	else
		carry_to(sim, host - sim->host, to, message);
	sim_message_put(message);
	if (is_event)
		*key = ++host->key;
	if (is_event && !host->unstamped)
		stamp(host);
	return 0;
}

void sim_forge(struct sim *sim, int from, int to, const u8 *buf, size_t len)
{
	struct sim_message *message = sim_message_new(buf, len);

	deliver(sim, from, to, message);
	sim_message_put(message);
}

void sim_inject(struct sim *sim, int group, const struct dvmm_msg *msg)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t len = dvmm_wire_encode(msg, buf);
	int to;

	for (to = 0; to < sim->hosts; to++)
		if (sim->host[to].group == group)
			sim_forge(sim, to, to, buf, len);
}
