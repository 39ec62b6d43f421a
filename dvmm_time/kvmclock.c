// SPDX-License-Identifier: GPL-2.0
/* kvmclock: nanoseconds from a guest's TSC, by the arithmetic that KVM's guests have. */
#include "kvmclock.h"

#define NSEC_PER_MSEC_U64 1000000ULL

/* 67 GHz is 2^-6.07 ns a tick. */
#define SHIFT_MIN (-6)

static u64 mul_at(u32 khz, int shift)
{
	return div64_u64((NSEC_PER_MSEC_U64 << (32 - shift)) + khz / 2, khz);
}

struct dvmm_kvmclock_rate dvmm_kvmclock_rate(u32 khz)
{
	int shift = SHIFT_MIN;

	while (mul_at(khz, shift) > U32_MAX)
		shift++;
	return (struct dvmm_kvmclock_rate){ .mul = mul_at(khz, shift), .shift = shift };
}

u64 dvmm_kvmclock_ns(const struct dvmm_kvmclock_rate *rate, u64 ticks)
{
	if (rate->shift < 0)
		ticks >>= -rate->shift;
	else
		ticks <<= rate->shift;
	return (u64)((u128)ticks * rate->mul >> 32);
}

/* Bits of @near that the guest's shift would lose must not be lost on one page only. */
struct dvmm_kvmclock_page dvmm_kvmclock_page(const struct dvmm_kvmclock_rate *rate,
					     u64 near, u64 offset_ns)
{
	u64 lost = rate->shift < 0 ? (1ULL << -rate->shift) - 1 : 0;

	near &= ~lost;
	return (struct dvmm_kvmclock_page){
		.tsc = near,
		.system_ns = dvmm_kvmclock_ns(rate, near) + offset_ns,
	};
}
