/* SPDX-License-Identifier: GPL-2.0 */
/* What must always hold in a simulation, and how good the clocks are. */
#ifndef SIM_WATCH_H
#define SIM_WATCH_H

#include "sim.h"

/* After each event of @host: whose time it keeps, and since when. */
void sim_watch_host(struct sim_host *host);

/* Now and then: are all as near each other as they promise? In O(hosts). */
void sim_watch_look(struct sim *sim);

#endif
