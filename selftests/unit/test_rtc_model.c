// SPDX-License-Identifier: GPL-2.0
/*
 * rtc.c, which computes, against a chip that counts: a divider of 15 bits, bytes that are
 * incremented and carried as BCD or binary, an alarm comparator at each update, flags by edges.
 * Random programs of writes, reads and time steps; the two must never differ.
 */
#include <time.h>

#include "rtc.h"
#include "unit.h"

#define PROGRAMS 150
#define STEPS 100

enum { REG_A = 10, REG_B, REG_C, REG_D, CENTURY = 0x32 };

struct chip {
	u8 ram[64];		/* bytes 0 to 9, A to D, and the century */
	u32 divider;		/* 15 bits */
	u64 ticks;
	u64 edges[3];		/* of UF, AF, PF that were enabled */
};

static struct chip chip;
static struct dvmm_rtc rtc;

static const u8 flags[] = { 0x10, 0x20, 0x40 };

static bool binary(void)
{
	return chip.ram[REG_B] & 4;
}

static u32 number(u8 byte)
{
	return binary() ? byte : byte / 16 * 10 + byte % 16;
}

static u8 byte(u32 n)
{
	return binary() ? n : n / 10 * 16 + n % 10;
}

static bool divides(void)
{
	return (chip.ram[REG_A] & 0x70) <= 0x20;
}

static bool counts(void)
{
	return divides() && !(chip.ram[REG_B] & 0x80);
}

static u32 month_days(void)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	u32 month = number(chip.ram[8]), year = number(chip.ram[9]), century = number(chip.ram[CENTURY]);
	bool leap = year ? year % 4 == 0 : century % 4 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Counts @at up to @last, then from @first again; whether it carries. */
static bool carry(u8 at, u32 first, u32 last)
{
	u32 n = number(chip.ram[at]);

	chip.ram[at] = byte(n == last ? first : n + 1);
	return n == last;
}

/* 11 AM, 12 PM, 1 PM ... 11 PM, 12 AM, 1 AM. */
static bool next_hour(void)
{
	bool pm = chip.ram[4] & 0x80;
	u32 n;

	if (chip.ram[REG_B] & 2)
		return carry(4, 0, 23);
	n = number(chip.ram[4] & 0x7f);
	if (n == 11)
		pm = !pm;
	chip.ram[4] = byte(n == 12 ? 1 : n + 1) | (pm ? 0x80 : 0);
	return n == 11 && !pm;
}

static void next_second(void)
{
	if (!carry(0, 0, 59) || !carry(2, 0, 59) || !next_hour())
		return;
	carry(6, 1, 7);
	if (carry(7, 1, month_days()) && carry(8, 1, 12) && carry(9, 0, 99))
		carry(CENTURY, 0, 99);
}

static void raise(int which)
{
	if (chip.ram[REG_B] & flags[which])
		chip.edges[which]++;
	else
		chip.ram[REG_C] |= flags[which];
}

static bool matches(u8 alarm, u8 time)
{
	return (alarm & 0xc0) == 0xc0 || alarm == time;
}

static void tick(void)
{
	static const u32 rates[] = { 0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16,
				     8, 4, 2 };
	u32 rate = rates[chip.ram[REG_A] & 15];

	chip.ticks++;
	if (!divides())
		return;
	chip.divider = (chip.divider + 1) & 0x7fff;
	if (rate && !(chip.divider & (32768 / rate - 1)))
		raise(2);
	if (chip.divider || !counts())
		return;
	next_second();
	raise(0);
	if (matches(chip.ram[1], chip.ram[0]) && matches(chip.ram[3], chip.ram[2]) &&
	    matches(chip.ram[5], chip.ram[4]))
		raise(1);
}

static u8 chip_read(u8 index)
{
	u8 value = chip.ram[index];

	if (index == REG_A && counts() && chip.divider >= 32768 - 8)
		value |= 0x80;
	if (index == REG_C) {
		value |= value & chip.ram[REG_B] & 0x70 ? 0x80 : 0;
		chip.ram[REG_C] = 0;
	}
	return index == REG_D ? 0x80 : value;
}

static void chip_write(u8 index, u8 value)
{
	bool held = !divides();

	if (index == REG_C || index == REG_D)
		return;
	if (index == REG_A)
		value &= 0x7f;
	if (index == REG_B && value & 0x80)
		value &= ~0x10;
	chip.ram[index] = value;
	if (held && divides())
		chip.divider = 16384;
}

static u64 now(void)
{
	u64 from = dvmm_ticks_ns(DVMM_RTC_HZ, chip.ticks);
	u64 to = dvmm_ticks_ns(DVMM_RTC_HZ, chip.ticks + 1);

	return from + unit_random() % (to - from);
}

/* Moments next to which much changes. */
static s64 interesting(void)
{
	static const s64 days[] = { 0, 59, 365, 10957, 11016, 11017, 20515, 24855, 47482, 47541,
				    49710, 2932531, 21608, 20424 };
	static const u32 in_day[] = { 0, 43200, 46800, 3600, 86400, 36000, 72000 };
	s64 t = days[unit_random() % ARRAY_SIZE(days)] * 86400;

	return max_t(s64, 3, t + in_day[unit_random() % ARRAY_SIZE(in_day)] - unit_random() % 4);
}

static void chip_set_time(time_t t)
{
	static const u8 at[] = { 0, 2, 4, 6, 7, 8, 9, CENTURY };
	struct tm tm;
	u32 values[8], i;

	gmtime_r(&t, &tm);
	values[0] = tm.tm_sec, values[1] = tm.tm_min, values[2] = tm.tm_hour;
	values[3] = tm.tm_wday + 1, values[4] = tm.tm_mday, values[5] = tm.tm_mon + 1;
	values[6] = tm.tm_year % 100, values[7] = (tm.tm_year + 1900) / 100;
	for (i = 0; i < 8; i++)
		chip.ram[at[i]] = byte(values[i]);
	if (!(chip.ram[REG_B] & 2))
		chip.ram[4] = byte((values[2] + 11) % 12 + 1) | (values[2] >= 12 ? 0x80 : 0);
}

static void power_on(void)
{
	u64 seconds = 100 + unit_random() % 1000, part = unit_random() % 32768;
	s64 t = interesting() % 9000000000 + 2000;	/* in ns it fits */

	chip = (struct chip){ .ticks = seconds * 32768 + part, .divider = part };
	chip.ram[REG_A] = 0x26;
	chip.ram[REG_B] = 2;
	chip_set_time(t);
	dvmm_rtc_init(&rtc, (t - seconds) * DVMM_NSEC_PER_SEC, now());
}

static bool same(const char *what, u64 ours, u64 chips)
{
	CHECKF(ours == chips, "%s: %llu, the chip says %llu, at tick %llu", what,
	       (unsigned long long)ours, (unsigned long long)chips, (unsigned long long)chip.ticks);
	return ours == chips;
}

/* Interrupts are as the series foretell; both chips are told of them when they are due. */
static bool step_time(void)
{
	u64 ticks = unit_random() % 2 ? unit_random() % 50 : unit_random() % 70000, n, first[3];
	u64 edges[3];
	int i;

	if (unit_random() % 3 == 0)
		ticks = 32768 - chip.divider - 1 + unit_random() % 3;
	for (n = 0; n < ticks; n++) {
		if (n % 64 == 0)
			for (i = 0; i < 3; i++)
				first[i] = dvmm_rtc_series(&rtc, i, now()).first;
		memcpy(edges, chip.edges, sizeof(edges));
		tick();
		for (i = 0; i < 3; i++) {
			if (!same("interrupt", first[i] == chip.ticks, chip.edges[i] - edges[i]))
				return false;
			if (first[i] != chip.ticks)
				continue;
			dvmm_rtc_fire(&rtc, i);
			chip.ram[REG_C] |= flags[i];
			first[i] = dvmm_rtc_series(&rtc, i, now()).first;
		}
	}
	return true;
}

static bool step_read(void)
{
	static const u8 index[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, REG_A, REG_A, REG_B, REG_C, REG_C,
				    REG_D, CENTURY };
	u8 which = index[unit_random() % ARRAY_SIZE(index)];
	char what[20];

	snprintf(what, sizeof(what), "byte %d", which);
	return same(what, dvmm_rtc_read(&rtc, which, now()), chip_read(which));
}

static void write_both(u8 index, u8 value)
{
	dvmm_rtc_write(&rtc, index, value, now());
	chip_write(index, value);
}

/* The format only changes together with the time: else the chip's bytes mean another one. */
static bool step_control(void)
{
	u8 a = 0x20 | unit_random() % 16;

	if (unit_random() % 2)
		write_both(REG_A, unit_random() % 8 ? a : a | 0x40);
	else
		write_both(REG_B, (chip.ram[REG_B] & 0x86) | (unit_random() & 0x79));
	return true;
}

static bool step_alarm(void)
{
	static const u8 any[] = { 0xc0, 0xff, 0xd5 };
	int i;

	for (i = 0; i < 3; i++) {
		u8 soon = i ? chip.ram[2 * i] : byte((number(chip.ram[0]) + 1) % 60);
		u8 value = unit_random() % 2 ? soon : any[unit_random() % 3];

		write_both(2 * i + 1, unit_random() % 8 ? value : byte(unit_random() % 24));
	}
	return true;
}

/* SET, a format and a time, and on; or only SET for a while. */
static bool step_set(void)
{
	static const u8 at[] = { 0, 2, 4, 6, 7, 8, 9, CENTURY };
	u8 format = unit_random() & 6, b = (chip.ram[REG_B] & 0x79) | format;
	u32 i;

	write_both(REG_B, b | 0x80);
	chip_set_time(interesting());
	for (i = 0; i < ARRAY_SIZE(at); i++)
		dvmm_rtc_write(&rtc, at[i], chip.ram[at[i]], now());
	if (unit_random() % 2 && !step_time())
		return false;
	if (unit_random() % 4 == 0)
		return true;
	write_both(REG_B, b);
	return same("IRQ", dvmm_rtc_irq(&rtc), !!(chip.ram[REG_C] & chip.ram[REG_B] & 0x70));
}

static void both_agree_on_random_programs(void)
{
	bool (*const steps[])(void) = {
		step_time, step_time, step_read, step_read, step_read, step_read, step_control,
		step_alarm, step_set,
	};
	int program, step;

	for (program = 0; program < PROGRAMS; program++) {
		power_on();
		for (step = 0; step < STEPS; step++)
			if (!steps[unit_random() % ARRAY_SIZE(steps)]())
				return;
	}
}

static const struct unit_test tests[] = {
	TEST(both_agree_on_random_programs),
};

UNIT_MAIN(tests)
