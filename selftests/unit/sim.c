// SPDX-License-Identifier: GPL-2.0
/* A cluster in one process. */
#include <math.h>
#include <stdlib.h>

#include "mac.h"
#include "sim.h"

/* How often what must always hold is looked at. */
#define CHECK_NS 500000

enum kind { WAKE, PACKET, STAMP };

struct sim_event {
	u64 ns;
	u64 order;
	enum kind kind;
	int host;
	int from;
	u64 cycles;
	u32 key;
	u32 len;
	u8 buf[DVMM_WIRE_TX_MAX];
};

static u64 random_u64(struct sim *sim)
{
	sim->seed ^= sim->seed >> 12;
	sim->seed ^= sim->seed << 25;
	sim->seed ^= sim->seed >> 27;
	return sim->seed * 2685821657736338717ULL;
}

static double uniform(struct sim *sim)
{
	return (random_u64(sim) >> 11) / 9007199254740992.0;
}

static bool chance(struct sim *sim, u32 ppm)
{
	return random_u64(sim) % 1000000 < ppm;
}

/* A binary heap, earliest first. */
static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

static void swap_events(struct sim *sim, size_t i, size_t j)
{
	struct sim_event e = sim->heap[i];

	sim->heap[i] = sim->heap[j];
	sim->heap[j] = e;
}

static void push(struct sim *sim, const struct sim_event *event)
{
	size_t i = sim->events++;

	if (sim->events > sim->room) {
		sim->room = 2 * sim->events;
		sim->heap = realloc(sim->heap, sim->room * sizeof(*sim->heap));
	}
	sim->heap[i] = *event;
	sim->heap[i].order = sim->order++;
	for (; i && before(&sim->heap[i], &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap_events(sim, i, (i - 1) / 2);
}

static struct sim_event pop(struct sim *sim)
{
	struct sim_event top = sim->heap[0];
	size_t i = 0, child;

	sim->heap[0] = sim->heap[--sim->events];
	while ((child = 2 * i + 1) < sim->events) {
		if (child + 1 < sim->events && before(&sim->heap[child + 1], &sim->heap[child]))
			child++;
		if (!before(&sim->heap[child], &sim->heap[i]))
			break;
		swap_events(sim, i, child);
		i = child;
	}
	return top;
}

static u64 cycles_at(const struct sim_host *host, u64 ns)
{
	return host->since_cycles +
	       (u64)((u128)(ns - host->since_ns) * host->millihertz / 1000000000000ULL);
}

static u64 ns_at(const struct sim_host *host, u64 cycles)
{
	s64 ahead = cycles - sim_cycles(host);

	if (ahead <= 0)
		return host->sim->now_ns;
	return host->sim->now_ns + (u64)((u128)ahead * 1000000000000ULL / host->millihertz) + 1;
}

u64 sim_cycles(const struct sim_host *host)
{
	return cycles_at(host, host->sim->now_ns);
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
	struct sim_event event = { .kind = WAKE, .host = host - host->sim->host };

	event.ns = ns_at(host, dvmm_port_due(&host->port));
	event.ns += random_u64(host->sim) % (host->sim->latency_ns + 1);
	if (host->wake_ns == event.ns)
		return;
	host->wake_ns = event.ns;
	push(host->sim, &event);
}

static u64 delay(struct sim *sim, const struct sim_link *link)
{
	u64 ns = link->base_ns + random_u64(sim) % (link->jitter_ns + 1);

	if (chance(sim, link->tail_ppm))
		ns += (u64)(link->tail_ns * (pow(1 - uniform(sim), -1 / 1.5) - 1));
	return ns < 20000000000ULL ? ns : 20000000000ULL;
}

static void deliver(struct sim *sim, int from, int to, const u8 *buf, size_t len)
{
	struct sim_event event = { .kind = PACKET, .host = to, .from = from, .len = len };
	u64 arrival = sim->now_ns + delay(sim, &sim->link[from][to]);

	event.cycles = cycles_at(&sim->host[to], arrival);
	event.ns = arrival + random_u64(sim) % (sim->latency_ns + 1);
	memcpy(event.buf, buf, len);
	push(sim, &event);
}

/* Hosts are addressed by their number, from 1. */
static bool addressed(const struct dvmm_address *to, int host)
{
	return to->scope != DVMM_TO_ONE || to->host[0] == host + 1;
}

static int op_send(void *ctx, const struct dvmm_address *address, bool is_event, const u8 *buf,
		   size_t len, u32 *key)
{
	struct sim_host *host = ctx;
	struct sim *sim = host->sim;
	int from = host - sim->host, to;

	sim->packets++;
	if (sim->tap)
		sim->tap(sim, from, buf, len);
	for (to = 0; to < sim->hosts; to++) {
		const struct sim_link *link = &sim->link[from][to];

		if (to == from || sim->host[to].group != host->group || !addressed(address, to))
			continue;
		if (chance(sim, link->loss_ppm))
			continue;
		deliver(sim, from, to, buf, len);
		if (chance(sim, link->duplicate_ppm))
			deliver(sim, from, to, buf, len);
	}
	if (is_event)
		*key = ++host->key;
	if (is_event && !host->unstamped) {
		struct sim_event event = {
			.kind = STAMP, .host = from, .key = host->key,
			.ns = sim->now_ns + random_u64(sim) % (sim->latency_ns + 1),
			.cycles = sim_cycles(host),
		};

		push(sim, &event);
	}
	return 0;
}

static u64 op_random(void *ctx)
{
	struct sim_host *host = ctx;

	return random_u64(host->sim);
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
	.send = op_send,
	.random = op_random,
	.tai_ns = op_tai,
	.held = op_held,
	.mac = op_mac,
	.clock = { .publish = op_publish, .step = op_step },
};

struct sim *sim_new(u64 seed, const struct sim_link *link)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int i, j;

	sim->seed = seed * 0x9e3779b97f4a7c15ULL + 1;
	sim->latency_ns = 50000;
	for (i = 0; i < SIM_HOSTS; i++)
		for (j = 0; j < SIM_HOSTS; j++)
			sim->link[i][j] = *link;
	return sim;
}

void sim_free(struct sim *sim)
{
	free(sim->heap);
	free(sim->error);
	free(sim);
}

struct dvmm_port_config sim_config(int host)
{
	return (struct dvmm_port_config) {
		.identity = { 0x52, 0x54, 0x00, 0xff, 0xfe, 0x00, 0x00, (u8)(host + 1) },
		.host_khz = 2900000,
		.priority1 = 128,
		.priority2 = 128,
		.log_announce = -5,
		.log_sync = -4,
		.announce_timeout = 6,
		.slew_max_ppb = 100000,
	};
}

struct sim_host *sim_start(struct sim *sim, const struct dvmm_port_config *config, double ppm)
{
	struct sim_host *host = &sim->host[sim->hosts++];

	memset(host, 0, sizeof(*host));
	host->sim = sim;
	host->alive = true;
	host->base = host - sim->host;
	host->since_ns = sim->now_ns;
	host->since_cycles = random_u64(sim);
	host->millihertz = (u64)(config->host_khz * 1e6 * (1 + ppm * 1e-6));
	dvmm_port_init(&host->port, config, &ops, host, true, sim_cycles(host));
	wake_later(host);
	return host;
}

void sim_drift(struct sim_host *host, double ppm)
{
	host->since_cycles = sim_cycles(host);
	host->since_ns = host->sim->now_ns;
	host->millihertz += (s64)(host->millihertz * ppm * 1e-6);
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

void sim_forge(struct sim *sim, int from, int to, const u8 *buf, size_t len)
{
	deliver(sim, from, to, buf, len);
}

void sim_inject(struct sim *sim, int group, const struct dvmm_msg *msg)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t len = dvmm_wire_encode(msg, buf);
	int to;

	for (to = 0; to < sim->hosts; to++)
		if (sim->host[to].group == group)
			deliver(sim, to, to, buf, len);
}

/* Whose time @host keeps: by its grandmaster's identity, or as before. */
static void note_base(struct sim_host *host)
{
	struct sim *sim = host->sim;
	int i;

	for (i = 0; i < sim->hosts; i++)
		if (!memcmp(sim->host[i].port.id.clock, host->port.grandmaster, 8))
			host->base = i;
	if (sim_state(host) == DVMM_STATE_SYNCHRONISED && !host->synced_ns)
		host->synced_ns = sim->now_ns;
}

static void handle(struct sim *sim, const struct sim_event *e)
{
	struct sim_host *host = &sim->host[e->host];
	struct dvmm_address from = { .scope = DVMM_TO_ONE, .host = { e->from + 1 } };
	u64 now = sim_cycles(host);

	if (!host->alive || (e->kind == WAKE && e->ns != host->wake_ns))
		return;
	if (e->kind == PACKET)
		dvmm_port_receive(&host->port, &from, e->buf, e->len, e->cycles, now);
	else if (e->kind == STAMP)
		dvmm_port_stamp(&host->port, e->key, e->cycles, now);
	else
		dvmm_port_run(&host->port, now);
	note_base(host);
	wake_later(host);
}

static bool follows(const struct sim_host *host)
{
	return host->port.state != DVMM_PORT_LISTENING && host->port.state != DVMM_PORT_FAULTY;
}

static bool promises(const struct sim_host *host)
{
	return sim_state(host) != DVMM_STATE_UNSYNCHRONISED;
}

/*
 * Those who keep one leader's time; or who keep a dead leader's and its successor's,
 * as long as neither was away meanwhile. A dead leader's clock goes on, but nobody
 * promises to be near it once there is a successor.
 */
static bool comparable(const struct sim_host *a, const struct sim_host *b)
{
	const struct sim *sim = a->sim;

	if (a->group != b->group || !promises(a) || !promises(b))
		return false;
	if (a->port.discipline.view.cluster.id != b->port.discipline.view.cluster.id)
		return false;
	if (a->base == b->base)
		return true;
	if (!a->alive || !b->alive || !follows(a) || !follows(b))
		return false;
	if (!sim_bound_ns(a) || !sim_bound_ns(b))	/* has led for long: the other was away */
		return false;
	return !sim->host[a->base].alive || !sim->host[b->base].alive;
}

static void check_pair(struct sim *sim, const struct sim_host *a, const struct sim_host *b)
{
	s64 apart = sim_clock_ns(a) - sim_clock_ns(b);
	u64 bound_a = sim_bound_ns(a), bound_b = sim_bound_ns(b);

	if (!comparable(a, b))
		return;
	sim->checks++;
	if (bound_a > S64_MAX / 2 || bound_b > S64_MAX / 2)
		return;
	if ((u64)abs(apart) <= bound_a + bound_b)
		return;
	sim->violations++;
	sim->worst_excess_ns = max(sim->worst_excess_ns, abs(apart) - bound_a - bound_b);
}

static void note_error(struct sim *sim, const struct sim_host *host)
{
	const struct sim_host *base = &sim->host[host->base];

	if (!host->alive || host == base || sim_state(host) == DVMM_STATE_UNSYNCHRONISED)
		return;
	if (sim->errors == sim->error_room) {
		sim->error_room = 2 * sim->error_room + 1024;
		sim->error = realloc(sim->error, sim->error_room * sizeof(*sim->error));
	}
	sim->error[sim->errors++] = sim_clock_ns(host) - sim_clock_ns(base);
	sim->bound_sum += sim_bound_ns(host);
}

static void check_all(struct sim *sim)
{
	int i, j;

	for (i = 0; i < sim->hosts; i++) {
		for (j = i + 1; j < sim->hosts; j++)
			check_pair(sim, &sim->host[i], &sim->host[j]);
		note_error(sim, &sim->host[i]);
	}
}

void sim_run(struct sim *sim, u64 ns)
{
	u64 end = sim->now_ns + ns, next_check = sim->now_ns;

	while (sim->now_ns < end) {
		if (sim->events && sim->heap[0].ns <= next_check) {
			struct sim_event event = pop(sim);

			sim->now_ns = max(sim->now_ns, event.ns);
			handle(sim, &event);
			continue;
		}
		sim->now_ns = next_check;
		check_all(sim);
		next_check += CHECK_NS;
	}
}

void sim_measure(struct sim *sim)
{
	sim->errors = 0;
	sim->bound_sum = 0;
}

static int compare_magnitude(const void *a, const void *b)
{
	u64 x = abs(*(const s64 *)a), y = abs(*(const s64 *)b);

	return (x > y) - (x < y);
}

struct sim_stats sim_stats(struct sim *sim)
{
	struct sim_stats stats = { .count = sim->errors };
	double sum = 0, squares = 0;
	size_t i;

	if (!sim->errors)
		return stats;
	for (i = 0; i < sim->errors; i++) {
		sum += sim->error[i];
		squares += (double)sim->error[i] * sim->error[i];
	}
	qsort(sim->error, sim->errors, sizeof(*sim->error), compare_magnitude);
	stats.mean_ns = (s64)(sum / sim->errors);
	stats.rms_ns = (u64)sqrt(squares / sim->errors);
	stats.p99_ns = abs(sim->error[sim->errors * 99 / 100]);
	stats.max_ns = abs(sim->error[sim->errors - 1]);
	stats.bound_ns = sim->bound_sum / sim->errors;
	return stats;
}
