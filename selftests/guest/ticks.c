// SPDX-License-Identifier: GPL-2.0
/*
 * ticks IRQ KHZ SECONDS: how many interrupts came on an ISA line, and in what time by the TSC,
 * of KHZ exactly. Both ends are just after an interrupt, so that the time is a whole number of
 * periods, but for what the two interrupts were late.
 */
#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tsc.h"

/* The sum over all CPUs, or -1 without such a line. */
static long interrupts(const char *irq)
{
	char line[4096], *at, *end;
	FILE *file = fopen("/proc/interrupts", "r");
	long sum = -1, one;

	if (!file)
		error(1, 0, "/proc/interrupts cannot be read");
	while (fgets(line, sizeof(line), file)) {
		at = line + strspn(line, " ");
		if (strncmp(at, irq, strlen(irq)) || at[strlen(irq)] != ':')
			continue;
		at += strlen(irq) + 1;
		for (sum = 0; one = strtol(at, &end, 10), end != at; at = end)
			sum += one;
	}
	fclose(file);
	return sum;
}

/* Wait for the next one; returns how many there were by then, and the time before it was seen. */
static long next_one(const char *irq, uint64_t *tsc)
{
	long first = interrupts(irq), now = first;

	if (first < 0)
		error(1, 0, "no interrupt %s", irq);
	while (now == first) {
		*tsc = tsc_read();
		now = interrupts(irq);
	}
	return now;
}

int main(int argc, char **argv)
{
	uint64_t from, to, khz, seconds;
	long first, last;

	if (argc != 4)
		error(1, 0, "usage: ticks IRQ KHZ SECONDS");
	khz = parse_number(argv[2]);
	seconds = parse_number(argv[3]);
	first = next_one(argv[1], &from);
	while (tsc_read() - from < seconds * khz * 1000)
		sleep_us(10000);
	last = next_one(argv[1], &to);
	printf("ticks count=%ld ns=%llu\n", last - first,
	       (unsigned long long)((__int128)(to - from) * 1000000 / khz));
	return 0;
}
