/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters that a host has, found and read: TSC, HPET, ACPI PM timer,
 * CLOCK_MONOTONIC_RAW. None is ever programmed.
 */
#ifndef DVMM_HARDWARE_H
#define DVMM_HARDWARE_H

#include <asm/tsc.h>

#include "faults.h"
#include "sources.h"

/* The TSC as the module sees it; ordered after all earlier loads. Any context. */
static inline u64 dvmm_hardware_tsc(void)
{
	return dvmm_fault_tsc(rdtsc_ordered());
}

/* Any counter that dvmm_hardware_find() found; only the lower bits count. Any context. */
u64 dvmm_hardware_read(enum dvmm_source_id id);

/* Look what there is, and describe it in @infos, of DVMM_SOURCES. May sleep. */
void dvmm_hardware_find(struct dvmm_source_info *infos);

/* The mirror of dvmm_hardware_find(). May sleep. */
void dvmm_hardware_release(void);

#endif
