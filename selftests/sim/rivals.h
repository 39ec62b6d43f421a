/* SPDX-License-Identifier: GPL-2.0 */
/* Other servos on each host, of the same inputs, for comparison. */
#ifndef SIM_RIVALS_H
#define SIM_RIVALS_H

#include "pi.h"
#include "sim.h"

/**
 * struct sim_rivals - of one host
 * @head: of the estimator when it was looked at last
 */
struct sim_rivals {
	struct sim_pi pi[SIM_PIS];
	u32 head;
};

/* Of a host that was just started. */
void sim_rivals_start(struct sim_host *host);
void sim_rivals_free(struct sim_host *host);

/* After each event. */
void sim_rivals_watch(struct sim_host *host);

/* At each look. */
void sim_rivals_look(struct sim_host *host);

/* Forget the errors so far. */
void sim_rivals_measure(struct sim_host *host);

/* Of all hosts, and when the last of them was locked after its start. */
struct sim_stats sim_rivals_stats(struct sim *sim, enum sim_pi_gains gains, u64 *locked_ns);

#endif
