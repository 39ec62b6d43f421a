// SPDX-License-Identifier: GPL-2.0
/* PTP over UDP over IPv4: IEEE 1588-2019 annex C. */
#include <linux/in.h>
#include <linux/ip.h>

#include "transport_udp.h"

/* 224.0.1.129, PTP-primary, and 224.0.0.107, PTP-pdelay (C.3). */
#define PTP_GROUP 0xe0000181
#define PTP_PDELAY_GROUP 0xe000006b

static int join(struct dvmm_socket *s, int ifindex, u32 group)
{
	struct ip_mreqn membership = {
		.imr_multiaddr.s_addr = htonl(group), .imr_ifindex = ifindex,
	};

	return dvmm_socket_option(s, SOL_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership));
}

static int prepare(struct dvmm_socket *s, int ifindex)
{
	struct ip_mreqn interface = { .imr_ifindex = ifindex };
	int off = 0, ttl = 1;
	int ret;

	ret = dvmm_socket_option(s, SOL_IP, IP_MULTICAST_IF, &interface, sizeof(interface));
	if (ret)
		return ret;
	ret = dvmm_socket_option(s, SOL_IP, IP_MULTICAST_LOOP, &off, sizeof(off));
	if (ret)
		return ret;
	ret = dvmm_socket_option(s, SOL_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	if (ret)
		return ret;
	return join(s, ifindex, PTP_GROUP) ?: join(s, ifindex, PTP_PDELAY_GROUP);
}

static __be32 destination(const struct dvmm_address *to)
{
	__be32 one;

	if (!to)
		return htonl(INADDR_ANY);
	if (to->scope != DVMM_TO_ONE)
		return htonl(to->scope == DVMM_TO_NEIGHBOURS ? PTP_PDELAY_GROUP : PTP_GROUP);
	memcpy(&one, to->host, sizeof(one));
	return one;
}

static int address(struct sockaddr_storage *there, const struct dvmm_address *to, int ifindex,
		   u16 port)
{
	*(struct sockaddr_in *)there = (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = destination(to),
	};
	return sizeof(struct sockaddr_in);
}

static void from(const struct sk_buff *skb, u8 *host)
{
	memcpy(host, &ip_hdr(skb)->saddr, sizeof(ip_hdr(skb)->saddr));
}

const struct dvmm_udp_family dvmm_udp4 = {
	.family = AF_INET,
	.prepare = prepare,
	.address = address,
	.from = from,
};
