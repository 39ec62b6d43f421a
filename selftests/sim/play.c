// SPDX-License-Identifier: GPL-2.0
/* A scenario, played. */
#include "dice.h"
#include "counter_faults.h"
#include "play.h"

#define LOOKS_MAX 2000000

/* Clocks are compared every half millisecond, or so often that memory suffices. */
static u64 look_ns(const struct sim_script *s)
{
	u64 least = (u64)(s->setting[SIM_SET_FOR] * s->hosts / LOOKS_MAX);

	return max(max((u64)s->setting[SIM_SET_LOOK], least), 500000ULL);
}

void sim_play_join(struct sim_play *play, int identity)
{
	const double *setting = play->script->setting;
	double off = (2 * sim_dice_uniform(&play->dice) - 1) * setting[SIM_SET_SPREAD] / 1000;
	struct dvmm_port_config config = sim_config(identity);
	const struct sim_wander *wander;
	struct sim_host *host;

	config.log_sync = (s8)setting[SIM_SET_SYNC];
	config.log_announce = (s8)setting[SIM_SET_ANNOUNCE];
	config.peer_to_peer = setting[SIM_SET_P2P];
	config.log_pdelay = (s8)setting[SIM_SET_PDELAY];
	host = sim_start(play->sim, &config, off);
	wander = &play->wander[host - play->sim->host];
	if (sim_wander_any(wander))
		sim_wander(host, wander);
}

static void run_until(struct sim_play *play, u64 ns)
{
	if (ns > play->sim->now_ns)
		sim_run(play->sim, ns - play->sim->now_ns);
}

/* Goes on to @ns, collecting from the time on that is asked for. */
static void go_on(struct sim_play *play, u64 ns)
{
	u64 from = (u64)play->script->setting[SIM_SET_MEASURE];

	if (play->sim->now_ns < from && from <= ns) {
		run_until(play, from);
		sim_measure(play->sim);
	}
	run_until(play, ns);
}

/* What is said without a time happens before the first host is on. */
static int set_up(struct sim_play *play)
{
	const struct sim_script *s = play->script;
	int i, hosts = (int)s->setting[SIM_SET_HOSTS];

	for (i = 0; i < s->acts && !s->act[i].at_ns; i++)
		s->act[i].verb->act(play, &s->act[i]);
	play->sim->look_ns = SIM_SECOND / 100;
	for (int host = 0; host < hosts; host++) {
		sim_play_join(play, host);
		run_until(play, (u64)s->setting[SIM_SET_STAGGER] * (host + 1));
	}
	play->sim->look_ns = look_ns(s);
	return i;
}

void sim_play(struct sim_play *play, const struct sim_script *script, bool rivals)
{
	u64 seed = (u64)script->setting[SIM_SET_SEED];
	struct sim_link none = {};
	int i;

	*play = (struct sim_play) {
		.script = script,
		.sim = sim_new_cluster(script->hosts, seed, &none),
		.wander = calloc(script->hosts, sizeof(*play->wander)),
		.dice = seed * 0x9e3779b97f4a7c15ULL + 2,
	};
	play->sim->rivals = rivals;
	for (i = set_up(play); i < script->acts; i++) {
		go_on(play, script->act[i].at_ns);
		script->act[i].verb->act(play, &script->act[i]);
	}
	go_on(play, (u64)script->setting[SIM_SET_FOR]);
	play->errors = sim_stats(play->sim);
	play->rates = sim_rate_stats(play->sim);
}

void sim_play_free(struct sim_play *play)
{
	sim_free(play->sim);
	free(play->wander);
}
