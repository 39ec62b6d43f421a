// SPDX-License-Identifier: GPL-2.0
/* The data set comparison of the best master clock algorithm. */
#include "bmca.h"

static int compare_u16(u16 a, u16 b)
{
	return (a > b) - (a < b);
}

static int compare_port_id(const struct dvmm_port_id *a, const struct dvmm_port_id *b)
{
	int order = memcmp(a->clock, b->clock, sizeof(a->clock));

	return order ?: compare_u16(a->port, b->port);
}

/* Figure 34: grandmasters compared by their attributes; lower is better throughout. */
static int compare_grandmasters(const struct dvmm_dataset *a, const struct dvmm_dataset *b)
{
	return compare_u16(a->priority1, b->priority1) ?:
	       compare_u16(a->quality.class, b->quality.class) ?:
	       compare_u16(a->quality.accuracy, b->quality.accuracy) ?:
	       compare_u16(a->quality.variance, b->quality.variance) ?:
	       compare_u16(a->priority2, b->priority2) ?:
	       memcmp(a->grandmaster, b->grandmaster, sizeof(a->grandmaster));
}

/*
 * Figure 35, A one step nearer than B: better, but only by topology when B's
 * receiver is the farther end of a path that it already is on.
 */
static enum dvmm_order nearer_by_one(const struct dvmm_dataset *b)
{
	int order = compare_port_id(&b->receiver, &b->sender);

	if (order < 0)
		return DVMM_A_BETTER;
	return order > 0 ? DVMM_A_BETTER_BY_TOPOLOGY : DVMM_SAME;
}

static enum dvmm_order same_distance(const struct dvmm_dataset *a, const struct dvmm_dataset *b)
{
	int order = compare_port_id(&a->sender, &b->sender) ?:
		    compare_u16(a->receiver.port, b->receiver.port);

	if (order < 0)
		return DVMM_A_BETTER_BY_TOPOLOGY;
	return order > 0 ? DVMM_B_BETTER_BY_TOPOLOGY : DVMM_SAME;
}

/* Figure 35: two ways to the same grandmaster. */
static enum dvmm_order compare_paths(const struct dvmm_dataset *a, const struct dvmm_dataset *b)
{
	int farther = (int)a->steps_removed - (int)b->steps_removed;

	if (farther < -1)
		return DVMM_A_BETTER;
	if (farther > 1)
		return DVMM_B_BETTER;
	if (farther < 0)
		return nearer_by_one(b);
	if (farther > 0)
		return -nearer_by_one(a);
	return same_distance(a, b);
}

enum dvmm_order dvmm_bmca_compare(const struct dvmm_dataset *a, const struct dvmm_dataset *b)
{
	int order;

	if (!memcmp(a->grandmaster, b->grandmaster, sizeof(a->grandmaster)))
		return compare_paths(a, b);
	order = compare_grandmasters(a, b);
	return order < 0 ? DVMM_A_BETTER : DVMM_B_BETTER;
}

void dvmm_bmca_dataset(struct dvmm_dataset *ds, const struct dvmm_msg *msg,
		       const struct dvmm_port_id *receiver)
{
	ds->priority1 = msg->announce.priority1;
	ds->quality = msg->announce.quality;
	ds->priority2 = msg->announce.priority2;
	memcpy(ds->grandmaster, msg->announce.grandmaster, sizeof(ds->grandmaster));
	ds->steps_removed = msg->announce.steps_removed;
	ds->sender = msg->source;
	ds->receiver = *receiver;
}
