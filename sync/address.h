/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where messages go, and where they came from.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_ADDRESS_H
#define DVMM_ADDRESS_H

#include "dvmm_pure.h"

enum dvmm_scope {
	DVMM_TO_ALL,		/* the domain: multicast */
	DVMM_TO_NEIGHBOURS,	/* multicast that no bridge passes on: peer delay messages */
	DVMM_TO_ONE,		/* unicast */
};

/**
 * struct dvmm_address
 * @scope: enum dvmm_scope; DVMM_TO_ONE of whatever a message came from
 * @host: of DVMM_TO_ONE, as the transport writes it: IPv4, IPv6 or Ethernet address from
 *	the first byte on, zeros behind it
 */
struct dvmm_address {
	u8 scope;
	u8 host[16];
};

static const struct dvmm_address __maybe_unused dvmm_to_all = { .scope = DVMM_TO_ALL };
static const struct dvmm_address __maybe_unused dvmm_to_neighbours = {
	.scope = DVMM_TO_NEIGHBOURS,
};

static inline bool dvmm_address_equal(const struct dvmm_address *a, const struct dvmm_address *b)
{
	return a->scope == b->scope && !memcmp(a->host, b->host, sizeof(a->host));
}

#endif
