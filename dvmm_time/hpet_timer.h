/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One timer of an HPET: its comparator, and when the main counter matches it
 * (IA-PC HPET 1.0a, 2.3.8 to 2.3.10). Pure: compiles unchanged in user space.
 *
 * A match is the counter's step to the comparator's value. One that stands there already
 * when it is written or started does not match: it will when it has gone all around.
 */
#ifndef DVMM_HPET_TIMER_H
#define DVMM_HPET_TIMER_H

#include "series.h"

/* QEMU's ACPI tables describe a counter of 10 ns. */
#define DVMM_HPET_HZ 100000000U

/* Configuration and capabilities, 2.3.8 */
#define DVMM_HPET_TN_LEVEL 0x0002U
#define DVMM_HPET_TN_ENABLE 0x0004U
#define DVMM_HPET_TN_PERIODIC 0x0008U
#define DVMM_HPET_TN_PERIODIC_CAP 0x0010U
#define DVMM_HPET_TN_64_CAP 0x0020U
#define DVMM_HPET_TN_VAL_SET 0x0040U
#define DVMM_HPET_TN_32MODE 0x0100U
#define DVMM_HPET_TN_ROUTE_SHIFT 9
#define DVMM_HPET_TN_ROUTE (31U << DVMM_HPET_TN_ROUTE_SHIFT)
#define DVMM_HPET_TN_FSB 0x4000U
#define DVMM_HPET_TN_FSB_CAP 0x8000U
#define DVMM_HPET_TN_WRITABLE (DVMM_HPET_TN_LEVEL | DVMM_HPET_TN_ENABLE | DVMM_HPET_TN_PERIODIC | \
			       DVMM_HPET_TN_VAL_SET | DVMM_HPET_TN_32MODE | DVMM_HPET_TN_ROUTE | \
			       DVMM_HPET_TN_FSB)

/**
 * struct dvmm_hpet_timer - a timer as it was at some tick of the counter's clock
 * @comparator: what it compares the counter with; 32 bits in 32-bit mode
 * @period: the last value written, which a periodic one adds at each match; likewise
 * @fsb: FSB interrupt route: address in the upper half, value in the lower
 * @since: that tick: matches after it are not in @comparator yet
 * @counter: the main counter then
 * @config: the writable bits of the configuration
 */
struct dvmm_hpet_timer {
	u64 comparator;
	u64 period;
	u64 fsb;
	u64 since;
	u64 counter;
	u64 config;
};

/* Which bits of counter and comparator are compared. */
static inline u64 dvmm_hpet_timer_mask(const struct dvmm_hpet_timer *timer)
{
	return timer->config & DVMM_HPET_TN_32MODE ? U32_MAX : U64_MAX;
}

/*
 * For a counter that runs. A tick is one of its clock, not below @since, below DVMM_NEVER.
 */

/* The next match after @tick, and those that follow. */
struct dvmm_series dvmm_hpet_timer_matches(const struct dvmm_hpet_timer *timer, u64 tick);

/* Matches after @since until @tick, which included. */
u64 dvmm_hpet_timer_matched(const struct dvmm_hpet_timer *timer, u64 tick);

/* What the comparator reads at @tick: a periodic one has grown with each match. */
u64 dvmm_hpet_timer_comparator(const struct dvmm_hpet_timer *timer, u64 tick);

/* Make @timer one that is as it was at @tick, where the counter reads @counter. */
void dvmm_hpet_timer_settle(struct dvmm_hpet_timer *timer, u64 tick, u64 counter);

#endif
