/* SPDX-License-Identifier: GPL-2.0 */
/* Errors of a clock against whom it follows, and what they sum up to. */
#ifndef SIM_ERRORS_H
#define SIM_ERRORS_H

#include "dvmm_pure.h"

struct sim_errors {
	s64 *ns;
	size_t count, room;
	u64 bound_sum_ns;
};

struct sim_stats {
	size_t count;
	s64 mean_ns;
	u64 rms_ns, p99_ns, max_ns;
	u64 bound_ns;		/* mean */
};

void sim_errors_add(struct sim_errors *errors, s64 error_ns, u64 bound_ns);
void sim_errors_merge(struct sim_errors *into, const struct sim_errors *from);
void sim_errors_forget(struct sim_errors *errors);

/* Sums them up; sorts them. All 0 if there are none. */
struct sim_stats sim_errors_stats(struct sim_errors *errors);

#endif
