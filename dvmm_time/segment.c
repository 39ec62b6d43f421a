// SPDX-License-Identifier: GPL-2.0
/* One piece of the map from the host counter to cluster time. */
#include "segment.h"

/*
 * @cycles at rate @mult, in 2^-32 ns. Both factors are below 2^64, so the
 * product is below 2^128: no overflow, whatever the arguments.
 */
static u128 scaled_ns(u64 mult, u64 cycles)
{
	return ((u128)mult * cycles) >> (DVMM_MULT_SHIFT - 32);
}

struct dvmm_instant dvmm_segment_at(const struct dvmm_segment *seg, u64 cycles)
{
	u128 t = ((u128)seg->base.ns << 32) | seg->base.frac;
	s64 delta = (s64)(cycles - seg->base_cycles);

	if (delta >= 0)
		t += scaled_ns(seg->mult, delta);
	else
		t -= scaled_ns(seg->mult, -(u64)delta);

	return (struct dvmm_instant){ .ns = (u64)(t >> 32), .frac = (u32)t };
}

void dvmm_segment_pivot(struct dvmm_segment *seg, u64 cycles, u64 mult)
{
	seg->base = dvmm_segment_at(seg, cycles);
	seg->base_cycles = cycles;
	seg->mult = mult;
}

u64 dvmm_mult_from_khz(u32 khz)
{
	/* 10^6 / khz ns per cycle; above 62500 kHz the quotient fits in 64 bits. */
	return mul_u64_u64_div_u64(1ULL << DVMM_MULT_SHIFT, 1000000, khz);
}

u64 dvmm_mult_adjust(u64 mult, s64 ppb)
{
	if (ppb >= 0)
		return mult + mul_u64_u64_div_u64(mult, ppb, DVMM_PPB);
	return mult - mul_u64_u64_div_u64(mult, -ppb, DVMM_PPB);
}

s64 dvmm_mult_skew_ppb(u64 mult, u64 nominal)
{
	if (mult >= nominal)
		return mul_u64_u64_div_u64(mult - nominal, DVMM_PPB, nominal);
	return -(s64)mul_u64_u64_div_u64(nominal - mult, DVMM_PPB, nominal);
}

u64 dvmm_mult_ns(u64 mult, u64 cycles)
{
	u128 ns = ((u128)mult * cycles) >> DVMM_MULT_SHIFT;

	return ns >> 64 ? U64_MAX : (u64)ns;
}
