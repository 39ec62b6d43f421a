// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <error.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tsc.h"

void tsc_order_add(struct tsc_order *sum, const struct tsc_order *part)
{
	sum->pairs += part->pairs;
	sum->backward += part->backward;
	if (part->worst > sum->worst)
		sum->worst = part->worst;
}

void tsc_order_print(const char *name, const struct tsc_order *order)
{
	printf(" %s_pairs=%" PRIu64 " %s_backward=%" PRIu64
	       " %s_worst=%" PRIu64, name, order->pairs, name, order->backward,
	       name, order->worst);
}

uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void sleep_us(uint64_t us)
{
	struct timespec pause = {
		.tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000,
	};

	nanosleep(&pause, NULL);
}

uint64_t tsc_ticks_per_ms(void)
{
	uint64_t ns = monotonic_ns(), ticks = tsc_read();

	sleep_us(50000);
	ns = monotonic_ns() - ns;
	ticks = tsc_read() - ticks;
	return (unsigned __int128)ticks * 1000000 / ns;
}

void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		error(1, errno, "no running on CPU %d", cpu);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count ? values[count / 2] : 0;
}

uint64_t parse_number(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 0);

	if (end == text || *end)
		error(1, 0, "not a number: %s", text);
	return number;
}
