// SPDX-License-Identifier: GPL-2.0
/* A plain PI servo beside ours. */
#include <math.h>

#include "pi.h"

#define FIRST_STEP_NS 20000
#define FREQUENCY_MAX_PPB 900000000.0

/* Gains for an interval of a second, and how they change with it: linuxptp's pi.c. */
static const struct { double kp, ki; } scale[SIM_PIS] = {
	[SIM_PI_HARDWARE] = { 0.7, 0.3 },
	[SIM_PI_SOFTWARE] = { 0.1, 0.001 },
};

#define KP_EXPONENT -0.3
#define KI_EXPONENT 0.4
#define KP_NORM_MAX 0.7
#define KI_NORM_MAX 0.3

/* The first estimate of the frequency takes as long as the integrator, nearly. */
#define FIRST_ESTIMATE 0.016

void sim_pi_init(struct sim_pi *pi, enum sim_pi_gains gains, s8 log_interval, u64 nominal)
{
	double interval_s = ldexp(1, log_interval);

	*pi = (struct sim_pi) { .nominal = nominal, .clock.mult = nominal };
	pi->kp = min(scale[gains].kp * pow(interval_s, KP_EXPONENT), KP_NORM_MAX / interval_s);
	pi->ki = min(scale[gains].ki * pow(interval_s, KI_EXPONENT), KI_NORM_MAX / interval_s);
}

static int compare(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return (x > y) - (x < y);
}

static s64 median_ns(const struct sim_pi *pi)
{
	s64 sorted[SIM_PI_DELAYS];
	u32 count = min_t(u32, pi->samples, SIM_PI_DELAYS);

	memcpy(sorted, pi->delay_ns, sizeof(sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* How far the clock is ahead, by t1 and t2 alone, the delay being the median. */
static s64 offset_ns(struct sim_pi *pi, const struct dvmm_exchange *x)
{
	s64 to_us = dvmm_segment_ns(&pi->clock, x->t2_cycles) - x->t1_ns;
	s64 from_us = x->t4_ns - dvmm_segment_ns(&pi->clock, x->t3_cycles);

	pi->delay_ns[pi->samples++ % SIM_PI_DELAYS] = (to_us + from_us) / 2;
	return to_us - median_ns(pi);
}

static void set_frequency(struct sim_pi *pi, double ppb, u64 cycles)
{
	dvmm_segment_pivot(&pi->clock, cycles, dvmm_mult_adjust(pi->nominal, -(s64)ppb));
}

/* From two offsets, far enough apart; then the clock is set right. */
static void lock(struct sim_pi *pi, s64 offset, const struct dvmm_exchange *x, u64 cycles,
		 u64 now_ns)
{
	double passed_ns = dvmm_mult_ns(pi->nominal, x->t2_cycles - pi->first_cycles);

	if (pi->samples == 1) {
		pi->first_ns = offset;
		pi->first_cycles = x->t2_cycles;
		return;
	}
	if (passed_ns / 1e9 < min(FIRST_ESTIMATE / pi->ki, 1000.0))
		return;
	pi->drift_ppb = clamp((offset - pi->first_ns) / passed_ns * 1e9, -FREQUENCY_MAX_PPB,
			      FREQUENCY_MAX_PPB);
	set_frequency(pi, pi->drift_ppb, cycles);
	if (abs(offset) > FIRST_STEP_NS)
		pi->clock.base.ns -= offset;
	pi->locked_ns = now_ns;
}

void sim_pi_exchange(struct sim_pi *pi, const struct dvmm_exchange *x, u64 cycles, u64 now_ns)
{
	s64 offset = offset_ns(pi, x);
	double ppb = pi->kp * offset + pi->drift_ppb + pi->ki * offset;

	if (!pi->locked_ns) {
		lock(pi, offset, x, cycles, now_ns);
		return;
	}
	if (fabs(ppb) < FREQUENCY_MAX_PPB)
		pi->drift_ppb += pi->ki * offset;
	set_frequency(pi, clamp(ppb, -FREQUENCY_MAX_PPB, FREQUENCY_MAX_PPB), cycles);
}
