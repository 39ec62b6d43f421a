/* SPDX-License-Identifier: GPL-2.0 */
/* Chance that is the same in each run: xorshift64*. */
#ifndef SIM_DICE_H
#define SIM_DICE_H

#include "dvmm_pure.h"

static inline u64 sim_dice(u64 *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 2685821657736338717ULL;
}

/* 0 up to, not including, 1. */
static inline double sim_dice_uniform(u64 *seed)
{
	return (sim_dice(seed) >> 11) / 9007199254740992.0;
}

static inline bool sim_dice_chance(u64 *seed, u32 ppm)
{
	return sim_dice(seed) % 1000000 < ppm;
}

#endif
