// SPDX-License-Identifier: GPL-2.0
/*
 * PTP over UDP over IPv4: IEEE 1588-2019 annex C. Two kernel sockets, event and
 * general; what comes is taken in softirq, by encap_rcv, before any socket queue.
 *
 * Stamps are host cycles, read as near to the wire as a driver without hardware
 * stamps lets: outwards in the driver's ndo_start_xmit, which reports to the socket's
 * error queue there and then; inwards when the driver handed the packet up.
 */
#include <linux/errqueue.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/inet.h>
#include <linux/net_tstamp.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

#include "host_cycles.h"
#include "transport.h"

/* 224.0.1.129, PTP-primary (C.3). */
#define PTP_GROUP 0xe0000181

/*
 * A receive stamp is the kernel's clock, read when the driver handed the packet up.
 * It is turned into cycles by its age, which is tens of microseconds. If it seems
 * older than this, or from the future, either the clock was set meanwhile, or the
 * packet is late anyhow: then it is stamped here and now, which is never too early.
 */
#define STAMP_AGE_MAX_NS 250000

struct udp_transport {
	struct dvmm_transport t;
	struct socket *event;
	struct socket *general;
	void (*error_report)(struct sock *sk);	/* the sockets' own */
};

static struct udp_transport *to_udp(struct dvmm_transport *t)
{
	return container_of(t, struct udp_transport, t);
}

static u64 receive_cycles(const struct sk_buff *skb)
{
	u64 here = dvmm_host_cycles(), cycles;
	struct system_device_crosststamp now;
	s64 age_ns;

	if (!skb->tstamp || dvmm_host_crosststamp(&cycles, &now))
		return here;
	age_ns = ktime_to_ns(ktime_sub(now.sys_realtime, skb->tstamp));
	if (age_ns < 0 || age_ns > STAMP_AGE_MAX_NS)
		return here;
	return cycles - mul_u64_u64_div_u64(age_ns, dvmm_host_khz(), 1000000);
}

/* In softirq, under RCU. The UDP header is still there, its checksum is right. */
static int on_packet(struct sock *sk, struct sk_buff *skb)
{
	u64 cycles = receive_cycles(skb);
	struct dvmm_inbox *inbox = rcu_dereference_sk_user_data(sk);
	struct dvmm_address from = { .scope = DVMM_TO_ONE };

	memcpy(from.host, &ip_hdr(skb)->saddr, sizeof(ip_hdr(skb)->saddr));
	if (inbox)
		dvmm_inbox_put_packet(inbox, &from, skb, sizeof(struct udphdr), cycles);
	consume_skb(skb);
	return 0;
}

/*
 * A transmit stamp has come: in the driver, with bottom halves off. Its time was
 * taken from the kernel's clock; host cycles now are what is wanted.
 */
static void on_stamp(struct sock *sk)
{
	u64 cycles = dvmm_host_cycles();
	struct dvmm_inbox *inbox;
	struct sk_buff *skb;

	rcu_read_lock();
	inbox = rcu_dereference_sk_user_data(sk);
	while ((skb = sock_dequeue_err_skb(sk))) {
		const struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

		if (inbox && serr->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING &&
		    serr->ee.ee_info == SCM_TSTAMP_SND)
			dvmm_inbox_put_stamp(inbox, serr->ee.ee_data, cycles);
		consume_skb(skb);
	}
	rcu_read_unlock();
}

static int set_ip_option(struct socket *sock, int option, void *value, int size)
{
	return sock->ops->setsockopt(sock, SOL_IP, option, KERNEL_SOCKPTR(value), size);
}

/* To the group, on that interface only, no further than this network, and not to us. */
static int join_group(struct socket *sock, int ifindex)
{
	struct ip_mreqn group = {
		.imr_multiaddr.s_addr = htonl(PTP_GROUP), .imr_ifindex = ifindex,
	};
	int off = 0, ttl = 1;
	int ret;

	ret = set_ip_option(sock, IP_MULTICAST_IF, &group, sizeof(group));
	if (ret)
		return ret;
	ret = set_ip_option(sock, IP_MULTICAST_LOOP, &off, sizeof(off));
	if (ret)
		return ret;
	ret = set_ip_option(sock, IP_MULTICAST_TTL, &ttl, sizeof(ttl));
	if (ret)
		return ret;
	return set_ip_option(sock, IP_ADD_MEMBERSHIP, &group, sizeof(group));
}

/*
 * OPT_ID numbers the stamps as the messages; OPT_TSONLY makes them come without the
 * packet, which a kernel socket would not always be given.
 */
static int enable_stamps(struct socket *sock)
{
	struct so_timestamping how = {
		.flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
			 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			 SOF_TIMESTAMPING_OPT_TSONLY,
	};

	return sock_setsockopt(sock, SOL_SOCKET, SO_TIMESTAMPING_NEW, KERNEL_SOCKPTR(&how),
			       sizeof(how));
}

static void start_receiving(struct udp_transport *u, struct socket *sock)
{
	struct sock *sk = sock->sk;

	rcu_assign_sk_user_data(sk, u->t.inbox);
	udp_sk(sk)->encap_type = 1;
	udp_sk(sk)->encap_rcv = on_packet;
	udp_tunnel_encap_enable(sk);
	write_lock_bh(&sk->sk_callback_lock);
	u->error_report = sk->sk_error_report;
	sk->sk_error_report = on_stamp;
	write_unlock_bh(&sk->sk_callback_lock);
}

static int bind_port(struct socket *sock, int ifindex, u16 port)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int ret = sock_bindtoindex(sock->sk, ifindex, true);

	return ret ?: kernel_bind(sock, (struct sockaddr *)&here, sizeof(here));
}

/*
 * Softirqs and drivers that are in on_packet() or on_stamp() are under RCU: none is
 * left in there after the grace period, and none comes any more.
 */
static void close_socket(struct udp_transport *u, struct socket *sock)
{
	struct sock *sk = sock->sk;

	rcu_assign_sk_user_data(sk, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_error_report = u->error_report;
	write_unlock_bh(&sk->sk_callback_lock);
	sock_release(sock);
	synchronize_net();
}

static int set_up(struct socket *sock, int ifindex, u16 port)
{
	int ret = bind_port(sock, ifindex, port);

	if (ret)
		return ret;
	ret = join_group(sock, ifindex);
	if (ret)
		return ret;
	return port == DVMM_PTP_EVENT_PORT ? enable_stamps(sock) : 0;
}

static struct socket *open_socket(struct udp_transport *u, int ifindex, u16 port)
{
	struct socket *sock;
	int ret;

	ret = sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (ret)
		return ERR_PTR(ret);
	start_receiving(u, sock);
	ret = set_up(sock, ifindex, port);
	if (ret) {
		close_socket(u, sock);
		return ERR_PTR(ret);
	}
	return sock;
}

static void udp_close(struct dvmm_transport *t)
{
	struct udp_transport *u = to_udp(t);

	close_socket(u, u->event);
	close_socket(u, u->general);
	kfree(u);
}

static __be32 destination(const struct dvmm_address *to)
{
	__be32 one;

	if (to->scope != DVMM_TO_ONE)
		return htonl(PTP_GROUP);
	memcpy(&one, to->host, sizeof(one));
	return one;
}

/*
 * The key is the socket's own count, which only this function moves on: exact, also
 * after messages that failed half way.
 */
static int udp_send(struct dvmm_transport *t, const struct dvmm_address *to, bool event,
		    const u8 *buf, size_t len, u32 *key)
{
	struct socket *sock = event ? to_udp(t)->event : to_udp(t)->general;
	struct sockaddr_in there = {
		.sin_family = AF_INET, .sin_addr.s_addr = destination(to),
		.sin_port = htons(event ? DVMM_PTP_EVENT_PORT : DVMM_PTP_GENERAL_PORT),
	};
	struct msghdr msg = {
		.msg_name = &there, .msg_namelen = sizeof(there), .msg_flags = MSG_DONTWAIT,
	};
	struct kvec vec = { .iov_base = (u8 *)buf, .iov_len = len };
	int ret;

	if (event)
		*key = atomic_read(&sock->sk->sk_tskey);
	ret = kernel_sendmsg(sock, &msg, &vec, 1, len);
	return ret < 0 ? ret : 0;
}

static const struct dvmm_transport_ops udp_ops = {
	.send = udp_send,
	.close = udp_close,
};

struct dvmm_transport *dvmm_transport_udp(int ifindex, struct dvmm_inbox *inbox)
{
	struct udp_transport *u = kzalloc(sizeof(*u), GFP_KERNEL);
	int ret;

	if (!u)
		return ERR_PTR(-ENOMEM);
	u->t.ops = &udp_ops;
	u->t.inbox = inbox;
	u->event = open_socket(u, ifindex, DVMM_PTP_EVENT_PORT);
	if (IS_ERR(u->event)) {
		ret = PTR_ERR(u->event);
		goto err_free;
	}
	u->general = open_socket(u, ifindex, DVMM_PTP_GENERAL_PORT);
	if (IS_ERR(u->general)) {
		ret = PTR_ERR(u->general);
		goto err_close_event;
	}
	return &u->t;

err_close_event:
	close_socket(u, u->event);
err_free:
	kfree(u);
	return ERR_PTR(ret);
}
