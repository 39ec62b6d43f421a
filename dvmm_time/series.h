/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device's clock, and a series of interrupts by it. Pure: compiles unchanged in
 * user space.
 *
 * Devices do not tick. Each has a clock of hz ticks a second that was at 0 at machine
 * time 0, and says by its registers and the present which interrupts follow.
 */
#ifndef DVMM_SERIES_H
#define DVMM_SERIES_H

#include "dvmm_pure.h"

/* Neither a tick nor a time: no interrupt follows. */
#define DVMM_NEVER U64_MAX

/* A device's clock has 1 to so many ticks a second: then ticks are never more than ns. */
#define DVMM_SERIES_HZ_MAX 1000000000U

/**
 * struct dvmm_series - the interrupts that follow
 * @hz: of the device's clock, 1 to DVMM_SERIES_HZ_MAX
 * @first: tick of that clock at which the next one is due; DVMM_NEVER: none
 * @period: ticks between any two; 0: there is only one
 */
struct dvmm_series {
	u32 hz;
	u64 first;
	u64 period;
};

/* What a clock of @hz reads at machine time @now_ns, rounded down. Exact at any time. */
u64 dvmm_ticks_at(u32 hz, u64 now_ns);

/*
 * The first ns of machine time at which a clock of @hz reads @ticks, rounded up, so that it
 * does read @ticks then; DVMM_NEVER where no ns below that does.
 */
u64 dvmm_ticks_ns(u32 hz, u64 ticks);

#endif
