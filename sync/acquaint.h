/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whom a leader knows, that is those who asked it lately: it introduces them to each
 * other, one with each answer, at random, so that the probes of all spread evenly.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_ACQUAINT_H
#define DVMM_ACQUAINT_H

#include "wire.h"

/* Enough to choose from; in larger clusters, those heard last. */
#define DVMM_ACQUAINTANCES 64

/**
 * struct dvmm_acquaint
 * @slave: known, @heard_cycles: since when not heard; in any order
 * @count: of them are valid
 * @oldest: the next to be replaced when all are
 */
struct dvmm_acquaint {
	struct {
		struct dvmm_wire_peer who;
		u64 heard_cycles;
	} slave[DVMM_ACQUAINTANCES];
	u32 count;
	u32 oldest;
};

void dvmm_acquaint_forget_all(struct dvmm_acquaint *a);

/* Whether @clock asked within @fresh_cycles before @now. */
bool dvmm_acquaint_asked(const struct dvmm_acquaint *a, const u8 *clock, u64 fresh_cycles,
			 u64 now);

/* @who asked, at @now. */
void dvmm_acquaint_hear(struct dvmm_acquaint *a, const struct dvmm_wire_peer *who, u64 now);

/*
 * Somebody for @asker to meet, chosen by @random, and heard in the last @fresh_cycles;
 * nobody (zeros) if the choice fell on the asker, or on one who is not.
 */
struct dvmm_wire_peer dvmm_acquaint_introduce(const struct dvmm_acquaint *a,
					      const struct dvmm_port_id *asker, u64 random,
					      u64 fresh_cycles, u64 now);

#endif
