// SPDX-License-Identifier: GPL-2.0
/* Whom a leader knows. */
#include "acquaint.h"

void dvmm_acquaint_forget_all(struct dvmm_acquaint *a)
{
	memset(a, 0, sizeof(*a));
}

static u32 place_of(struct dvmm_acquaint *a, const struct dvmm_port_id *id)
{
	u32 i;

	for (i = 0; i < a->count; i++)
		if (dvmm_port_id_equal(&a->slave[i].who.id, id))
			return i;
	if (a->count < DVMM_ACQUAINTANCES)
		return a->count++;
	return a->oldest++ % DVMM_ACQUAINTANCES;
}

void dvmm_acquaint_hear(struct dvmm_acquaint *a, const struct dvmm_wire_peer *who, u64 now)
{
	u32 i = place_of(a, &who->id);

	a->slave[i].who = *who;
	a->slave[i].heard_cycles = now;
}

bool dvmm_acquaint_asked(const struct dvmm_acquaint *a, const u8 *clock, u64 fresh_cycles,
			 u64 now)
{
	u32 i;

	for (i = 0; i < a->count; i++)
		if (!memcmp(a->slave[i].who.id.clock, clock, sizeof(a->slave[i].who.id.clock)))
			return now - a->slave[i].heard_cycles < fresh_cycles;
	return false;
}

struct dvmm_wire_peer dvmm_acquaint_introduce(const struct dvmm_acquaint *a,
					      const struct dvmm_port_id *asker, u64 random,
					      u64 fresh_cycles, u64 now)
{
	static const struct dvmm_wire_peer nobody;
	u32 i;

	if (!a->count)
		return nobody;
	i = (random & U32_MAX) % a->count;
	if (dvmm_port_id_equal(&a->slave[i].who.id, asker))
		return nobody;
	return now - a->slave[i].heard_cycles > fresh_cycles ? nobody : a->slave[i].who;
}
