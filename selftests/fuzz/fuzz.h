/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzz target is one fuzz_*.c with this function, built twice: by clang with libFuzzer,
 * and by gcc to run all seeds through it once (replay.c).
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include "dvmm_pure.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

/* What must hold whatever comes in. */
#define MUST(cond)								\
	do {									\
		if (!(cond)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();						\
		}								\
	} while (0)

/* Of exactly that size, so that the sanitizer sees the first byte past it. */
static inline u8 *fuzz_copy(const u8 *data, size_t len)
{
	u8 *copy = malloc(len ?: 1);

	memcpy(copy, data, len);
	return copy;
}

#endif
