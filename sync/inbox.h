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

#include "wire.h"

/* Two seconds of the traffic of two hosts; a power of two. */
#define DVMM_INBOX_SIZE 128

struct sk_buff;

/**
 * struct dvmm_inbox_item - a packet, or the transmit stamp of one
 * @cycles: host counter at arrival or departure
 * @from: of a packet: who sent it
 * @key: of a transmit stamp
 * @len: of a packet; 0 in a transmit stamp
 * @buf: the packet
 */
struct dvmm_inbox_item {
	u64 cycles;
	struct dvmm_address from;
	u32 key;
	u32 len;
	u8 buf[DVMM_WIRE_RX_MAX];
};

/**
 * struct dvmm_inbox
 * @wait: the engine sleeps here
 * @head: items ever put in; @tail: taken out
 * @overflow: packets for which there was no room
 * @lock: protects all but @wait
 */
struct dvmm_inbox {
	wait_queue_head_t wait;
	struct dvmm_inbox_item item[DVMM_INBOX_SIZE];
	u32 head;
	u32 tail;
	u64 overflow;
	spinlock_t lock;	/* for any context */
};

void dvmm_inbox_init(struct dvmm_inbox *inbox);

/* The datagram in @skb from @offset on, which came from @from at @cycles. Any context. */
void dvmm_inbox_put_packet(struct dvmm_inbox *inbox, const struct dvmm_address *from,
			   const struct sk_buff *skb, int offset, u64 cycles);

/* The message sent under @key left at @cycles. Any context. */
void dvmm_inbox_put_stamp(struct dvmm_inbox *inbox, u32 key, u64 cycles);

/* The oldest item. Return: whether there was one. */
bool dvmm_inbox_get(struct dvmm_inbox *inbox, struct dvmm_inbox_item *item);

bool dvmm_inbox_empty(const struct dvmm_inbox *inbox);
u64 dvmm_inbox_overflow(const struct dvmm_inbox *inbox);

#endif
