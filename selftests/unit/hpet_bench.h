/* SPDX-License-Identifier: GPL-2.0 */
/* An HPET and its machine's time, for tests of it. */
#ifndef HPET_BENCH_H
#define HPET_BENCH_H

#include "hpet.h"
#include "unit.h"

#define US 1000ULL
#define MS 1000000ULL
#define TICK 10ULL	/* ns */
#define WRAP32 (1ULL << 32)

#define LEVEL DVMM_HPET_TN_LEVEL
#define ENABLE DVMM_HPET_TN_ENABLE
#define PERIODIC DVMM_HPET_TN_PERIODIC
#define VAL_SET DVMM_HPET_TN_VAL_SET
#define MODE32 DVMM_HPET_TN_32MODE
#define FSB DVMM_HPET_TN_FSB
#define ROUTE(gsi) ((u32)(gsi) << 9)

#define CONFIG(n) (DVMM_HPET_TN(n) + DVMM_HPET_TN_CONFIG)
#define COMPARATOR(n) (DVMM_HPET_TN(n) + DVMM_HPET_TN_COMPARATOR)
#define FSB_ROUTE(n) (DVMM_HPET_TN(n) + DVMM_HPET_TN_FSB_ROUTE)

/* read-only bits of a timer's configuration */
#define TN_CAPS 0x00ff000000008030

static struct dvmm_hpet hpet;
static u64 now;

static inline void reset(u32 timers)
{
	now = 12345678901234ULL;
	dvmm_hpet_init(&hpet, timers);
}

static inline u64 rd(u32 offset)
{
	return dvmm_hpet_read(&hpet, offset, 8, now);
}

static inline u32 rd32(u32 offset)
{
	u64 value = dvmm_hpet_read(&hpet, offset, 4, now);

	CHECK_EQ(value >> 32, 0);
	return value;
}

static inline struct dvmm_hpet_effect wr(u32 offset, u64 value)
{
	return dvmm_hpet_write(&hpet, offset, 8, value, now);
}

static inline struct dvmm_hpet_effect wr32(u32 offset, u32 value)
{
	return dvmm_hpet_write(&hpet, offset, 4, value, now);
}

/* Halted, counter at @counter, then running from now on. */
static inline void run_from(u64 counter)
{
	wr(DVMM_HPET_CONFIG, 0);
	wr(DVMM_HPET_COUNTER, counter);
	wr(DVMM_HPET_CONFIG, 1);
}

/* In how many ticks of 10 ns from now on timer @n interrupts; DVMM_NEVER. */
static inline u64 due_in(u32 n)
{
	struct dvmm_series series = dvmm_hpet_series(&hpet, n, now);

	CHECK_EQ(series.hz, 100000000);
	return series.first == DVMM_NEVER ? DVMM_NEVER : series.first - now / TICK;
}

static inline u64 period(u32 n)
{
	return dvmm_hpet_series(&hpet, n, now).period;
}

#endif
