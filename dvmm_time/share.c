// SPDX-License-Identifier: GPL-2.0
/* Half of a CPU's time, and what is left of it. */
#include "share.h"

/* What has been overdrawn takes twice as long to be earned, from the beginning on. */
u64 dvmm_share_rest(struct dvmm_share *share, u64 begin_ns, u64 end_ns)
{
	u64 earned_ns = min_t(u64, (begin_ns - share->begun_ns) / 2, 2 * DVMM_SHARE_BURST_NS);

	share->budget_ns = min_t(s64, share->budget_ns + (s64)earned_ns, DVMM_SHARE_BURST_NS);
	share->budget_ns -= (s64)(end_ns - begin_ns);
	share->begun_ns = begin_ns;
	if (share->budget_ns >= 0)
		return end_ns;
	return max_t(u64, end_ns, begin_ns + 2 * (u64)-share->budget_ns);
}
