/* SPDX-License-Identifier: GPL-2.0 */
/* What is measured of a scenario played, and held against its limits. */
#ifndef SIM_LIMITS_H
#define SIM_LIMITS_H

#include "script.h"

/* NULL if there is none. */
const struct sim_measure *sim_measure_find(const char *name);
struct sim_limit *sim_limit_find(struct sim_script *script, const char *name);

/* What holds wherever the scenario sets no other limits. */
void sim_limits_usual(struct sim_script *script);

/*
 * Whether all is as it should be: within the limits, and beyond those that are to fail.
 * Writes what is not to @why.
 */
bool sim_limits_hold(const struct sim_play *play, char *why, size_t size);

#endif
