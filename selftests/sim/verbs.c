// SPDX-License-Identifier: GPL-2.0
/* The words of a scenario, and what they do. */
#include "counter_faults.h"
#include "play.h"
#include "verbs.h"

#define PPM_PPB 1000

/* Of hosts that are on. */
#define for_each_host(host, play, range)						\
	for (host = &(play)->sim->host[(range)->first];					\
	     host <= &(play)->sim->host[min((range)->last, (play)->sim->hosts - 1)]; host++)

static void join(struct sim_play *play, const struct sim_act *act)
{
	int count;

	for (count = 0; count < act->value[0]; count++)
		sim_play_join(play, play->sim->hosts);
}

/* Whoever has the identity of host @nth, which may have been restarted before, is off. */
static int kill_namesakes(struct sim *sim, int nth)
{
	const u8 *identity = sim->host[nth].port.config.identity;
	int i;

	for (i = 0; i < sim->hosts; i++)
		if (!memcmp(sim->host[i].port.config.identity, identity, 8))
			sim_kill(&sim->host[i]);
	return (identity[6] << 8 | identity[7]) - 1;
}

/* The same identity, another counter. */
static void restart(struct sim_play *play, const struct sim_act *act)
{
	int i;

	for (i = act->host[0].first; i <= act->host[0].last; i++)
		sim_play_join(play, kill_namesakes(play->sim, i));
}

#define ON_HOSTS(name, what)								\
static void name(struct sim_play *play, const struct sim_act *act)			\
{											\
	const double *value __maybe_unused = act->value;				\
	struct sim_host *host;								\
											\
	for_each_host(host, play, &act->host[0])					\
		what;									\
}

ON_HOSTS(kill, sim_kill(host))
ON_HOSTS(hold, host->held = true)
ON_HOSTS(release, host->held = false)
ON_HOSTS(group, host->group = (int)value[0])
ON_HOSTS(adjust, dvmm_port_adjust(&host->port, (s64)value[0], sim_cycles(host)))
ON_HOSTS(down, dvmm_port_link(&host->port, false, sim_cycles(host)))
ON_HOSTS(up, dvmm_port_link(&host->port, true, sim_cycles(host)))
ON_HOSTS(drift, sim_drift(host, value[0] / PPM_PPB))
ON_HOSTS(jump, sim_jump(host, (s64)value[0]))
ON_HOSTS(wrong, sim_wrong_rate(host, value[0] / PPM_PPB))
ON_HOSTS(freeze, sim_freeze(host, true))
ON_HOSTS(thaw, sim_freeze(host, false))

static void change_wander(struct sim_play *play, const struct sim_act *act,
			  void (*change)(struct sim_wander *w, const double *value))
{
	const struct sim_range *range = &act->host[0];
	int i, last = range->all ? play->script->hosts - 1 : range->last;

	for (i = range->first; i <= last; i++) {
		change(&play->wander[i], act->value);
		if (i >= play->sim->hosts)
			continue;
		change(&play->sim->host[i].wander, act->value);
		sim_wander(&play->sim->host[i], &play->sim->host[i].wander);
	}
}

/* How oscillators wander: of hosts that are on, and of those yet to come. */
#define ON_WANDER(name, what)								\
static void name##_of(struct sim_wander *w, const double *value)			\
{											\
	what;										\
}											\
											\
static void name(struct sim_play *play, const struct sim_act *act)			\
{											\
	change_wander(play, act, name##_of);						\
}

ON_WANDER(walk, w->walk_ppb = value[0])
ON_WANDER(flicker, w->flicker_ppb = value[0])
ON_WANDER(hour, w->heat[0].ppb = value[0]; w->heat[0].period_ns = (u64)value[1])
ON_WANDER(day, w->heat[1].ppb = value[0]; w->heat[1].period_ns = (u64)value[1])
ON_WANDER(fan, w->fan_ppb = value[0]; w->fan_ns = (u64)value[1])

static void change_links(struct sim_play *play, const struct sim_act *act,
			 void (*change)(struct sim_link *link, const double *value))
{
	const struct sim_range *from = &act->host[0], *to = &act->host[1];
	int i, j;

	if (from->all && to->all) {
		change(&play->sim->links.usual, act->value);
		return;
	}
	for (i = from->first; i <= from->last; i++)
		for (j = to->first; j <= to->last; j++)
			change(sim_link(play->sim, i, j), act->value);
}

#define ON_LINKS(name, what)								\
static void name##_of(struct sim_link *link, const double *value)			\
{											\
	what;										\
}											\
											\
static void name(struct sim_play *play, const struct sim_act *act)			\
{											\
	change_links(play, act, name##_of);						\
}

ON_LINKS(delay, link->base_ns = (u64)value[0])
ON_LINKS(jitter, link->jitter_ns = (u64)value[0])
ON_LINKS(tail, link->tail_ppm = (u32)(value[0] / PPM_PPB); link->tail_ns = (u64)value[1])
ON_LINKS(loss, link->loss_ppm = (u32)(value[0] / PPM_PPB))
ON_LINKS(duplicate, link->duplicate_ppm = (u32)(value[0] / PPM_PPB))
ON_LINKS(reorder, link->reorder_ppm = (u32)(value[0] / PPM_PPB);
	 link->reorder_ns = (u64)value[1])
ON_LINKS(burst, link->burst_ns = (u64)value[0];
	 link->burst_every_ns = max((u64)value[1], link->burst_ns + 1);
	 link->burst_adds_ns = (u64)value[2])
ON_LINKS(sway, link->sway_ns = (u64)value[0]; link->sway_every_ns = max((u64)value[1], 1ULL))

static void latency(struct sim_play *play, const struct sim_act *act)
{
	play->sim->latency_ns = (u64)act->value[0];
}

static void transparent(struct sim_play *play, const struct sim_act *act)
{
	play->sim->transparent_ns = max((u64)act->value[0], 1ULL);
}

static const struct sim_verb verbs[] = {
	/* hosts come and go */
	{ "join", "N", join },
	{ "restart", "H", restart },
	{ "kill", "h", kill },
	{ "down", "h", down },
	{ "up", "h", up },
	{ "group", "hn", group },
	{ "hold", "h", hold },
	{ "release", "h", release },
	{ "adjust", "hr", adjust },	/* refused by all but the leader */
	/* faults of counters */
	{ "jump", "ht", jump },
	{ "wrong", "hr", wrong },
	{ "freeze", "h", freeze },
	{ "thaw", "h", thaw },
	/* crystals */
	{ "drift", "hr", drift },
	{ "walk", "ar", walk },
	{ "flicker", "ar", flicker },
	{ "hour", "art", hour },
	{ "day", "art", day },
	{ "fan", "art", fan },
	/* the way from the first to the second */
	{ "delay", "aat", delay },
	{ "jitter", "aat", jitter },
	{ "tail", "aart", tail },
	{ "loss", "aar", loss },
	{ "duplicate", "aar", duplicate },
	{ "reorder", "aart", reorder },
	{ "burst", "aattt", burst },
	{ "sway", "aatt", sway },
	{ "latency", "t", latency },
	{ "transparent", "t", transparent },
};

const struct sim_verb *sim_verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}
