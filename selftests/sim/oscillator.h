/* SPDX-License-Identifier: GPL-2.0 */
/* A host's counter, as the frequency of its crystal makes it go. */
#ifndef SIM_OSCILLATOR_H
#define SIM_OSCILLATOR_H

#include "dvmm_pure.h"

/* @millihertz since @since_ns, when it read @since_cycles */
struct sim_oscillator {
	u64 since_ns;
	u64 since_cycles;
	u64 millihertz;
};

/* What it reads at @ns, not before the last change of its rate. */
u64 sim_oscillator_cycles(const struct sim_oscillator *osc, u64 ns);

/* Until it has gone on by @cycles, in ns, rounded up. */
u64 sim_oscillator_wait_ns(const struct sim_oscillator *osc, u64 cycles);

/* It goes faster by @ppm from @now_ns on. */
void sim_oscillator_drift(struct sim_oscillator *osc, u64 now_ns, double ppm);

#endif
