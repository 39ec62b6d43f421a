// SPDX-License-Identifier: GPL-2.0
/* A guest's TSC as a line over the host's, against 128-bit arithmetic. */
#include "line.h"
#include "unit.h"

#define ROUNDS 200000
#define YEAR_NS (366ULL * 86400 * DVMM_NSEC_PER_SEC)

static const struct dvmm_scaling unscaled = { .frac_bits = 32, .max_ratio = 1ULL << 40 };
static const struct dvmm_scaling svm = { .frac_bits = 32, .max_ratio = 1ULL << 40, .scales = true };
static const struct dvmm_scaling vmx = { .frac_bits = 48, .max_ratio = U64_MAX, .scales = true };
static const struct dvmm_scaling *const scalings[] = { &unscaled, &svm, &vmx };

static u64 below(u64 limit)
{
	return unit_random() % limit;
}

/* A host of 100 MHz to 10 GHz, off its nominal rate, at any counter value. */
static struct dvmm_segment random_segment(void)
{
	u32 khz = 100000 + below(9900000);

	return (struct dvmm_segment){
		.base_cycles = unit_random(),
		.base = { .ns = below(200 * YEAR_NS), .frac = unit_random() },
		.mult = dvmm_mult_adjust(dvmm_mult_from_khz(khz), (s64)below(2000000) - 1000000),
	};
}

/* Its machine: begun up to 100 years ago, of a like frequency. */
static struct dvmm_tsc_rule random_rule(const struct dvmm_segment *seg)
{
	u64 age = min(below(100 * YEAR_NS), seg->base.ns);

	return (struct dvmm_tsc_rule){ .epoch_ns = seg->base.ns - age,
				       .khz = 100000 + below(5700000) };
}

static void tsc_is_exact(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct dvmm_segment seg = random_segment();
		struct dvmm_tsc_rule rule = random_rule(&seg);
		u128 frac_ns = (u128)(seg.base.ns - rule.epoch_ns) << 32 | seg.base.frac;
		/* 92 bits times 26 bits */
		u128 exact = frac_ns * rule.khz / 1000000 >> 32;

		CHECK(!(exact >> 64));
		CHECK_EQ(dvmm_tsc_at(&rule, seg.base), (u64)exact);
	}
}

static void tsc_is_zero_before_the_epoch(void)
{
	struct dvmm_tsc_rule rule = { .epoch_ns = 1000, .khz = 1000000 };

	CHECK_EQ(dvmm_tsc_at(&rule, (struct dvmm_instant){ 999, U32_MAX }), 0);
	CHECK_EQ(dvmm_tsc_at(&rule, (struct dvmm_instant){ 0, 0 }), 0);
	CHECK_EQ(dvmm_tsc_at(&rule, (struct dvmm_instant){ 1000, 0 }), 0);
	CHECK_EQ(dvmm_tsc_at(&rule, (struct dvmm_instant){ 1001, 0 }), 1);
}

static void hundred_years_fit(void)
{
	struct dvmm_tsc_rule rule = { .epoch_ns = 0, .khz = 5800000 };
	struct dvmm_instant end = { 100 * YEAR_NS, 0 };

	CHECK_EQ(dvmm_tsc_at(&rule, end), (u128)end.ns * rule.khz / 1000000);
	CHECK(dvmm_tsc_at(&rule, end) > 1ULL << 63);
}

static void tsc_never_goes_back(void)
{
	struct dvmm_tsc_rule rule = { .epoch_ns = 12345, .khz = 2096020 };
	struct dvmm_instant t = { 12345 + YEAR_NS, 0 };
	u64 last = 0;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u64 tsc = dvmm_tsc_at(&rule, t);
		u64 step = below(3000000ULL << 32);
		u64 frac = t.frac + (u32)step;

		CHECKF(tsc >= last, "%llu after %llu", (unsigned long long)tsc, (unsigned long long)last);
		last = tsc;
		t.ns += (step >> 32) + (frac >> 32);
		t.frac = frac;
	}
}

/* As the CPU computes it: APM volume 2, 15.30.5. */
static void line_is_what_the_cpu_computes(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct dvmm_line line = { unit_random(), unit_random() };
		u64 cycles = unit_random();
		u8 bits = i & 1 ? 32 : 48;
		u64 exact = (u64)((u128)cycles * line.ratio >> bits) + line.offset;

		CHECK_EQ(dvmm_line_tsc(&line, bits, cycles), exact);
	}
}

static void line_is_exact_where_it_is_drawn(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		const struct dvmm_scaling *scaling = scalings[i % 3];
		struct dvmm_segment seg = random_segment();
		struct dvmm_tsc_rule rule = random_rule(&seg);
		u64 cycles = seg.base_cycles + below(1ULL << 36);
		struct dvmm_line line;

		CHECK_EQ(dvmm_line_through(&line, scaling, &rule, &seg, cycles), 0);
		CHECK_EQ(dvmm_line_tsc(&line, scaling->frac_bits, cycles),
			 dvmm_tsc_at(&rule, dvmm_segment_at(&seg, cycles)));
	}
}

/* What the truncated ratio loses: at most 2^-frac_bits of the cycles, and the roundings. */
static void scaled_line_keeps_the_rate(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		const struct dvmm_scaling *scaling = i & 1 ? &svm : &vmx;
		struct dvmm_segment seg = random_segment();
		struct dvmm_tsc_rule rule = random_rule(&seg);
		u64 later = below(1ULL << 36);	/* 7 s at 10 GHz */
		struct dvmm_line line;
		s64 off;

		CHECK_EQ(dvmm_line_through(&line, scaling, &rule, &seg, seg.base_cycles), 0);
		off = dvmm_tsc_at(&rule, dvmm_segment_at(&seg, seg.base_cycles + later)) -
		      dvmm_line_tsc(&line, scaling->frac_bits, seg.base_cycles + later);
		CHECK_IN(off, -2, (s64)(later >> scaling->frac_bits) + 3);
	}
}

/* The clock changes its rate; the new line meets the old one where it takes over. */
static void change_is_continuous(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		const struct dvmm_scaling *scaling = i & 1 ? &svm : &vmx;
		struct dvmm_segment seg = random_segment();
		struct dvmm_tsc_rule rule = random_rule(&seg);
		u64 at = seg.base_cycles + below(1ULL << 32);
		struct dvmm_line before, after;

		CHECK_EQ(dvmm_line_through(&before, scaling, &rule, &seg, seg.base_cycles), 0);
		dvmm_segment_pivot(&seg, at, dvmm_mult_adjust(seg.mult, (s64)below(200000) - 100000));
		CHECK_EQ(dvmm_line_through(&after, scaling, &rule, &seg, at), 0);
		CHECK_NEAR((s64)(dvmm_line_tsc(&after, scaling->frac_bits, at) -
				 dvmm_line_tsc(&before, scaling->frac_bits, at)), 0, 4);
	}
}

static void impossible_ratio_is_refused(void)
{
	struct dvmm_segment seg = { .mult = dvmm_mult_from_khz(1000000) };
	struct dvmm_scaling small = { .frac_bits = 32, .max_ratio = 1ULL << 33, .scales = true };
	struct dvmm_tsc_rule rule = { .khz = 2000000 };
	struct dvmm_line line;

	CHECK_EQ(dvmm_line_through(&line, &small, &rule, &seg, 0), -ERANGE);
	rule.khz = 1999999;
	CHECK_EQ(dvmm_line_through(&line, &small, &rule, &seg, 0), 0);
	seg.mult = 1;	/* a counter so fast that the guest would stand still */
	CHECK_EQ(dvmm_line_through(&line, &small, &rule, &seg, 0), -ERANGE);
}

static void drift_is_told_with_its_sign(void)
{
	struct dvmm_tsc_rule rule = { .khz = 2000000 };
	struct dvmm_segment seg;
	struct dvmm_line line;
	s64 ppb;

	for (ppb = -500000; ppb <= 500000; ppb += 12345) {
		seg = (struct dvmm_segment){ .mult = dvmm_mult_from_khz(2000000) };
		CHECK_EQ(dvmm_line_through(&line, &unscaled, &rule, &seg, 0), 0);
		seg.mult = dvmm_mult_adjust(seg.mult, ppb);
		CHECK_NEAR(dvmm_line_drift_ppb(&line, &unscaled, &rule, &seg), ppb, 1);
		CHECK_EQ(dvmm_line_through(&line, &vmx, &rule, &seg, 0), 0);
		CHECK_NEAR(dvmm_line_drift_ppb(&line, &vmx, &rule, &seg), 0, 1);
	}
}

static void machine_time_is_rounded_down(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		u32 khz = 1 + below(DVMM_TSC_KHZ_MAX);
		u64 tsc = unit_random() >> (1 + below(63));
		u128 exact = (u128)tsc * 1000000 / khz;

		CHECK(dvmm_tsc_ns(tsc, khz) == (exact >> 64 ? U64_MAX : (u64)exact));
	}
	CHECK_EQ(dvmm_tsc_ns(-1, 1000000), 0);
}

/* Who waits for an instant of machine time waits for the TSC of the rule, too. */
static void machine_time_is_what_the_rule_says(void)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct dvmm_segment seg = random_segment();
		struct dvmm_tsc_rule rule = random_rule(&seg);
		u64 ns = dvmm_tsc_ns(dvmm_tsc_at(&rule, seg.base), rule.khz);

		CHECK(ns <= seg.base.ns - rule.epoch_ns);
		CHECK(seg.base.ns - rule.epoch_ns - ns <= 1 + 1000000 / rule.khz);
	}
}

static const struct unit_test tests[] = {
	TEST(tsc_is_exact),
	TEST(tsc_is_zero_before_the_epoch),
	TEST(hundred_years_fit),
	TEST(tsc_never_goes_back),
	TEST(line_is_what_the_cpu_computes),
	TEST(line_is_exact_where_it_is_drawn),
	TEST(scaled_line_keeps_the_rate),
	TEST(change_is_continuous),
	TEST(impossible_ratio_is_refused),
	TEST(drift_is_told_with_its_sign),
	TEST(machine_time_is_rounded_down),
	TEST(machine_time_is_what_the_rule_says),
};

UNIT_MAIN(tests);
