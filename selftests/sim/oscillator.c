// SPDX-License-Identifier: GPL-2.0
/* A host's counter. */
#include "oscillator.h"

#define MILLIHERTZ_NS 1000000000000ULL
#define FROZEN_WAIT_NS 100000000ULL

/* In 10^-12 cycles, since @osc->since_cycles. */
static u128 parts(const struct sim_oscillator *osc, u64 ns)
{
	if (osc->frozen)
		return osc->since_part;
	return (u128)(ns - osc->since_ns) * osc->millihertz + osc->since_part;
}

u64 sim_oscillator_cycles(const struct sim_oscillator *osc, u64 ns)
{
	return osc->since_cycles + (u64)(parts(osc, ns) / MILLIHERTZ_NS);
}

u64 sim_oscillator_wait_ns(const struct sim_oscillator *osc, u64 cycles)
{
	if (osc->frozen)
		return FROZEN_WAIT_NS;
	return (u64)((u128)cycles * MILLIHERTZ_NS / osc->millihertz) + 1;
}

/* The fraction goes along: rates change so often that whole cycles lost would be a drift. */
static void begin(struct sim_oscillator *osc, u64 now_ns)
{
	u128 gone = parts(osc, now_ns);

	osc->since_ns = now_ns;
	osc->since_cycles += (u64)(gone / MILLIHERTZ_NS);
	osc->since_part = (u64)(gone % MILLIHERTZ_NS);
}

void sim_oscillator_drift(struct sim_oscillator *osc, u64 now_ns, double ppm)
{
	begin(osc, now_ns);
	osc->millihertz += (s64)(osc->millihertz * ppm * 1e-6);
}

void sim_oscillator_jump(struct sim_oscillator *osc, u64 now_ns, s64 ns)
{
	begin(osc, now_ns);
	osc->since_cycles += (s64)((double)ns * osc->millihertz / MILLIHERTZ_NS);
}

void sim_oscillator_freeze(struct sim_oscillator *osc, u64 now_ns, bool frozen)
{
	begin(osc, now_ns);
	osc->frozen = frozen;
}
