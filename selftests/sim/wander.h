/* SPDX-License-Identifier: GPL-2.0 */
/* How the frequency of a crystal changes with time: by itself, and with the temperature. */
#ifndef SIM_WANDER_H
#define SIM_WANDER_H

#include "dvmm_pure.h"

/* The frequency is constant for so long. */
#define SIM_WANDER_NS 50000000ULL

#define SIM_WANDER_OCTAVES 8
#define SIM_WANDER_HEATS 2

/**
 * struct sim_wander - what it does, all in ppb; zeros: nothing
 * @walk_ppb: random walk of the frequency, standard deviation after a second
 * @flicker_ppb: noise with as much power in each octave, standard deviation of each
 * @heat: the temperature of the day and of the hour: sinusoids
 * @fan_ppb, @fan_ns: a fan came on: so far, with this time constant
 * @walked_ppb, @octave_ppb, @fanned_ppb: where each of these is
 * @now_ppb: their sum
 */
struct sim_wander {
	u64 seed;
	double walk_ppb;
	double flicker_ppb;
	struct { double ppb; u64 period_ns; double phase; } heat[SIM_WANDER_HEATS];
	double fan_ppb;
	u64 fan_ns;
	double walked_ppb;
	double octave_ppb[SIM_WANDER_OCTAVES];
	double fanned_ppb;
	double now_ppb;
};

bool sim_wander_any(const struct sim_wander *w);

/* After another SIM_WANDER_NS: by how much, in ppm, the frequency is higher now. */
double sim_wander_step(struct sim_wander *w, u64 now_ns);

#endif
