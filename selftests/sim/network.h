/* SPDX-License-Identifier: GPL-2.0 */
/* What carries messages between a simulation's hosts, and stamps them. */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include "sim.h"

/* Hosts are addressed by their number, from 1, in 16 bits. */
struct dvmm_address sim_network_address(int host);

/* The port's op: @ctx is the struct sim_host that sends. */
int sim_network_send(void *ctx, const struct dvmm_address *to, bool is_event, const u8 *buf,
		     size_t len, u32 *key);

#endif
