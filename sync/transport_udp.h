/* SPDX-License-Identifier: GPL-2.0 */
/* What UDP over IPv4 and over IPv6 have in common, and where they differ. */
#ifndef DVMM_TRANSPORT_UDP_H
#define DVMM_TRANSPORT_UDP_H

#include <linux/socket.h>

#include "transport_socket.h"

/**
 * struct dvmm_udp_family - where they differ
 * @family: AF_INET or AF_INET6
 * @event_padding: octets behind each event message
 * @prepare: @s is to send to groups on interface @ifindex only, no further than this
 *	network, and not to ourselves; and to hear both groups there. 0 or -errno
 * @address: write the address of @port of @to, on @ifindex, to @there; NULL for all of
 *	our own. Return: its length
 * @from: write who sent @skb to @host, which is all zeros
 */
struct dvmm_udp_family {
	int family;
	size_t event_padding;
	int (*prepare)(struct dvmm_socket *s, int ifindex);
	int (*address)(struct sockaddr_storage *there, const struct dvmm_address *to, int ifindex,
		       u16 port);
	void (*from)(const struct sk_buff *skb, u8 *host);
};

extern const struct dvmm_udp_family dvmm_udp4, dvmm_udp6;

#endif
