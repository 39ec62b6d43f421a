// SPDX-License-Identifier: GPL-2.0
/*
 * PTP through memory that the hosts share: one thread, which alone touches the window,
 * looks a thousand times a second for what is new in it, and publishes what it is given.
 *
 * The stamp of a departure is a reading of the TSC right before something becomes visible,
 * that of an arrival one right after it was seen: too early and too late, if anything, as
 * on any network. Both are of the same instant, but for the flight of a cache line, if the
 * receiver looks just then. So whoever has an event message says so first; for whom it is
 * answers that he is on the look-out, and is for a moment; then they meet: shm_meeting.h.
 * If they miss each other it comes anyhow, and the estimator prefers others.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "clock.h"
#include "shm_area.h"
#include "shm_meeting.h"
#include "transport.h"

/* How often we look, and how often while somebody is to get ready for our message. */
#define TICK_NS 1000000
#define SHORT_TICK_NS 30000

/* A message waits no longer than this, nor while there are so many behind it. */
#define WAIT_MAX_NS 3000000
#define BACKLOG_MAX 8

/*
 * On the look-out for so long at a time, if who announced something takes that long to
 * notice; and one part in so many of all time, but so many times at once.
 */
#define LOOK_OUT_NS 1000000
#define LOOK_OUT_SHARE 20
#define LOOK_OUT_BURST 16

/* A message is held up for no longer. */
#define HOLD_UP_NS 50000

/* Whoever shows no sign of life for so long is dead. */
#define SILENCE_NS (2 * NSEC_PER_SEC)

#define CLAIM_TICK_MS 20

/* A power of two. */
#define QUEUE_SIZE 64

struct shm_queued {
	u64 to;
	u32 key;
	u32 len;
	bool event;
	u8 buf[DVMM_WIRE_TX_MAX];
};

/*
 * @paid_cycles is until when having been on the look-out has been paid for; @lock protects
 * the queue, from @tail to @head, and @key, the next message's.
 */
struct shm_transport {
	struct dvmm_transport t;
	struct dvmm_shm_area area;
	struct dvmm_shm shm;
	struct task_struct *thread;
	u64 paid_cycles;
	u64 announced_cycles;
	bool announced;
	spinlock_t lock;	/* for those who send */
	u32 head;
	u32 tail;
	u32 key;
	struct shm_queued queue[QUEUE_SIZE];
};

static struct shm_transport *to_shm(struct dvmm_transport *t)
{
	return container_of(t, struct shm_transport, t);
}

static u64 cycles(u64 ns)
{
	return mul_u64_u64_div_u64(ns, dvmm_host_khz(), USEC_PER_SEC);
}

/*
 * What is held up is stamped when it is seen; the rest when it is found.
 * Return: whether one of them was an event message.
 */
static bool receive(struct shm_transport *h, u32 slot)
{
	struct dvmm_address from = { .scope = DVMM_TO_ONE };
	struct dvmm_shm_message m;
	bool event = false;
	u64 now;

	if (!dvmm_shm_pending(&h->shm, slot))
		return false;
	now = dvmm_host_cycles();
	memcpy(from.host, &h->shm.seen[slot].owner, sizeof(h->shm.seen[slot].owner));
	while (dvmm_shm_read(&h->shm, slot, &m)) {
		dvmm_inbox_put_bytes(h->t.inbox, &from, m.buf, m.len,
				     m.arrived ? m.arrival_cycles : now);
		event |= m.event;
	}
	return event;
}

/* The oldest of the queue; whoever puts more in leaves it alone. */
static struct shm_queued *oldest(struct shm_transport *h)
{
	/* before what is in it */
	if (h->tail == smp_load_acquire(&h->head))
		return NULL;
	return &h->queue[h->tail % QUEUE_SIZE];
}

static bool may_leave(struct shm_transport *h, const struct shm_queued *m)
{
	u64 now = dvmm_host_cycles();

	if (!m->event)
		return true;
	if (!h->announced) {
		h->announced = true;
		h->announced_cycles = now;
		dvmm_shm_announce(&h->shm, m->to);
	}
	return dvmm_shm_awaited(&h->shm, now) || READ_ONCE(h->head) - h->tail > BACKLOG_MAX ||
	       now - h->announced_cycles > cycles(WAIT_MAX_NS);
}

static void publish(struct shm_transport *h, const struct shm_queued *m)
{
	u64 departure;

	dvmm_shm_write(&h->shm, m->to, m->event, m->buf, m->len);
	preempt_disable();
	if (!m->event || !dvmm_shm_hold_up(&h->shm, cycles(HOLD_UP_NS), &departure))
		departure = dvmm_host_cycles();
	dvmm_shm_publish(&h->shm);
	preempt_enable();
	if (!m->event)
		return;
	dvmm_shm_published(&h->shm);
	h->announced = false;
	dvmm_inbox_put_stamp(h->t.inbox, m->key, departure);
}

static void transmit(struct shm_transport *h)
{
	const struct shm_queued *m;

	while ((m = oldest(h)) && may_leave(h, m)) {
		publish(h, m);
		smp_store_release(&h->tail, h->tail + 1); /* done with it */
	}
}

static void pay(struct shm_transport *h, u64 start, u64 spent)
{
	if ((s64)(h->paid_cycles - start) < 0)
		h->paid_cycles = start;
	h->paid_cycles += LOOK_OUT_SHARE * spent;
}

/* Two who have a message for each other both look out; who has the lower slot goes first. */
static void look_out(struct shm_transport *h, u32 slot, u64 announced)
{
	u64 start = dvmm_host_cycles(), patience = cycles(LOOK_OUT_NS);
	bool first = h->shm.own < slot;

	do {
		dvmm_shm_look_on(&h->shm, slot, announced, first && h->announced, patience);
		if (receive(h, slot))
			break;
		if (first)
			transmit(h);
	} while (dvmm_shm_announced(&h->shm, slot) == announced &&
		 dvmm_host_cycles() - start < patience);
	dvmm_shm_look_out(&h->shm, slot, 0);
	pay(h, start, min(dvmm_host_cycles() - start, patience));
}

/* Others may announce what they like: it costs us no more than that share. */
static bool may_look_out(const struct shm_transport *h, u64 now)
{
	u64 allowed = cycles(LOOK_OUT_NS) * LOOK_OUT_SHARE * LOOK_OUT_BURST;

	return (s64)(h->paid_cycles - now) < (s64)allowed;
}

static void heed_summons(struct shm_transport *h, u64 now)
{
	u32 slot = dvmm_shm_summons(&h->shm, now);

	if (slot < DVMM_SHM_HOSTS && may_look_out(h, now))
		look_out(h, slot, dvmm_shm_announced(&h->shm, slot));
}

/* Whoever slept for so long that his slot was taken takes another. */
static void work(struct shm_transport *h)
{
	u64 now = dvmm_host_cycles();
	u32 slot;

	dvmm_shm_watch(&h->shm, now);
	if (dvmm_shm_claim(&h->shm, now)) {
		h->announced = false;
		return;
	}
	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++)
		receive(h, slot);
	heed_summons(h, now);
	transmit(h);
}

/* Put in after the last look. */
static bool has_work(struct shm_transport *h)
{
	return oldest(h) && !h->announced && dvmm_shm_owns(&h->shm);
}

static void nap(struct shm_transport *h)
{
	ktime_t tick = ns_to_ktime(h->announced ? SHORT_TICK_NS : TICK_NS);

	set_current_state(TASK_IDLE);
	if (!kthread_should_stop() && !has_work(h))
		schedule_hrtimeout(&tick, HRTIMER_MODE_REL);
	__set_current_state(TASK_RUNNING);
}

static int run(void *data)
{
	struct shm_transport *h = data;

	sched_set_fifo_low(current);
	while (!kthread_should_stop()) {
		work(h);
		nap(h);
	}
	return 0;
}

static u64 destination(const struct dvmm_address *to)
{
	u64 one = 0;

	if (to->scope == DVMM_TO_ONE)
		memcpy(&one, to->host, sizeof(one));
	return one;
}

static int put(struct shm_transport *h, const struct shm_queued *m, u32 *key)
{
	struct shm_queued *place = &h->queue[h->head % QUEUE_SIZE];

	lockdep_assert_held(&h->lock);
	/* before what takes its place */
	if (h->head - smp_load_acquire(&h->tail) == QUEUE_SIZE)
		return -ENOBUFS;
	*place = *m;
	place->key = h->key++;
	if (m->event)
		*key = place->key;
	smp_store_release(&h->head, h->head + 1); /* after what is in it */
	return 0;
}

static int shm_send(struct dvmm_transport *t, const struct dvmm_address *to, bool event,
		    const u8 *buf, size_t len, u32 *key)
{
	struct shm_queued m = { .to = destination(to), .event = event, .len = len };
	struct shm_transport *h = to_shm(t);
	int ret;

	if (!len || len > sizeof(m.buf))
		return -EMSGSIZE;
	memcpy(m.buf, buf, len);
	spin_lock(&h->lock);
	ret = put(h, &m, key);
	spin_unlock(&h->lock);
	wake_up_process(h->thread);
	return ret;
}

static void shm_close(struct dvmm_transport *t)
{
	struct shm_transport *h = to_shm(t);

	kthread_stop(h->thread);
	dvmm_shm_close(&h->shm);
	dvmm_shm_unmap(&h->area);
	kfree(h);
}

static const struct dvmm_transport_ops shm_ops = {
	.send = shm_send,
	.close = shm_close,
};

/* At once where there is room; else once it is clear who is dead. */
static int claim(struct dvmm_shm *shm)
{
	int ret;

	while ((ret = dvmm_shm_claim(shm, dvmm_host_cycles())) == -EAGAIN) {
		if (msleep_interruptible(CLAIM_TICK_MS))
			return -EINTR;
		dvmm_shm_watch(shm, dvmm_host_cycles());
	}
	return ret;
}

static const char *complaint(int error)
{
	switch (error) {
	case -EPROTO:
		return "something else is in there; see shm_offset=";
	case -EADDRINUSE:
		return "another host of this identity is in there";
	case -EBUSY:
		return "no room for one more host in there";
	default:
		return "interrupted";
	}
}

static int enter(struct shm_transport *h, u64 identity)
{
	int ret = dvmm_shm_open(&h->shm, h->area.memory, identity, cycles(SILENCE_NS),
				dvmm_host_cycles());

	ret = ret ?: claim(&h->shm);
	if (ret)
		pr_err("shm=: %s\n", complaint(ret));
	return ret;
}

static int start(struct shm_transport *h, u64 identity)
{
	int ret = enter(h, identity);

	if (ret)
		return ret;
	h->thread = kthread_run(run, h, "dvmm_shm");
	if (!IS_ERR(h->thread))
		return 0;
	dvmm_shm_close(&h->shm);
	return PTR_ERR(h->thread);
}

static struct shm_transport *create(struct dvmm_inbox *inbox)
{
	struct shm_transport *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return NULL;
	h->t.ops = &shm_ops;
	h->t.inbox = inbox;
	h->paid_cycles = dvmm_host_cycles();
	spin_lock_init(&h->lock);
	return h;
}

struct dvmm_transport *dvmm_transport_shm(const char *where, u64 offset, u64 identity,
					  struct dvmm_inbox *inbox)
{
	struct shm_transport *h = create(inbox);
	int ret;

	if (!h)
		return ERR_PTR(-ENOMEM);
	ret = dvmm_shm_map(&h->area, where, offset, sizeof(struct dvmm_shm_window));
	if (ret)
		goto err_free;
	ret = start(h, identity);
	if (ret)
		goto err_unmap;
	return &h->t;

err_unmap:
	dvmm_shm_unmap(&h->area);
err_free:
	kfree(h);
	return ERR_PTR(ret);
}
