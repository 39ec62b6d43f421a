// SPDX-License-Identifier: GPL-2.0
/* A cluster in one process. */
#include <stdlib.h>

#include "mac.h"
#include "dice.h"
#include "counter_faults.h"
#include "network.h"
#include "rivals.h"
#include "sim.h"
#include "watch.h"

u64 sim_cycles(const struct sim_host *host)
{
	return sim_oscillator_cycles(&host->oscillator, host->sim->now_ns);
}

u64 sim_clock_ns(const struct sim_host *host)
{
	return dvmm_segment_ns(&host->port.discipline.view.segment, sim_cycles(host));
}

u64 sim_bound_ns(const struct sim_host *host)
{
	return dvmm_clock_bound_ns(&host->port.discipline.view, sim_cycles(host));
}

enum dvmm_state sim_state(const struct sim_host *host)
{
	return host->port.discipline.view.state;
}

static void wake_later(struct sim_host *host)
{
	struct sim *sim = host->sim;
	s64 ahead = dvmm_port_due(&host->port) - sim_cycles(host);
	u64 ns = sim->now_ns + sim_dice(&sim->seed) % (sim->latency_ns + 1);

	if (ahead > 0)
		ns += sim_oscillator_wait_ns(&host->oscillator, ahead);
	sim_events_put(&sim->events, host->wake, ns);
}

static u64 op_random(void *ctx)
{
	struct sim_host *host = ctx;

	return sim_dice(&host->sim->seed);
}

static u64 op_tai(void *ctx)
{
	struct sim_host *host = ctx;

	/* hosts disagree about the time of day by milliseconds */
	return 1700000000000000000ULL + host->sim->now_ns + 7654321 * (host - host->sim->host);
}

static bool op_held(void *ctx)
{
	struct sim_host *host = ctx;

	return host->held;
}

static void op_publish(void *ctx, struct dvmm_clock_view *view)
{
	struct sim_host *host = ctx;
	const struct dvmm_segment *old = &host->port.discipline.view.segment;
	u64 now = sim_cycles(host);
	struct dvmm_instant was = dvmm_segment_at(old, now);
	struct dvmm_instant is = dvmm_segment_at(&view->segment, now);

	if (host->publishes++ && (was.ns != is.ns || was.frac != is.frac))
		host->sim->jumps++;
}

static int op_step(void *ctx, const struct dvmm_clock_view *view)
{
	struct sim_host *host = ctx;

	(void)view;
	if (host->held)
		return -EBUSY;
	host->steps++;
	return 0;
}

static int op_mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	struct sim_host *host = ctx;

	return unit_mac(&host->port.auth.keys.id[slot], slot, buf, len, icv);
}

static const struct dvmm_port_ops ops = {
	.send = sim_network_send,
	.random = op_random,
	.tai_ns = op_tai,
	.held = op_held,
	.mac = op_mac,
	.clock = { .publish = op_publish, .step = op_step },
};

struct sim *sim_new_cluster(int hosts, u64 seed, const struct sim_link *link)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	sim->seed = seed * 0x9e3779b97f4a7c15ULL + 1;
	sim->watch_seed = sim->seed;
	sim->wander_seed = sim->seed;
	sim->latency_ns = 50000;
	sim->look_ns = 500000;
	sim->room = hosts;
	sim->host = calloc(hosts, sizeof(*sim->host));
	sim_links_init(&sim->links, hosts, link);
	return sim;
}

struct sim *sim_new(u64 seed, const struct sim_link *link)
{
	return sim_new_cluster(SIM_HOSTS, seed, link);
}

static void free_events(struct sim *sim)
{
	while (sim->events.count) {
		struct sim_event *event = sim_events_take(&sim->events);

		if (event->kind != SIM_WAKE)
			sim_event_free(event);
	}
	sim_events_free(&sim->events);
}

void sim_free(struct sim *sim)
{
	int i;

	free_events(sim);
	for (i = 0; i < sim->hosts; i++) {
		sim_event_free(sim->host[i].wake);
		sim_errors_forget(&sim->host[i].errors);
		sim_errors_forget(&sim->host[i].rates);
		sim_rivals_free(&sim->host[i]);
	}
	sim_links_free(&sim->links);
	free(sim->host);
	free(sim);
}

struct sim_link *sim_link(struct sim *sim, int from, int to)
{
	return sim_links_own(&sim->links, from, to);
}

struct dvmm_port_config sim_config(int host)
{
	return (struct dvmm_port_config) {
		.identity = { 0x52, 0x54, 0x00, 0xff, 0xfe, 0x00, (u8)((host + 1) >> 8),
			      (u8)(host + 1) },
		.host_khz = 2900000,
		.priority1 = 128,
		.priority2 = 128,
		.log_announce = -5,
		.log_sync = -4,
		.log_pdelay = -4,
		.log_reference_sync = 4,
		.announce_timeout = 6,
		.slew_max_ppb = 100000,
	};
}

struct sim_host *sim_start(struct sim *sim, const struct dvmm_port_config *config, double ppm)
{
	struct sim_event wake = { .kind = SIM_WAKE, .host = sim->hosts };
	struct sim_host *host = &sim->host[sim->hosts];

	if (sim->hosts++ == sim->room)
		abort();
	host->sim = sim;
	host->alive = true;
	host->started_ns = sim->now_ns;
	host->base = wake.host;
	host->oscillator.since_ns = sim->now_ns;
	host->oscillator.since_cycles = sim_dice(&sim->seed);
	host->oscillator.millihertz = (u64)(config->host_khz * 1e6 * (1 + ppm * 1e-6));
	host->wake = sim_event_new(&wake);
	dvmm_port_init(&host->port, config, &ops, host, true, sim_cycles(host));
	if (sim->rivals)
		sim_rivals_start(host);
	wake_later(host);
	return host;
}

void sim_astray(struct sim_host *host, s64 ns)
{
	sim_oscillator_jump(&host->oscillator, host->sim->now_ns, ns);
	host->astray = true;
}

void sim_suspect(struct sim_host *host)
{
	host->waits = true;
}

void sim_disturb(struct sim_host *host, s64 ns, u64 step_ns, u64 rate_ppb)
{
	sim_oscillator_jump(&host->oscillator, host->sim->now_ns, -ns);
	host->astray = false;
	host->waits = false;
	dvmm_port_disturbed(&host->port, step_ns, rate_ppb, sim_cycles(host));
	wake_later(host);
}

void sim_kill(struct sim_host *host)
{
	host->alive = false;
}

void sim_adjust(struct sim_host *host, s64 ppb)
{
	if (dvmm_port_adjust(&host->port, ppb, sim_cycles(host)))
		abort();
}

static void handle(struct sim *sim, const struct sim_event *e)
{
	struct dvmm_address from = sim_network_address(e->from);
	struct sim_host *host = &sim->host[e->host];
	u64 now = sim_cycles(host);

	if (!host->alive || host->waits)
		return;
	if (e->kind == SIM_PACKET)
		dvmm_port_receive(&host->port, &from, e->message->buf, e->message->len,
				  e->cycles, now);
	else if (e->kind == SIM_STAMP)
		dvmm_port_stamp(&host->port, e->key, e->cycles, now);
	else
		dvmm_port_run(&host->port, now);
	sim_watch_host(host);
	wake_later(host);
}

static void arrive(struct sim *sim, struct sim_event *event)
{
	event->kind = SIM_PACKET;
	event->cycles = sim_cycles(&sim->host[event->host]);
	sim_events_put(&sim->events, event, sim->now_ns + event->latency_ns);
}

static void happen(struct sim *sim)
{
	struct sim_event *event = sim_events_take(&sim->events);

	sim->now_ns = max(sim->now_ns, event->ns);
	switch (event->kind) {
	case SIM_ARRIVAL:
		return arrive(sim, event);
	case SIM_WANDER:
		return sim_wander_on(&sim->host[event->host]);
	case SIM_WAKE:
		return handle(sim, event);
	case SIM_PACKET:
	case SIM_STAMP:
		handle(sim, event);
		return sim_event_free(event);
	}
}

void sim_run(struct sim *sim, u64 ns)
{
	u64 end = sim->now_ns + ns, next_look = sim->now_ns;

	while (sim->now_ns < end) {
		if (sim_events_next_ns(&sim->events) <= next_look) {
			happen(sim);
			continue;
		}
		sim->now_ns = next_look;
		sim_watch_look(sim);
		next_look += sim->look_ns;
	}
}
