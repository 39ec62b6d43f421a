/* SPDX-License-Identifier: GPL-2.0 */
/* A scenario, played. */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "script.h"

/**
 * struct sim_play - a scenario being played
 * @wander: how the oscillators wander of all hosts that will ever be
 * @dice: of what hosts are like
 */
struct sim_play {
	const struct sim_script *script;
	struct sim *sim;
	struct sim_wander *wander;
	u64 dice;
	struct sim_stats errors;	/* when it is over */
	struct sim_stats rates;
};

/* Switch the next host on, as number @identity from 0. */
void sim_play_join(struct sim_play *play, int identity);

/* From beginning to end, with @rivals beside our servo or without. */
void sim_play(struct sim_play *play, const struct sim_script *script, bool rivals);
void sim_play_free(struct sim_play *play);

#endif
