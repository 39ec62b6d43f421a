/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One time of several voices, each with its likely error: what most of them agree on.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_CONSENSUS_H
#define DVMM_CONSENSUS_H

#include "linefit.h"

/**
 * struct dvmm_voice
 * @ns: what it says, from wherever all count from
 * @error_ns: standard error of that
 */
struct dvmm_voice {
	s64 ns;
	u64 error_ns;
};

/*
 * The likely error of an estimate: that of its noise, and that of a path whose two
 * directions differ, which no number of exchanges shows.
 */
u64 dvmm_path_error_ns(const struct dvmm_estimate *e);

/*
 * The mean of those of @voice that are near the weighted median, each weighed by the
 * inverse square of its error: a minority may say what it likes. @count is at least 1
 * and small; @ns within +-10^15.
 */
s64 dvmm_consensus(const struct dvmm_voice *voice, u32 count);

#endif
