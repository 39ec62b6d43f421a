/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test program is one test_*.c: functions, a table of them, UNIT_MAIN(table).
 * Output is TAP-like and ends with "N passed, N failed, N skipped".
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <stdlib.h>

#include "dvmm_pure.h"

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define TEST(fn) { #fn, fn }

static int unit_errors;
static const char *unit_skip;

/* Report the first few failures of a test; one usually causes the others. */
#define CHECKF(cond, ...)							\
	do {									\
		if (!(cond) && unit_errors++ < 5) {				\
			printf("# %s:%d: %s: ", __FILE__, __LINE__, #cond);	\
			printf(__VA_ARGS__);					\
			printf("\n");						\
		}								\
	} while (0)

#define CHECK(cond) CHECKF(cond, "does not hold")

#define CHECK_EQ(a, b)								\
	do {									\
		long long a_ = (long long)(a), b_ = (long long)(b);		\
		CHECKF(a_ == b_, #a " = %lld, " #b " = %lld", a_, b_);		\
	} while (0)

/* |a - b| <= tolerance */
#define CHECK_NEAR(a, b, tolerance)						\
	do {									\
		long long a_ = (long long)(a), b_ = (long long)(b);		\
		long long t_ = (long long)(tolerance), d_ = a_ - b_;		\
		CHECKF(d_ <= t_ && -d_ <= t_, "%lld against %lld, off by %lld, allowed %lld", \
		       a_, b_, d_, t_);						\
	} while (0)

/* low <= v <= high */
#define CHECK_IN(v, low, high)							\
	do {									\
		long long v_ = (long long)(v);					\
		long long l_ = (long long)(low), h_ = (long long)(high);	\
		CHECKF(l_ <= v_ && v_ <= h_, "%lld not in %lld to %lld", v_, l_, h_); \
	} while (0)

#define SKIP(why)								\
	do {									\
		unit_skip = (why);						\
		return;								\
	} while (0)

/* xorshift64*: the same numbers each run. */
static u64 unit_seed = 88172645463325252ULL;

static inline u64 unit_random(void)
{
	unit_seed ^= unit_seed >> 12;
	unit_seed ^= unit_seed << 25;
	unit_seed ^= unit_seed >> 27;
	return unit_seed * 2685821657736338717ULL;
}

static inline int unit_run(const struct unit_test *test, size_t count)
{
	int passed = 0, failed = 0, skipped = 0;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%zu\n", count);
	for (i = 0; i < count; i++) {
		unit_errors = 0;
		unit_skip = NULL;
		test[i].run();
		printf("%sok %zu - %s%s%s\n", unit_errors ? "not " : "", i + 1, test[i].name,
		       unit_skip ? " # SKIP " : "", unit_skip ? unit_skip : "");
		if (unit_errors)
			failed++;
		else if (unit_skip)
			skipped++;
		else
			passed++;
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(table)							\
	int main(void)								\
	{									\
		return unit_run(table, ARRAY_SIZE(table));			\
	}

#endif
