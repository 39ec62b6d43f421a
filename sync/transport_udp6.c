// SPDX-License-Identifier: GPL-2.0
/* PTP over UDP over IPv6: IEEE 1588-2019 annex D. */
#include <linux/in6.h>
#include <linux/ipv6.h>

#include "transport_udp.h"

/* PTP-primary, of global scope as linuxptp's, and PTP-pdelay (D.3). */
#define PTP_GROUP { .s6_addr = { 0xff, 0x0e, [14] = 0x01, 0x81 } }
#define PTP_PDELAY_GROUP { .s6_addr = { 0xff, 0x02, [15] = 0x6b } }

static const struct in6_addr ptp_group = PTP_GROUP, ptp_pdelay_group = PTP_PDELAY_GROUP;

static int join(struct dvmm_socket *s, int ifindex, const struct in6_addr *group)
{
	struct ipv6_mreq membership = {
		.ipv6mr_multiaddr = *group, .ipv6mr_ifindex = ifindex,
	};

	return dvmm_socket_option(s, SOL_IPV6, IPV6_ADD_MEMBERSHIP, &membership,
				  sizeof(membership));
}

static int set(struct dvmm_socket *s, int option, int value)
{
	return dvmm_socket_option(s, SOL_IPV6, option, &value, sizeof(value));
}

static int prepare(struct dvmm_socket *s, int ifindex)
{
	int ret = set(s, IPV6_MULTICAST_IF, ifindex);

	if (ret)
		return ret;
	ret = set(s, IPV6_MULTICAST_LOOP, 0);
	if (ret)
		return ret;
	ret = set(s, IPV6_MULTICAST_HOPS, 1);
	if (ret)
		return ret;
	/* leave IPv4's ports to others */
	ret = set(s, IPV6_V6ONLY, 1);
	if (ret)
		return ret;
	return join(s, ifindex, &ptp_group) ?: join(s, ifindex, &ptp_pdelay_group);
}

static struct in6_addr destination(const struct dvmm_address *to)
{
	struct in6_addr one = { };

	if (!to)
		return one;
	if (to->scope != DVMM_TO_ONE)
		return to->scope == DVMM_TO_NEIGHBOURS ? ptp_pdelay_group : ptp_group;
	memcpy(&one, to->host, sizeof(one));
	return one;
}

/* A link-local address means something on its link only: hence the scope. */
static int address(struct sockaddr_storage *there, const struct dvmm_address *to, int ifindex,
		   u16 port)
{
	*(struct sockaddr_in6 *)there = (struct sockaddr_in6) {
		.sin6_family = AF_INET6, .sin6_port = htons(port),
		.sin6_addr = destination(to), .sin6_scope_id = ifindex,
	};
	return sizeof(struct sockaddr_in6);
}

static void from(const struct sk_buff *skb, u8 *host)
{
	memcpy(host, &ipv6_hdr(skb)->saddr, sizeof(ipv6_hdr(skb)->saddr));
}

/* D.1: room for a transparent clock to keep the UDP checksum right. */
const struct dvmm_udp_family dvmm_udp6 = {
	.family = AF_INET6,
	.event_padding = 2,
	.prepare = prepare,
	.address = address,
	.from = from,
};
