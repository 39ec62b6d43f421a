/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's TSC as the CPU computes it, without an exit:
 *
 *	guest TSC = (host TSC * ratio >> frac_bits) + offset	(modulo 2^64)
 *
 * AMD APM volume 2, 15.30.5 "TSC Ratio MSR"; Intel SDM volume 3, 26.3 "Changes
 * to instruction behavior", RDTSC, "use TSC scaling". Pure: compiles unchanged
 * in user space.
 */
#ifndef DVMM_LINE_H
#define DVMM_LINE_H

#include "segment.h"

/**
 * struct dvmm_line - what KVM and the CPU hold for a VM
 * @ratio: guest ticks per host tick, in units of 2^-frac_bits
 * @offset: guest ticks added after scaling, modulo 2^64
 */
struct dvmm_line {
	u64 ratio;
	u64 offset;
};

/**
 * struct dvmm_scaling - what this CPU can apply
 * @frac_bits: 32 on SVM, 48 on VMX
 * @max_ratio: the first ratio that is too large
 * @scales: false where the only ratio is 1.0
 */
struct dvmm_scaling {
	u8 frac_bits;
	u64 max_ratio;
	bool scales;
};

/**
 * struct dvmm_tsc_rule - how a machine's TSC follows from cluster time
 * @epoch_ns: cluster time at which it reads zero
 * @khz: ticks per cluster millisecond, exactly
 */
struct dvmm_tsc_rule {
	u64 epoch_ns;
	u32 khz;
};

/* No TSC is faster than this (67 GHz): keeps every product here within its type. */
#define DVMM_TSC_KHZ_MAX 67000000

/*
 * The TSC that @rule wants at the cluster instant @t, rounded down. Modulo 2^64,
 * as a TSC is: it does not wrap within 100 years of the epoch (3.16e12 ms) up to
 * 5.8 GHz. Before the epoch: zero.
 */
u64 dvmm_tsc_at(const struct dvmm_tsc_rule *rule, struct dvmm_instant t);

/* What a guest on @line reads when the host counter is @cycles. */
u64 dvmm_line_tsc(const struct dvmm_line *line, u8 frac_bits, u64 cycles);

/*
 * Machine time, in ns since the epoch, at which a TSC of @khz reads @tsc, rounded down. A
 * TSC of 2^64 - 2^40 or more is one from just before the epoch: 0. Saturates at U64_MAX.
 */
u64 dvmm_tsc_ns(u64 tsc, u32 khz);

/**
 * dvmm_line_through() - the line that leaves @cycles as @rule and @seg say
 *
 * Exact at @cycles. Afterwards it keeps the cluster's rate where the CPU scales
 * (to 2^-frac_bits), and the host counter's where it does not.
 *
 * Return: 0, or -ERANGE where the CPU cannot apply the ratio.
 */
int __must_check dvmm_line_through(struct dvmm_line *line,
				   const struct dvmm_scaling *scaling,
				   const struct dvmm_tsc_rule *rule,
				   const struct dvmm_segment *seg, u64 cycles);

/*
 * By how many parts per billion the clock runs faster than @line, which has
 * the rate of an unscaled host counter or one that dvmm_line_through() chose.
 */
s64 dvmm_line_drift_ppb(const struct dvmm_line *line,
			const struct dvmm_scaling *scaling,
			const struct dvmm_tsc_rule *rule,
			const struct dvmm_segment *seg);

#endif
