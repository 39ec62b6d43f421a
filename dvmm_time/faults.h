/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults of the TSC as the module reads it, for tests: make DVMM_FAULTS=1. In any other
 * build there are none.
 */
#ifndef DVMM_FAULTS_H
#define DVMM_FAULTS_H

#include <linux/types.h>

#ifdef DVMM_FAULTS

/* What the module is to see where the TSC reads @tsc. Any context. */
u64 dvmm_fault_tsc(u64 tsc);

#else

static inline u64 dvmm_fault_tsc(u64 tsc)
{
	return tsc;
}

#endif

#endif
