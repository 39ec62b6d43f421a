// SPDX-License-Identifier: GPL-2.0
/* quality.c against tables 4 and 5 of the standard. */
#include "quality.h"
#include "unit.h"

static void classes_after_a_loss(void)
{
	CHECK_EQ(dvmm_quality_class(6), 187);
	CHECK_EQ(dvmm_quality_class(7), 187);
	CHECK_EQ(dvmm_quality_class(13), 193);
	CHECK_EQ(dvmm_quality_class(14), 193);
	CHECK_EQ(dvmm_quality_class(248), 248);
	CHECK_EQ(dvmm_quality_class(52), 248);
	CHECK_EQ(dvmm_quality_class(187), 187);
	CHECK_EQ(dvmm_quality_class(193), 193);
}

static void accuracies(void)
{
	static const struct {
		u64 ns;
		u8 accuracy;
	} table[] = {
		{ 0, 0x20 }, { 25, 0x20 }, { 26, 0x21 }, { 100, 0x21 }, { 250, 0x22 },
		{ 1000, 0x23 }, { 2500, 0x24 }, { 10000, 0x25 }, { 25000, 0x26 },
		{ 100000, 0x27 }, { 250000, 0x28 }, { 1000000, 0x29 }, { 2500000, 0x2a },
		{ 10000000, 0x2b }, { 25000000, 0x2c }, { 100000000, 0x2d },
		{ 250000000, 0x2e }, { 1000000000, 0x2f }, { 10000000000, 0x30 },
		{ 10000000001, 0x31 }, { U64_MAX - 1, 0x31 }, { U64_MAX, 0xfe },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		CHECK_EQ(dvmm_quality_accuracy(table[i].ns, 0), table[i].accuracy);
	for (i = 1; i < ARRAY_SIZE(table) - 3; i++)
		CHECK(dvmm_quality_error_ns(table[i].accuracy) >= table[i].ns);
	CHECK_EQ(dvmm_quality_error_ns(0xfe), U64_MAX);
	CHECK_EQ(dvmm_quality_error_ns(0x31), U64_MAX);
	CHECK_EQ(dvmm_quality_error_ns(0x1f), 25);
	CHECK_EQ(dvmm_quality_error_ns(0), U64_MAX);
}

/* Worse at once; better only where there is room; a random walk at an edge changes nothing. */
static void hysteresis(void)
{
	u8 told = dvmm_quality_accuracy(1000, 0xfe);
	u32 changes = 0;
	int i;

	CHECK_EQ(told, 0x24);
	CHECK_EQ(dvmm_quality_accuracy(1001, 0x23), 0x24);
	CHECK_EQ(dvmm_quality_accuracy(999, 0x24), 0x24);
	CHECK_EQ(dvmm_quality_accuracy(500, 0x24), 0x23);
	CHECK_EQ(dvmm_quality_accuracy(U64_MAX, 0x23), 0xfe);
	for (i = 0; i < 10000; i++) {
		u8 next = dvmm_quality_accuracy(600 + unit_random() % 1000, told);

		changes += next != told;
		told = next;
	}
	CHECK(changes <= 1);
}

static const struct unit_test tests[] = {
	TEST(classes_after_a_loss),
	TEST(accuracies),
	TEST(hysteresis),
};

UNIT_MAIN(tests)
