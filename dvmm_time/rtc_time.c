// SPDX-License-Identifier: GPL-2.0
/* The time bytes of an MC146818, and what they mean. */
#include "rtc_time.h"

#define DAY_SECONDS 86400

#define PM 0x80
#define DONT_CARE 0xc0

/* Days of 400 years, after which the calendar repeats. */
#define DAYS_400 146097
/* From March 1 of the year 0 to 1970-01-01. */
#define DAYS_TO_1970 719468

/* Rounded down, also below zero. */
static s64 floor_div(s64 a, s64 b)
{
	return div64_s64(a - (a < 0 ? b - 1 : 0), b);
}

/*
 * Days from 1970-01-01 to the first of a month. Years are counted from March, so that the
 * day that leap years add is the last of a year; 153 days are five months from there.
 */
static s64 days_to_month(s64 year, u32 month)
{
	s64 y = month > 2 ? year : year - 1;
	u32 m = month > 2 ? month - 3 : month + 9;

	return 365 * y + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400) +
	       (153 * m + 2) / 5 - DAYS_TO_1970;
}

struct date {
	s64 year;
	u32 month, day;
};

static struct date date_of(s64 days)
{
	s64 since = days + DAYS_TO_1970;
	s64 cycle = floor_div(since, DAYS_400);
	u32 d = since - cycle * DAYS_400;
	/* leap days before d, of 4, 100 and 400 years: what is left is whole years of 365 */
	u32 y = (d - d / 1460 + d / 36524 - d / (DAYS_400 - 1)) / 365;
	u32 in_year = d - (365 * y + y / 4 - y / 100);
	u32 m = (5 * in_year + 2) / 153;

	return (struct date){
		.year = cycle * 400 + y + (m >= 10),
		.month = m < 10 ? m + 3 : m - 9,
		.day = in_year - (153 * m + 2) / 5 + 1,
	};
}

static u8 encode(u32 n, struct dvmm_rtc_format format)
{
	return format.binary ? n : (n / 10 % 10) << 4 | n % 10;
}

static u32 decode(u8 byte, struct dvmm_rtc_format format)
{
	return format.binary ? byte : (byte >> 4) * 10 + (byte & 0xf);
}

static u8 encode_hours(u32 hours, struct dvmm_rtc_format format)
{
	if (format.hours_24)
		return encode(hours, format);
	return encode(hours % 12 ?: 12, format) | (hours >= 12 ? PM : 0);
}

/* 12 AM is the first hour of the day, and 12 PM the first of its second half. */
static u32 decode_hours(u8 byte, struct dvmm_rtc_format format)
{
	if (format.hours_24)
		return decode(byte, format);
	return decode(byte & ~PM, format) % 12 + (byte & PM ? 12 : 0);
}

struct dvmm_rtc_bytes dvmm_rtc_encode(s64 seconds, struct dvmm_rtc_format format)
{
	s64 days = floor_div(seconds, DAY_SECONDS);
	u32 in_day = seconds - days * DAY_SECONDS;
	struct date date = date_of(days);

	return (struct dvmm_rtc_bytes){ .byte = {
		[DVMM_RTC_SECONDS] = encode(in_day % 60, format),
		[DVMM_RTC_MINUTES] = encode(in_day / 60 % 60, format),
		[DVMM_RTC_HOURS] = encode_hours(in_day / 3600, format),
		/* 1970-01-01 was a Thursday */
		[DVMM_RTC_WEEKDAY] = encode(days + 4 - floor_div(days + 4, 7) * 7 + 1, format),
		[DVMM_RTC_DAY] = encode(date.day, format),
		[DVMM_RTC_MONTH] = encode(date.month, format),
		[DVMM_RTC_YEAR] = encode(date.year - floor_div(date.year, 100) * 100, format),
		[DVMM_RTC_CENTURY] = encode(floor_div(date.year, 100), format),
	} };
}

s64 dvmm_rtc_decode(const struct dvmm_rtc_bytes *bytes, struct dvmm_rtc_format format)
{
	const u8 *byte = bytes->byte;
	s64 year = decode(byte[DVMM_RTC_CENTURY], format) * 100 +
		   decode(byte[DVMM_RTC_YEAR], format);
	u32 month = clamp(decode(byte[DVMM_RTC_MONTH], format), 1U, 12U);
	s64 days = days_to_month(year, month) + decode(byte[DVMM_RTC_DAY], format) - 1;

	return days * DAY_SECONDS + decode_hours(byte[DVMM_RTC_HOURS], format) * 3600 +
	       decode(byte[DVMM_RTC_MINUTES], format) * 60 +
	       decode(byte[DVMM_RTC_SECONDS], format);
}

static bool cares(u8 byte)
{
	return (byte & DONT_CARE) != DONT_CARE;
}

/* The chip compares bytes: what the time never reads is never matched. */
static bool possible(u8 alarm, u32 n, u32 last, u8 encoded)
{
	return !cares(alarm) || (n <= last && encoded == alarm);
}

/* To the next time of the day, @at or later, at which its part of @unit seconds is @value. */
static u32 to_part(u32 at, u32 value, u32 unit, u32 cycle)
{
	u32 part = at % cycle / unit;

	if (part == value)
		return 0;
	return (value * unit + cycle - at % cycle) % cycle;
}

/*
 * Hours first: to reach the hour, minutes and seconds go to 0, and no later step leaves it but
 * the one that finds its minute past. Hence two rounds, and a third for the seconds' carry.
 */
u32 dvmm_rtc_alarm_in(const u8 alarm[3], struct dvmm_rtc_format format, s64 seconds)
{
	u32 at = seconds - floor_div(seconds, DAY_SECONDS) * DAY_SECONDS;
	u32 second = decode(alarm[0], format), minute = decode(alarm[1], format);
	u32 hour = decode_hours(alarm[2], format), next = at + 1;
	int round;

	if (!possible(alarm[0], second, 59, encode(second, format)) ||
	    !possible(alarm[1], minute, 59, encode(minute, format)) ||
	    !possible(alarm[2], hour, 23, encode_hours(hour, format)))
		return 0;
	for (round = 0; round < 3; round++) {
		if (cares(alarm[2]))
			next += to_part(next, hour, 3600, DAY_SECONDS);
		if (cares(alarm[1]))
			next += to_part(next, minute, 60, 3600);
		if (cares(alarm[0]))
			next += to_part(next, second, 1, 60);
	}
	return next - at;
}
