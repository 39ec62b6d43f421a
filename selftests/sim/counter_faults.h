/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to a host's counter. The frequency of a crystal changes, which is no
 * fault. A counter that jumps, stops or is given a wrong rate is one: of a grandmaster,
 * whose clock is the time, the watch then takes what it would have shown without; any
 * other host is excused for a second, in which it has to notice.
 */
#ifndef SIM_COUNTER_FAULTS_H
#define SIM_COUNTER_FAULTS_H

#include "sim.h"

#define SIM_EXCUSED_NS SIM_SECOND

/* From now on it wanders as @wander says, whose state is the caller's to set to zero. */
void sim_wander(struct sim_host *host, const struct sim_wander *wander);

/* SIM_WANDER happened. */
void sim_wander_on(struct sim_host *host);

/* Faults. */
void sim_jump(struct sim_host *host, s64 ns);
void sim_wrong_rate(struct sim_host *host, double ppm);
void sim_freeze(struct sim_host *host, bool frozen);

/* What its clock shows, or would show if its counter had had no fault. */
u64 sim_honest_ns(const struct sim_host *host);

/* The same if nobody steered it. */
u64 sim_honest_free_ns(const struct sim_host *host);

/* How many ns of its clock, or of what it would be, go by in a ns. */
double sim_honest_rate(const struct sim_host *host);

/* Whether nothing can be asked of its clock, shortly after a fault. */
bool sim_excused(const struct sim_host *host);

/* At each look: who follows another keeps no time of its own. */
void sim_fault_passes(struct sim_host *host);

#endif
