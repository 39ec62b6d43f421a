/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's counters, read side by side: TSC, HPET, ACPI PM timer, CLOCK_MONOTONIC_RAW.
 *
 * None is ever programmed. What is found wrong with one goes to the log.
 */
#ifndef DVMM_COUNTERS_H
#define DVMM_COUNTERS_H

#include "sources.h"

/* A snapshot of the keeping. May sleep. */
void dvmm_counters_snapshot(struct dvmm_sources *sources);

/* Begin to read them, DVMM_SOURCES_HZ times a second. Return: 0 or -ENOMEM. */
int dvmm_counters_init(void);
void dvmm_counters_exit(void);

#endif
