// SPDX-License-Identifier: GPL-2.0
/* Other servos on each host. */
#include "counter_faults.h"
#include "rivals.h"

void sim_rivals_start(struct sim_host *host)
{
	const struct dvmm_port_config *config = &host->port.config;
	enum sim_pi_gains gains;

	host->rivals = calloc(1, sizeof(*host->rivals));
	for (gains = 0; gains < SIM_PIS; gains++)
		sim_pi_init(&host->rivals->pi[gains], gains, config->log_sync,
			    dvmm_mult_from_khz(config->host_khz));
}

void sim_rivals_free(struct sim_host *host)
{
	enum sim_pi_gains gains;

	if (!host->rivals)
		return;
	for (gains = 0; gains < SIM_PIS; gains++)
		sim_errors_forget(&host->rivals->pi[gains].errors);
	free(host->rivals);
}

/* Whatever our estimator has just taken in. */
void sim_rivals_watch(struct sim_host *host)
{
	const struct dvmm_estimator *e = &host->port.discipline.target.estimator;
	struct sim_rivals *rivals = host->rivals;
	enum sim_pi_gains gains;

	if (!rivals || e->head == rivals->head)
		return;
	rivals->head = e->head;
	if (!e->count)
		return;
	for (gains = 0; gains < SIM_PIS; gains++)
		sim_pi_exchange(&rivals->pi[gains], &e->ring[(e->head - 1) & (e->size - 1)],
				sim_cycles(host), host->sim->now_ns);
}

/* Against the leader's clock as it runs freely, which is what was measured. */
void sim_rivals_look(struct sim_host *host)
{
	const struct sim_host *base = &host->sim->host[host->base];
	struct sim_rivals *rivals = host->rivals;
	u64 cycles = sim_cycles(host), truth_ns;
	enum sim_pi_gains gains;

	if (!rivals || !host->alive || host == base || sim_excused(host))
		return;
	truth_ns = sim_honest_free_ns(base);
	for (gains = 0; gains < SIM_PIS; gains++) {
		struct sim_pi *pi = &rivals->pi[gains];

		if (pi->locked_ns)
			sim_errors_add(&pi->errors, dvmm_segment_ns(&pi->clock, cycles) - truth_ns, 0);
	}
}

void sim_rivals_measure(struct sim_host *host)
{
	enum sim_pi_gains gains;

	for (gains = 0; host->rivals && gains < SIM_PIS; gains++)
		sim_errors_forget(&host->rivals->pi[gains].errors);
}

struct sim_stats sim_rivals_stats(struct sim *sim, enum sim_pi_gains gains, u64 *locked_ns)
{
	struct sim_errors all = {};
	struct sim_stats stats;
	int i;

	*locked_ns = 0;
	for (i = 0; i < sim->hosts; i++) {
		const struct sim_pi *pi = &sim->host[i].rivals->pi[gains];

		if (pi->locked_ns)
			*locked_ns = max(*locked_ns, pi->locked_ns - sim->host[i].started_ns);
		sim_errors_merge(&all, &pi->errors);
	}
	stats = sim_errors_stats(&all);
	sim_errors_forget(&all);
	return stats;
}
