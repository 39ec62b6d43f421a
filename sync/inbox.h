/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the network has for the engine: packets and transmit stamps, in the order
 * they came. Filled in softirq, emptied by one thread, bounded: what does not fit is
 * dropped and counted.
 */
#ifndef DVMM_INBOX_H
#define DVMM_INBOX_H

#include <linux/spinlock.h>
#include <linux/wait.h>

#include "ratelimit.h"
#include "wire.h"

/* Two seconds of the traffic of two hosts; a power of two. */
#define DVMM_INBOX_SIZE 128

/* Items that packets do not get: what others send must not crowd out our own stamps. */
#define DVMM_INBOX_RESERVE 32

/* Packets a second: of a host that was believed, and of all others together. */
#define DVMM_INBOX_KNOWN_HZ 16384
#define DVMM_INBOX_STRANGERS_HZ 2048

struct sk_buff;

/**
 * struct dvmm_inbox_item - a packet, or the transmit stamp of one
 * @cycles: host counter at arrival or departure
 * @nic_ns: the NIC's own stamp of that, by its clock; 0 if it made none
 * @from: of a packet: who sent it
 * @key: of a transmit stamp
 * @len: of a packet; 0 in a transmit stamp
 * @buf: the packet
 */
struct dvmm_inbox_item {
	u64 cycles;
	u64 nic_ns;
	struct dvmm_address from;
	u32 key;
	u32 len;
	u8 buf[DVMM_WIRE_RX_MAX];
};

/**
 * struct dvmm_inbox
 * @wait: the engine sleeps here
 * @head: items ever put in; @tail: taken out
 * @overflow: items for which there was no room
 * @limit: how many packets are let in, and @flood: how many were not
 * @lock: protects all but @wait
 */
struct dvmm_inbox {
	wait_queue_head_t wait;
	struct dvmm_inbox_item item[DVMM_INBOX_SIZE];
	u32 head;
	u32 tail;
	u64 overflow;
	u64 flood;
	struct dvmm_ratelimit limit;
	spinlock_t lock;	/* for any context */
};

/* @khz: of the host counter. */
void dvmm_inbox_init(struct dvmm_inbox *inbox, u32 khz);

/*
 * The datagram in @skb from @offset on, which came from @from at @cycles, or @nic_ns. Any
 * context.
 */
void dvmm_inbox_put_packet(struct dvmm_inbox *inbox, const struct dvmm_address *from,
			   const struct sk_buff *skb, int offset, u64 cycles, u64 nic_ns);

/* The same, of @len bytes in @buf. */
void dvmm_inbox_put_bytes(struct dvmm_inbox *inbox, const struct dvmm_address *from,
			  const u8 *buf, u32 len, u64 cycles);

/* The message sent under @key left at @cycles. Any context. */
void dvmm_inbox_put_stamp(struct dvmm_inbox *inbox, u32 key, u64 cycles);

/* It left at @nic_ns, if that is not 0, which was told at @cycles. Any context. */
void dvmm_inbox_put_nic_stamp(struct dvmm_inbox *inbox, u32 key, u64 cycles, u64 nic_ns);

/* The oldest item. Return: whether there was one. */
bool dvmm_inbox_get(struct dvmm_inbox *inbox, struct dvmm_inbox_item *item);

/* A packet from @from was believed. Not from softirq. */
void dvmm_inbox_believe(struct dvmm_inbox *inbox, const struct dvmm_address *from);

/* Forget all that is in there. Not from softirq. */
void dvmm_inbox_clear(struct dvmm_inbox *inbox);

bool dvmm_inbox_empty(const struct dvmm_inbox *inbox);
u64 dvmm_inbox_overflow(const struct dvmm_inbox *inbox);
u64 dvmm_inbox_flood(const struct dvmm_inbox *inbox);

#endif
