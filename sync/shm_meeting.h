/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two who look at each other: an event message is held up before it is published, several
 * times; the time that came back quickest is the one that both sides' stamps are of.
 *
 * Who holds it up reads the counter and writes a word; who looks on sees the word, reads
 * his counter, and writes it back. There is nothing else in between. What either side does
 * not see for being interrupted, by whatever runs it, too, just takes longer, and does not
 * count.
 *
 * Needs a counter, dvmm_host_cycles(), and else compiles in user space.
 */
#ifndef DVMM_SHM_MEETING_H
#define DVMM_SHM_MEETING_H

#include "shm.h"

/**
 * dvmm_shm_hold_up() - hold up the next message, and choose a copy
 * @patience_cycles: for all of it; it takes no longer but for being interrupted
 * @departure_cycles: out: when the copy that counts left
 *
 * Everybody on the look-out for what we announced has to see a copy for it to count.
 * With preemption off. Return: false where none counts: all is as if not called.
 */
bool dvmm_shm_hold_up(struct dvmm_shm *s, u64 patience_cycles, u64 *departure_cycles);

/*
 * Be on the look-out for what @slot has @announced, until it is there, or no longer
 * announced, or for @patience_cycles; and, if we have @announced_too something that @slot
 * is on the look-out for, until that is so.
 */
void dvmm_shm_look_on(struct dvmm_shm *s, u32 slot, u64 announced, bool announced_too,
		      u64 patience_cycles);

#endif
