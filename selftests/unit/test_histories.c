// SPDX-License-Identifier: GPL-2.0
/* Anything may happen. */
#include "scenario.h"

static double uniform(void)
{
	return (unit_random() >> 11) / 9007199254740992.0;
}

static struct sim_link any_link(double scale)
{
	return (struct sim_link) {
		.base_ns = 60000 * scale * (0.2 + uniform()),
		.jitter_ns = 120000 * scale * uniform(),
		.tail_ppm = 300000 * uniform() * uniform(),
		.tail_ns = 400000 * scale * (0.1 + uniform()),
		.loss_ppm = 200000 * uniform() * uniform(),
		.duplicate_ppm = 20000 * uniform(),
	};
}

static void any_event(struct sim *sim)
{
	struct sim_host *host = &sim->host[unit_random() % sim->hosts];
	int i, what = unit_random() % 100;

	if (what < 30) {
		sim_drift(host, 4 * uniform() - 2);
	} else if (what < 35 && host->alive && leads(host)) {
		sim_adjust(host, 100000 * uniform() - 50000);
	} else if (what < 37) {
		dvmm_port_link(&host->port, false, sim_cycles(host));
		host->group = 1 + (host - sim->host);
	} else if (what < 42) {
		for (i = 0; i < sim->hosts; i++) {
			sim->host[i].group = 0;
			dvmm_port_link(&sim->host[i].port, true, sim_cycles(&sim->host[i]));
		}
	} else if (what < 43) {
		host->group = 1;
	} else if (what < 44) {
		sim_kill(host);
	} else if (what < 46 && sim_state(host) != DVMM_STATE_UNSYNCHRONISED) {
		host->held = !host->held;
	}
}

/* Anything may happen, on wires quick and slow; no clock jumps, no bound is wrong. */
static void random_histories(void)
{
	static const double scales[] = { 0.02, 1, 10 };
	u64 checks = 0;
	int round, i;

	for (round = 0; round < 36; round++) {
		double scale = scales[round % 3];
		struct sim_link link = any_link(scale);
		struct sim *sim = sim_new(100 + round, &link);

		sim->latency_ns = 1000 + 50000 * scale;
		for (i = 0; i < SIM_HOSTS * SIM_HOSTS; i++)
			if (uniform() < 0.3)
				sim_link(sim, i / SIM_HOSTS, i % SIM_HOSTS)->base_ns +=
					100000 * scale * uniform();
		for (i = 0; i < 2 + round % 3; i++) {
			struct dvmm_port_config config = sim_config(i);

			config.host_khz *= 1 + 0.002 * uniform() - 0.001;
			config.priority1 += unit_random() % 3;
			sim_start(sim, &config, 200 * uniform() - 100);
			sim_run(sim, unit_random() % (2 * SIM_SECOND));
		}
		for (i = 0; i < 120; i++) {
			sim_run(sim, unit_random() % (SIM_SECOND / 2));
			any_event(sim);
		}
		checks += sim->checks;
		finish(sim);
	}
	printf("# %llu comparisons of clocks\n", (unsigned long long)checks);
	CHECK(checks > 2000000);
}

static const struct unit_test tests[] = {
	TEST(random_histories),
};

UNIT_MAIN(tests)
