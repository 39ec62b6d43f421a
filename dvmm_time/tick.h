/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tick engine: which interrupts of a series are due, and what becomes of those that
 * the guest could not take in time (Documentation/ticks.rst). Pure.
 *
 * Ticks are counted, never stored: whatever period a guest programs, and however long
 * nobody looks, a call takes the same few divisions.
 *
 * A caller looks when dvmm_tick_next_ns() says, and at every event before it:
 *
 *	while (dvmm_tick_ready(&tick, now_ns))
 *		dvmm_tick_settle(&tick, now_ns, deliver());
 *
 * All take machine time, which must not go back from call to call.
 */
#ifndef DVMM_TICK_H
#define DVMM_TICK_H

#include "series.h"
#include <uapi/linux/dvmm.h>

/* While ticks are caught up with, so many are delivered in the time of one. */
#define DVMM_TICK_CATCHUP_RATE 4

/* One not acknowledged for so long is not waited for: its guest was reset, or is no more. */
#define DVMM_TICK_FLIGHT_MAX_NS DVMM_NSEC_PER_SEC

/**
 * enum dvmm_tick_outcome - what became of a tick that the engine said was ready
 * @DVMM_TICK_SENT: delivered; dvmm_tick_acked() will say when the guest has taken it
 * @DVMM_TICK_DONE: delivered, and nobody will say
 * @DVMM_TICK_REFUSED: the one before has not been taken; dvmm_tick_acked() will say
 * @DVMM_TICK_UNHEARD: the guest does not listen
 */
enum dvmm_tick_outcome {
	DVMM_TICK_SENT,
	DVMM_TICK_DONE,
	DVMM_TICK_REFUSED,
	DVMM_TICK_UNHEARD,
};

/**
 * struct dvmm_tick_counts - programmed = delivered + merged + discarded + pending, always
 * @programmed: ticks that came due
 * @delivered: and were delivered
 * @merged: for which another one was delivered
 * @discarded: that were thrown away: by policy, for want of a listener, or because the
 *	guest programmed the timer anew before it had taken them
 * @pending: that are still to be delivered
 * @held: ticks delivered whose successor came due sooner than the least interval allows
 * @late: delivered ticks by lateness
 */
struct dvmm_tick_counts {
	u64 programmed;
	u64 delivered;
	u64 merged;
	u64 discarded;
	u64 pending;
	u64 held;
	u64 late[DVMM_TICK_CLASSES];
};

/**
 * struct dvmm_tick - one series under delivery
 * @series: what is not due yet; hz always valid
 * @policy: enum dvmm_tick_policy
 * @gap_ns: the least interval between two deliveries
 * @last_due: tick of the clock at which the newest came due
 * @oldest: the same of the first one pending, if any is
 * @ready_ns: nothing is delivered before
 * @sent_ns: when one was last delivered, or refused
 * @in_flight: that one has not been acknowledged
 * @counts: all that happened
 */
struct dvmm_tick {
	struct dvmm_series series;
	enum dvmm_tick_policy policy;
	u32 gap_ns;
	u64 last_due;
	u64 oldest;
	u64 ready_ns;
	u64 sent_ns;
	bool in_flight;
	struct dvmm_tick_counts counts;
};

/* Nothing programmed, nothing counted; a clock of 1 Hz until there is a series. */
void dvmm_tick_init(struct dvmm_tick *tick, enum dvmm_tick_policy policy, u32 gap_ns);

/**
 * dvmm_tick_program() - what follows is @series
 *
 * What has come due before @now_ns stays, but no more than one, as an interrupt controller
 * would hold it; what is in flight is no longer waited for. A series that is already being
 * delivered changes nothing, so this may be called after any access to the device.
 * @series is what follows AFTER @now_ns, and comes from a guest: hz alone must be right.
 */
void dvmm_tick_program(struct dvmm_tick *tick, const struct dvmm_series *series, u64 now_ns);

/*
 * The machine or the device is reset: what is pending or in flight is no more, nothing is
 * programmed. Return: whether anything was pending.
 */
bool dvmm_tick_reset(struct dvmm_tick *tick, u64 now_ns);

/* Another policy, which what is pending comes under at once. */
void dvmm_tick_set_policy(struct dvmm_tick *tick, enum dvmm_tick_policy policy, u64 now_ns);

/* Is there one to deliver now? Accounts for all that came due. */
bool dvmm_tick_ready(struct dvmm_tick *tick, u64 now_ns);

/* dvmm_tick_ready() said so at the same @now_ns, and this is what became of it. */
void dvmm_tick_settle(struct dvmm_tick *tick, u64 now_ns, enum dvmm_tick_outcome outcome);

/* The guest has taken the one in flight. Harmless where there is none. */
void dvmm_tick_acked(struct dvmm_tick *tick, u64 now_ns);

/*
 * When to call dvmm_tick_ready() again, if nothing happens before: the first ns at which
 * there may be one to deliver, DVMM_NEVER if none will be. It may be in the past.
 */
u64 dvmm_tick_next_ns(const struct dvmm_tick *tick);

#endif
