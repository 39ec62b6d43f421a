/* SPDX-License-Identifier: GPL-2.0 */
/* How PTP messages get to the other hosts and from them, with their stamps. */
#ifndef DVMM_TRANSPORT_H
#define DVMM_TRANSPORT_H

#include "inbox.h"

struct dvmm_transport;

/**
 * struct dvmm_transport_ops
 * @send: @len bytes as event or general message to @to. The departure of an event
 *	message comes to the inbox under *@key. May sleep. 0 or -errno
 * @close: nothing comes any more, all is freed. May sleep
 */
struct dvmm_transport_ops {
	int (*send)(struct dvmm_transport *t, const struct dvmm_address *to, bool event,
		    const u8 *buf, size_t len, u32 *key);
	void (*close)(struct dvmm_transport *t);
};

/**
 * struct dvmm_transport - one way onto one network
 * @inbox: where packets and transmit stamps go
 */
struct dvmm_transport {
	const struct dvmm_transport_ops *ops;
	struct dvmm_inbox *inbox;
};

/* UDP over IPv4 or IPv6, or Ethernet, on that interface. ERR_PTR on failure. May sleep. */
struct dvmm_transport *__must_check dvmm_transport_udp4(int ifindex, struct dvmm_inbox *inbox);
struct dvmm_transport *__must_check dvmm_transport_udp6(int ifindex, struct dvmm_inbox *inbox);
struct dvmm_transport *__must_check dvmm_transport_ethernet(int ifindex, struct dvmm_inbox *inbox);

/*
 * Memory shared by all hosts, at @where (shm_area.h), from @offset bytes on; as host
 * @identity, not 0. ERR_PTR on failure, after one line in the log that says what is wrong.
 * May sleep, for seconds.
 */
struct dvmm_transport *__must_check dvmm_transport_shm(const char *where, u64 offset, u64 identity,
						       struct dvmm_inbox *inbox);

#endif
