/* SPDX-License-Identifier: GPL-2.0 */
/* The network interface: found, watched, never held. */
#ifndef DVMM_IFACE_H
#define DVMM_IFACE_H

#include "port.h"

/**
 * struct dvmm_iface
 * @ifindex: how the network stack knows it; 0 where it only lends its address
 * @mac: its address, 6 bytes; random where it has none of that length
 * @address: where messages reach it now
 */
struct dvmm_iface {
	int ifindex;
	u8 mac[6];
	struct dvmm_address address;
};

/*
 * For @network; shared memory can do without a @name. Return: 0, or -errno after one line
 * in the log that says what to do.
 */
int __must_check dvmm_iface_find(struct dvmm_iface *iface, const char *name,
				 enum dvmm_network network);

enum dvmm_link {
	DVMM_LINK_DOWN,
	DVMM_LINK_UP,
	DVMM_LINK_GONE,		/* unregistered, for good */
};

/*
 * Call @changed at each change of the link, and before this returns for what it is
 * now. Under RTNL: @changed may not sleep long.
 */
int __must_check dvmm_iface_watch(const struct dvmm_iface *iface,
				  void (*changed)(enum dvmm_link link));
void dvmm_iface_unwatch(void);

#endif
