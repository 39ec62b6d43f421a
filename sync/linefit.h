/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The line in the middle of the corridor between what came and what went, in integers.
 *
 * No line of master time passes below where a packet from the master puts it, nor above
 * where one to it does. Packets that did not queue touch the corridor's walls; of each
 * direction by itself, which of both together few do.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_LINEFIT_H
#define DVMM_LINEFIT_H

#include "estimator.h"

/* Points may lie this far back, and this far off the nominal rate. */
#define DVMM_LINEFIT_X_MAX_US 0x100000000LL	/* 71 minutes */
#define DVMM_LINEFIT_Y_MAX_NS 0x400000000LL	/* 4000 ppm of that */

/**
 * struct dvmm_linefit - y = @y0_ns + @slope_ppb * x, and how well it is known
 * @y0_ns: at x = 0, the newest point
 * @y0_error_ns: its standard error
 * @slope_ppb: 1 ppb is 1 ns in 10^6 us
 * @slope_error_ppb: its standard error
 * @delay_ns: the shortest round trip
 */
struct dvmm_linefit {
	s64 y0_ns;
	u64 y0_error_ns;
	s64 slope_ppb;
	u64 slope_error_ppb;
	u64 delay_ns;
};

/**
 * struct dvmm_slope - what is known of a slope
 * @ppb: it is about this
 * @error_ppb: with this standard error
 */
struct dvmm_slope {
	s64 ppb;
	u64 error_ppb;
};

/* More than any error that matters; its square and a sum of two fit. */
#define DVMM_ERROR_MAX_NS 0x7fffffffULL

/* The error of a sum: the root of the sum of both squares, each no more than that. */
u64 dvmm_error_sum(u64 a_ns, u64 b_ns);

/* The shortest round trip of the first @n of @p. */
u64 dvmm_linefit_shortest(const struct dvmm_point *p, u32 n);

/*
 * Through the first @n of @p, whose round trip is @shortest_ns at least: the slope at
 * which the corridor is widest, weighed against what was known beforehand, since a short
 * window's own is worth little; and half way between the walls. Return: 0, or -ERANGE
 * where the points have no extent in time or a slope beyond all reason.
 */
int __must_check dvmm_linefit(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n,
			      u64 shortest_ns, const struct dvmm_slope *prior);

/* The level alone, at a slope known beforehand. @n is at least 1. */
void dvmm_linefit_level(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n,
			u64 shortest_ns, const struct dvmm_slope *slope);

/* Standard error of the difference of two levels. */
u64 dvmm_linefit_error(const struct dvmm_linefit *a, const struct dvmm_linefit *b);

#endif
