// SPDX-License-Identifier: GPL-2.0
/* HPET state that was saved somewhere, taken over. It is not trusted. */
#include "hpet.h"

static bool timer_possible(const struct dvmm_hpet_timer *timer, u64 tick)
{
	u64 mask = dvmm_hpet_timer_mask(timer);
	u64 input = (timer->config & DVMM_HPET_TN_ROUTE) >> DVMM_HPET_TN_ROUTE_SHIFT;

	return !(timer->config & ~(u64)DVMM_HPET_TN_WRITABLE) &&
	       (!input || DVMM_HPET_ROUTES & 1U << input) &&
	       timer->comparator <= mask && timer->period <= mask && timer->since <= tick;
}

static bool possible(const struct dvmm_hpet *saved, u64 tick)
{
	u32 n;

	if (saved->timers < DVMM_HPET_TIMERS_MIN || saved->timers > DVMM_HPET_TIMERS_MAX ||
	    saved->status & ~dvmm_hpet_all_timers(saved) ||
	    saved->config & ~DVMM_HPET_CONFIG_WRITABLE || saved->counter_tick > tick)
		return false;
	for (n = 0; n < saved->timers; n++)
		if (!timer_possible(&saved->timer[n], tick))
			return false;
	return true;
}

int dvmm_hpet_load(struct dvmm_hpet *hpet, const struct dvmm_hpet *saved, u64 saved_ns, u64 now_ns)
{
	u64 tick = dvmm_ticks_at(DVMM_HPET_HZ, saved_ns);

	if (!possible(saved, tick))
		return -EINVAL;
	*hpet = *saved;
	dvmm_hpet_rebase(hpet, tick, dvmm_ticks_at(DVMM_HPET_HZ, now_ns));
	return 0;
}
