/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ten time bytes and the three alarm bytes of an MC146818, and what they mean. Pure:
 * compiles unchanged in user space.
 *
 * The calendar is Gregorian with a century byte, as QEMU's is; the chip itself has two
 * digits of the year and takes each fourth for a leap year.
 */
#ifndef DVMM_RTC_TIME_H
#define DVMM_RTC_TIME_H

#include "dvmm_pure.h"

/* Their order in struct dvmm_rtc_bytes. */
enum dvmm_rtc_byte {
	DVMM_RTC_SECONDS,
	DVMM_RTC_MINUTES,
	DVMM_RTC_HOURS,
	DVMM_RTC_WEEKDAY,
	DVMM_RTC_DAY,
	DVMM_RTC_MONTH,
	DVMM_RTC_YEAR,
	DVMM_RTC_CENTURY,

	DVMM_RTC_BYTES
};

/**
 * struct dvmm_rtc_format - two bits of register B
 * @binary: DM: numbers are binary, not BCD
 * @hours_24: 24/12: hours are 0 to 23, not 1 to 12 with bit 7 for PM
 */
struct dvmm_rtc_format {
	bool binary;
	bool hours_24;
};

struct dvmm_rtc_bytes {
	u8 byte[DVMM_RTC_BYTES];
};

/*
 * Seconds since 1970-01-01 00:00:00, of any time from the year 0 on, as bytes. The weekday,
 * 1 for Sunday, follows from the date.
 */
struct dvmm_rtc_bytes dvmm_rtc_encode(s64 seconds, struct dvmm_rtc_format format);

/*
 * The other way. Any bytes are good: what is beyond its range counts on from it (the 31st of
 * April is the 1st of May), a month is cut to 1 to 12, and the weekday is not looked at.
 */
s64 dvmm_rtc_decode(const struct dvmm_rtc_bytes *bytes, struct dvmm_rtc_format format);

/**
 * dvmm_rtc_alarm_in() - seconds from @seconds to the next that the alarm bytes match
 *
 * @alarm: seconds, minutes, hours. One with bits 7 and 6 set matches all.
 * Return: 1 to 86400; 0 if no time of the day matches.
 */
u32 dvmm_rtc_alarm_in(const u8 alarm[3], struct dvmm_rtc_format format, s64 seconds);

#endif
