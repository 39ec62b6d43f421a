// SPDX-License-Identifier: GPL-2.0
/* pmtimer.c and pmbase.c: the counter, and where the firmware puts it. */
#include "pmbase.h"
#include "pmtimer.h"
#include "unit.h"

static void counts_at_its_rate(void)
{
	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, 0), 0);
	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, 279), 0);
	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, 280), 1);
	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, DVMM_NSEC_PER_SEC), 3579545);
	CHECK_EQ(dvmm_pmtimer_read(32, 0, 4, 100 * DVMM_NSEC_PER_SEC), 357954500);
}

static void wraps_at_its_width(void)
{
	u64 ns24 = dvmm_ticks_ns(DVMM_PMTIMER_HZ, 1ULL << 24);
	u64 ns32 = dvmm_ticks_ns(DVMM_PMTIMER_HZ, 1ULL << 32);

	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, ns24 - 1), 0xffffff);
	CHECK_EQ(dvmm_pmtimer_read(24, 0, 4, ns24), 0);
	CHECK_EQ(dvmm_pmtimer_read(32, 0, 4, ns24), 1 << 24);
	CHECK_EQ(dvmm_pmtimer_read(32, 0, 4, ns32 - 1), 0xffffffff);
	CHECK_EQ(dvmm_pmtimer_read(32, 0, 4, ns32), 0);
}

static void bytes_are_those_of_the_whole(void)
{
	u64 now_ns = 123456789012345ULL;
	u32 bits, offset, len;

	for (bits = 24; bits <= 32; bits += 8) {
		u64 all = dvmm_pmtimer_read(bits, 0, 4, now_ns);

		for (offset = 0; offset < 4; offset++)
			for (len = 1; len <= 4; len++)
				CHECK_EQ(dvmm_pmtimer_read(bits, offset, len, now_ns),
					 (u32)((all >> (8 * offset)) & ((1ULL << (8 * len)) - 1)));
	}
}

/* As SeaBIOS does on q35: hw/south bridge is 00:1f.0. */
static void ich9_is_followed(void)
{
	struct dvmm_pmbase pm = {};

	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x8000f840);
	dvmm_pmbase_write(&pm, 0xcfc, 4, 0x601);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0);
	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x8000f844);
	dvmm_pmbase_write(&pm, 0xcfc, 1, 0x80);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0x600);
	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x8000f840);
	dvmm_pmbase_write(&pm, 0xcfd, 1, 0xb0);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0xb000);
	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x8000f844);
	dvmm_pmbase_write(&pm, 0xcfc, 1, 0);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0);
}

static void piix4_is_followed(void)
{
	struct dvmm_pmbase pm = {};

	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x80000b40);
	dvmm_pmbase_write(&pm, 0xcfc, 2, 0x641);
	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x80000b80);
	dvmm_pmbase_write(&pm, 0xcfc, 1, 1);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0x640);
	dvmm_pmbase_write(&pm, 0xcfc, 4, 0xfffffffe);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0);
}

static void other_functions_do_not_matter(void)
{
	static const u32 others[] = { 0x00000b40, 0x80000a40, 0x80010b40, 0x80000840, 0x80000b44 };
	struct dvmm_pmbase pm = {};
	u32 i;

	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x80000b80);
	dvmm_pmbase_write(&pm, 0xcfc, 4, 1);
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		dvmm_pmbase_write(&pm, 0xcf8, 4, others[i]);
		dvmm_pmbase_write(&pm, 0xcfc, 4, 0x601);
		CHECK_EQ(dvmm_pmbase_of(&pm), 0);
	}
	dvmm_pmbase_write(&pm, 0xcf8, 4, 0x80000b40);
	dvmm_pmbase_write(&pm, 0xcf9, 1, 0x06);
	dvmm_pmbase_write(&pm, 0xcf8, 2, 0xf840);
	dvmm_pmbase_write(&pm, 0xcfc, 4, 0x601);
	CHECK_EQ(dvmm_pmbase_of(&pm), 0x600);
}

static void garbage_does_no_harm(void)
{
	struct dvmm_pmbase pm = {};
	int i;

	for (i = 0; i < 1000000; i++) {
		u16 port = 0xcf8 + unit_random() % 8;

		dvmm_pmbase_write(&pm, port, 1 << unit_random() % 3,
				  (u32)unit_random() | (i & 1 ? 0x80000b00 : 0));
		CHECK(!(dvmm_pmbase_of(&pm) & 0x3f));
	}
}

static const struct unit_test tests[] = {
	TEST(counts_at_its_rate),
	TEST(wraps_at_its_width),
	TEST(bytes_are_those_of_the_whole),
	TEST(ich9_is_followed),
	TEST(piix4_is_followed),
	TEST(other_functions_do_not_matter),
	TEST(garbage_does_no_harm),
};

UNIT_MAIN(tests)
