/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernel sockets of all families have in common: their stamps.
 *
 * Stamps are readings of the TSC, as near to the wire as a driver without hardware
 * stamps lets: outwards in the driver's ndo_start_xmit, which reports to the socket's
 * error queue there and then; inwards when the driver handed the packet up. Where the NIC
 * stamps, too, its own go with them: see stamps.h.
 */
#ifndef DVMM_TRANSPORT_SOCKET_H
#define DVMM_TRANSPORT_SOCKET_H

#include <linux/skbuff.h>
#include <net/sock.h>

#include "transport.h"

/**
 * struct dvmm_socket - a socket that works for a transport
 * @sock: the kernel's
 * @error_report: its own way to report
 */
struct dvmm_socket {
	struct socket *sock;
	void (*error_report)(struct sock *sk);
};

/*
 * Open a socket of @family and make transmit stamps go to @t's inbox, nothing is received yet.
 * Callbacks find @t as the user data. 0 or -errno. May sleep.
 */
int __must_check dvmm_socket_open(struct dvmm_socket *s, struct dvmm_transport *t, int family,
				  int protocol);

/* Undo that. No callback of it runs any more, nor will. May sleep. */
void dvmm_socket_close(struct dvmm_socket *s);

/* Have messages sent from now on stamped. May sleep. */
int __must_check dvmm_socket_enable_stamps(struct dvmm_socket *s);

/* What the NIC's clock was when @skb came; 0 if it made no stamp. In softirq. */
u64 dvmm_socket_receive_nic_ns(const struct sk_buff *skb);

/* Host counter when @skb came; as soon as possible after it did. Any context. */
u64 dvmm_socket_receive_cycles(const struct sk_buff *skb);

/**
 * dvmm_socket_send() - a message, and zeros behind it
 * @there: address of @there_len bytes
 * @padding: so many zeros, up to 2
 * @key: where its stamp's key goes; NULL for one that gets no stamp
 *
 * Only one thread sends. 0 or -errno. May sleep.
 */
int dvmm_socket_send(struct dvmm_socket *s, void *there, int there_len, const u8 *buf, size_t len,
		     size_t padding, u32 *key);

int __must_check dvmm_socket_option(struct dvmm_socket *s, int level, int option, void *value,
				    int size);

#endif
