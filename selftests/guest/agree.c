// SPDX-License-Identifier: GPL-2.0
/*
 * agree CLOCKSOURCE TICK_NS KHZ SECONDS: do a clocksource and the TSC, of KHZ exactly, tell
 * the same time?
 *
 * The kernel is told to use the clocksource, and its CLOCK_MONOTONIC_RAW, which nobody
 * steers, is read between two readings of the TSC. A clock reads a value for one tick of its
 * own, so each sample gives bounds for what it is ahead of the TSC. Where both tell the same
 * time that is one constant, and no two samples contradict each other: apart_ns is by how
 * much the worst two do. read_ticks is what the quickest reading took, system call and all.
 */
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <time.h>

#include "tsc.h"

#define BILLION 1000000000LL
#define CHOSEN "/sys/devices/system/clocksource/clocksource0/current_clocksource"

struct agreement {
	uint64_t samples;
	int64_t low, high;	/* ns ahead of the TSC: at least, at most */
	uint64_t read_ticks;
};

static void choose(const char *clocksource)
{
	FILE *file = fopen(CHOSEN, "w");

	if (!file || fprintf(file, "%s\n", clocksource) < 0 || fclose(file))
		error(1, errno, "no clocksource %s", clocksource);
}

static int64_t raw_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * BILLION + now.tv_nsec;
}

static int64_t tsc_ns(uint64_t tsc, uint64_t khz)
{
	return (__int128)tsc * 1000000 / khz;
}

static void sample(struct agreement *sum, uint64_t tick_ns, uint64_t khz)
{
	uint64_t before = tsc_read();
	int64_t ns = raw_ns(), low, high;
	uint64_t after = tsc_read();

	low = ns - tsc_ns(after, khz) - 1;
	high = ns + tick_ns - tsc_ns(before, khz) + 1;
	if (!sum->samples || low > sum->low)
		sum->low = low;
	if (!sum->samples || high < sum->high)
		sum->high = high;
	if (!sum->samples || after - before < sum->read_ticks)
		sum->read_ticks = after - before;
	sum->samples++;
}

int main(int argc, char **argv)
{
	struct agreement sum = {};
	uint64_t tick_ns, khz, end;

	if (argc != 5)
		error(1, 0, "usage: agree CLOCKSOURCE TICK_NS KHZ SECONDS");
	choose(argv[1]);
	tick_ns = parse_number(argv[2]);
	khz = parse_number(argv[3]);
	end = tsc_read() + khz * 1000 * parse_number(argv[4]);
	do {
		sample(&sum, tick_ns, khz);
		sleep_us(500);
	} while (tsc_read() < end);
	printf("agree samples=%llu apart_ns=%lld read_ticks=%llu\n", (long long)sum.samples,
	       (long long)(sum.low > sum.high ? sum.low - sum.high : 0),
	       (long long)sum.read_ticks);
	return 0;
}
