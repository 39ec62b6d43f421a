// SPDX-License-Identifier: GPL-2.0
/* What reading the TSC costs; and a million reads for an exit counter to see. */
#include "batch.h"
#include "tsc.h"

static void read_rdtsc(uint64_t count)
{
	uint32_t low, high;

	while (count--)
		asm volatile("rdtsc" : "=a"(low), "=d"(high));
}

static void read_rdtscp(uint64_t count)
{
	while (count--)
		tsc_read_rdtscp();
}

int main(int argc, char **argv)
{
	uint64_t total = batch_total(argc, argv, 1000000);

	batch_measure("rdtsc", read_rdtsc, total);
	batch_measure("rdtscp", read_rdtscp, total);
	return 0;
}
