// SPDX-License-Identifier: GPL-2.0
/*
 * The line in the middle of a corridor, in integers.
 *
 * No overflow: |x| <= 2^32 us, |y| and delays <= 2^34 ns and slopes below 2^24 ppb, so
 * that walls, in units of 10^-6 ns, stay below 2^58.
 */
#include "linefit.h"

#define PPB_PER_NS_PER_US 1000000LL

/* What a stamp's own granularity leaves, however well the points agree. */
#define FLOOR_NS 4

/* A slope is looked for until the line's far end would move by less than this. */
#define FINE_NS 4

/* Points next to a wall that are looked at, */
#define NEAREST 16

/* and of these, so many tell by how far apart they are how well its place is known. */
#define SPREAD_OF 6

#define SLOPE_ERROR_MAX_PPB 0x7fffffffULL

/* So many standard errors apart, two answers are not of the same thing. */
#define CONTRADICTION 4

/**
 * struct wall - one side of the corridor
 * @at: the points next to it, innermost first: outwards from the line, in 10^-6 ns
 * @x_us: where the innermost is
 */
struct wall {
	s64 at[NEAREST];
	s64 x_us;
};

static u64 root(u64 v)
{
	u64 r = 0, bit;

	for (bit = 1ULL << 62; bit; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

u64 dvmm_linefit_shortest(const struct dvmm_point *p, u32 n)
{
	u64 delay = p[0].delay_ns;
	u32 i;

	for (i = 1; i < n; i++)
		delay = min(delay, p[i].delay_ns);
	return delay;
}

static s64 half_delay(const struct dvmm_point *p)
{
	return min_t(u64, p->delay_ns, DVMM_LINEFIT_Y_MAX_NS) / 2;
}

/* The line passes above where the packet to us puts it, had that taken no time, */
static s64 above(const struct dvmm_point *p, s64 slope_ppb)
{
	return (half_delay(p) - p->y_ns) * PPB_PER_NS_PER_US + slope_ppb * p->x_us;
}

/* and below where the packet from us does. */
static s64 below(const struct dvmm_point *p, s64 slope_ppb)
{
	return (half_delay(p) + p->y_ns) * PPB_PER_NS_PER_US - slope_ppb * p->x_us;
}

/*
 * By how much the corridor widens as the slope grows: its width is, each at its least,
 * above() plus below(), each of which is linear in the slope.
 */
static s64 widening(const struct dvmm_point *p, u32 n, s64 slope_ppb)
{
	s64 low = S64_MAX, high = S64_MAX, low_x = 0, high_x = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		s64 to_low = above(&p[i], slope_ppb), to_high = below(&p[i], slope_ppb);

		if (to_low < low) {
			low = to_low;
			low_x = p[i].x_us;
		}
		if (to_high < high) {
			high = to_high;
			high_x = p[i].x_us;
		}
	}
	return low_x - high_x;
}

/*
 * The slope of the widest corridor. A minimum of linear functions is concave: it widens
 * up to there, and narrows from there on.
 */
static s64 widest(const struct dvmm_point *p, u32 n, s64 from_ppb, s64 to_ppb)
{
	s64 fine = max(div64_s64(FINE_NS * PPB_PER_NS_PER_US, max(-p[n - 1].x_us, 1LL)), 1LL);

	while (to_ppb - from_ppb > fine) {
		s64 middle = from_ppb + (to_ppb - from_ppb) / 2;
		s64 more = widening(p, n, middle);

		if (!more)
			return middle;
		if (more > 0)
			from_ppb = middle;
		else
			to_ppb = middle;
	}
	return from_ppb + (to_ppb - from_ppb) / 2;
}

/* It is looked for where it is expected, and everywhere if it is not there. */
static int find_slope(const struct dvmm_point *p, u32 n, const struct dvmm_slope *prior, s64 *ppb)
{
	s64 limit = DVMM_SKEW_MAX_PPB, room = limit, from, to;

	if (prior->error_ppb < (u64)limit / CONTRADICTION)
		room = CONTRADICTION * prior->error_ppb;
	from = prior->ppb - room;
	to = prior->ppb + room;
	*ppb = widest(p, n, from, to);
	if (min(*ppb - from, to - *ppb) < room / 8)
		*ppb = widest(p, n, -2 * limit, 2 * limit);
	return abs(*ppb) > limit || !p[n - 1].x_us ? -ERANGE : 0;
}

static void note(struct wall *wall, s64 at, s64 x_us)
{
	u32 i;

	for (i = NEAREST; i && wall->at[i - 1] > at; i--)
		if (i < NEAREST)
			wall->at[i] = wall->at[i - 1];
	if (i < NEAREST)
		wall->at[i] = at;
	if (!i)
		wall->x_us = x_us;
}

static void build(struct wall *low, struct wall *high, const struct dvmm_point *p, u32 n,
		  s64 slope_ppb)
{
	u32 i;

	for (i = 0; i < NEAREST; i++) {
		low->at[i] = S64_MAX;
		high->at[i] = S64_MAX;
	}
	for (i = 0; i < n; i++) {
		note(low, above(&p[i], slope_ppb), p[i].x_us);
		note(high, below(&p[i], slope_ppb), p[i].x_us);
	}
}

/*
 * What queued least still queued, and about as much as the next ones more than it.
 */
static u64 wall_error(const struct wall *wall, u32 n)
{
	s64 last = wall->at[min_t(u32, n, SPREAD_OF) - 1];

	return min(div64_u64(last - wall->at[0], (SPREAD_OF / 2) * PPB_PER_NS_PER_US),
		   DVMM_ERROR_MAX_NS);
}

u64 dvmm_error_sum(u64 a_ns, u64 b_ns)
{
	a_ns = min(a_ns, DVMM_ERROR_MAX_NS);
	b_ns = min(b_ns, DVMM_ERROR_MAX_NS);
	return root(a_ns * a_ns + b_ns * b_ns);
}

/*
 * The mean of what was known and what the points tell, each weighed by the inverse
 * square of its error; unless they contradict each other: then what was known is no
 * longer so. Errors are below 2^31 and slopes below 2^24: squares and products fit.
 */
static struct dvmm_slope weigh(struct dvmm_slope a, struct dvmm_slope b)
{
	u64 aa, bb;
	s64 towards_b;

	a.error_ppb = min(a.error_ppb, SLOPE_ERROR_MAX_PPB);
	b.error_ppb = min(b.error_ppb, SLOPE_ERROR_MAX_PPB);
	aa = a.error_ppb * a.error_ppb + 1;
	bb = b.error_ppb * b.error_ppb + 1;
	if ((u64)abs(b.ppb - a.ppb) > CONTRADICTION * root(aa + bb))
		return b;
	towards_b = mul_u64_u64_div_u64(abs(b.ppb - a.ppb), aa, aa + bb);
	return (struct dvmm_slope){
		.ppb = b.ppb < a.ppb ? a.ppb - towards_b : a.ppb + towards_b,
		.error_ppb = mul_u64_u64_div_u64(a.error_ppb, b.error_ppb, root(aa + bb)) + 1,
	};
}

/*
 * Points that all queued agree with each other, and are all wrong: by as much as the
 * corridor is wider than the quickest of all exchanges, one that is not among them perhaps,
 * in the one direction or in the other. That is twice a standard deviation each way.
 */
static u64 late_error(const struct wall *low, const struct wall *high, u64 shortest_ns)
{
	s64 width_ns = div64_s64(low->at[0] + high->at[0], PPB_PER_NS_PER_US);

	return max(width_ns - (s64)shortest_ns, 0LL) / 4;
}

static u64 square(u64 ns)
{
	ns = min(ns, DVMM_ERROR_MAX_NS);
	return ns * ns;
}

/* How far the @k-th point is from the 2@k-th: k times a point's share, there. */
static u64 gap_ns(const struct wall *wall, u32 k)
{
	return div64_u64(wall->at[2 * k - 1] - wall->at[k - 1], PPB_PER_NS_PER_US);
}

/*
 * How many points to take for the walls. Where there is a floor that packets crowd at, the
 * innermost tells most. Where they are strewn, it is one that was lucky, and the mean of a
 * few is better known: the k-th place varies by about the share there, times the root of k.
 * As many on both sides, lest the line lean to the busier one.
 */
static u32 depth(const struct wall *low, const struct wall *high, u32 n)
{
	u64 least = U64_MAX;
	u32 k, best = 1;

	for (k = 1; 2 * k <= min_t(u32, n, NEAREST); k *= 2) {
		u64 variance = (square(gap_ns(low, k)) + square(gap_ns(high, k))) / k;

		if (variance < least - least / 5) {
			least = variance;
			best = k;
		}
	}
	return best;
}

static s64 place(const struct wall *wall, u32 k)
{
	s64 beyond = 0;
	u32 i;

	for (i = 1; i < k; i++)
		beyond += wall->at[i] - wall->at[0];
	return wall->at[0] + div64_s64(beyond, k);
}

/* Half way between the walls. How far they are off matters by half, each by itself. */
static void take_line(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n,
		      const struct dvmm_slope *slope)
{
	struct wall low, high;
	u64 error, by_slope;
	u32 k;

	build(&low, &high, p, n, slope->ppb);
	k = depth(&low, &high, n);
	error = dvmm_error_sum(wall_error(&low, n), wall_error(&high, n)) / 2 + FLOOR_NS;
	error = dvmm_error_sum(error, late_error(&low, &high, fit->delay_ns));
	fit->slope_ppb = slope->ppb;
	fit->slope_error_ppb = min(slope->error_ppb, SLOPE_ERROR_MAX_PPB);
	by_slope = mul_u64_u64_div_u64(fit->slope_error_ppb, abs(low.x_us + high.x_us) / 2,
				       PPB_PER_NS_PER_US);
	fit->y0_ns = div64_s64(place(&high, k) - place(&low, k), 2 * PPB_PER_NS_PER_US);
	fit->y0_error_ns = dvmm_error_sum(error, by_slope) + 1;
}

/* Two walls, each off by its error at either end of the window. */
static u64 walls_error(const struct dvmm_point *p, u32 n, s64 slope_ppb)
{
	struct wall low, high;

	build(&low, &high, p, n, slope_ppb);
	return dvmm_error_sum(wall_error(&low, n), wall_error(&high, n)) + FLOOR_NS;
}

/* How far from @wall the @n points of one half of the window keep, or may. */
static u64 half_error(const struct wall *wall, const struct wall *half, u32 n)
{
	u64 off_ns = min(div64_u64(half->at[0] - wall->at[0], PPB_PER_NS_PER_US),
			 DVMM_ERROR_MAX_NS);

	return dvmm_error_sum(off_ns, wall_error(half, n));
}

/*
 * Where a path, or its load, changed within the window, the points of one half touch a wall
 * that those of the other keep away from. Such a wall tells nothing of the slope: the other
 * one alone has to.
 */
static u64 tilt_error(const struct dvmm_point *p, u32 n, s64 slope_ppb)
{
	struct wall low, high, low_new, high_new, low_old, high_old;
	u32 half = n / 2;

	if (!half)
		return 0;
	build(&low, &high, p, n, slope_ppb);
	build(&low_new, &high_new, p, half, slope_ppb);
	build(&low_old, &high_old, p + half, n - half, slope_ppb);
	return min(dvmm_error_sum(half_error(&low, &low_new, half),
				  half_error(&low, &low_old, n - half)),
		   dvmm_error_sum(half_error(&high, &high_new, half),
				  half_error(&high, &high_old, n - half)));
}

/* Halves have half as many points each, so what they say of any window is too much. */
static u64 slope_error(const struct dvmm_point *p, u32 n, s64 slope_ppb)
{
	u64 error = max(walls_error(p, n, slope_ppb), tilt_error(p, n, slope_ppb) * 2 / 3);

	return mul_u64_u64_div_u64(error, 2 * PPB_PER_NS_PER_US, -p[n - 1].x_us) + 1;
}

int dvmm_linefit(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n, u64 shortest_ns,
		 const struct dvmm_slope *prior)
{
	struct dvmm_slope own, both;
	int ret = find_slope(p, n, prior, &own.ppb);

	if (ret)
		return ret;
	own.error_ppb = slope_error(p, n, own.ppb);
	both = weigh(*prior, own);
	fit->delay_ns = shortest_ns;
	take_line(fit, p, n, &both);
	return 0;
}

void dvmm_linefit_level(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n,
			u64 shortest_ns, const struct dvmm_slope *slope)
{
	fit->delay_ns = shortest_ns;
	take_line(fit, p, n, slope);
}

u64 dvmm_linefit_error(const struct dvmm_linefit *a, const struct dvmm_linefit *b)
{
	return dvmm_error_sum(a->y0_error_ns, b->y0_error_ns);
}
