/* SPDX-License-Identifier: GPL-2.0 */
/* What became of the packets that were not heeded, by name. */
#ifndef DVMM_DROPS_H
#define DVMM_DROPS_H

#include "port.h"

/*
 * @why: an enum dvmm_wire_error or dvmm_drop. Return: a few words for people and programs;
 * NULL for a number that is none of them.
 */
const char *dvmm_drop_name(u32 why);

/* Append @count packets to what @status tells, if there are any. */
void dvmm_drops_tell(struct dvmm_sync_status *status, const char *name, u64 count);

#endif
