// SPDX-License-Identifier: GPL-2.0
/* What a reading of the clock says. Pure: compiles unchanged in user space. */
#include "clock.h"

u64 dvmm_clock_bound_ns(const struct dvmm_clock_view *view, u64 cycles)
{
	s64 age = cycles - view->bound_cycles;
	u64 age_ns = age > 0 ? dvmm_mult_ns(view->segment.mult, age) : 0;
	u64 grown;

	if (view->bound_ns == U64_MAX)
		return U64_MAX;
	if (!age_ns || !view->bound_growth_ppb)
		return view->bound_ns;
	/* rounded up: a bound may be too wide, never too narrow */
	grown = mul_u64_u64_div_u64(age_ns, view->bound_growth_ppb, DVMM_PPB) + 1;
	return view->bound_ns > U64_MAX - grown ? U64_MAX : view->bound_ns + grown;
}
