// SPDX-License-Identifier: GPL-2.0
/* How the frequency of a crystal changes with time. */
#include <math.h>

#include "dice.h"
#include "wander.h"

#define STEP_S (SIM_WANDER_NS / 1e9)

bool sim_wander_any(const struct sim_wander *w)
{
	return w->walk_ppb || w->flicker_ppb || w->heat[0].ppb || w->heat[1].ppb || w->fan_ppb;
}

/* Normally distributed: by Box and Muller. */
static double normal(u64 *seed)
{
	double radius = sqrt(-2 * log(1 - sim_dice_uniform(seed)));

	return radius * cos(2 * M_PI * sim_dice_uniform(seed));
}

/* Sum of noises, each of one correlation time, four times the one before it: 0.2 s to 1 h. */
static double flicker(struct sim_wander *w)
{
	double sum = 0, time_s = 0.2;
	int i;

	for (i = 0; i < SIM_WANDER_OCTAVES && w->flicker_ppb; i++, time_s *= 4) {
		double keep = exp(-STEP_S / time_s);

		w->octave_ppb[i] *= keep;
		w->octave_ppb[i] += w->flicker_ppb * sqrt(1 - keep * keep) * normal(&w->seed);
		sum += w->octave_ppb[i];
	}
	return sum;
}

static double heat(const struct sim_wander *w, u64 now_ns)
{
	double sum = 0;
	int i;

	for (i = 0; i < SIM_WANDER_HEATS; i++)
		if (w->heat[i].period_ns)
			sum += w->heat[i].ppb *
			       sin(2 * M_PI * (w->heat[i].phase +
					       (double)now_ns / w->heat[i].period_ns));
	return sum;
}

static double fan(struct sim_wander *w)
{
	if (w->fan_ns)
		w->fanned_ppb += (w->fan_ppb - w->fanned_ppb) * SIM_WANDER_NS / w->fan_ns;
	return w->fanned_ppb;
}

double sim_wander_step(struct sim_wander *w, u64 now_ns)
{
	double was_ppb = w->now_ppb;

	if (w->walk_ppb)
		w->walked_ppb += w->walk_ppb * sqrt(STEP_S) * normal(&w->seed);
	w->now_ppb = w->walked_ppb + flicker(w) + heat(w, now_ns) + fan(w);
	return (w->now_ppb - was_ppb) / 1000;
}
