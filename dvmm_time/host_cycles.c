// SPDX-License-Identifier: GPL-2.0
/* Host cycles: the timebase under a latch, so that readers never wait. */
#include <linux/irqflags.h>
#include <linux/seqlock.h>

#include "../compat/crosststamp.h"
#include "hardware.h"
#include "host_cycles.h"

static struct {
	seqcount_latch_t latch;
	struct dvmm_timebase copy[2];
} timebase = {
	.latch = SEQCNT_LATCH_ZERO(timebase.latch),
	.copy = { DVMM_TIMEBASE_TSC, DVMM_TIMEBASE_TSC },
};

/* The counter is read before the second look at the latch: a reading fits its line. */
u64 dvmm_host_cycles(void)
{
	unsigned int seq;
	u64 cycles;

	do {
		const struct dvmm_timebase *t;

		seq = raw_read_seqcount_latch(&timebase.latch);
		t = &timebase.copy[seq & 1];
		cycles = dvmm_timebase_cycles(t, dvmm_hardware_read(t->source));
	} while (read_seqcount_latch_retry(&timebase.latch, seq));
	return cycles;
}

u32 dvmm_host_khz(void)
{
	return tsc_khz;
}

void dvmm_host_timebase(struct dvmm_timebase *t)
{
	unsigned int seq;

	do {
		seq = raw_read_seqcount_latch(&timebase.latch);
		*t = timebase.copy[seq & 1];
	} while (read_seqcount_latch_retry(&timebase.latch, seq));
}

void dvmm_host_set_timebase(const struct dvmm_timebase *t)
{
	raw_write_seqcount_latch(&timebase.latch);
	timebase.copy[0] = *t;
	raw_write_seqcount_latch(&timebase.latch);
	timebase.copy[1] = *t;
}

int dvmm_host_crosststamp(u64 *cycles, struct system_device_crosststamp *stamp)
{
	struct dvmm_timebase t;
	u64 tsc;
	int err;

	dvmm_host_timebase(&t);
	if (t.source != DVMM_SOURCE_TSC)
		return -ENODEV;
	err = dvmm_tsc_crosststamp(&tsc, stamp);
	if (err)
		return err;
	*cycles = dvmm_timebase_cycles(&t, dvmm_fault_tsc(tsc));
	return 0;
}

/* Half way between two readings of the TSC. */
static u64 cycles_near(const struct dvmm_timebase *t, u64 *tsc, u64 *half)
{
	unsigned long flags;
	u64 value, before;

	local_irq_save(flags);
	before = rdtsc_ordered();
	value = dvmm_hardware_read(t->source);
	*half = (rdtsc_ordered() - before) / 2;
	local_irq_restore(flags);
	*tsc = before + *half;
	return dvmm_timebase_cycles(t, value);
}

struct dvmm_segment dvmm_host_over_tsc(const struct dvmm_segment *seg, u64 *error_cycles)
{
	struct dvmm_timebase t;
	u64 tsc, cycles;

	dvmm_host_timebase(&t);
	*error_cycles = 0;
	if (t.source == DVMM_SOURCE_TSC) {
		tsc = rdtsc_ordered();
		cycles = dvmm_timebase_cycles(&t, dvmm_fault_tsc(tsc));
	} else {
		cycles = cycles_near(&t, &tsc, error_cycles);
	}
	return dvmm_timebase_over_tsc(&t, seg, cycles, tsc);
}
