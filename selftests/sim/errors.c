// SPDX-License-Identifier: GPL-2.0
/* Errors of a clock, and what they sum up to. */
#include <math.h>

#include "errors.h"

static void make_room(struct sim_errors *errors, size_t count)
{
	if (count <= errors->room)
		return;
	errors->room = 2 * count + 1024;
	errors->ns = realloc(errors->ns, errors->room * sizeof(*errors->ns));
}

void sim_errors_add(struct sim_errors *errors, s64 error_ns, u64 bound_ns)
{
	make_room(errors, errors->count + 1);
	errors->ns[errors->count++] = error_ns;
	errors->bound_sum_ns += bound_ns;
}

void sim_errors_merge(struct sim_errors *into, const struct sim_errors *from)
{
	if (!from->count)
		return;
	make_room(into, into->count + from->count);
	memcpy(into->ns + into->count, from->ns, from->count * sizeof(*from->ns));
	into->count += from->count;
	into->bound_sum_ns += from->bound_sum_ns;
}

void sim_errors_forget(struct sim_errors *errors)
{
	free(errors->ns);
	*errors = (struct sim_errors) {};
}

static int compare_magnitude(const void *a, const void *b)
{
	u64 x = abs(*(const s64 *)a), y = abs(*(const s64 *)b);

	return (x > y) - (x < y);
}

struct sim_stats sim_errors_stats(struct sim_errors *errors)
{
	size_t i, count = errors->count;
	struct sim_stats stats = { .count = count };
	double sum = 0, squares = 0;

	if (!count)
		return stats;
	for (i = 0; i < count; i++) {
		sum += errors->ns[i];
		squares += (double)errors->ns[i] * errors->ns[i];
	}
	qsort(errors->ns, count, sizeof(*errors->ns), compare_magnitude);
	stats.mean_ns = (s64)(sum / count);
	stats.rms_ns = (u64)sqrt(squares / count);
	stats.p99_ns = abs(errors->ns[count * 99 / 100]);
	stats.max_ns = abs(errors->ns[count - 1]);
	stats.bound_ns = errors->bound_sum_ns / count;
	return stats;
}
