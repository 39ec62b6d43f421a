/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The masters that are heard: the foreignMasterList of IEEE 1588-2019 9.3.2.4.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_FOREIGN_H
#define DVMM_FOREIGN_H

#include "bmca.h"

/* More than these at once are an attack: the standard asks for 5 at least. */
#define DVMM_FOREIGN_MAX 8

/**
 * struct dvmm_foreign - a master that is heard
 * @dataset: what its last Announce claims, for the comparison
 * @announce: all that Announce said
 * @flags: and its flagField
 * @log_interval: how often it says to come, log2 of seconds
 * @since_cycles: when the first one came
 * @heard_cycles: when it came; 0 in an unused record
 * @before_cycles: when the one before it came; 0 if none has
 */
struct dvmm_foreign {
	struct dvmm_dataset dataset;
	struct dvmm_announce announce;
	u16 flags;
	s8 log_interval;
	u64 since_cycles;
	u64 heard_cycles;
	u64 before_cycles;
};

/**
 * struct dvmm_foreign_list
 * @window_cycles: two Announces within it qualify a master (9.3.2.5: 4 intervals)
 * @timeout_cycles: after so much silence it is no longer there
 */
struct dvmm_foreign_list {
	u64 window_cycles;
	u64 timeout_cycles;
	struct dvmm_foreign record[DVMM_FOREIGN_MAX];
};

/*
 * Take in Announce @msg heard by @receiver. When the list is full the record longest
 * silent makes room, but never that of @keep (which may be NULL).
 */
void dvmm_foreign_hear(struct dvmm_foreign_list *list, const struct dvmm_msg *msg,
		       const struct dvmm_port_id *receiver, const struct dvmm_port_id *keep,
		       u64 cycles);

/* The record of @sender, or NULL. */
struct dvmm_foreign *dvmm_foreign_find(struct dvmm_foreign_list *list,
				       const struct dvmm_port_id *sender);

/* Who took over because the time of @clock was wrong, in cluster @id; NULL if nobody. */
const struct dvmm_foreign *dvmm_foreign_deposes(const struct dvmm_foreign_list *list, u64 id,
						const u8 *clock);

/* Strike out @clock. */
void dvmm_foreign_forget(struct dvmm_foreign_list *list, const u8 *clock);

/* Strike out those that fell silent. */
void dvmm_foreign_expire(struct dvmm_foreign_list *list, u64 cycles);

void dvmm_foreign_clear(struct dvmm_foreign_list *list);

/*
 * The best qualified master (Ebest) of cluster @id, or of any other cluster but
 * @id; NULL if none. In other clusters one that cannot be stepped comes first.
 */
const struct dvmm_foreign *dvmm_foreign_best(const struct dvmm_foreign_list *list, u64 id,
					     bool others);

/* Whether @a is to lead rather than @b, which is of another cluster. */
bool dvmm_foreign_outranks(const struct dvmm_dataset *a, bool a_held,
			   const struct dvmm_dataset *b, bool b_held);

#endif
