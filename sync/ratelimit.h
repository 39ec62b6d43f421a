/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Token buckets, and a table of them by address: so much of what strangers may cause,
 * and so much of what anyone may.
 *
 * Pure: compiles unchanged in user space. The caller serialises.
 */
#ifndef DVMM_RATELIMIT_H
#define DVMM_RATELIMIT_H

#include "address.h"

/*
 * Known addresses at a time, in sets in which the one not believed for longest makes
 * room. Only those believed get in, so that nobody can fill a set on purpose.
 */
#define DVMM_RATELIMIT_SETS 256
#define DVMM_RATELIMIT_WAYS 4

/**
 * struct dvmm_rate - so often
 * @interval_cycles: between two, on average
 * @burst: so many at once, where there were none before
 */
struct dvmm_rate {
	u64 interval_cycles;
	u32 burst;
};

/**
 * struct dvmm_bucket - zeros for a full one
 * @paid_cycles: until when what was taken has been paid for
 */
struct dvmm_bucket {
	u64 paid_cycles;
};

/* Take one, if there is one. */
static inline bool dvmm_bucket_take(struct dvmm_bucket *bucket, const struct dvmm_rate *rate,
				    u64 now)
{
	u64 allowance = rate->interval_cycles * rate->burst;
	s64 owed = bucket->paid_cycles - now;

	/* a counter may stand anywhere, also far from where it stood last time */
	if (owed < 0 || (u64)owed > allowance)
		owed = 0;
	if ((u64)owed + rate->interval_cycles > allowance)
		return false;
	bucket->paid_cycles = now + owed + rate->interval_cycles;
	return true;
}

/**
 * struct dvmm_ratelimit - who may send how much
 * @known: what one may send whom we have believed
 * @strangers: what all others may send together
 */
struct dvmm_ratelimit {
	struct dvmm_rate known;
	struct dvmm_rate strangers;
	struct dvmm_bucket stranger;
	struct dvmm_ratelimit_entry {
		struct dvmm_address address;
		struct dvmm_bucket bucket;
		u64 order;	/* of being believed last; 0 in an unused one */
	} entry[DVMM_RATELIMIT_SETS][DVMM_RATELIMIT_WAYS];
	u64 order;
};

void dvmm_ratelimit_init(struct dvmm_ratelimit *limit, const struct dvmm_rate *known,
			 const struct dvmm_rate *strangers);

/* May a packet from @from come in at @now? It counts, if so. */
bool dvmm_ratelimit_take(struct dvmm_ratelimit *limit, const struct dvmm_address *from, u64 now);

/* A packet from @from was believed. */
void dvmm_ratelimit_believe(struct dvmm_ratelimit *limit, const struct dvmm_address *from);

#endif
