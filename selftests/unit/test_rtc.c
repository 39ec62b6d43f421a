// SPDX-License-Identifier: GPL-2.0
/*
 * rtc.c and rtc_time.c against the MC146818's data sheet: time bytes in all formats, alarm,
 * registers A to D, rates; and against the C library's calendar.
 */
#include <time.h>

#include "rtc.h"
#include "unit.h"

#define SECOND 32768ULL
#define DAY 86400LL

enum { SET = 0x80, PIE = 0x40, AIE = 0x20, UIE = 0x10, DM = 4, H24 = 2, IRQF = 0x80 };
enum { A = 10, B, C, D, CENTURY = 0x32 };

static const struct dvmm_rtc_format formats[] = {
	{ false, true }, { true, true }, { false, false }, { true, false },
};

static struct dvmm_rtc rtc;
static u64 tick;

static u64 now(void)
{
	return dvmm_ticks_ns(DVMM_RTC_HZ, tick);
}

/* At a whole second. */
static void begin(u64 seconds)
{
	tick = 5 * SECOND;
	dvmm_rtc_init(&rtc, (seconds - 5) * DVMM_NSEC_PER_SEC, now());
}

static u8 read(u8 index)
{
	return dvmm_rtc_read(&rtc, index, now());
}

static void write(u8 index, u8 value)
{
	dvmm_rtc_write(&rtc, index, value, now());
}

static u64 due(enum dvmm_rtc_interrupt which)
{
	return dvmm_rtc_series(&rtc, which, now()).first;
}

/* 24 hours, as decimal digits: HHMMSS, and YYYYMMDD. */
static long clock_now(void)
{
	return (read(4) << 16 | read(2) << 8 | read(0));
}

static long date_now(void)
{
	return (long)read(CENTURY) << 24 | read(9) << 16 | read(8) << 8 | read(7);
}

static time_t moment(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
			 .tm_hour = hour, .tm_min = minute, .tm_sec = second };

	return timegm(&tm);
}

static u8 shown(int n, struct dvmm_rtc_format format)
{
	return format.binary ? n : n / 10 * 16 + n % 10;
}

static void calendar_is_the_library_s(void)
{
	int i;

	for (i = 0; i < 400000; i++) {
		/* the years 0 to 9999, and each day of some of them */
		time_t t = (s64)(unit_random() % 315569520000ULL) - 62167219200LL;
		struct dvmm_rtc_format format = formats[i % 4];
		struct dvmm_rtc_bytes b;
		int in_century;
		struct tm tm;

		if (i & 1)
			t = moment(1896 + i % 210, 1, 1, 0, 0, 0) + DAY * (i / 2 % 366) + i % DAY;
		gmtime_r(&t, &tm);
		in_century = (tm.tm_year + 1900) % 100;
		b = dvmm_rtc_encode(t, format);
		CHECK_EQ(b.byte[DVMM_RTC_SECONDS], shown(tm.tm_sec, format));
		CHECK_EQ(b.byte[DVMM_RTC_MINUTES], shown(tm.tm_min, format));
		CHECK_EQ(b.byte[DVMM_RTC_WEEKDAY], tm.tm_wday + 1);
		CHECK_EQ(b.byte[DVMM_RTC_DAY], shown(tm.tm_mday, format));
		CHECK_EQ(b.byte[DVMM_RTC_MONTH], shown(tm.tm_mon + 1, format));
		CHECK_EQ(b.byte[DVMM_RTC_YEAR], shown(in_century, format));
		CHECK_EQ(b.byte[DVMM_RTC_CENTURY], shown((tm.tm_year + 1900) / 100, format));
		CHECK_EQ(dvmm_rtc_decode(&b, format), t);
	}
}

/* The data sheet's table "Time, calendar, and alarm data modes". */
static void twelve_hours(void)
{
	static const struct { u8 hour, bcd, binary; } table[] = {
		{ 0, 0x12, 0x0c }, { 1, 0x01, 0x01 }, { 9, 0x09, 0x09 }, { 11, 0x11, 0x0b },
		{ 12, 0x92, 0x8c }, { 13, 0x81, 0x81 }, { 21, 0x89, 0x89 }, { 23, 0x91, 0x8b },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		begin(moment(2026, 3, 1, table[i].hour, 59, 59));
		write(B, 0);
		CHECK_EQ(read(4), table[i].bcd);
		write(B, DM);
		CHECK_EQ(read(4), table[i].binary);
		write(B, DM | H24);
		CHECK_EQ(read(4), table[i].hour);
	}
	begin(moment(2026, 3, 1, 11, 59, 59));
	write(B, 0);
	CHECK_EQ(read(4), 0x11);
	tick += SECOND;
	CHECK_EQ(clock_now(), 0x920000);
	tick += 12 * 3600 * SECOND - 1;
	CHECK_EQ(clock_now(), 0x915959);
	CHECK_EQ(read(7), 1);
	tick++;
	CHECK_EQ(clock_now(), 0x120000);
	CHECK_EQ(read(7), 2);
}

static void one_second_later(void)
{
	static const struct { int y, m, d; long next; } table[] = {
		{ 1999, 12, 31, 0x20000101 }, { 2000, 2, 28, 0x20000229 }, { 2000, 2, 29, 0x20000301 },
		{ 2026, 2, 28, 0x20260301 }, { 2028, 2, 28, 0x20280229 }, { 2038, 1, 18, 0x20380119 },
		{ 2099, 12, 31, 0x21000101 }, { 2100, 2, 28, 0x21000301 }, { 2026, 4, 30, 0x20260501 },
		{ 2026, 1, 31, 0x20260201 }, { 2026, 8, 31, 0x20260901 }, { 2026, 11, 30, 0x20261201 },
		{ 2106, 2, 7, 0x21060208 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		begin(moment(table[i].y, table[i].m, table[i].d, 23, 59, 59));
		CHECK_EQ(clock_now(), 0x235959);
		tick += SECOND - 1;
		CHECK_EQ(clock_now(), 0x235959);
		tick++;
		CHECK_EQ(clock_now(), 0);
		CHECK_EQ(date_now(), table[i].next);
	}
	begin(2147483647);
	CHECK_EQ(clock_now(), 0x031407);
	tick += SECOND;
	CHECK_EQ(clock_now(), 0x031408);
	CHECK_EQ(date_now(), 0x20380119);
}

/* As Linux does it, and SeaBIOS: SET, the bytes, SET off. */
static void the_guest_sets_it(void)
{
	static const u8 bytes[][2] = { { 0, 0x58 }, { 2, 0x59 }, { 4, 0x23 }, { 6, 1 }, { 7, 0x29 },
				       { 8, 2 }, { 9, 0x24 }, { CENTURY, 0x20 } };
	u32 i;

	begin(moment(2026, 11, 25, 2, 40, 30));
	tick += 1000;
	write(B, SET | H24);
	CHECK_EQ(clock_now(), 0x024030);
	tick += 100 * SECOND;
	CHECK_EQ(clock_now(), 0x024030);
	for (i = 0; i < ARRAY_SIZE(bytes); i++)
		write(bytes[i][0], bytes[i][1]);
	CHECK_EQ(read(6), 1);
	tick += 10 * SECOND + 55;
	CHECK_EQ(clock_now(), 0x235958);
	write(B, H24);
	CHECK_EQ(read(6), 5);		/* it was a Thursday */
	tick += SECOND - 1056;		/* the divider went on meanwhile */
	CHECK_EQ(clock_now(), 0x235958);
	tick++;
	CHECK_EQ(clock_now(), 0x235959);
	tick += SECOND;
	CHECK_EQ(clock_now(), 0);
	CHECK_EQ(date_now(), 0x20240301);
	write(4, 0x12);			/* without SET, as QEMU takes it */
	CHECK_EQ(clock_now(), 0x120000);
	tick += SECOND - 1;
	CHECK_EQ(clock_now(), 0x120000);
	tick++;
	CHECK_EQ(clock_now(), 0x120001);
}

/* "The first update cycle begins one-half second later." */
static void reset_of_the_divider(void)
{
	begin(moment(2026, 11, 25, 2, 40, 30));
	tick += 1000;
	write(A, 0x70 | 3);
	CHECK_EQ(read(A), 0x73);
	read(C);
	tick += 77 * SECOND + 123;
	CHECK_EQ(clock_now(), 0x024030);
	CHECK_EQ(read(C), 0);		/* nor does a tap */
	CHECK(due(DVMM_RTC_UPDATE) == DVMM_NEVER);
	write(A, 0x26);
	tick += SECOND / 2 - 1;
	CHECK_EQ(clock_now(), 0x024030);
	tick++;
	CHECK_EQ(clock_now(), 0x024031);
	tick += SECOND;
	CHECK_EQ(clock_now(), 0x024032);
}

static void update_in_progress(void)
{
	begin(1000);
	CHECK_EQ(read(A), 0x26);
	tick += SECOND - 9;
	CHECK_EQ(read(A), 0x26);
	tick++;
	CHECK_EQ(read(A), 0xa6);	/* 244 us */
	write(A, 0xa6);			/* read only */
	write(B, SET);
	CHECK_EQ(read(A), 0x26);
	write(B, H24);
	tick += 7;
	CHECK_EQ(read(A), 0xa6);
	tick++;
	CHECK_EQ(read(A), 0x26);
}

static void set_clears_uie(void)
{
	begin(1000);
	write(B, H24 | UIE | AIE | PIE);
	write(B, SET | H24 | UIE | AIE | PIE);
	CHECK_EQ(read(B), SET | H24 | AIE | PIE);
	write(C, 0xff);
	CHECK_EQ(read(C), 0);
	write(D, 0);
	CHECK_EQ(read(D), 0x80);
}

/* The data sheet's table "Periodic interrupt rate", time base 32768 Hz. */
static void periodic_rates(void)
{
	static const u32 hz[] = { 0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8,
				  4, 2 };
	struct dvmm_series s;
	u8 rs;

	for (rs = 0; rs < 16; rs++) {
		begin(1000);
		write(B, H24 | PIE);
		write(A, 0x20 | rs);
		s = dvmm_rtc_series(&rtc, DVMM_RTC_PERIODIC, now());
		CHECK_EQ(s.hz, 32768);
		if (!rs) {
			CHECK(s.first == DVMM_NEVER);
			continue;
		}
		CHECK_EQ(s.period, 32768 / hz[rs]);
		CHECK_EQ(s.first, tick + s.period);
		tick += 12345;
		s = dvmm_rtc_series(&rtc, DVMM_RTC_PERIODIC, now());
		CHECK(!(s.first % s.period));
		write(B, H24 | SET | PIE);	/* the divider goes on */
		CHECK_EQ(due(DVMM_RTC_PERIODIC), s.first);
		write(B, H24 | PIE);
		write(A, 0x60 | rs);
		CHECK(due(DVMM_RTC_PERIODIC) == DVMM_NEVER);
	}
}

static void flags_are_set_without_an_interrupt(void)
{
	begin(1000);
	write(A, 0x2f);
	CHECK_EQ(read(C), 0);
	tick += SECOND / 2;
	CHECK_EQ(read(C), PIE);
	CHECK_EQ(read(C), 0);
	tick += SECOND / 2;
	CHECK_EQ(read(C), PIE | UIE);
	CHECK(!dvmm_rtc_irq(&rtc));
	write(A, 0x20);
	tick += SECOND - 1;
	CHECK_EQ(read(C), 0);
	tick++;
	CHECK_EQ(read(C), UIE);
	write(1, 0xc0), write(3, 0xff), write(5, 0xc1);
	tick += SECOND;
	CHECK_EQ(read(C), UIE | AIE);
}

static void interrupts_hold_the_line_until_read(void)
{
	begin(1000);
	write(A, 0x26);
	write(B, H24 | PIE | UIE);
	tick += 40;
	CHECK_EQ(read(C), 0);		/* not before it is delivered */
	dvmm_rtc_fire(&rtc, DVMM_RTC_PERIODIC);
	CHECK(dvmm_rtc_irq(&rtc));
	dvmm_rtc_fire(&rtc, DVMM_RTC_UPDATE);
	CHECK_EQ(read(B), H24 | PIE | UIE);
	CHECK(dvmm_rtc_irq(&rtc));
	CHECK_EQ(read(C), IRQF | PIE | UIE);
	CHECK(!dvmm_rtc_irq(&rtc));
	CHECK_EQ(read(C), 0);
	write(B, H24);
	tick += SECOND;
	CHECK_EQ(read(B), H24);
	CHECK(!dvmm_rtc_irq(&rtc));
	write(B, H24 | UIE);		/* what was set already asks at once */
	CHECK(dvmm_rtc_irq(&rtc));
	write(B, H24);
	CHECK(!dvmm_rtc_irq(&rtc));
	CHECK_EQ(read(C), PIE | UIE);
}

static void reset_ends_interrupts(void)
{
	begin(1000);
	write(B, H24 | PIE | AIE | UIE | 8 | 1);
	dvmm_rtc_fire(&rtc, DVMM_RTC_UPDATE);
	CHECK(dvmm_rtc_irq(&rtc));
	tick += SECOND;
	dvmm_rtc_reset(&rtc, now());
	CHECK(!dvmm_rtc_irq(&rtc));
	CHECK_EQ(read(B), H24 | 1);
	CHECK_EQ(read(C), 0);
	CHECK_EQ(clock_now(), 0x001641);
	CHECK(due(DVMM_RTC_UPDATE) == DVMM_NEVER);
}

static void alarms(void)
{
	static const struct { u8 h, m, s; u32 in; } table[] = {
		{ 0x12, 0x34, 0x57, 1 }, { 0x12, 0x34, 0x56, 86400 }, { 0x12, 0x34, 0x55, 86399 },
		{ 0x12, 0x35, 0x00, 4 }, { 0xff, 0x35, 0x00, 4 }, { 0xff, 0x34, 0x00, 3544 },
		{ 0xff, 0xff, 0x00, 4 }, { 0xc0, 0xc0, 0xc0, 1 }, { 0xff, 0x34, 0xff, 1 },
		{ 0xff, 0x33, 0xff, 3544 - 60 }, { 0x13, 0xff, 0xff, 1504 }, { 0x13, 0xff, 0x10, 1514 },
		{ 0x00, 0x00, 0x00, 41104 }, { 0x24, 0, 0, 0 }, { 0, 0x60, 0, 0 }, { 0, 0, 0x60, 0 },
		{ 0x12, 0x34, 0xff, 1 }, { 0x12, 0xff, 0x00, 4 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		begin(moment(2026, 6, 30, 12, 34, 56));
		write(5, table[i].h), write(3, table[i].m), write(1, table[i].s);
		CHECK_EQ(read(5), table[i].h);
		CHECK(due(DVMM_RTC_ALARM) == DVMM_NEVER);
		write(B, H24 | AIE);
		CHECK_EQ(due(DVMM_RTC_ALARM),
			 table[i].in ? tick + table[i].in * SECOND : DVMM_NEVER);
	}
	write(B, AIE);			/* 12 hours: 1:00:00 PM */
	write(5, 0x81), write(3, 0), write(1, 0);
	CHECK_EQ(due(DVMM_RTC_ALARM), tick + 1504 * SECOND);
}

static void alarms_are_found_as_by_waiting(void)
{
	static const u8 any[] = { 0xc0, 0xff };
	int i;

	for (i = 0; i < 3000; i++) {
		s64 at = unit_random() % 86400 + DAY * (i % 3), t;
		u8 alarm[3] = { unit_random() % 62, unit_random() % 62, unit_random() % 25 };
		struct dvmm_rtc_format format = { .binary = true, .hours_24 = true };
		int part;

		for (part = 0; part < 3; part++)
			if (unit_random() % 2)
				alarm[part] = any[unit_random() % 2];
		for (t = at + 1; t <= at + DAY; t++)
			if ((alarm[0] >= 0xc0 || alarm[0] == t % 60) &&
			    (alarm[1] >= 0xc0 || alarm[1] == t / 60 % 60) &&
			    (alarm[2] >= 0xc0 || alarm[2] == t / 3600 % 24))
				break;
		CHECK_EQ(dvmm_rtc_alarm_in(alarm, format, at), t > at + DAY ? 0 : t - at);
	}
}

static void only_the_clock_s_bytes(void)
{
	int i, has = 0;

	for (i = 0; i < 256; i++)
		has += dvmm_rtc_has(i);
	CHECK_EQ(has, 15);
	CHECK(dvmm_rtc_has(0x0d) && !dvmm_rtc_has(0x0e) && dvmm_rtc_has(0x32));
}

/* Whatever a guest writes, whenever: bounded, and time goes on. */
static void garbage(void)
{
	int i;

	begin(moment(2026, 1, 1, 0, 0, 0));
	for (i = 0; i < 400000; i++) {
		static const u8 index[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, A, B, C, D, CENTURY };
		int which;

		tick += unit_random() % 3 ? unit_random() % 40000 : 0;
		write(index[unit_random() % ARRAY_SIZE(index)], unit_random());
		read(index[unit_random() % ARRAY_SIZE(index)]);
		for (which = 0; which < DVMM_RTC_INTERRUPTS; which++) {
			struct dvmm_series s = dvmm_rtc_series(&rtc, which, now());

			CHECK(s.first > tick);
			CHECK(!s.period || s.period >= 4);
		}
	}
}

static const struct unit_test tests[] = {
	TEST(calendar_is_the_library_s),
	TEST(twelve_hours),
	TEST(one_second_later),
	TEST(the_guest_sets_it),
	TEST(reset_of_the_divider),
	TEST(update_in_progress),
	TEST(set_clears_uie),
	TEST(periodic_rates),
	TEST(flags_are_set_without_an_interrupt),
	TEST(interrupts_hold_the_line_until_read),
	TEST(reset_ends_interrupts),
	TEST(alarms),
	TEST(alarms_are_found_as_by_waiting),
	TEST(only_the_clock_s_bytes),
	TEST(garbage),
};

UNIT_MAIN(tests)
