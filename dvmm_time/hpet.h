/* SPDX-License-Identifier: GPL-2.0 */
/*
 * High precision event timers: the registers of IA-PC HPET 1.0a. Pure: compiles unchanged
 * in user space.
 *
 * Nothing ticks. The main counter is what it was at some tick of a clock of 10 ns, and
 * what has passed since; comparators likewise (hpet_timer.h). The caller serialises, and
 * its time never goes back from one call to the next; interrupts are its business, too:
 * it is told which are due, and calls dvmm_hpet_fire() when it delivers one.
 */
#ifndef DVMM_HPET_H
#define DVMM_HPET_H

#include "hpet_timer.h"

/* 2.2: three at the least; the status register has room for so many. */
#define DVMM_HPET_TIMERS_MIN 3
#define DVMM_HPET_TIMERS_MAX 32

/*
 * A block is 1 KB (3.2.1), in which 24 timers find room. 2.3.8 says where 24 to 31 would be:
 * behind it, in the same page.
 */
#define DVMM_HPET_BASE 0xfed00000
#define DVMM_HPET_LEN 0x500

/* Offsets of registers, all of 64 bits: 2.3.1 */
#define DVMM_HPET_ID 0x000
#define DVMM_HPET_CONFIG 0x010
#define DVMM_HPET_STATUS 0x020
#define DVMM_HPET_COUNTER 0x0f0
#define DVMM_HPET_TN(n) (0x100 + 0x20 * (n))
#define DVMM_HPET_TN_CONFIG 0x00
#define DVMM_HPET_TN_COMPARATOR 0x08
#define DVMM_HPET_TN_FSB_ROUTE 0x10

/* 2.3.5 */
#define DVMM_HPET_CONFIG_ENABLE 0x1U
#define DVMM_HPET_CONFIG_LEGACY 0x2U
#define DVMM_HPET_CONFIG_WRITABLE (DVMM_HPET_CONFIG_ENABLE | DVMM_HPET_CONFIG_LEGACY)

/*
 * Inputs of the I/O APIC that every timer may be routed to: those that no ISA interrupt
 * has, so that the number of the input is the GSI's.
 */
#define DVMM_HPET_ROUTES 0x00ff0000U

/* Legacy replacement: GSIs of the 8254 and the RTC (2.4.2.1). */
#define DVMM_HPET_LEGACY_GSI_0 0
#define DVMM_HPET_LEGACY_GSI_1 8

/**
 * struct dvmm_hpet - all its state: copied, it is saved; see dvmm_hpet_load(). No padding.
 * @counter: what the main counter read at @counter_tick; reads, while it is halted
 * @counter_tick: the tick at which it was started
 * @low_read: what the counter was when its lower half was last read
 * @low_read_tick: and when that was
 * @low_was_read: 1: those two hold; 0: not since it was last started, halted or written
 * @config: writable bits of the general configuration
 * @status: interrupt status, one bit for each timer
 * @timers: so many are there
 */
struct dvmm_hpet {
	u64 counter;
	u64 counter_tick;
	u64 low_read;
	u64 low_read_tick;
	u32 low_was_read;
	u32 config;
	u32 status;
	u32 timers;
	struct dvmm_hpet_timer timer[DVMM_HPET_TIMERS_MAX];
};

/**
 * struct dvmm_hpet_effect - what a write has changed
 * @timers: bit n: dvmm_hpet_series() of timer n is another one now
 * @acked: bit n: timer n's status was cleared
 * @raised: bit g: level-triggered GSI g has become active
 * @dropped: bit g: GSI g has become inactive; no timer keeps it active any more
 */
struct dvmm_hpet_effect {
	u32 timers;
	u32 acked;
	u32 raised;
	u32 dropped;
};

enum dvmm_hpet_way {
	DVMM_HPET_NOWHERE,
	DVMM_HPET_GSI,
	DVMM_HPET_MSI,
};

/**
 * struct dvmm_hpet_route - where a timer's interrupts go
 * @way: nowhere: HPET or interrupt disabled, or no input of the I/O APIC chosen
 * @level: to a GSI: held active until the status bit is cleared
 * @gsi: to a GSI: which
 * @address: to the front-side bus: where to write
 * @data: and what
 */
struct dvmm_hpet_route {
	enum dvmm_hpet_way way;
	bool level;
	u8 gsi;
	u32 address;
	u32 data;
};

/* As after a reset (3.1), with @timers timers, 3 to 32. */
void dvmm_hpet_init(struct dvmm_hpet *hpet, u32 timers);

/**
 * dvmm_hpet_read() - read @len bytes at @offset
 *
 * @len is 4 or 8, @offset a multiple of it; any other access, and a reserved register,
 * reads zero. Where both halves of the counter are read, the lower first and the upper
 * within a second, they are of one instant, that of the first read. Reading upper, lower,
 * upper until both uppers agree (2.4.7) gives the time of the lower one.
 */
u64 dvmm_hpet_read(struct dvmm_hpet *hpet, u32 offset, u32 len, u64 now_ns);

/**
 * dvmm_hpet_write() - write @len bytes of @value at @offset
 *
 * As dvmm_hpet_read(): other accesses change nothing; nor do reserved and read-only bits,
 * inputs of the I/O APIC that there are not, and the counter while it runs.
 */
struct dvmm_hpet_effect dvmm_hpet_write(struct dvmm_hpet *hpet, u32 offset, u32 len, u64 value,
					u64 now_ns);

/* The interrupts of timer @n after @now_ns. */
struct dvmm_series dvmm_hpet_series(const struct dvmm_hpet *hpet, u32 n, u64 now_ns);

/* Where those go now. */
struct dvmm_hpet_route dvmm_hpet_route(const struct dvmm_hpet *hpet, u32 n);

/*
 * An interrupt of timer @n is delivered: a level-triggered one sets its status bit.
 * Returns the GSI to be made active, as a bit; zero if it is active already or the
 * interrupt is no level-triggered one.
 */
u32 dvmm_hpet_fire(struct dvmm_hpet *hpet, u32 n);

/* The level-triggered GSIs that are active, as bits. */
u32 dvmm_hpet_active(const struct dvmm_hpet *hpet);

/* All timers that there are, as bits. */
static inline u32 dvmm_hpet_all_timers(const struct dvmm_hpet *hpet)
{
	return U32_MAX >> (DVMM_HPET_TIMERS_MAX - hpet->timers);
}

/* Do timers 0 and 1 stand in for the 8254 and the RTC, which must be silent then? */
static inline bool dvmm_hpet_legacy(const struct dvmm_hpet *hpet)
{
	u32 both = DVMM_HPET_CONFIG_ENABLE | DVMM_HPET_CONFIG_LEGACY;

	return (hpet->config & both) == both;
}

/**
 * dvmm_hpet_load() - take over what was saved, from wherever
 * @saved_ns: machine time at which @saved was copied
 * @now_ns: machine time that this moment has become: @saved_ns, or that of a machine whose
 *	time is another one
 *
 * The counter goes on as though no time had passed between; what was due some time after
 * that moment is due as long after this one. Return: 0, or -EINVAL if no HPET can be in that
 * state; then @hpet is as it was.
 */
int __must_check dvmm_hpet_load(struct dvmm_hpet *hpet, const struct dvmm_hpet *saved,
				u64 saved_ns, u64 now_ns);

/* Its part: what was tick @tick of the counter's clock is from now on @new_tick. */
void dvmm_hpet_rebase(struct dvmm_hpet *hpet, u64 tick, u64 new_tick);

#endif
