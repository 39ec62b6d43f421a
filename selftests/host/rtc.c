// SPDX-License-Identifier: GPL-2.0
/*
 * rtc DEVICE KHZ SECONDS ZERO_NS: the RTC of a VM of a few instructions. It tells the second
 * that the TSC, of KHZ exactly and 0 at ZERO_NS since 1970, says; its interrupts come as often
 * as they should and never early; its memory is the monitor's.
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "ports.h"

#define HZ 32768
#define IRQF 0x80

static struct vm vm;
static uint64_t khz, zero_ticks;

/* Where the chip's divider stands, and all above it: since 1970. */
static uint64_t tick(uint64_t tsc)
{
	return zero_ticks + ticks_of_tsc(tsc, khz, HZ);
}

static struct access cmos_in(uint8_t index)
{
	port_out(&vm, 0x70, index);
	return port_in(&vm, 0x71);
}

static struct access cmos_out(uint8_t index, uint8_t value)
{
	port_out(&vm, 0x70, index);
	return port_out(&vm, 0x71, value);
}

static int number(uint8_t index)
{
	uint8_t value = cmos_in(index).value;

	return value / 16 * 10 + value % 16;
}

/* Twice the same, as every driver reads it. */
static time_t now(void)
{
	struct tm tm;
	int second;

	do {
		second = number(0);
		tm = (struct tm){ .tm_min = number(2), .tm_hour = number(4), .tm_mday = number(7),
				  .tm_mon = number(8) - 1,
				  .tm_year = number(0x32) * 100 + number(9) - 1900, .tm_sec = second };
	} while (number(0) != second);
	return timegm(&tm);
}

/* As QEMU does: KVM collects what is written to the index, and tells when its ring is full. */
static void collect_index(void)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = 0x70, .size = 1, .pio = 1 };

	if (ioctl(vm.fd, KVM_REGISTER_COALESCED_MMIO, &zone))
		die("KVM_REGISTER_COALESCED_MMIO");
}

static void test_memory(void)
{
	check(cmos_in(0x0e).passed_on && cmos_out(0x0f, 0).passed_on && cmos_in(0x37).passed_on,
	      "memory is the monitor's");
	check(!cmos_in(0).passed_on && !cmos_in(0x0d).passed_on && !cmos_in(0x32).passed_on,
	      "the clock is the kernel's");
	check(cmos_in(0x0d).value == 0x80, "the battery is good");
}

/* The second changes where the TSC says, to 31 us. */
static void test_time(uint64_t seconds)
{
	uint64_t samples = 0, wrong = 0, first = 0, low, high;
	struct access a;

	do {
		time_t read = now();

		a = cmos_in(0);
		first = first ?: a.before;
		low = tick(a.before) / HZ;
		high = tick(a.after) / HZ;
		read += (a.value / 16 * 10 + a.value % 16 - read % 60 + 60) % 60;
		wrong += (uint64_t)read < low || (uint64_t)read > high;
		samples++;
	} while (a.after - first < seconds * khz * 1000);
	printf("# %llu samples, %llu wrong; now it is %lld, by the TSC %llu\n", (long long)samples,
	       (long long)wrong, (long long)now(), (long long)low);
	check(!wrong && samples > 10 * seconds, "it is the second that the TSC says");
}

/*
 * The first may be any edge after the enable, as the divider has it. KVM's PIC may hold one of
 * before, whose flag was cleared without it: that finds no flag, and is none of these.
 */
static void test_periodic(uint8_t rate, unsigned int irqs)
{
	static uint64_t tsc[IRQS_MAX];
	static uint8_t c[IRQS_MAX];
	uint64_t period = 1 << (rate - 1), early = 0, first;
	unsigned int i, old, wrong = 0;
	struct access a;

	cmos_out(0x0a, 0x20);
	cmos_in(0x0c);
	cmos_out(0x0b, 0x42);
	a = cmos_out(0x0a, 0x20 | rate);
	first = (tick(a.before) / period + 1) * period;
	wait_for_irqs(&vm, 8, irqs + 1, tsc, c);
	cmos_out(0x0b, 0x02);
	cmos_in(0x0c);
	old = !c[0];
	memmove(tsc, tsc + old, irqs * sizeof(*tsc));
	memmove(c, c + old, irqs);
	for (i = 0; i < irqs; i++) {
		early += tick(tsc[i]) < first + i * period;
		wrong += (c[i] & 0xc0) != 0xc0;
	}
	printf("# %u Hz: %u interrupts, %llu early, the last late by %lld us\n", HZ / (int)period, irqs,
	       (long long)early, (long long)((tick(tsc[irqs - 1]) - first - (irqs - 1) * period) *
					     1000000 / HZ));
	check(!early && !wrong, "periodic: each has its flag, none is early");
	check(tick(tsc[irqs - 1]) < first + irqs * period + HZ, "and none is lost");
}

static void test_update(void)
{
	uint64_t tsc[3], first;
	uint8_t c[3];
	int i, early = 0, wrong = 0;
	struct access a;

	cmos_out(0x0b, 0x82);	/* no update between these two */
	cmos_in(0x0c);
	a = cmos_out(0x0b, 0x12);
	first = (tick(a.before) / HZ + 1) * HZ;
	wait_for_irqs(&vm, 8, 3, tsc, c);
	cmos_out(0x0b, 0x02);
	cmos_in(0x0c);
	for (i = 0; i < 3; i++) {
		early += tick(tsc[i]) < first + i * HZ;
		wrong += !(c[i] & 0x10);
	}
	check(!early && !wrong && tick(tsc[2]) < first + 3 * HZ, "three updates in three seconds");
}

static void test_alarm(void)
{
	time_t at = now() + 2;
	struct tm tm;
	uint64_t tsc;
	uint8_t c;

	gmtime_r(&at, &tm);
	cmos_out(1, tm.tm_sec / 10 * 16 + tm.tm_sec % 10);
	cmos_out(3, 0xff);
	cmos_out(5, 0xff);
	cmos_in(0x0c);
	cmos_out(0x0b, 0x22);
	wait_for_irqs(&vm, 8, 1, &tsc, &c);
	cmos_out(0x0b, 0x02);
	check(c & 0x20 && c & IRQF && now() >= at && now() < at + 2, "an alarm in two seconds");
}

static void test_set(void)
{
	cmos_out(0x0b, 0x82);
	cmos_out(7, 0x31);
	cmos_out(8, 0x12);
	cmos_out(9, 0x99);
	cmos_out(0x32, 0x19);
	cmos_out(4, 0x23);
	cmos_out(2, 0x59);
	cmos_out(0, 0x59);
	check(now() == 946684799, "a time that is set stands still");
	cmos_out(0x0b, 0x02);
	while (now() == 946684799)
		;
	check(now() >= 946684800 && now() < 946684803, "and goes on into the year 2000");
}

int main(int argc, char **argv)
{
	if (argc != 5)
		die("usage: rtc DEVICE KHZ SECONDS ZERO_NS");
	khz = strtoull(argv[2], NULL, 0);
	zero_ticks = (unsigned __int128)strtoull(argv[4], NULL, 0) * HZ / 1000000000;
	ports_create(&vm, argv[1]);
	collect_index();
	test_memory();
	test_time(strtoull(argv[3], NULL, 0));
	pic_set_up(&vm, 8);
	test_periodic(6, 2000);
	test_periodic(15, 4);
	test_update();
	test_alarm();
	test_set();
	vm_destroy(&vm);
	return failures ? 1 : 0;
}
