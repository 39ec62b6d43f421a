// SPDX-License-Identifier: GPL-2.0
/* What the network has for the engine. */
#include <linux/skbuff.h>

#include "inbox.h"

static struct dvmm_rate rate(u32 khz, u32 hz)
{
	return (struct dvmm_rate) {
		.interval_cycles = div_u64(khz * 1000ULL, hz), .burst = DVMM_INBOX_SIZE / 2,
	};
}

void dvmm_inbox_init(struct dvmm_inbox *inbox, u32 khz)
{
	struct dvmm_rate known = rate(khz, DVMM_INBOX_KNOWN_HZ);
	struct dvmm_rate strangers = rate(khz, DVMM_INBOX_STRANGERS_HZ);

	dvmm_ratelimit_init(&inbox->limit, &known, &strangers);
	inbox->flood = 0;
	init_waitqueue_head(&inbox->wait);
	spin_lock_init(&inbox->lock);
	inbox->head = 0;
	inbox->tail = 0;
	inbox->overflow = 0;
}

/* One of @room, to be filled before the lock is dropped; NULL if there is none left. */
static struct dvmm_inbox_item *append(struct dvmm_inbox *inbox, u32 room)
{
	lockdep_assert_held(&inbox->lock);
	if (inbox->head - inbox->tail >= room) {
		inbox->overflow++;
		return NULL;
	}
	return &inbox->item[inbox->head++ % DVMM_INBOX_SIZE];
}

/*
 * Room for a packet, if its sender has not sent too many. What is longer than any message
 * known is cut, and its messageLength lies then.
 */
static struct dvmm_inbox_item *admit(struct dvmm_inbox *inbox, const struct dvmm_address *from,
				     u32 len, u64 cycles)
{
	struct dvmm_inbox_item *item;

	if (!len)
		return NULL;
	if (!dvmm_ratelimit_take(&inbox->limit, from, cycles)) {
		inbox->flood++;
		return NULL;
	}
	item = append(inbox, DVMM_INBOX_SIZE - DVMM_INBOX_RESERVE);
	if (!item)
		return NULL;
	item->cycles = cycles;
	item->nic_ns = 0;
	item->from = *from;
	item->len = min_t(u32, len, DVMM_WIRE_RX_MAX);
	return item;
}

void dvmm_inbox_put_packet(struct dvmm_inbox *inbox, const struct dvmm_address *from,
			   const struct sk_buff *skb, int offset, u64 cycles, u64 nic_ns)
{
	u32 len = skb->len - offset;
	struct dvmm_inbox_item *item;
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	item = admit(inbox, from, len, cycles);
	if (item)
		item->nic_ns = nic_ns;
	if (item && skb_copy_bits(skb, offset, item->buf, item->len))
		inbox->head--;
	spin_unlock_irqrestore(&inbox->lock, flags);
	wake_up(&inbox->wait);
}

void dvmm_inbox_put_bytes(struct dvmm_inbox *inbox, const struct dvmm_address *from,
			  const u8 *buf, u32 len, u64 cycles)
{
	struct dvmm_inbox_item *item;
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	item = admit(inbox, from, len, cycles);
	if (item)
		memcpy(item->buf, buf, item->len);
	spin_unlock_irqrestore(&inbox->lock, flags);
	wake_up(&inbox->wait);
}

void dvmm_inbox_put_stamp(struct dvmm_inbox *inbox, u32 key, u64 cycles)
{
	dvmm_inbox_put_nic_stamp(inbox, key, cycles, 0);
}

void dvmm_inbox_put_nic_stamp(struct dvmm_inbox *inbox, u32 key, u64 cycles, u64 nic_ns)
{
	struct dvmm_inbox_item *item;
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	item = append(inbox, DVMM_INBOX_SIZE);
	if (item) {
		item->cycles = cycles;
		item->nic_ns = nic_ns;
		item->key = key;
		item->len = 0;
	}
	spin_unlock_irqrestore(&inbox->lock, flags);
	wake_up(&inbox->wait);
}

bool dvmm_inbox_get(struct dvmm_inbox *inbox, struct dvmm_inbox_item *item)
{
	bool found;

	spin_lock_irq(&inbox->lock);
	found = inbox->head != inbox->tail;
	if (found)
		*item = inbox->item[inbox->tail++ % DVMM_INBOX_SIZE];
	spin_unlock_irq(&inbox->lock);
	return found;
}

void dvmm_inbox_clear(struct dvmm_inbox *inbox)
{
	spin_lock_irq(&inbox->lock);
	inbox->tail = inbox->head;
	spin_unlock_irq(&inbox->lock);
}

void dvmm_inbox_believe(struct dvmm_inbox *inbox, const struct dvmm_address *from)
{
	spin_lock_irq(&inbox->lock);
	dvmm_ratelimit_believe(&inbox->limit, from);
	spin_unlock_irq(&inbox->lock);
}

bool dvmm_inbox_empty(const struct dvmm_inbox *inbox)
{
	return READ_ONCE(inbox->head) == READ_ONCE(inbox->tail);
}

u64 dvmm_inbox_overflow(const struct dvmm_inbox *inbox)
{
	return READ_ONCE(inbox->overflow);
}

u64 dvmm_inbox_flood(const struct dvmm_inbox *inbox)
{
	return READ_ONCE(inbox->flood);
}
