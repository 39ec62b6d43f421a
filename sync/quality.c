// SPDX-License-Identifier: GPL-2.0
/* What a clock may truthfully say of its quality. */
#include "quality.h"

/* clockAccuracy of 25 ns, the finest here, and of more than 10 s (table 5). */
#define ACCURACY_FIRST 0x20
#define ACCURACY_WORST 0x31

/* The limits of 0x20, 0x21 and so on, in ns. */
static const u64 limits_ns[] = {
	25, 100, 250, 1000, 2500, 10000, 25000, 100000, 250000, 1000000, 2500000, 10000000,
	25000000, 100000000, 250000000, 1000000000, 10000000000,
};

u8 dvmm_quality_class(u8 lost)
{
	switch (lost) {
	case 6:
	case 7:
	case DVMM_CLASS_DEGRADED_PTP:
		return DVMM_CLASS_DEGRADED_PTP;
	case 13:
	case 14:
	case DVMM_CLASS_DEGRADED_ARB:
		return DVMM_CLASS_DEGRADED_ARB;
	default:
		return DVMM_CLASS_DEFAULT;
	}
}

static u8 accuracy(u64 error_ns)
{
	u32 i;

	if (error_ns == U64_MAX)
		return DVMM_ACCURACY_UNKNOWN;
	for (i = 0; i < ARRAY_SIZE(limits_ns); i++)
		if (error_ns <= limits_ns[i])
			return ACCURACY_FIRST + i;
	return ACCURACY_WORST;
}

u8 dvmm_quality_accuracy(u64 error_ns, u8 before)
{
	u8 now = accuracy(error_ns), easily;

	if (now >= before || error_ns > U64_MAX / 2)
		return now;
	easily = accuracy(2 * error_ns);
	return min(easily, before);
}

u64 dvmm_quality_error_ns(u8 accuracy)
{
	if (accuracy >= ACCURACY_FIRST && accuracy < ACCURACY_FIRST + ARRAY_SIZE(limits_ns))
		return limits_ns[accuracy - ACCURACY_FIRST];
	/* 1 ps to 10 ns (0x17 to 0x1f): nothing here tells less than 25 ns */
	return accuracy >= 0x17 && accuracy < ACCURACY_FIRST ? limits_ns[0] : U64_MAX;
}
