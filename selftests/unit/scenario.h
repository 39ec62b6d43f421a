/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole clusters in virtual time, for port*.c and discipline.c. The simulator checks
 * all the while that clocks do not jump and that no error exceeds its bound. Limits
 * are both ways: too early, too good or too quick is a bug as well.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "sim.h"
#include "unit.h"

/* Like two QEMU machines on one host: 0.1 ms one way, 3 % far out, 0.5 % lost. */
static const struct sim_link __attribute__((unused)) bed = {
	.base_ns = 60000, .jitter_ns = 60000, .tail_ppm = 30000, .tail_ns = 400000,
	.loss_ppm = 5000, .duplicate_ppm = 2000,
};

static const struct sim_link __attribute__((unused)) quiet = { .base_ns = 50000 };

#define MS 1000000ULL

static inline struct sim_host *start(struct sim *sim, double ppm)
{
	struct dvmm_port_config config = sim_config(sim->hosts);

	return sim_start(sim, &config, ppm);
}

static inline void finish(struct sim *sim)
{
	CHECKF(!sim->violations, "%llu of %llu, by up to %llu ns", (long long)sim->violations,
	       (long long)sim->checks, (long long)sim->worst_excess_ns);
	CHECK_EQ(sim->jumps, 0);
	sim_free(sim);
}

static inline void report(struct sim *sim, const char *what)
{
	struct sim_stats s = sim_stats(sim);

	printf("# %s: rms %.1f us, p99 %.1f us, max %.1f us, mean %+.1f us, mean bound %.1f us\n",
	       what, s.rms_ns / 1e3, s.p99_ns / 1e3, s.max_ns / 1e3, s.mean_ns / 1e3,
	       s.bound_ns / 1e3);
}

static inline bool leads(const struct sim_host *host)
{
	return host->port.state == DVMM_PORT_MASTER;
}

static inline u64 cluster_id(const struct sim_host *host)
{
	return host->port.discipline.view.cluster.id;
}

static inline int leaders(const struct sim *sim)
{
	int i, count = 0;

	for (i = 0; i < sim->hosts; i++)
		count += sim->host[i].alive && leads(&sim->host[i]);
	return count;
}

static inline s64 apart(const struct sim_host *a, const struct sim_host *b)
{
	return sim_clock_ns(a) - sim_clock_ns(b);
}

#endif
