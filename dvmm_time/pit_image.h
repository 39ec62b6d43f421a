/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PIT's state as it is saved and restored: what KVM_GET_PIT2 has of a channel, in machine
 * time. Pure: compiles unchanged in user space.
 *
 * Not in it, because KVM has no place for it: a count that a new one has replaced but that
 * still runs to the end of its cycle; where a counter stands that GATE holds in mode 2 or 3.
 */
#ifndef DVMM_PIT_IMAGE_H
#define DVMM_PIT_IMAGE_H

#include "pit.h"

/**
 * struct dvmm_pit_image - a channel
 * @count: as it was written, 0 being 65536; 0: none since the control word, or half of one
 * @loaded_ns: machine time at which it was loaded, as far as it has counted
 * @latch: latched count
 * @latched: bytes of it that are to be read, 0 to 2
 * @status: latched status
 * @status_latched: whether it is to be read
 * @read_high: the next byte read is the second
 * @write_high: the next byte written is the second
 * @low: and this was the first
 * @access: 1 low, 2 high, 3 both bytes
 * @mode: 0 to 7
 * @bcd: counts decimal digits
 * @gate: level of GATE
 */
struct dvmm_pit_image {
	u32 count;
	s64 loaded_ns;
	u16 latch;
	u8 latched;
	u8 status;
	bool status_latched;
	bool read_high;
	bool write_high;
	u8 low;
	u8 access;
	u8 mode;
	bool bcd;
	bool gate;
};

void dvmm_pit_save(struct dvmm_pit *pit, unsigned int n, struct dvmm_pit_image *image, u64 now_ns);

/*
 * Any @image is good: what means nothing is cut down to what does. Up to 400 ns off,
 * either way, @loaded_ns still means the pulse that dvmm_pit_save() meant.
 */
void dvmm_pit_restore(struct dvmm_pit *pit, unsigned int n, const struct dvmm_pit_image *image,
		      u64 now_ns);

#endif
