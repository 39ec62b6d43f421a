// SPDX-License-Identifier: GPL-2.0
/* What kernel sockets of all families have in common. */
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>

#include "host_cycles.h"
#include "stamps.h"
#include "transport_socket.h"

/*
 * A receive stamp is the kernel's clock, read when the driver handed the packet up.
 * It is turned into cycles by its age, which is tens of microseconds. If it seems
 * older than this, or from the future, either the clock was set meanwhile, or the
 * packet is late anyhow: then it is stamped here and now, which is never too early.
 */
#define STAMP_AGE_MAX_NS 250000

u64 dvmm_socket_receive_cycles(const struct sk_buff *skb)
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

/* Some drivers leave what they need to work it out, and do so when asked. */
u64 dvmm_socket_receive_nic_ns(const struct sk_buff *skb)
{
	const struct skb_shared_hwtstamps *stamps = &skb_shinfo(skb)->hwtstamps;

	if (skb_shinfo(skb)->tx_flags & SKBTX_HW_TSTAMP_NETDEV)
		return ktime_to_ns(netdev_get_tstamp(skb->dev, stamps, false));
	return ktime_to_ns(stamps->hwtstamp);
}

/*
 * A transmit stamp has come. One by software: in the driver, with bottom halves off; its
 * time was taken from the kernel's clock; host cycles now are what is wanted. One of the
 * NIC's comes later than that, from anywhere.
 */
static void on_stamp(struct sock *sk)
{
	u64 cycles = dvmm_host_cycles();
	struct dvmm_transport *t;
	struct sk_buff *skb;

	rcu_read_lock();
	t = rcu_dereference_sk_user_data(sk);
	while ((skb = sock_dequeue_err_skb(sk))) {
		const struct sock_exterr_skb *serr = SKB_EXT_ERR(skb);

		if (t && serr->ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING &&
		    serr->ee.ee_info == SCM_TSTAMP_SND)
			dvmm_inbox_put_nic_stamp(t->inbox, serr->ee.ee_data, cycles,
						 ktime_to_ns(skb_hwtstamps(skb)->hwtstamp));
		consume_skb(skb);
	}
	rcu_read_unlock();
}

int dvmm_socket_open(struct dvmm_socket *s, struct dvmm_transport *t, int family, int protocol)
{
	int ret = sock_create_kern(&init_net, family, SOCK_DGRAM, protocol, &s->sock);
	struct sock *sk;

	if (ret)
		return ret;
	sk = s->sock->sk;
	rcu_assign_sk_user_data(sk, t);
	write_lock_bh(&sk->sk_callback_lock);
	s->error_report = sk->sk_error_report;
	sk->sk_error_report = on_stamp;
	write_unlock_bh(&sk->sk_callback_lock);
	return 0;
}

/*
 * Softirqs and drivers that are in a callback are under RCU: none is left in there after
 * the grace period, and none comes any more.
 */
void dvmm_socket_close(struct dvmm_socket *s)
{
	struct sock *sk = s->sock->sk;

	rcu_assign_sk_user_data(sk, NULL);
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_error_report = s->error_report;
	write_unlock_bh(&sk->sk_callback_lock);
	sock_release(s->sock);
	synchronize_net();
}

/*
 * OPT_ID numbers the stamps as the messages; OPT_TSONLY makes them come without the
 * packet, which a kernel socket would not always be given. Where the NIC is asked, too, a
 * driver makes one stamp of the two: by software for a packet that the NIC does not take.
 */
int dvmm_socket_enable_stamps(struct dvmm_socket *s)
{
	struct so_timestamping how = {
		.flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
			 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			 SOF_TIMESTAMPING_OPT_TSONLY,
	};

	if (dvmm_stamps_wanted())
		how.flags |= SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
			     SOF_TIMESTAMPING_RAW_HARDWARE;
	return sock_setsockopt(s->sock, SOL_SOCKET, SO_TIMESTAMPING_NEW, KERNEL_SOCKPTR(&how),
			       sizeof(how));
}

int dvmm_socket_option(struct dvmm_socket *s, int level, int option, void *value, int size)
{
	return s->sock->ops->setsockopt(s->sock, level, option, KERNEL_SOCKPTR(value), size);
}

/*
 * The key is the socket's own count, which only this function moves on: exact, also
 * after messages that failed half way.
 */
int dvmm_socket_send(struct dvmm_socket *s, void *there, int there_len, const u8 *buf, size_t len,
		     size_t padding, u32 *key)
{
	static const u8 zeros[2];
	struct msghdr msg = {
		.msg_name = there, .msg_namelen = there_len, .msg_flags = MSG_DONTWAIT,
	};
	struct kvec vec[] = {
		{ .iov_base = (u8 *)buf, .iov_len = len },
		{ .iov_base = (u8 *)zeros, .iov_len = min(padding, sizeof(zeros)) },
	};
	int ret;

	if (key)
		*key = atomic_read(&s->sock->sk->sk_tskey);
	ret = kernel_sendmsg(s->sock, &msg, vec, padding ? 2 : 1, len + vec[1].iov_len);
	return ret < 0 ? ret : 0;
}
