// SPDX-License-Identifier: GPL-2.0
/* Where another clock was seconds ago. */
#include "trail.h"

void dvmm_trail_reset(struct dvmm_trail *trail)
{
	memset(trail, 0, sizeof(*trail));
	trail->delay_ns = U64_MAX;
}

void dvmm_trail_keep(struct dvmm_trail *trail, const struct dvmm_estimator *e)
{
	u64 age = e->now.cycles - trail->line[0].cycles;

	if (e->now.window < DVMM_ESTIMATOR_MIN)
		return;
	if (trail->line[0].window && dvmm_mult_ns(e->nominal, age) < DVMM_TRAIL_NS)
		return;
	trail->line[1] = trail->line[0];
	trail->line[0] = e->now;
}

void dvmm_trail_watch(struct dvmm_trail *trail)
{
	trail->moved_ns = 0;
	trail->delay_ns = U64_MAX;
}

void dvmm_trail_measure(struct dvmm_trail *trail, const struct dvmm_estimator *e,
			const struct dvmm_exchange *x)
{
	const struct dvmm_estimate *line = &trail->line[1];
	u64 mult = dvmm_mult_adjust(e->nominal, line->skew_ppb);
	u64 delay_ns = abs(dvmm_exchange_delay_ns(x, mult));
	u64 cycles = dvmm_exchange_cycles(x);

	if (!line->window || delay_ns >= trail->delay_ns)
		return;
	trail->delay_ns = delay_ns;
	trail->moved_ns = dvmm_exchange_ns(x) - line->ns - dvmm_span_ns(mult, line->cycles, cycles);
}
