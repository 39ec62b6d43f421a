// SPDX-License-Identifier: GPL-2.0
/* Who may send how much. */
#include "ratelimit.h"

void dvmm_ratelimit_init(struct dvmm_ratelimit *limit, const struct dvmm_rate *known,
			 const struct dvmm_rate *strangers)
{
	memset(limit, 0, sizeof(*limit));
	limit->known = *known;
	limit->strangers = *strangers;
}

static struct dvmm_ratelimit_entry *set_of(struct dvmm_ratelimit *limit,
					   const struct dvmm_address *address)
{
	u64 half[2];

	memcpy(half, address->host, sizeof(half));
	half[0] = (half[0] * 3 ^ half[1]) * 0x9e3779b97f4a7c15ULL;
	return limit->entry[half[0] >> 32 & (DVMM_RATELIMIT_SETS - 1)];
}

static struct dvmm_ratelimit_entry *find(struct dvmm_ratelimit *limit,
					 const struct dvmm_address *address)
{
	struct dvmm_ratelimit_entry *set = set_of(limit, address), *e;

	for (e = set; e < set + DVMM_RATELIMIT_WAYS; e++)
		if (e->order && dvmm_address_equal(&e->address, address))
			return e;
	return NULL;
}

static struct dvmm_ratelimit_entry *make_room(struct dvmm_ratelimit *limit,
					      const struct dvmm_address *address)
{
	struct dvmm_ratelimit_entry *set = set_of(limit, address), *victim = set, *e;

	for (e = set; e < set + DVMM_RATELIMIT_WAYS; e++)
		if (e->order < victim->order)
			victim = e;
	memset(victim, 0, sizeof(*victim));
	victim->address = *address;
	return victim;
}

bool dvmm_ratelimit_take(struct dvmm_ratelimit *limit, const struct dvmm_address *from, u64 now)
{
	struct dvmm_ratelimit_entry *e = find(limit, from);

	if (!e)
		return dvmm_bucket_take(&limit->stranger, &limit->strangers, now);
	return dvmm_bucket_take(&e->bucket, &limit->known, now);
}

void dvmm_ratelimit_believe(struct dvmm_ratelimit *limit, const struct dvmm_address *from)
{
	struct dvmm_ratelimit_entry *e = find(limit, from) ?: make_room(limit, from);

	e->order = ++limit->order;
}
