// SPDX-License-Identifier: GPL-2.0
/* The cluster clock: two copies under a latch, so that readers never wait. */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seqlock.h>
#include <linux/wait.h>
#include <asm/tsc.h>

#include "clock.h"

static struct {
	seqcount_latch_t latch;
	struct dvmm_clock_view copy[2];
} clock = { .latch = SEQCNT_LATCH_ZERO(clock.latch) };

/* Serialises writers with dvmm_clock_hold(); protects holders. */
static DEFINE_MUTEX(clock_lock);
static unsigned int holders;	/* VMs attached or about to be: no step */

static DECLARE_WAIT_QUEUE_HEAD(clock_changed);

void dvmm_clock_read(struct dvmm_clock_view *view)
{
	unsigned int seq;

	do {
		seq = raw_read_seqcount_latch(&clock.latch);
		*view = clock.copy[seq & 1];
	} while (read_seqcount_latch_retry(&clock.latch, seq));
}

static void latch_write(const struct dvmm_clock_view *view)
{
	lockdep_assert_held(&clock_lock);
	raw_write_seqcount_latch(&clock.latch);
	clock.copy[0] = *view;
	raw_write_seqcount_latch(&clock.latch);
	clock.copy[1] = *view;
}

/*
 * Interrupts are off from the pivot to the write, so that no reader elsewhere gets far
 * enough on the old line to see the new one below it: 100 ns at 100 ppm are 0.01 ns.
 */
void dvmm_clock_publish(struct dvmm_clock_view *view)
{
	u64 mult = view->segment.mult;

	mutex_lock(&clock_lock);
	local_irq_disable();
	view->segment = clock.copy[0].segment;
	dvmm_segment_pivot(&view->segment, dvmm_host_cycles(), mult);
	latch_write(view);
	local_irq_enable();
	mutex_unlock(&clock_lock);
	wake_up_all(&clock_changed);
}

int dvmm_clock_step(const struct dvmm_clock_view *view)
{
	int ret = 0;

	mutex_lock(&clock_lock);
	if (holders)
		ret = -EBUSY;
	else
		latch_write(view);
	mutex_unlock(&clock_lock);
	wake_up_all(&clock_changed);
	return ret;
}

static bool synchronised(void)
{
	struct dvmm_clock_view view;

	dvmm_clock_read(&view);
	return view.state != DVMM_STATE_UNSYNCHRONISED;
}

/* The lock keeps a step from slipping in between the look and the count. */
static bool hold_if_synchronised(void)
{
	bool held;

	mutex_lock(&clock_lock);
	held = synchronised();
	if (held)
		holders++;
	mutex_unlock(&clock_lock);
	return held;
}

int dvmm_clock_hold(unsigned int timeout_s)
{
	long left = msecs_to_jiffies(min(timeout_s, 1000000U) * MSEC_PER_SEC);

	do {
		left = wait_event_interruptible_timeout(clock_changed, synchronised(), left);
		if (left < 0)
			return left;
		if (!left)
			return -ETIMEDOUT;
	} while (!hold_if_synchronised());
	return 0;
}

bool dvmm_clock_held(void)
{
	return READ_ONCE(holders);
}

void dvmm_clock_release(void)
{
	mutex_lock(&clock_lock);
	holders--;
	mutex_unlock(&clock_lock);
}

int dvmm_clock_init(void)
{
	if (check_tsc_unstable()) {
		pr_err("this host's TSC is unstable (dmesg | grep -i tsc): no cluster clock can be built on it\n");
		return -ENODEV;
	}
	if (tsc_khz < DVMM_HOST_KHZ_MIN) {
		pr_err("this host's TSC runs at %u kHz: %u or more are needed\n",
		       tsc_khz, DVMM_HOST_KHZ_MIN);
		return -ENODEV;
	}
	return 0;
}
