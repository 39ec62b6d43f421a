// SPDX-License-Identifier: GPL-2.0
/* How long a leader may be silent before it is held to be dead. */
#include "patience.h"

void dvmm_patience_give_up(struct dvmm_patience *patience, const u8 *leader, u64 now)
{
	memcpy(patience->given_up, leader, sizeof(patience->given_up));
	patience->given_up_cycles = now;
}

bool dvmm_patience_hear(struct dvmm_patience *patience, const u8 *leader, u64 now)
{
	u64 ago = now - patience->given_up_cycles;

	if (!patience->given_up_cycles || ago > patience->memory_cycles)
		return false;
	if (memcmp(patience->given_up, leader, sizeof(patience->given_up)))
		return false;
	patience->given_up_cycles = 0;
	patience->since = now;
	if (patience->doublings == DVMM_PATIENCE_MAX)
		return false;
	patience->doublings++;
	return true;
}

bool dvmm_patience_tick(struct dvmm_patience *patience, u64 now)
{
	if (!patience->doublings || now - patience->since < patience->memory_cycles)
		return false;
	patience->since = now;
	patience->doublings--;
	return true;
}
