/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A peer-to-peer transparent clock (IEEE 1588-2019 clause 10) as the switch between all hosts,
 * the link of each to it being as that of the host to itself.
 */
#ifndef SIM_TRANSPARENT_H
#define SIM_TRANSPARENT_H

#include "sim.h"

/* What host @from sends, on its way to @address. */
void sim_transparent_carry(struct sim *sim, int from, const struct dvmm_address *address,
			   const struct sim_message *message);

#endif
