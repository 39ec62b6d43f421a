// SPDX-License-Identifier: GPL-2.0
/*
 * Least squares through points that queued least, in integers.
 *
 * No overflow: |x| <= 2^32 us and |y| <= 2^34 ns, so that differences from the mean
 * stay below 2^35 and sums of 512 products below 2^79, in 128 bits.
 */
#include "linefit.h"

/* The quickest quarter of a window is used, but never fewer points than these. */
#define POINTS_MIN 8

#define PPB_PER_NS_PER_US 1000000LL

/* What a stamp's own granularity leaves, however well the points agree. */
#define FLOOR_NS 4

/* More than any error that matters; its square and a sum of two still fit. */
#define ERROR_MAX_NS 0x80000000ULL
#define SLOPE_ERROR_MAX_PPB 0x7fffffffULL

/* So many standard errors apart, two answers are not of the same thing. */
#define CONTRADICTION 4

/* Over the chosen points: number, means, and sums of products about the means. */
struct sums {
	s64 n;
	s64 mean_x, mean_y;
	s128 xx, xy, rr;
};

u64 dvmm_root(u64 v)
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

static u32 count_within(const struct dvmm_point *p, u32 n, u64 limit)
{
	u32 i, count = 0;

	for (i = 0; i < n; i++)
		count += p[i].delay_ns <= limit;
	return count;
}

u64 dvmm_linefit_shortest(const struct dvmm_point *p, u32 n)
{
	u64 delay = p[0].delay_ns;
	u32 i;

	for (i = 1; i < n; i++)
		delay = min(delay, p[i].delay_ns);
	return delay;
}

/* The delay that the quickest quarter stays within, found by bisection. */
static u64 delay_limit(const struct dvmm_point *p, u32 n)
{
	u64 low = dvmm_linefit_shortest(p, n), high = low, mid;
	u32 want = max(n / 4, min_t(u32, n, POINTS_MIN));
	u32 i;

	for (i = 0; i < n; i++)
		high = max(high, p[i].delay_ns);
	while (low < high) {
		mid = low + (high - low) / 2;
		if (count_within(p, n, mid) >= want)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void sum_means(struct sums *s, const struct dvmm_point *p, u32 n, u64 limit)
{
	u32 i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < n; i++) {
		if (p[i].delay_ns > limit)
			continue;
		s->mean_x += p[i].x_us;
		s->mean_y += p[i].y_ns;
		s->n++;
	}
	s->mean_x = div64_s64(s->mean_x, s->n);
	s->mean_y = div64_s64(s->mean_y, s->n);
}

static void sum_products(struct sums *s, const struct dvmm_point *p, u32 n, u64 limit)
{
	u32 i;

	for (i = 0; i < n; i++) {
		s64 dx = p[i].x_us - s->mean_x;
		s64 dy = p[i].y_ns - s->mean_y;

		if (p[i].delay_ns > limit)
			continue;
		s->xx += (s128)dx * dx;
		s->xy += (s128)dx * dy;
	}
}

static void sum_residuals(struct sums *s, const struct dvmm_point *p, u32 n, u64 limit,
			  s64 slope_ppb)
{
	u32 i;

	for (i = 0; i < n; i++) {
		s64 dx = p[i].x_us - s->mean_x;
		s64 r = p[i].y_ns - s->mean_y - div64_s64(slope_ppb * dx, PPB_PER_NS_PER_US);

		if (p[i].delay_ns <= limit)
			s->rr += (s128)r * r;
	}
}

/* xy / xx in ppb; scaled down first, so that xx is below 2^40 and xy * 10^6 fits. */
static int slope(const struct sums *s, s64 *ppb)
{
	s128 xx = s->xx, xy = s->xy;

	while (xx >> 40) {
		xx >>= 1;
		xy >>= 1;
	}
	if (!xx || xy > 4 * xx || xy < -4 * xx)
		return -ERANGE;
	*ppb = div64_s64((s64)xy * PPB_PER_NS_PER_US, (s64)xx);
	return abs(*ppb) > DVMM_SKEW_MAX_PPB ? -ERANGE : 0;
}

static u64 root128(s128 v)
{
	u32 halvings = 0;

	while (v >> 62) {
		v >>= 2;
		halvings++;
	}
	return dvmm_root((u64)v) << halvings;
}

/*
 * Standard error of one point. The residuals tell, but a few of them may agree by
 * chance; queueing puts a point off by up to half its excess delay, which is taken
 * as one more residual for each two points.
 */
static u64 point_error(const struct sums *s, u64 excess_ns)
{
	u64 prior = min(excess_ns / 4 + FLOOR_NS, ERROR_MAX_NS);
	u64 residual = root128(s->rr);
	u64 weight = max(s->n - 2, 1LL) + s->n / 2;

	residual = min(residual, ERROR_MAX_NS);
	return dvmm_root(div64_u64(residual * residual, weight) +
		    mul_u64_u64_div_u64(prior * prior, s->n / 2, weight));
}

static s64 level(const struct sums *s, s64 slope_ppb)
{
	return s->mean_y - div64_s64(slope_ppb * s->mean_x, PPB_PER_NS_PER_US);
}

static u64 level_error(const struct sums *s, u64 sigma, u64 slope_error_ppb)
{
	u64 at_mean = div64_u64(sigma, max(dvmm_root(s->n), 1ULL));
	u64 by_slope = mul_u64_u64_div_u64(slope_error_ppb, abs(s->mean_x), PPB_PER_NS_PER_US);

	by_slope = min(by_slope, ERROR_MAX_NS);
	return dvmm_root(at_mean * at_mean + by_slope * by_slope) + 1;
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
	if ((u64)abs(b.ppb - a.ppb) > CONTRADICTION * dvmm_root(aa + bb))
		return b;
	towards_b = mul_u64_u64_div_u64(abs(b.ppb - a.ppb), aa, aa + bb);
	return (struct dvmm_slope){
		.ppb = b.ppb < a.ppb ? a.ppb - towards_b : a.ppb + towards_b,
		.error_ppb = mul_u64_u64_div_u64(a.error_ppb, b.error_ppb, dvmm_root(aa + bb)) + 1,
	};
}

static void take_line(struct dvmm_linefit *fit, const struct sums *s, u64 sigma,
		      struct dvmm_slope known)
{
	fit->slope_ppb = known.ppb;
	fit->slope_error_ppb = min(known.error_ppb, SLOPE_ERROR_MAX_PPB);
	fit->y0_ns = level(s, known.ppb);
	fit->y0_error_ns = level_error(s, sigma, fit->slope_error_ppb);
}

int dvmm_linefit(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n, u64 shortest_ns,
		 const struct dvmm_slope *prior)
{
	u64 limit = delay_limit(p, n), sigma;
	struct dvmm_slope own;
	struct sums s;
	int ret;

	fit->delay_ns = shortest_ns;
	sum_means(&s, p, n, limit);
	sum_products(&s, p, n, limit);
	ret = slope(&s, &own.ppb);
	if (ret)
		return ret;
	sum_residuals(&s, p, n, limit, own.ppb);
	sigma = point_error(&s, limit - shortest_ns);
	own.error_ppb = mul_u64_u64_div_u64(sigma, PPB_PER_NS_PER_US,
					    max(root128(s.xx), 1ULL)) + 1;
	take_line(fit, &s, sigma, weigh(*prior, own));
	return 0;
}

void dvmm_linefit_level(struct dvmm_linefit *fit, const struct dvmm_point *p, u32 n,
			u64 shortest_ns, const struct dvmm_slope *slope)
{
	u64 limit = delay_limit(p, n);
	struct sums s;

	fit->delay_ns = shortest_ns;
	sum_means(&s, p, n, limit);
	sum_residuals(&s, p, n, limit, slope->ppb);
	take_line(fit, &s, point_error(&s, limit - shortest_ns), *slope);
}

/* Each error is below 2^32, so that the squares and their sum fit. */
u64 dvmm_linefit_error(const struct dvmm_linefit *a, const struct dvmm_linefit *b)
{
	return dvmm_root(a->y0_error_ns * a->y0_error_ns + b->y0_error_ns * b->y0_error_ns);
}
