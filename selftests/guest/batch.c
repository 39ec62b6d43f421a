// SPDX-License-Identifier: GPL-2.0
#include <error.h>
#include <inttypes.h>
#include <stdio.h>

#include "batch.h"
#include "tsc.h"

#define BATCHES	100

void batch_measure(const char *name, void (*operation)(uint64_t count),
		   uint64_t total)
{
	uint64_t count = total / BATCHES, ticks[BATCHES];
	uint64_t middle;

	if (!count)
		error(1, 0, "at least %d are needed", BATCHES);
	operation(count);
	for (int i = 0; i < BATCHES; i++) {
		uint64_t begin = tsc_read();

		operation(count);
		ticks[i] = tsc_read() - begin;
	}
	middle = median(ticks, BATCHES);
	printf("%s n=%" PRIu64 " ticks=%.1f best=%.1f worst=%.1f\n", name,
	       count * BATCHES, (double)middle / count,
	       (double)ticks[0] / count, (double)ticks[BATCHES - 1] / count);
}

uint64_t batch_total(int argc, char **argv, uint64_t otherwise)
{
	if (argc > 2)
		error(1, 0, "usage: %s [COUNT]", argv[0]);
	return argc == 2 ? parse_number(argv[1]) : otherwise;
}
