// SPDX-License-Identifier: GPL-2.0
/*
 * agree CLOCK KHZ SECONDS: do a clock and the TSC, of KHZ exactly, tell the same time?
 *
 * The clock is read between two readings of the TSC. It reads a value for one tick of its
 * own, so each sample gives bounds for what it is ahead of the TSC. Where both tell the
 * same time, that is one constant, and no two samples contradict each other: apart_ns is
 * by how much the worst two do. Where both began together, at 0, it is 0: from_zero_ns is
 * by how much a sample contradicts that, on a clock that wraps.
 */
#include <error.h>
#include <stdio.h>
#include <stdlib.h>

#include "clocks.h"
#include "tsc.h"

#define BILLION 1000000000LL

typedef __int128 wide;

struct bounds {
	int64_t low, high;	/* ns, exclusive of nothing */
};

struct agreement {
	uint64_t samples;
	int64_t low, high;	/* the tightest so far, of which either may be a contradiction */
	int64_t from_zero;
	uint64_t ticks;		/* the clock, unwrapped */
};

static uint64_t width(const struct clock_source *clock)
{
	return clock->bits == 64 ? UINT64_MAX : (1ULL << clock->bits) - 1;
}

static int64_t tsc_ns(uint64_t tsc, uint64_t khz)
{
	return (wide)tsc * 1000000 / khz;
}

static int64_t ticks_ns(uint64_t ticks, uint64_t hz)
{
	return (wide)ticks * BILLION / hz;
}

/* What the clock is ahead of the TSC: at least, at most. */
static struct bounds ahead(const struct clock_source *clock, uint64_t ticks, uint64_t before,
			   uint64_t after, uint64_t khz)
{
	return (struct bounds){
		.low = ticks_ns(ticks, clock->hz) - tsc_ns(after, khz) - 1,
		.high = ticks_ns(ticks + 1, clock->hz) - tsc_ns(before, khz) + 1,
	};
}

/* Of two clocks that began together: the clock's value nearest to what the TSC says. */
static int64_t off_zero(const struct clock_source *clock, uint64_t value, uint64_t before,
			uint64_t after, uint64_t khz)
{
	uint64_t expected = (wide)tsc_ns(before, khz) * clock->hz / BILLION;
	uint64_t behind = (value - expected) & width(clock);
	uint64_t ticks = expected + behind;
	struct bounds b;

	if (behind > width(clock) / 2)
		ticks -= width(clock) + 1;
	b = ahead(clock, ticks, before, after, khz);
	return b.low > 0 ? b.low : b.high < 0 ? -b.high : 0;
}

static void sample(struct agreement *sum, struct clock_source *clock, uint64_t khz)
{
	uint64_t before = tsc_read(), value = clock->read(), after = tsc_read();
	int64_t zero = off_zero(clock, value, before, after, khz);
	struct bounds b;

	sum->ticks += sum->samples ? (value - sum->ticks) & width(clock) : value;
	b = ahead(clock, sum->ticks, before, after, khz);
	if (!sum->samples || b.low > sum->low)
		sum->low = b.low;
	if (!sum->samples || b.high < sum->high)
		sum->high = b.high;
	if (zero > sum->from_zero)
		sum->from_zero = zero;
	sum->samples++;
}

int main(int argc, char **argv)
{
	struct agreement sum = {};
	struct clock_source *clock;
	uint64_t khz, end;

	if (argc != 4)
		error(1, 0, "usage: agree CLOCK KHZ SECONDS");
	clock = clock_source_named(argv[1]);
	khz = parse_number(argv[2]);
	end = tsc_read() + khz * 1000 * parse_number(argv[3]);
	do {
		sample(&sum, clock, khz);
		sleep_us(500);
	} while (tsc_read() < end);
	printf("agree samples=%llu apart_ns=%lld from_zero_ns=%lld tick_ns=%lld\n",
	       (long long)sum.samples, (long long)(sum.low > sum.high ? sum.low - sum.high : 0),
	       (long long)sum.from_zero, BILLION / (long long)clock->hz + 1);
	return 0;
}
