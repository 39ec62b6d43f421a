/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A NIC's clock against the host counter, so that its stamps can be told in host cycles.
 *
 * The NIC's clock is only ever read. Somebody else may set it, or steer it, at any time:
 * so a stamp counts only if readings that agree lie on both sides of it.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_NIC_H
#define DVMM_NIC_H

#include "dvmm_pure.h"

/* Before the rate is measured: the nominal kHz may be wrong by 1000 ppm, both by 100. */
#define DVMM_NIC_UNKNOWN_PPB 1200000

/* How far the rate may be by now from what it was over the last second or two. */
#define DVMM_NIC_WANDER_PPB 10000

/* How far, at worst, if somebody steers the NIC's clock, since a stamp that is told now. */
#define DVMM_NIC_STEERED_PPB 100000

/* A reading that leaves more open than this is none. */
#define DVMM_NIC_HALF_MAX_NS 1000000

/* A stamp that took longer to get here than this is of no use. */
#define DVMM_NIC_AGE_MAX_NS DVMM_NSEC_PER_SEC

/**
 * struct dvmm_nic_reading - one look at both clocks
 * @ns: what the NIC's showed
 * @cycles: when the host counter was within @half_ns of this
 */
struct dvmm_nic_reading {
	u64 ns;
	u64 cycles;
	u64 half_ns;
};

/**
 * struct dvmm_nic - a NIC's clock as a line over the host counter
 * @nominal: rate of the host counter, as far as it is known beforehand
 * @khz: the same
 * @count: readings that agree with each other, up to the last
 * @jumps: how often one did not
 * @first_ns: what the first of those was
 * @last: the last one
 * @base: the one that the rate is measured from; @next: that will take its place
 * @skew_ppb: how much faster than the nominal counter it runs, or 0
 * @doubt_ppb: how far that may be off
 */
struct dvmm_nic {
	u64 nominal;
	u32 khz;
	u32 count;
	u64 jumps;
	u64 first_ns;
	struct dvmm_nic_reading last;
	struct dvmm_nic_reading base;
	struct dvmm_nic_reading next;
	s64 skew_ppb;
	u64 doubt_ppb;
};

/* @khz of the host counter, above 62500. */
void dvmm_nic_init(struct dvmm_nic *nic, u32 khz);

/* The NIC's clock showed @ns between host counters @before and @after. */
struct dvmm_nic_reading dvmm_nic_reading(const struct dvmm_nic *nic, u64 ns, u64 before,
					 u64 after);

/*
 * Take in a reading later than all before, or forget them if it contradicts them: the
 * clock was set, or one of the two counters jumped. Return: 0, or -ERANGE for one that
 * leaves too much open and is not taken in.
 */
int __must_check dvmm_nic_add(struct dvmm_nic *nic, const struct dvmm_nic_reading *r);

/* Whether a stamp that was seen at @seen_cycles needs a later reading before it can be told. */
bool dvmm_nic_is_ahead(const struct dvmm_nic *nic, u64 seen_cycles);

/**
 * struct dvmm_nic_stamp - a stamp in host cycles
 * @cycles: the most likely
 * @error_cycles: and it is not further off than this
 */
struct dvmm_nic_stamp {
	u64 cycles;
	u64 error_cycles;
};

/*
 * What the host counter was when the NIC stamped @ns, which was seen in software at
 * @seen_cycles. Return: 0; -ERANGE for a stamp that cannot be, or cannot be told: older
 * than the readings that agree, or than DVMM_NIC_AGE_MAX_NS, or later than the last reading
 * or than it was seen.
 */
int __must_check dvmm_nic_stamp(const struct dvmm_nic *nic, u64 ns, u64 seen_cycles,
				struct dvmm_nic_stamp *stamp);

#endif
