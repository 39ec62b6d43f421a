/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host cycles, which the module keeps time in: readings of the TSC, or of what counts in
 * its place. One writer (counters.c), any number of lock-free readers, NMI included.
 */
#ifndef DVMM_HOST_CYCLES_H
#define DVMM_HOST_CYCLES_H

#include "clock.h"
#include "timebase.h"

struct system_device_crosststamp;

/*
 * Host cycles and the host's system time at one and the same instant. Any context.
 * Return: 0; -ENODEV while the kernel or the module keeps time by something but the TSC.
 */
int __must_check dvmm_host_crosststamp(u64 *cycles, struct system_device_crosststamp *stamp);

/**
 * dvmm_host_over_tsc() - a segment of cluster time over what the CPU's TSC really reads
 * @error_cycles: how far TSC and host cycles may be apart where they are not the same
 *
 * Based at the present instant. Any context.
 */
struct dvmm_segment dvmm_host_over_tsc(const struct dvmm_segment *seg, u64 *error_cycles);

/* The timebase as it is. Any context. */
void dvmm_host_timebase(struct dvmm_timebase *timebase);

/* Let readers see @timebase. For the one writer. */
void dvmm_host_set_timebase(const struct dvmm_timebase *timebase);

#endif
