// SPDX-License-Identifier: GPL-2.0
/*
 * Two who look at each other.
 *
 * Neither loop pauses the CPU: that takes 140 cycles on many, and a trap on one that is
 * emulated; both loops are of microseconds, or of a time that is paid for.
 */
#include "clock.h"
#include "shm_meeting.h"

/*
 * The counter is looked at so seldom while nothing happens: reading it takes time, and where
 * it is emulated all CPUs of a host queue for it.
 */
#define SPINS 1024

/**
 * struct audience - who looks on
 * @noted: where each writes what it saw
 */
struct audience {
	const u64 *noted[DVMM_SHM_HOSTS];
	u32 count;
};

static void gather(struct audience *a, const struct dvmm_shm *s)
{
	u32 slot;

	a->count = 0;
	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++) {
		const struct dvmm_shm_slot *w = &s->window->slot[slot];

		if (slot != s->own && READ_ONCE(w->ready[s->own]) == s->coming)
			a->noted[a->count++] = &w->noted[s->own];
	}
}

static bool all_noted(const struct audience *a, u64 held_up)
{
	u32 i;

	for (i = 0; i < a->count; i++)
		if (READ_ONCE(*a->noted[i]) != held_up)
			return false;
	return true;
}

/* Return: how long it took until everybody had seen it; U64_MAX if somebody has not. */
static u64 hold_up_once(u64 *word, u64 held_up, const struct audience *a, u64 patience,
			u64 *departure)
{
	u32 spins = 0;

	*departure = dvmm_host_cycles();
	WRITE_ONCE(*word, held_up); /* after the stamp, which the store waits for */
	while (!all_noted(a, held_up))
		if (!(++spins % SPINS) && dvmm_host_cycles() - *departure > patience)
			return U64_MAX;
	return dvmm_host_cycles() - *departure;
}

bool dvmm_shm_hold_up(struct dvmm_shm *s, u64 patience, u64 *departure)
{
	u64 start = dvmm_host_cycles(), best = U64_MAX, left, took;
	u64 *word = &s->window->slot[s->own].held_up;
	struct audience audience;
	u32 copy, chosen = 0;

	gather(&audience, s);
	if (!audience.count)
		return false;
	for (copy = 1; copy <= DVMM_SHM_COPIES; copy++) {
		took = hold_up_once(word, dvmm_shm_held_up(s->published + 1, copy), &audience,
				    patience, &left);
		if (took < best) {
			best = took;
			chosen = copy;
			*departure = left;
		}
		if (took == U64_MAX || left + took - start > patience)
			break;
	}
	dvmm_shm_choose(s, chosen);
	return chosen;
}

void dvmm_shm_look_on(struct dvmm_shm *s, u32 slot, u64 announced, bool announced_too,
		      u64 patience)
{
	const struct dvmm_shm_slot *w = &s->window->slot[slot];
	struct dvmm_shm_slot *own = &s->window->slot[s->own];
	u64 start = dvmm_host_cycles(), last = READ_ONCE(own->noted[slot]);
	u32 spins = 0;

	dvmm_shm_look_out(s, slot, announced);
	while (!(++spins % SPINS == 0 && dvmm_host_cycles() - start > patience)) {
		u64 held_up = READ_ONCE(w->held_up), now;

		if (held_up != last) {
			now = dvmm_host_cycles();
			WRITE_ONCE(own->noted[slot], held_up);
			dvmm_shm_note(s, slot, held_up, now);
			last = held_up;
			continue;
		}
		if (READ_ONCE(w->published) != s->seen[slot].next ||
		    READ_ONCE(w->coming) != announced)
			break;
		if (announced_too && READ_ONCE(w->ready[s->own]) == s->coming)
			break;
	}
}
