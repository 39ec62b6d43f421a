// SPDX-License-Identifier: GPL-2.0
/* What happens to a host's counter. */
#include "dice.h"
#include "counter_faults.h"

/* Frequencies are in mHz, rates in ns per ns. */
#define MILLIHERTZ_GHZ 1e12

static void both_drift(struct sim_host *host, double ppm)
{
	u64 now = host->sim->now_ns;

	sim_oscillator_drift(&host->oscillator, now, ppm);
	if (host->lies)
		sim_oscillator_drift(&host->honest, now, ppm);
}

void sim_drift(struct sim_host *host, double ppm)
{
	both_drift(host, ppm);
}

static void wander_later(struct sim_host *host)
{
	sim_events_put(&host->sim->events, host->wandering, host->sim->now_ns + SIM_WANDER_NS);
}

void sim_wander(struct sim_host *host, const struct sim_wander *wander)
{
	struct sim_event event = { .kind = SIM_WANDER, .host = host - host->sim->host };
	u64 dice = event.host + 1;

	host->wander = *wander;
	host->wander.seed = sim_dice(&dice) ^ host->sim->wander_seed;
	host->wander.heat[0].phase = sim_dice_uniform(&dice);
	host->wander.heat[1].phase = sim_dice_uniform(&dice);
	if (host->wandering)
		return;
	host->wandering = sim_event_new(&event);
	wander_later(host);
}

void sim_wander_on(struct sim_host *host)
{
	both_drift(host, sim_wander_step(&host->wander, host->sim->now_ns));
	wander_later(host);
}

static void lie(struct sim_host *host)
{
	if (!host->lies)
		host->honest = host->oscillator;
	host->lies = true;
	host->excused_ns = host->sim->now_ns + SIM_EXCUSED_NS;
}

void sim_jump(struct sim_host *host, s64 ns)
{
	lie(host);
	sim_oscillator_jump(&host->oscillator, host->sim->now_ns, ns);
}

void sim_wrong_rate(struct sim_host *host, double ppm)
{
	lie(host);
	sim_oscillator_drift(&host->oscillator, host->sim->now_ns, ppm);
}

void sim_freeze(struct sim_host *host, bool frozen)
{
	lie(host);
	sim_oscillator_freeze(&host->oscillator, host->sim->now_ns, frozen);
}

static bool keeps_own_time(const struct sim_host *host)
{
	return host->base == host - host->sim->host;
}

static const struct sim_oscillator *honest(const struct sim_host *host)
{
	return host->lies && keeps_own_time(host) ? &host->honest : &host->oscillator;
}

u64 sim_honest_ns(const struct sim_host *host)
{
	return dvmm_segment_ns(&host->port.discipline.view.segment,
			       sim_oscillator_cycles(honest(host), host->sim->now_ns));
}

u64 sim_honest_free_ns(const struct sim_host *host)
{
	const struct dvmm_discipline *d = &host->port.discipline;

	return dvmm_segment_ns(d->led.mult ? &d->led : &d->view.segment,
			       sim_oscillator_cycles(honest(host), host->sim->now_ns));
}

double sim_honest_rate(const struct sim_host *host)
{
	double ns_per_cycle = host->port.discipline.view.segment.mult / (double)(1ULL << DVMM_MULT_SHIFT);

	return ns_per_cycle * honest(host)->millihertz / MILLIHERTZ_GHZ;
}

bool sim_excused(const struct sim_host *host)
{
	if (host->oscillator.frozen && !keeps_own_time(host))
		return true;
	return !host->lies && host->sim->now_ns < host->excused_ns;
}

void sim_fault_passes(struct sim_host *host)
{
	if (!host->lies)
		return;
	if (keeps_own_time(host))
		host->excused_ns = host->sim->now_ns + SIM_EXCUSED_NS;
	else
		host->lies = false;
}
