// SPDX-License-Identifier: GPL-2.0
/* What is measured of a scenario played, and held against its limits. */
#include <math.h>
#include <stdio.h>

#include "limits.h"
#include "play.h"
#include "units.h"

static double soonest(const struct sim_play *play)
{
	double least = INFINITY;
	int i;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];

		if (host->synced_ns)
			least = min(least, (double)(host->synced_ns - host->started_ns));
	}
	return least;
}

static double latest(const struct sim_play *play)
{
	double most = 0;
	int i;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];

		if (host->synced_ns)
			most = max(most, (double)(host->synced_ns - host->started_ns));
		else if (host->alive)
			return INFINITY;
	}
	return most;
}

static double lost(const struct sim_play *play)
{
	u64 most = 0;
	int i;

	for (i = 0; i < play->sim->hosts; i++)
		most = max(most, play->sim->host[i].lost_ns);
	return most;
}

/* Who was never further off than this only shows noise. */
#define OFF_NS 50000

/* How far beyond, of how far off: at worst. */
static double overshoot(const struct sim_play *play)
{
	double most = 0;
	int i;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];

		if (abs(host->peak_ns) > OFF_NS)
			most = max(most, (double)host->across_ns / abs(host->peak_ns));
	}
	return most;
}

static double steps(const struct sim_play *play)
{
	u32 most = 0;
	int i;

	for (i = 0; i < play->sim->hosts; i++)
		most = max(most, play->sim->host[i].steps);
	return most;
}

static double unsynced(const struct sim_play *play)
{
	int i, count = 0;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];

		count += host->alive && sim_state(host) != DVMM_STATE_SYNCHRONISED;
	}
	return count;
}

static double leaders(const struct sim_play *play)
{
	int i, count = 0;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];

		count += host->alive && host->port.state == DVMM_PORT_MASTER;
	}
	return count;
}

/* Whether a host before the one that is number @i is of the same cluster. */
static bool counted(const struct sim *sim, int i, u64 id)
{
	while (i--)
		if (sim->host[i].alive && sim->host[i].port.discipline.view.cluster.id == id)
			return true;
	return false;
}

static double clusters(const struct sim_play *play)
{
	int i, count = 0;

	for (i = 0; i < play->sim->hosts; i++) {
		const struct sim_host *host = &play->sim->host[i];
		u64 id = host->port.discipline.view.cluster.id;

		count += host->alive && id && !counted(play->sim, i, id);
	}
	return count;
}

/* Of role, state or leader; of the host that saw most of them. */
static double changes(const struct sim_play *play)
{
	u32 most = 0;
	int i;

	for (i = 0; i < play->sim->hosts; i++)
		most = max(most, play->sim->host[i].port.changes);
	return most;
}

static double messages(const struct sim_play *play)
{
	return play->sim->packets / (play->sim->now_ns / 1e9) / play->sim->hosts;
}

#define OF(name, what)									\
static double name(const struct sim_play *play)						\
{											\
	return what;									\
}

OF(rms, play->errors.rms_ns)
OF(p99, play->errors.p99_ns)
OF(most, play->errors.max_ns)
OF(mean, play->errors.mean_ns)
OF(bound, play->errors.bound_ns)
OF(rate_rms, play->rates.rms_ns)
OF(rate_p99, play->rates.p99_ns)
OF(rate_max, play->rates.max_ns)
OF(violations, play->sim->violations)
OF(jumps, play->sim->jumps)
OF(checks, play->sim->checks)

static const struct sim_measure measures[] = {
	{ "soonest", SIM_TIME, soonest },
	{ "latest", SIM_TIME, latest },
	{ "lost", SIM_TIME, lost },
	{ "rms", SIM_TIME, rms },
	{ "p99", SIM_TIME, p99 },
	{ "max", SIM_TIME, most },
	{ "mean", SIM_TIME, mean },
	{ "bound", SIM_TIME, bound },
	{ "overshoot", SIM_RATIO, overshoot },	/* of an offset */
	{ "rate_rms", SIM_RATIO, rate_rms },
	{ "rate_p99", SIM_RATIO, rate_p99 },
	{ "rate_max", SIM_RATIO, rate_max },
	{ "messages", SIM_NUMBER, messages },	/* of a host in a second */
	{ "changes", SIM_NUMBER, changes },
	{ "checks", SIM_NUMBER, checks },
	{ "violations", SIM_NUMBER, violations },
	{ "jumps", SIM_NUMBER, jumps },
	{ "steps", SIM_NUMBER, steps },
	{ "unsynced", SIM_NUMBER, unsynced },
	{ "leaders", SIM_NUMBER, leaders },
	{ "clusters", SIM_NUMBER, clusters },
};

static const struct {
	const char *name;
	double low, high;
} usual[] = {
	{ "checks", 1, INFINITY },
	{ "violations", 0, 0 },
	{ "jumps", 0, 0 },
	{ "steps", 0, 3 },	/* found, leave and join */
	{ "unsynced", 0, 0 },
	{ "leaders", 1, 1 },
	{ "clusters", 1, 1 },
};

const struct sim_measure *sim_measure_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(measures); i++)
		if (!strcmp(measures[i].name, name))
			return &measures[i];
	return NULL;
}

struct sim_limit *sim_limit_find(struct sim_script *script, const char *name)
{
	int i;

	for (i = 0; i < script->limits; i++)
		if (!strcmp(script->limit[i].measure->name, name))
			return &script->limit[i];
	return NULL;
}

void sim_limits_usual(struct sim_script *script)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(usual); i++)
		if (!sim_limit_find(script, usual[i].name))
			script->limit[script->limits++] = (struct sim_limit) {
				.measure = sim_measure_find(usual[i].name),
				.low = usual[i].low, .high = usual[i].high,
			};
}

static void complain(const struct sim_limit *limit, double value, char *why, size_t size)
{
	char is[32], low[32], high[32];
	char kind = limit->measure->kind;
	size_t used = strlen(why);

	sim_units_write(is, sizeof(is), kind, value);
	sim_units_write(low, sizeof(low), kind, limit->low);
	sim_units_write(high, sizeof(high), kind, limit->high);
	snprintf(why + used, size - used, "%s%s is %s, limits %s to %s%s", used ? "; " : "",
		 limit->measure->name, is, low, high,
		 limit->to_fail ? ", which it should exceed" : "");
}

bool sim_limits_hold(const struct sim_play *play, char *why, size_t size)
{
	const struct sim_script *script = play->script;
	bool hold = true;
	int i;

	*why = '\0';
	for (i = 0; i < script->limits; i++) {
		const struct sim_limit *limit = &script->limit[i];
		double value = limit->measure->of(play);
		bool within = value >= limit->low && value <= limit->high;

		if (within != limit->to_fail)
			continue;
		complain(limit, value, why, size);
		hold = false;
	}
	return hold;
}
