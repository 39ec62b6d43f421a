/* SPDX-License-Identifier: GPL-2.0 */
/* A host's counter, as the frequency of its crystal makes it go. */
#ifndef SIM_OSCILLATOR_H
#define SIM_OSCILLATOR_H

#include "dvmm_pure.h"

/*
 * @millihertz since @since_ns, when it read @since_cycles and @since_part 10^-12 cycles;
 * but it stands still while @frozen.
 */
struct sim_oscillator {
	u64 since_ns;
	u64 since_cycles;
	u64 since_part;
	u64 millihertz;
	bool frozen;
};

/* What it reads at @ns, not before the last change of its rate. */
u64 sim_oscillator_cycles(const struct sim_oscillator *osc, u64 ns);

/* Until it has gone on by @cycles, in ns, rounded up; 0.1 s at most while it is frozen. */
u64 sim_oscillator_wait_ns(const struct sim_oscillator *osc, u64 cycles);

/* It goes faster by @ppm from @now_ns on. */
void sim_oscillator_drift(struct sim_oscillator *osc, u64 now_ns, double ppm);

/* It jumps by @ns, either way. */
void sim_oscillator_jump(struct sim_oscillator *osc, u64 now_ns, s64 ns);

/* It stands still from @now_ns on, or goes on from where it stands. */
void sim_oscillator_freeze(struct sim_oscillator *osc, u64 now_ns, bool frozen);

#endif
