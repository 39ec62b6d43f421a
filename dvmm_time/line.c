// SPDX-License-Identifier: GPL-2.0
/* A guest's TSC as a line over the host's. */
#include "line.h"

#define NSEC_PER_MSEC_U64 1000000ULL

/*
 * Ticks in a part of a millisecond: @ns below 10^6, with fraction @frac. The
 * quotient is below khz * 2^32, so at most 58 bits wide.
 */
static u64 ticks_in_ms(u32 ns, u32 frac, u32 khz)
{
	u64 part = ((u64)ns << 32) | frac;

	return mul_u64_u64_div_u64(part, khz, NSEC_PER_MSEC_U64) >> 32;
}

u64 dvmm_tsc_at(const struct dvmm_tsc_rule *rule, struct dvmm_instant t)
{
	u64 ns, ms;

	if (t.ns < rule->epoch_ns)
		return 0;
	ns = t.ns - rule->epoch_ns;
	ms = div64_u64(ns, NSEC_PER_MSEC_U64);

	return ms * rule->khz +
	       ticks_in_ms(ns - ms * NSEC_PER_MSEC_U64, t.frac, rule->khz);
}

static u64 scale(u64 cycles, u64 ratio, u8 frac_bits)
{
	return (u64)(((u128)cycles * ratio) >> frac_bits);
}

/* A TSC that is not yet 0 reads so many at least. */
#define BEFORE_EPOCH 0x10000000000ULL

u64 dvmm_tsc_ns(u64 tsc, u32 khz)
{
	u64 ms = tsc / khz;
	u64 ns = tsc % khz * 1000000 / khz;

	if (tsc >= -BEFORE_EPOCH)
		return 0;
	return ms > (U64_MAX - ns) / 1000000 ? U64_MAX : ms * 1000000 + ns;
}

u64 dvmm_line_tsc(const struct dvmm_line *line, u8 frac_bits, u64 cycles)
{
	return scale(cycles, line->ratio, frac_bits) + line->offset;
}

/*
 * Guest ticks per host tick in units of 2^-DVMM_RATIO_SHIFT: mult is ns per
 * cycle times 2^60, so dividing by 10^6 << 12 leaves 48 fraction bits. The
 * product is below 2^64 * 2^26, the quotient below 2^59.
 */
#define DVMM_RATIO_SHIFT 48

static u64 exact_ratio(const struct dvmm_tsc_rule *rule, const struct dvmm_segment *seg)
{
	return mul_u64_u64_div_u64(seg->mult, rule->khz,
				   NSEC_PER_MSEC_U64 << (DVMM_MULT_SHIFT - DVMM_RATIO_SHIFT));
}

static u64 best_ratio(const struct dvmm_scaling *scaling,
		      const struct dvmm_tsc_rule *rule, const struct dvmm_segment *seg)
{
	if (!scaling->scales)
		return 1ULL << scaling->frac_bits;
	return exact_ratio(rule, seg) >> (DVMM_RATIO_SHIFT - scaling->frac_bits);
}

int dvmm_line_through(struct dvmm_line *line, const struct dvmm_scaling *scaling,
		      const struct dvmm_tsc_rule *rule,
		      const struct dvmm_segment *seg, u64 cycles)
{
	u64 ratio = best_ratio(scaling, rule, seg);

	if (!ratio || (scaling->scales && ratio >= scaling->max_ratio))
		return -ERANGE;

	line->ratio = ratio;
	line->offset = dvmm_tsc_at(rule, dvmm_segment_at(seg, cycles)) -
		       scale(cycles, ratio, scaling->frac_bits);
	return 0;
}

s64 dvmm_line_drift_ppb(const struct dvmm_line *line,
			const struct dvmm_scaling *scaling,
			const struct dvmm_tsc_rule *rule,
			const struct dvmm_segment *seg)
{
	u64 have = line->ratio << (DVMM_RATIO_SHIFT - scaling->frac_bits);

	return dvmm_mult_skew_ppb(exact_ratio(rule, seg), have);
}
