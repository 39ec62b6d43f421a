/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ACPI power management timer (ACPI 6.5, 4.8.3.3): a counter that nobody writes, hence
 * one function of machine time. Pure.
 */
#ifndef DVMM_PMTIMER_H
#define DVMM_PMTIMER_H

#include "series.h"

#define DVMM_PMTIMER_HZ 3579545

/* PM_TMR_BLK of the chipsets that QEMU has: so far from PMBASE, 4 bytes. */
#define DVMM_PMTIMER_OFFSET 8
#define DVMM_PMTIMER_LEN 4

/**
 * dvmm_pmtimer_read() - @len bytes of the counter, from byte @offset
 * @bits: 24 or 32, as FADT flag TMR_VAL_EXT says; what is above reads 0
 * @offset: 0 to 3
 * @len: 1 to 4; beyond byte 3 there is 0
 * @now_ns: machine time
 */
u32 dvmm_pmtimer_read(u8 bits, u32 offset, u32 len, u64 now_ns);

#endif
