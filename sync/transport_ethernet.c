// SPDX-License-Identifier: GPL-2.0
/*
 * PTP over Ethernet: IEEE 1588-2019 annex E. Two packet sockets: one for event messages,
 * whose transmit stamps are numbered, and for all that comes; one only to send general
 * messages, which get no stamps.
 */
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/slab.h>

#include "transport_socket.h"

/* E.3: as PTP-primary and PTP-pdelay; no bridge passes the latter on. */
static const u8 ptp_group[ETH_ALEN] = { 0x01, 0x1b, 0x19, 0x00, 0x00, 0x00 };
static const u8 ptp_pdelay_group[ETH_ALEN] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e };

struct ethernet_transport {
	struct dvmm_transport t;
	int ifindex;
	struct dvmm_socket event;
	struct dvmm_socket general;
	void (*data_ready)(struct sock *sk);	/* the event socket's own */
};

static struct ethernet_transport *to_ethernet(struct dvmm_transport *t)
{
	return container_of(t, struct ethernet_transport, t);
}

/* An interface that listens to everything hears what is meant for others, too. */
static void receive(struct dvmm_transport *t, const struct sk_buff *skb)
{
	struct dvmm_address from = { .scope = DVMM_TO_ONE };
	u64 cycles = dvmm_socket_receive_cycles(skb);

	if (skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_MULTICAST)
		return;
	memcpy(from.host, eth_hdr(skb)->h_source, ETH_ALEN);
	dvmm_inbox_put_packet(t->inbox, &from, skb, 0, cycles, dvmm_socket_receive_nic_ns(skb));
}

/* In softirq. The Ethernet header is no longer before the data, but still there. */
static void on_packet(struct sock *sk)
{
	struct dvmm_transport *t;
	struct sk_buff *skb;

	rcu_read_lock();
	t = rcu_dereference_sk_user_data(sk);
	while ((skb = skb_dequeue(&sk->sk_receive_queue))) {
		if (t)
			receive(t, skb);
		consume_skb(skb);
	}
	rcu_read_unlock();
}

static int join(struct dvmm_socket *s, int ifindex, const u8 *group)
{
	struct packet_mreq membership = {
		.mr_ifindex = ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = ETH_ALEN,
	};

	memcpy(membership.mr_address, group, ETH_ALEN);
	return dvmm_socket_option(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership,
				  sizeof(membership));
}

static void watch(struct ethernet_transport *e)
{
	struct sock *sk = e->event.sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	e->data_ready = sk->sk_data_ready;
	sk->sk_data_ready = on_packet;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* From being bound on, it receives. */
static int set_up_event(struct ethernet_transport *e)
{
	struct sockaddr_ll here = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_1588),
		.sll_ifindex = e->ifindex,
	};
	int ret;

	watch(e);
	ret = join(&e->event, e->ifindex, ptp_group);
	if (ret)
		return ret;
	ret = join(&e->event, e->ifindex, ptp_pdelay_group);
	if (ret)
		return ret;
	ret = dvmm_socket_enable_stamps(&e->event);
	if (ret)
		return ret;
	return kernel_bind(e->event.sock, (struct sockaddr *)&here, sizeof(here));
}

static void close_event(struct ethernet_transport *e)
{
	struct sock *sk = e->event.sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = e->data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	dvmm_socket_close(&e->event);
}

static void ethernet_close(struct dvmm_transport *t)
{
	struct ethernet_transport *e = to_ethernet(t);

	close_event(e);
	dvmm_socket_close(&e->general);
	kfree(e);
}

static const u8 *destination(const struct dvmm_address *to)
{
	switch (to->scope) {
	case DVMM_TO_ONE:
		return to->host;
	case DVMM_TO_NEIGHBOURS:
		return ptp_pdelay_group;
	default:
		return ptp_group;
	}
}

static int ethernet_send(struct dvmm_transport *t, const struct dvmm_address *to, bool event,
			 const u8 *buf, size_t len, u32 *key)
{
	struct ethernet_transport *e = to_ethernet(t);
	struct sockaddr_ll there = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_1588),
		.sll_ifindex = e->ifindex, .sll_halen = ETH_ALEN,
	};

	memcpy(there.sll_addr, destination(to), ETH_ALEN);
	return dvmm_socket_send(event ? &e->event : &e->general, &there, sizeof(there), buf, len,
				0, event ? key : NULL);
}

static const struct dvmm_transport_ops ethernet_ops = {
	.send = ethernet_send,
	.close = ethernet_close,
};

/* A packet socket of protocol 0 receives nothing. */
static int open_sockets(struct ethernet_transport *e)
{
	int ret = dvmm_socket_open(&e->general, &e->t, AF_PACKET, 0);

	if (ret)
		return ret;
	ret = dvmm_socket_open(&e->event, &e->t, AF_PACKET, 0);
	if (ret)
		goto err_general;
	ret = set_up_event(e);
	if (ret)
		goto err_event;
	return 0;

err_event:
	close_event(e);
err_general:
	dvmm_socket_close(&e->general);
	return ret;
}

struct dvmm_transport *dvmm_transport_ethernet(int ifindex, struct dvmm_inbox *inbox)
{
	struct ethernet_transport *e = kzalloc(sizeof(*e), GFP_KERNEL);
	int ret;

	if (!e)
		return ERR_PTR(-ENOMEM);
	e->t.ops = &ethernet_ops;
	e->t.inbox = inbox;
	e->ifindex = ifindex;
	ret = open_sockets(e);
	if (!ret)
		return &e->t;
	kfree(e);
	return ERR_PTR(ret);
}
