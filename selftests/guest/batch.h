/* SPDX-License-Identifier: GPL-2.0 */
/* What an operation costs, in TSC ticks. */
#ifndef DVMM_GUEST_BATCH_H
#define DVMM_GUEST_BATCH_H

#include <stdint.h>

/**
 * batch_measure() - print what an operation costs
 * @name: of the operation
 * @operation: does it @count times
 * @total: how often to do it altogether
 *
 * In a hundred batches. Prints "@name n=... ticks=... best=... worst=...": the
 * median, the best and the worst batch, in ticks an operation.
 */
void batch_measure(const char *name, void (*operation)(uint64_t count),
		   uint64_t total);

/* The number that is the only argument, or @otherwise. */
uint64_t batch_total(int argc, char **argv, uint64_t otherwise);

#endif
