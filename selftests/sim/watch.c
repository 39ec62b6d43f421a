// SPDX-License-Identifier: GPL-2.0
/* What must always hold in a simulation. */
#include "dice.h"
#include "counter_faults.h"
#include "rivals.h"
#include "watch.h"

/* Up to so many hosts, each is compared with each; else with its base and one other. */
#define ALL_PAIRS_HOSTS 8

/* Looked up only when it may have changed. The latest of one identity is meant. */
static void find_base(struct sim_host *host)
{
	struct sim *sim = host->sim;
	int i;

	if (host->base_hosts == sim->hosts && !memcmp(host->base_id, host->port.grandmaster, 8))
		return;
	host->base_hosts = sim->hosts;
	memcpy(host->base_id, host->port.grandmaster, 8);
	for (i = 0; i < sim->hosts; i++)
		if (!memcmp(sim->host[i].port.id.clock, host->base_id, 8))
			host->base = i;
}

void sim_watch_host(struct sim_host *host)
{
	find_base(host);
	sim_rivals_watch(host);
	if (sim_state(host) == DVMM_STATE_SYNCHRONISED && !host->synced_ns)
		host->synced_ns = host->sim->now_ns;
}

static bool follows(const struct sim_host *host)
{
	return host->port.state != DVMM_PORT_LISTENING && host->port.state != DVMM_PORT_FAULTY;
}

static bool promises(const struct sim_host *host)
{
	return sim_state(host) != DVMM_STATE_UNSYNCHRONISED && !host->astray;
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
	if (sim_excused(a) || sim_excused(b))
		return false;
	if (a->port.discipline.view.cluster.id != b->port.discipline.view.cluster.id)
		return false;
	if (a->base == b->base)
		return true;
	if (!a->alive || !b->alive || !follows(a) || !follows(b))
		return false;
	if (!a->seen_bound_ns || !b->seen_bound_ns)	/* led for long: the other was away */
		return false;
	return !sim->host[a->base].alive || !sim->host[b->base].alive;
}

static void note_first(struct sim *sim, const struct sim_host *a, const struct sim_host *b)
{
	sim->first.at_ns = sim->now_ns;
	sim->first.host[0] = a - sim->host;
	sim->first.host[1] = b - sim->host;
	sim->first.apart_ns = a->seen_ns - b->seen_ns;
	sim->first.bound_ns[0] = a->seen_bound_ns;
	sim->first.bound_ns[1] = b->seen_bound_ns;
}

static void check_pair(struct sim *sim, struct sim_host *a, struct sim_host *b)
{
	u64 bound_a = a->seen_bound_ns, bound_b = b->seen_bound_ns;
	s64 apart = a->seen_ns - b->seen_ns;

	if (!comparable(a, b))
		return;
	sim->checks++;
	if (bound_a > S64_MAX / 2 || bound_b > S64_MAX / 2)
		return;
	if ((u64)abs(apart) <= bound_a + bound_b)
		return;
	if (!sim->violations++)
		note_first(sim, a, b);
	a->violations++;
	b->violations++;
	sim->worst_excess_ns = max(sim->worst_excess_ns, abs(apart) - bound_a - bound_b);
}

static void check_some(struct sim *sim, int i)
{
	int base = sim->host[i].base, other = sim_dice(&sim->watch_seed) % sim->hosts;

	if (base != i)
		check_pair(sim, &sim->host[i], &sim->host[base]);
	if (other != i && other != base)
		check_pair(sim, &sim->host[i], &sim->host[other]);
}

static void check_host(struct sim *sim, int i)
{
	int j;

	if (sim->hosts > ALL_PAIRS_HOSTS) {
		check_some(sim, i);
		return;
	}
	for (j = i + 1; j < sim->hosts; j++)
		check_pair(sim, &sim->host[i], &sim->host[j]);
}

static void note_peak(struct sim_host *host, s64 error_ns)
{
	if (abs(error_ns) > abs(host->peak_ns)) {
		host->peak_ns = error_ns;
		host->across_ns = 0;
	} else if ((error_ns < 0) != (host->peak_ns < 0)) {
		host->across_ns = max(host->across_ns, abs(error_ns));
	}
}

static void note_error(struct sim *sim, struct sim_host *host)
{
	const struct sim_host *base = &sim->host[host->base];
	double rate;

	if (!host->alive || host == base || !promises(host) || sim_excused(host))
		return;
	note_peak(host, host->seen_ns - base->seen_ns);
	sim_errors_add(&host->errors, host->seen_ns - base->seen_ns, host->seen_bound_ns);
	rate = sim_honest_rate(host) / sim_honest_rate(base) - 1;
	sim_errors_add(&host->rates, (s64)(rate * 1e9), 0);
}

static void look_at(struct sim_host *host)
{
	sim_fault_passes(host);
	host->seen_ns = sim_honest_ns(host);
	host->seen_bound_ns = sim_bound_ns(host);
	if (host->alive && host->synced_ns && sim_state(host) != DVMM_STATE_SYNCHRONISED)
		host->lost_ns += host->sim->look_ns;
}

void sim_watch_look(struct sim *sim)
{
	int i;

	for (i = 0; i < sim->hosts; i++)
		look_at(&sim->host[i]);
	for (i = 0; i < sim->hosts; i++) {
		check_host(sim, i);
		note_error(sim, &sim->host[i]);
		sim_rivals_look(&sim->host[i]);
	}
}

void sim_measure(struct sim *sim)
{
	int i;

	for (i = 0; i < sim->hosts; i++) {
		sim_errors_forget(&sim->host[i].errors);
		sim_errors_forget(&sim->host[i].rates);
		sim->host[i].peak_ns = 0;
		sim->host[i].across_ns = 0;
		sim_rivals_measure(&sim->host[i]);
	}
}

static struct sim_stats stats_and_forget(struct sim_errors *all)
{
	struct sim_stats stats = sim_errors_stats(all);

	sim_errors_forget(all);
	return stats;
}

struct sim_stats sim_stats(struct sim *sim)
{
	struct sim_errors all = {};
	int i;

	for (i = 0; i < sim->hosts; i++)
		sim_errors_merge(&all, &sim->host[i].errors);
	return stats_and_forget(&all);
}

struct sim_stats sim_rate_stats(struct sim *sim)
{
	struct sim_errors all = {};
	int i;

	for (i = 0; i < sim->hosts; i++)
		sim_errors_merge(&all, &sim->host[i].rates);
	return stats_and_forget(&all);
}
