// SPDX-License-Identifier: GPL-2.0
/* The masters that are heard. */
#include "foreign.h"

struct dvmm_foreign *dvmm_foreign_find(struct dvmm_foreign_list *list,
				       const struct dvmm_port_id *sender)
{
	struct dvmm_foreign *f;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++)
		if (f->heard_cycles && dvmm_port_id_equal(&f->dataset.sender, sender))
			return f;
	return NULL;
}

static u64 silence(const struct dvmm_foreign *f, u64 cycles)
{
	return f->heard_cycles ? cycles - f->heard_cycles : U64_MAX;
}

static struct dvmm_foreign *make_room(struct dvmm_foreign_list *list,
				      const struct dvmm_port_id *keep, u64 cycles)
{
	struct dvmm_foreign *kept = keep ? dvmm_foreign_find(list, keep) : NULL;
	struct dvmm_foreign *f, *victim = NULL;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++) {
		if (f == kept)
			continue;
		if (!victim || silence(f, cycles) > silence(victim, cycles))
			victim = f;
	}
	memset(victim, 0, sizeof(*victim));
	return victim;
}

void dvmm_foreign_hear(struct dvmm_foreign_list *list, const struct dvmm_msg *msg,
		       const struct dvmm_port_id *receiver, const struct dvmm_port_id *keep,
		       u64 cycles)
{
	struct dvmm_foreign *f = dvmm_foreign_find(list, &msg->source);

	if (!f) {
		f = make_room(list, keep, cycles);
		f->since_cycles = cycles;
	}
	dvmm_bmca_dataset(&f->dataset, msg, receiver);
	f->announce = msg->announce;
	f->flags = msg->flags;
	f->log_interval = msg->log_interval;
	f->before_cycles = f->heard_cycles;
	f->heard_cycles = cycles ?: 1;
}

const struct dvmm_foreign *dvmm_foreign_deposes(const struct dvmm_foreign_list *list, u64 id,
						const u8 *clock)
{
	const struct dvmm_foreign *f;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++) {
		const struct dvmm_wire_cluster *c = &f->announce.cluster;

		if (f->before_cycles && c->refused && c->cluster.id == id &&
		    !memcmp(c->predecessor, clock, sizeof(c->predecessor)))
			return f;
	}
	return NULL;
}

void dvmm_foreign_forget(struct dvmm_foreign_list *list, const u8 *clock)
{
	struct dvmm_foreign *f;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++)
		if (!memcmp(f->dataset.sender.clock, clock, sizeof(f->dataset.sender.clock)))
			memset(f, 0, sizeof(*f));
}

void dvmm_foreign_expire(struct dvmm_foreign_list *list, u64 cycles)
{
	struct dvmm_foreign *f;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++)
		if (f->heard_cycles && (s64)(cycles - f->heard_cycles) > (s64)list->timeout_cycles)
			memset(f, 0, sizeof(*f));
}

void dvmm_foreign_clear(struct dvmm_foreign_list *list)
{
	memset(list->record, 0, sizeof(list->record));
}

/* 9.3.2.5 b: FOREIGN_MASTER_THRESHOLD, which is 2, within the time window. */
static bool qualified(const struct dvmm_foreign_list *list, const struct dvmm_foreign *f)
{
	return f->before_cycles && f->heard_cycles - f->before_cycles <= list->window_cycles;
}

bool dvmm_foreign_outranks(const struct dvmm_dataset *a, bool a_held,
			   const struct dvmm_dataset *b, bool b_held)
{
	if (a_held != b_held)
		return a_held;
	return dvmm_bmca_compare(a, b) > 0;
}

static bool better(const struct dvmm_foreign *a, const struct dvmm_foreign *b)
{
	if (a->announce.cluster.cluster.id == b->announce.cluster.cluster.id)
		return dvmm_bmca_compare(&a->dataset, &b->dataset) > 0;
	return dvmm_foreign_outranks(&a->dataset, a->announce.cluster.held,
				     &b->dataset, b->announce.cluster.held);
}

const struct dvmm_foreign *dvmm_foreign_best(const struct dvmm_foreign_list *list, u64 id,
					     bool others)
{
	const struct dvmm_foreign *f, *best = NULL;

	for (f = list->record; f < list->record + DVMM_FOREIGN_MAX; f++) {
		bool other = f->announce.cluster.cluster.id != id;

		if (other != others || !qualified(list, f))
			continue;
		if (!best || better(f, best))
			best = f;
	}
	return best;
}
