/* SPDX-License-Identifier: GPL-2.0 */
/* The TSC as a guest reads it, and the little that all programs here share. */
#ifndef DVMM_GUEST_TSC_H
#define DVMM_GUEST_TSC_H

#include <stddef.h>
#include <stdint.h>

/* The TSC, read after everything before it in program order was done. */
static inline uint64_t tsc_read(void)
{
	uint32_t low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

static inline uint64_t tsc_read_rdtscp(void)
{
	uint32_t low, high, aux;

	asm volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux) : : "memory");
	return (uint64_t)high << 32 | low;
}

/**
 * struct tsc_order - pairs of reads of which the second must not be the smaller
 * @pairs: how many were looked at
 * @backward: of how many the second was smaller
 * @worst: by how many ticks at most
 */
struct tsc_order {
	uint64_t pairs;
	uint64_t backward;
	uint64_t worst;
};

static inline void tsc_order_check(struct tsc_order *order, uint64_t first,
				   uint64_t second)
{
	order->pairs++;
	if (__builtin_expect(second >= first, 1))
		return;
	order->backward++;
	if (first - second > order->worst)
		order->worst = first - second;
}

/* Add up what two threads counted. */
void tsc_order_add(struct tsc_order *sum, const struct tsc_order *part);

/* Print " @name_pairs=... @name_backward=... @name_worst=...". */
void tsc_order_print(const char *name, const struct tsc_order *order);

/* TSC ticks in a millisecond of CLOCK_MONOTONIC; takes 50 ms. */
uint64_t tsc_ticks_per_ms(void);

uint64_t monotonic_ns(void);
void sleep_us(uint64_t us);

/* Run the calling thread on @cpu alone; ends the program where it cannot. */
void pin_to_cpu(int cpu);

/* Sorts @values. */
uint64_t median(uint64_t *values, size_t count);

/* A whole number of the command line; ends the program where it is none. */
uint64_t parse_number(const char *text);

#endif
