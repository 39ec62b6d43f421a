/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's counters, read side by side, and what is done where they contradict each
 * other: it goes to the log and to the engine, and another counts in the TSC's place.
 */
#ifndef DVMM_COUNTERS_H
#define DVMM_COUNTERS_H

#include "sources.h"

/* A snapshot of the keeping, and which is read for host cycles. May sleep. */
void dvmm_counters_snapshot(struct dvmm_sources *sources, enum dvmm_source_id *in_use);

/* Begin to read them, DVMM_SOURCES_HZ times a second. Return: 0 or -errno. */
int dvmm_counters_init(void);
void dvmm_counters_exit(void);

#endif
