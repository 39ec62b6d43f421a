// SPDX-License-Identifier: GPL-2.0
/* The ACPI power management timer. */
#include "pmtimer.h"

static u32 low_bits(u64 value, u32 bits)
{
	return (u32)(value & (~0ULL >> (64 - bits)));
}

u32 dvmm_pmtimer_read(u8 bits, u32 offset, u32 len, u64 now_ns)
{
	u32 count = low_bits(dvmm_ticks_at(DVMM_PMTIMER_HZ, now_ns), bits);

	return low_bits(count >> (8 * offset), 8 * len);
}
