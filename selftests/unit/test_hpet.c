// SPDX-License-Identifier: GPL-2.0
/* hpet.c: every register, as IA-PC HPET 1.0a has it; numbers in comments are its sections. */
#include "hpet_bench.h"

/* 2.3.4. With three timers this is what QEMU's ACPI table says: 0x8086a201. */
static void capabilities(void)
{
	u32 timers;

	for (timers = 3; timers <= 32; timers++) {
		reset(timers);
		CHECK_EQ(rd32(0x004), 10000000);		/* fs */
		CHECK_EQ(rd32(0x000) >> 16, 0x8086);
		CHECK_EQ(rd32(0x000) >> 15 & 1, 1);		/* legacy replacement */
		CHECK_EQ(rd32(0x000) >> 14 & 1, 0);
		CHECK_EQ(rd32(0x000) >> 13 & 1, 1);		/* 64 bits */
		CHECK_EQ(rd32(0x000) >> 8 & 31, timers - 1);
		CHECK_EQ(rd32(0x000) & 255, 1);			/* revision */
		CHECK_EQ(rd(0x000), (u64)rd32(0x004) << 32 | rd32(0x000));
	}
	reset(3);
	CHECK_EQ(rd(0x000), 0x009896808086a201);
}

/* What a register reads after a reset, after zeros and after ones were written. */
struct bits {
	u32 offset;
	u64 at_reset;
	u64 zeros;
	u64 ones;
};

static const struct bits bits[] = {
	{ 0x000, 0x009896808086a201, 0x009896808086a201, 0x009896808086a201 },
	{ 0x010, 0, 0, 3 },
	{ 0x020, 0, 0, 0 },
	{ 0x0f0, 0, 0, U64_MAX },	/* all is halted */
	/* the route 31 there is not; 15, 5 and 4 are read-only; 7 and 0 reserved */
	{ 0x100, TN_CAPS, TN_CAPS, TN_CAPS | 0x414e },
	{ 0x108, U64_MAX, 0, U64_MAX },
	{ 0x110, 0, 0, U64_MAX },
	{ 0x120, TN_CAPS, TN_CAPS, TN_CAPS | 0x414e },
	{ 0x128, U64_MAX, 0, U64_MAX },
	{ 0x130, 0, 0, U64_MAX },
	{ 0x140, TN_CAPS, TN_CAPS, TN_CAPS | 0x414e },
	{ 0x148, U64_MAX, 0, U64_MAX },
	{ 0x150, 0, 0, U64_MAX },
	/* all others are reserved */
};

static const struct bits *bits_of(u32 offset)
{
	static struct bits reserved;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (bits[i].offset == offset)
			return &bits[i];
	return &reserved;
}

static void every_register(void)
{
	const struct bits *b;
	u32 offset;

	for (offset = 0; offset < DVMM_HPET_LEN; offset += 8) {
		b = bits_of(offset);
		reset(3);
		CHECKF(rd(offset) == b->at_reset, "register 0x%x", offset);
		wr(offset, U64_MAX);
		CHECKF(rd(offset) == b->ones, "register 0x%x", offset);
		wr(offset, 0);
		CHECKF(rd(offset) == b->zeros, "register 0x%x", offset);
	}
}

/* 2.3.1: nothing there that is not, with any number of timers, and nothing behind it */
static void timers_that_there_are(void)
{
	u32 timers, n;

	for (timers = 3; timers <= 32; timers++) {
		reset(timers);
		for (n = 0; n < 32; n++) {
			wr(FSB_ROUTE(n), 0x1234);
			CHECK_EQ(rd(CONFIG(n)), n < timers ? TN_CAPS : 0);
			CHECK_EQ(rd(COMPARATOR(n)), n < timers ? U64_MAX : 0);
			CHECK_EQ(rd(FSB_ROUTE(n)), n < timers ? 0x1234 : 0);
			CHECK_EQ(rd(DVMM_HPET_TN(n) + 0x18), 0);
		}
	}
}

/* Either half alone, and both. */
static void halves(void)
{
	static const u32 offsets[] = { 0x0f0, 0x108, 0x110, 0x148, 0x150 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		reset(3);
		wr(offsets[i], 0x1111111122222222);
		wr32(offsets[i], 0x33333333);
		CHECK_EQ(rd(offsets[i]), 0x1111111133333333);
		wr32(offsets[i] + 4, 0x44444444);
		CHECK_EQ(rd(offsets[i]), 0x4444444433333333);
		CHECK_EQ(rd32(offsets[i]), 0x33333333);
		CHECK_EQ(rd32(offsets[i] + 4), 0x44444444);
	}
	reset(3);
	wr32(0x014, 3);	/* reserved bits only */
	wr32(0x104, U32_MAX);
	CHECK_EQ(rd(0x010), 0);
	CHECK_EQ(rd(0x100), TN_CAPS);
}

/* 2.3.2. Whatever else a guest does reads zero and changes nothing. */
static void accesses_that_must_not_be(void)
{
	static const u32 lens[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, U32_MAX };
	struct dvmm_hpet before;
	struct dvmm_hpet_effect effect;
	u32 offset, i;

	reset(32);
	run_from(0x123456789);
	before = hpet;
	for (offset = 0; offset < 0x520; offset++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			if ((lens[i] == 4 || lens[i] == 8) && !(offset % lens[i]) && offset < DVMM_HPET_LEN)
				continue;
			CHECK_EQ(dvmm_hpet_read(&hpet, offset, lens[i], now), 0);
			effect = dvmm_hpet_write(&hpet, offset, lens[i], U64_MAX, now);
			CHECK_EQ(effect.timers | effect.acked | effect.raised | effect.dropped, 0);
		}
	}
	CHECK_EQ(dvmm_hpet_read(&hpet, U32_MAX - 7, 8, now), 0);
	CHECK(!memcmp(&before, &hpet, sizeof(hpet)));
}

/* 2.3.7, 3.1: zero, halted; by whole ticks of 10 ns of the machine's time */
static void counter(void)
{
	reset(3);
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 0);
	now += MS;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 0);
	now -= now % TICK;
	run_from(1000);
	now += 9;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 1000);
	now += 1;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 1001);
	wr(DVMM_HPET_COUNTER, 5);	/* runs: not now */
	wr32(DVMM_HPET_COUNTER + 4, 5);
	now += MS;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 101001);
	wr(DVMM_HPET_CONFIG, 1);	/* runs already */
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 101001);
	wr(DVMM_HPET_CONFIG, 0);
	now += MS;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 101001);
	wr(DVMM_HPET_CONFIG, 0);
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 101001);
	wr(DVMM_HPET_CONFIG, 1);
	now += 50;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 101006);
}

static void counter_wraps_at_64_bits(void)
{
	reset(3);
	run_from(U64_MAX);
	now += TICK;
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 0);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 0);
}

/* Lower, then upper: of the moment of the lower, though it has gone over since. */
static void counter_in_two_halves(void)
{
	reset(3);
	run_from(0x5fffffffe);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER), 0xfffffffe);
	now += 5 * TICK;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 5);
	now += 900 * MS;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 5);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER), 3 + 90000000);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 6);
	CHECK_EQ(rd(DVMM_HPET_COUNTER), 0x600000003 + 90000000);
}

/* Who reads the upper half only is never more than a second behind. */
static void upper_half_alone(void)
{
	reset(3);
	run_from(0x5fffffffe);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER), 0xfffffffe);
	now += 1000 * MS;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 5);
	now += TICK;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 6);
	rd32(DVMM_HPET_COUNTER);
	run_from(0x700000000);	/* what was read before it was set is no other half of it */
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 7);
	rd32(DVMM_HPET_COUNTER);
	wr(DVMM_HPET_CONFIG, 0);
	wr32(DVMM_HPET_COUNTER + 4, 9);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 9);
	wr(DVMM_HPET_COUNTER, 0xaffffffff);
	rd32(DVMM_HPET_COUNTER);
	wr32(DVMM_HPET_COUNTER + 4, 0xc);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 0xc);
	wr32(DVMM_HPET_COUNTER + 4, 0xa);
	rd32(DVMM_HPET_COUNTER);
	wr(DVMM_HPET_CONFIG, 1);
	now += TICK;
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), 0xb);
}

/* 2.4.7: upper, lower, upper, until both uppers agree; here interleaved with another vCPU. */
static void upper_lower_upper(void)
{
	u32 upper, lower, again;
	u64 first, i;

	for (i = 0; i < 20000; i++) {
		reset(3);
		run_from(WRAP32 - unit_random() % 40);
		do {
			upper = rd32(DVMM_HPET_COUNTER + 4);
			now += unit_random() % 200;
			if (unit_random() % 2)
				rd32(DVMM_HPET_COUNTER);
			now += unit_random() % 200;
			first = rd(DVMM_HPET_COUNTER);
			lower = rd32(DVMM_HPET_COUNTER);
			now += unit_random() % 200;
			if (unit_random() % 2)
				rd32(DVMM_HPET_COUNTER);
			now += unit_random() % 200;
			again = rd32(DVMM_HPET_COUNTER + 4);
		} while (upper != again);
		CHECK_EQ((u64)upper << 32 | lower, first);
	}
}

static const struct unit_test tests[] = {
	TEST(capabilities),
	TEST(every_register),
	TEST(timers_that_there_are),
	TEST(halves),
	TEST(accesses_that_must_not_be),
	TEST(counter),
	TEST(counter_wraps_at_64_bits),
	TEST(counter_in_two_halves),
	TEST(upper_half_alone),
	TEST(upper_lower_upper),
};

UNIT_MAIN(tests)
