/* SPDX-License-Identifier: GPL-2.0 */
/* The words of a scenario, and what they do. */
#ifndef SIM_VERBS_H
#define SIM_VERBS_H

#include "script.h"

/* NULL if there is none. */
const struct sim_verb *sim_verb_find(const char *name);

#endif
