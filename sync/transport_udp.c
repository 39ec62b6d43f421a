// SPDX-License-Identifier: GPL-2.0
/*
 * PTP over UDP: two kernel sockets, event and general; what comes is taken in softirq, by
 * encap_rcv, before any socket queue.
 */
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "transport_udp.h"

struct udp_transport {
	struct dvmm_transport t;
	const struct dvmm_udp_family *family;
	int ifindex;
	struct dvmm_socket event;
	struct dvmm_socket general;
};

static struct udp_transport *to_udp(struct dvmm_transport *t)
{
	return container_of(t, struct udp_transport, t);
}

/* In softirq, under RCU. The UDP header is still there, its checksum is right. */
static int on_packet(struct sock *sk, struct sk_buff *skb)
{
	u64 cycles = dvmm_socket_receive_cycles(skb);
	struct dvmm_transport *t = rcu_dereference_sk_user_data(sk);
	struct dvmm_address from = { .scope = DVMM_TO_ONE };

	if (t) {
		to_udp(t)->family->from(skb, from.host);
		dvmm_inbox_put_packet(t->inbox, &from, skb, sizeof(struct udphdr), cycles,
				      dvmm_socket_receive_nic_ns(skb));
	}
	consume_skb(skb);
	return 0;
}

static void start_receiving(struct sock *sk)
{
	udp_sk(sk)->encap_type = 1;
	udp_sk(sk)->encap_rcv = on_packet;
	udp_tunnel_encap_enable(sk);
}

/* Groups first: IPv6 may be told to leave IPv4's port alone only before it has one. */
static int set_up(struct udp_transport *u, struct dvmm_socket *s, u16 port)
{
	struct sockaddr_storage here = { };
	int len = u->family->address(&here, NULL, u->ifindex, port);
	int ret;

	ret = sock_bindtoindex(s->sock->sk, u->ifindex, true);
	if (ret)
		return ret;
	ret = u->family->prepare(s, u->ifindex);
	if (ret)
		return ret;
	ret = kernel_bind(s->sock, (struct sockaddr *)&here, len);
	if (ret)
		return ret;
	return port == DVMM_PTP_EVENT_PORT ? dvmm_socket_enable_stamps(s) : 0;
}

static void close_socket(struct dvmm_socket *s)
{
	WRITE_ONCE(udp_sk(s->sock->sk)->encap_rcv, NULL);
	dvmm_socket_close(s);
}

static int open_socket(struct udp_transport *u, struct dvmm_socket *s, u16 port)
{
	int ret = dvmm_socket_open(s, &u->t, u->family->family, IPPROTO_UDP);

	if (ret)
		return ret;
	start_receiving(s->sock->sk);
	ret = set_up(u, s, port);
	if (ret)
		close_socket(s);
	return ret;
}

static void udp_close(struct dvmm_transport *t)
{
	struct udp_transport *u = to_udp(t);

	close_socket(&u->event);
	close_socket(&u->general);
	kfree(u);
}

static int udp_send(struct dvmm_transport *t, const struct dvmm_address *to, bool event,
		    const u8 *buf, size_t len, u32 *key)
{
	u16 port = event ? DVMM_PTP_EVENT_PORT : DVMM_PTP_GENERAL_PORT;
	struct udp_transport *u = to_udp(t);
	struct sockaddr_storage there = { };
	int there_len = u->family->address(&there, to, u->ifindex, port);

	return dvmm_socket_send(event ? &u->event : &u->general, &there, there_len, buf, len,
				event ? u->family->event_padding : 0, event ? key : NULL);
}

static const struct dvmm_transport_ops udp_ops = {
	.send = udp_send,
	.close = udp_close,
};

static int open_sockets(struct udp_transport *u)
{
	int ret = open_socket(u, &u->event, DVMM_PTP_EVENT_PORT);

	if (ret)
		return ret;
	ret = open_socket(u, &u->general, DVMM_PTP_GENERAL_PORT);
	if (ret)
		close_socket(&u->event);
	return ret;
}

static struct dvmm_transport *create(const struct dvmm_udp_family *family, int ifindex,
				     struct dvmm_inbox *inbox)
{
	struct udp_transport *u = kzalloc(sizeof(*u), GFP_KERNEL);
	int ret;

	if (!u)
		return ERR_PTR(-ENOMEM);
	u->t.ops = &udp_ops;
	u->t.inbox = inbox;
	u->family = family;
	u->ifindex = ifindex;
	ret = open_sockets(u);
	if (!ret)
		return &u->t;
	kfree(u);
	return ERR_PTR(ret);
}

struct dvmm_transport *dvmm_transport_udp4(int ifindex, struct dvmm_inbox *inbox)
{
	return create(&dvmm_udp4, ifindex, inbox);
}

struct dvmm_transport *dvmm_transport_udp6(int ifindex, struct dvmm_inbox *inbox)
{
	return create(&dvmm_udp6, ifindex, inbox);
}
