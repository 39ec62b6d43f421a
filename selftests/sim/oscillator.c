// SPDX-License-Identifier: GPL-2.0
/* A host's counter. */
#include "oscillator.h"

#define MILLIHERTZ_NS 1000000000000ULL

u64 sim_oscillator_cycles(const struct sim_oscillator *osc, u64 ns)
{
	return osc->since_cycles +
	       (u64)((u128)(ns - osc->since_ns) * osc->millihertz / MILLIHERTZ_NS);
}

u64 sim_oscillator_wait_ns(const struct sim_oscillator *osc, u64 cycles)
{
	return (u64)((u128)cycles * MILLIHERTZ_NS / osc->millihertz) + 1;
}

void sim_oscillator_drift(struct sim_oscillator *osc, u64 now_ns, double ppm)
{
	osc->since_cycles = sim_oscillator_cycles(osc, now_ns);
	osc->since_ns = now_ns;
	osc->millihertz += (s64)(osc->millihertz * ppm * 1e-6);
}
