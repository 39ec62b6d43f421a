// SPDX-License-Identifier: GPL-2.0
/* Overlapping Allan deviation: second differences of the phase, a tenth of tau apart. */
#include "allan.h"

/* Second differences beyond are jumps, not noise; the square of this has 54 bits. */
#define DIFF_MAX_NS 100000000LL

/* So the estimate forgets: the mean is over about as many as this. */
#define MEAN_OVER 1024

static const struct {
	u32 tau_s;
	u32 every_s;	/* phases are kept this far apart */
	u32 lag;	/* tau in such steps */
} taus[DVMM_ALLAN_TAUS] = {
	{ 1, 1, 1 },
	{ 10, 1, 10 },
	{ 100, 10, 10 },
};

void dvmm_allan_reset(struct dvmm_allan *allan)
{
	memset(allan, 0, sizeof(*allan));
}

/* The phase @back steps before the last. */
static s64 phase(const struct dvmm_allan_tau *tau, u32 back)
{
	return tau->phase_ns[(tau->count - 1 - back) % DVMM_ALLAN_PHASES];
}

static void take_difference(struct dvmm_allan_tau *tau, u32 lag)
{
	s64 diff = phase(tau, 0) - 2 * phase(tau, lag) + phase(tau, 2 * lag);
	s64 sq_q8;

	diff = clamp(diff, -DIFF_MAX_NS, DIFF_MAX_NS);
	sq_q8 = (diff * diff) << 8;
	if (tau->n < MEAN_OVER)
		tau->n++;
	tau->mean_sq_q8 += div64_s64(sq_q8 - (s64)tau->mean_sq_q8, tau->n);
}

static void add_to(struct dvmm_allan_tau *tau, unsigned int i, s64 phase_ns)
{
	if (tau->count && ++tau->skipped < taus[i].every_s)
		return;
	tau->skipped = 0;
	tau->phase_ns[tau->count++ % DVMM_ALLAN_PHASES] = phase_ns;
	/* a count that wraps must neither look like few phases nor shift the ring */
	if (tau->count == 2 * DVMM_ALLAN_PHASES * 1000)
		tau->count -= DVMM_ALLAN_PHASES * 1000;
	if (tau->count > 2 * taus[i].lag)
		take_difference(tau, taus[i].lag);
}

void dvmm_allan_add(struct dvmm_allan *allan, s64 phase_ns)
{
	unsigned int i;

	for (i = 0; i < DVMM_ALLAN_TAUS; i++)
		add_to(&allan->tau[i], i, phase_ns);
}

/* The largest r with r * r <= @v. */
static u64 root(u64 v)
{
	u64 r = 0, bit;

	for (bit = 1ULL << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return r;
}

/* sigma^2 = mean / (2 tau^2): 7 of the 8 fraction bits are left, 1000 ppt are 1 ns per s. */
u64 dvmm_allan_deviation(const struct dvmm_allan *allan, unsigned int index)
{
	const struct dvmm_allan_tau *tau = &allan->tau[index];

	if (!tau->n)
		return U64_MAX;
	return div64_u64(root(tau->mean_sq_q8 / 2) * 1000, 16 * (u64)taus[index].tau_s);
}
