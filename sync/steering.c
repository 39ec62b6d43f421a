// SPDX-License-Identifier: GPL-2.0
/* The grandmaster's steering. */
#include "steering.h"

/* @ppb of @ns, which may be years. */
static u64 share(u64 ns, u32 ppb)
{
	return mul_u64_u64_div_u64(min(ns, 1ULL << 62), ppb, DVMM_PPB);
}

static s64 signed_share(s64 ns, s32 ppb)
{
	s64 magnitude = share(abs(ns), abs(ppb));

	return (ns < 0) != (ppb < 0) ? -magnitude : magnitude;
}

u64 dvmm_steering_apply(const struct dvmm_steering *s, u64 free_ns)
{
	return free_ns + s->ns + signed_share(free_ns - s->free_ns, s->ppb);
}

/* What may have been steered since it was told; and a rounding at either end. */
static u64 untold_ns(const struct dvmm_steering *s, u64 free_ns)
{
	s64 age_ns = free_ns - s->free_ns;

	return age_ns > 0 ? share(age_ns, DVMM_STEERING_SWING_PPB) + 2 : 0;
}

bool dvmm_steering_continues(const struct dvmm_steering *s, const struct dvmm_steering *next)
{
	s64 surprise = next->free_ns + next->ns - dvmm_steering_apply(s, next->free_ns);

	return (u64)abs(surprise) <= untold_ns(s, next->free_ns);
}

struct dvmm_interval dvmm_steering_apply_interval(const struct dvmm_steering *s,
						  const struct dvmm_interval *free)
{
	u64 margin_ns = untold_ns(s, free->high_ns);

	return (struct dvmm_interval) {
		.low_ns = dvmm_steering_apply(s, free->low_ns) - margin_ns,
		.high_ns = dvmm_steering_apply(s, free->high_ns) + margin_ns,
	};
}
