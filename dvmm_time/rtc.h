/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The real-time clock of a PC: the time bytes, alarm bytes and registers A to D of an
 * MC146818 (Motorola data sheet, "Real-Time Clock Plus RAM"); not its memory. Pure: compiles
 * unchanged in user space.
 *
 * All functions take machine time, which must not go back; what goes back is taken as the
 * latest that was seen. The caller keeps calls from overlapping.
 *
 * The chip's oscillator is @tick, 32768 Hz since machine time 0. Its divider stands at tick +
 * offset; each time that passes a multiple of 32768 is an update, and its taps are the
 * periodic interrupt.
 */
#ifndef DVMM_RTC_H
#define DVMM_RTC_H

#include "rtc_time.h"
#include "series.h"

#define DVMM_RTC_HZ 32768U

/* Where in CMOS memory what is the clock's own is. */
#define DVMM_RTC_REG_A		0x0a
#define DVMM_RTC_REG_B		0x0b
#define DVMM_RTC_REG_C		0x0c
#define DVMM_RTC_REG_D		0x0d
#define DVMM_RTC_REG_CENTURY	0x32

enum dvmm_rtc_interrupt {
	DVMM_RTC_UPDATE,	/* ended: UF, UIE */
	DVMM_RTC_ALARM,		/* AF, AIE */
	DVMM_RTC_PERIODIC,	/* PF, PIE */

	DVMM_RTC_INTERRUPTS
};

/**
 * struct dvmm_rtc - the clock
 * @offset: from @tick to the divider and, while the time goes on, to the time of day in
 *	ticks since 1970
 * @bytes: the time bytes while they stand still, as they are read and written
 * @alarm: the alarm bytes: seconds, minutes, hours
 * @a: register A without UIP
 * @b: register B
 * @flags: register C without IRQF; of an interrupt that is not enabled, up to @tick
 * @tick: the latest that was seen
 */
struct dvmm_rtc {
	s64 offset;
	struct dvmm_rtc_bytes bytes;
	u8 alarm[3];
	u8 a;
	u8 b;
	u8 flags;
	u64 tick;
};

/* At machine time 0 it was @zero_ns since 1970, to the tick. BCD, 24 hours, no interrupts. */
void dvmm_rtc_init(struct dvmm_rtc *rtc, u64 zero_ns, u64 now_ns);

/* RESET was low: no interrupts are enabled or asked for. The time goes on, or stands. */
void dvmm_rtc_reset(struct dvmm_rtc *rtc, u64 now_ns);

/* Is CMOS memory at @index the clock's? 0 to 0x0d, and the century. */
bool dvmm_rtc_has(u8 index);

/*
 * Read and write one that is. Either may change what dvmm_rtc_irq() and dvmm_rtc_series()
 * say; reading register C does, and takes what was interrupted for.
 */
u8 dvmm_rtc_read(struct dvmm_rtc *rtc, u8 index, u64 now_ns);
void dvmm_rtc_write(struct dvmm_rtc *rtc, u8 index, u8 value, u64 now_ns);

/* The level of IRQ, inverted: whether an interrupt is asked for (IRQF). */
static inline bool dvmm_rtc_irq(const struct dvmm_rtc *rtc)
{
	return rtc->flags & rtc->b & 0x70;
}

/* One of @which is delivered. Only these set the flag of an interrupt that is enabled. */
void dvmm_rtc_fire(struct dvmm_rtc *rtc, enum dvmm_rtc_interrupt which);

/*
 * When @which is due after @now_ns; never where it is not enabled. An alarm has no period:
 * ask again when register C was read, before which IRQ cannot rise again.
 */
struct dvmm_series dvmm_rtc_series(const struct dvmm_rtc *rtc, enum dvmm_rtc_interrupt which,
				   u64 now_ns);

#endif
