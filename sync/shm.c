// SPDX-License-Identifier: GPL-2.0
/* Memory that several hosts share, as a network. */
#include "shm.h"

static struct dvmm_shm_slot *own_slot(const struct dvmm_shm *s)
{
	return &s->window->slot[s->own];
}

static bool silent(const struct dvmm_shm *s, u32 slot, u64 now)
{
	return (s64)(now - s->seen[slot].since_cycles) > (s64)s->silence_cycles;
}

/* What a newcomer, or a new owner, said before we saw him was not for us. */
static void meet(struct dvmm_shm *s, u32 slot, u64 owner, u64 now)
{
	struct dvmm_shm_seen *seen = &s->seen[slot];

	memset(seen, 0, sizeof(*seen));
	seen->owner = owner;
	seen->beat = READ_ONCE(s->window->slot[slot].beat);
	seen->since_cycles = now;
	seen->next = READ_ONCE(s->window->slot[slot].published);
	seen->end = seen->next;
}

static void watch_slot(struct dvmm_shm *s, u32 slot, u64 now)
{
	u64 owner = READ_ONCE(s->window->slot[slot].owner);
	u64 beat = READ_ONCE(s->window->slot[slot].beat);
	struct dvmm_shm_seen *seen = &s->seen[slot];

	if (seen->owner != owner)
		return meet(s, slot, owner, now);
	if (seen->beat == beat)
		return;
	seen->beat = beat;
	seen->since_cycles = now;
	seen->moved = true;
}

bool dvmm_shm_owns(const struct dvmm_shm *s)
{
	return s->own < DVMM_SHM_HOSTS && READ_ONCE(own_slot(s)->owner) == s->identity;
}

/* To whom overslept, all the others seem dead. */
static void excuse_all(struct dvmm_shm *s, u64 now)
{
	u32 slot;

	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++) {
		s->seen[slot].since_cycles = now;
		s->seen[slot].moved = false;
	}
}

void dvmm_shm_watch(struct dvmm_shm *s, u64 now)
{
	u32 slot;

	if (now - s->watched_cycles > s->silence_cycles / 4)
		excuse_all(s, now);
	s->watched_cycles = now;
	if (dvmm_shm_owns(s))
		WRITE_ONCE(own_slot(s)->beat, ++s->beat);
	else
		s->own = DVMM_SHM_HOSTS;
	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++)
		if (slot != s->own)
			watch_slot(s, slot, now);
}

int dvmm_shm_open(struct dvmm_shm *s, struct dvmm_shm_window *window, u64 identity,
		  u64 silence_cycles, u64 now)
{
	u64 magic = cmpxchg(&window->magic, 0, DVMM_SHM_MAGIC);
	u32 slot;

	if (magic && magic != DVMM_SHM_MAGIC)
		return -EPROTO;
	memset(s, 0, sizeof(*s));
	s->window = window;
	s->identity = identity;
	s->silence_cycles = silence_cycles;
	s->coming = now;
	s->watched_cycles = now;
	s->own = DVMM_SHM_HOSTS;
	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++)
		meet(s, slot, READ_ONCE(window->slot[slot].owner), now);
	return 0;
}

/* Whose was it? The new owner goes on counting from where the old one was. */
static bool take(struct dvmm_shm *s, u32 slot)
{
	struct dvmm_shm_slot *w = &s->window->slot[slot];
	u64 before = s->seen[slot].owner;

	if (cmpxchg(&w->owner, before, s->identity) != before)
		return false;
	s->own = slot;
	s->beat = READ_ONCE(w->beat);
	s->published = READ_ONCE(w->published);
	WRITE_ONCE(w->coming, 0);
	return true;
}

/* Two of one identity would each believe that all their slots are their own. */
static int reclaim(struct dvmm_shm *s, u32 slot, u64 now)
{
	if (silent(s, slot, now))
		return take(s, slot) ? 0 : -EAGAIN;
	return s->seen[slot].moved ? -EADDRINUSE : -EAGAIN;
}

static int claim_any(struct dvmm_shm *s, u64 now)
{
	int ret = -EBUSY;
	u32 slot;

	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++) {
		const struct dvmm_shm_seen *seen = &s->seen[slot];

		if ((!seen->owner || silent(s, slot, now)) && take(s, slot))
			return 0;
		if (!seen->moved)
			ret = -EAGAIN;
	}
	return ret;
}

int dvmm_shm_claim(struct dvmm_shm *s, u64 now)
{
	u32 slot;

	if (dvmm_shm_owns(s))
		return 0;
	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++)
		if (s->seen[slot].owner == s->identity)
			return reclaim(s, slot, now);
	return claim_any(s, now);
}

void dvmm_shm_close(struct dvmm_shm *s)
{
	if (s->own < DVMM_SHM_HOSTS)
		cmpxchg(&own_slot(s)->owner, s->identity, 0);
	s->own = DVMM_SHM_HOSTS;
}

void dvmm_shm_announce(struct dvmm_shm *s, u64 to)
{
	s->coming += 1 + !(s->coming + 1);
	WRITE_ONCE(own_slot(s)->coming_to, to);
	smp_store_release(&own_slot(s)->coming, s->coming); /* after for whom */
}

static bool is_there(const struct dvmm_shm *s, u32 slot, u64 now)
{
	return slot != s->own && s->seen[slot].owner && !silent(s, slot, now);
}

bool dvmm_shm_awaited(const struct dvmm_shm *s, u64 now)
{
	u64 to = READ_ONCE(own_slot(s)->coming_to);
	u32 slot;

	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++) {
		if (!is_there(s, slot, now) || (to && s->seen[slot].owner != to))
			continue;
		if (READ_ONCE(s->window->slot[slot].ready[s->own]) != s->coming)
			return false;
	}
	return true;
}

/* Who still reads what was in the cell sees that it changes. */
void dvmm_shm_write(struct dvmm_shm *s, u64 to, bool event, const u8 *buf, u32 len)
{
	u64 number = s->published + 1;
	struct dvmm_shm_cell *cell = &own_slot(s)->cell[number % DVMM_SHM_CELLS];

	WRITE_ONCE(cell->number, 0);
	smp_wmb(); /* 0 before any of the rest */
	cell->to = to;
	cell->len = len;
	cell->event = event;
	cell->copy = 0;
	memcpy(cell->buf, buf, len);
	smp_store_release(&cell->number, number); /* after all of the rest */
}

/* Later ones are of the same message, as a rule; whatever they are of, times are ours. */
void dvmm_shm_note(struct dvmm_shm *s, u32 slot, u64 held_up, u64 cycles)
{
	struct dvmm_shm_seen *seen = &s->seen[slot];
	u64 number = held_up >> DVMM_SHM_COPY_BITS;
	u32 copy = held_up & ((1U << DVMM_SHM_COPY_BITS) - 1);

	if (seen->held_up != number)
		memset(seen->copy_cycles, 0, sizeof(seen->copy_cycles));
	seen->held_up = number;
	if (copy && copy <= DVMM_SHM_COPIES)
		seen->copy_cycles[copy - 1] = cycles;
}

/* When we saw the copy that counts, if we did; 0 never is a time to have seen one. */
static void date(const struct dvmm_shm_seen *seen, struct dvmm_shm_message *m, u64 number, u64 copy)
{
	m->arrived = false;
	if (!copy || copy > DVMM_SHM_COPIES || seen->held_up != number)
		return;
	m->arrival_cycles = seen->copy_cycles[copy - 1];
	m->arrived = m->arrival_cycles;
}

void dvmm_shm_choose(struct dvmm_shm *s, u32 copy)
{
	WRITE_ONCE(own_slot(s)->cell[(s->published + 1) % DVMM_SHM_CELLS].copy, copy);
}

void dvmm_shm_publish(struct dvmm_shm *s)
{
	/* after the cell, and after the stamp that was taken before */
	smp_store_release(&own_slot(s)->published, ++s->published);
}

void dvmm_shm_published(struct dvmm_shm *s)
{
	WRITE_ONCE(own_slot(s)->coming, 0);
}

u64 dvmm_shm_announced(const struct dvmm_shm *s, u32 slot)
{
	const struct dvmm_shm_slot *w = &s->window->slot[slot];
	u64 coming = smp_load_acquire(&w->coming); /* before for whom */
	u64 to = READ_ONCE(w->coming_to);

	return !to || to == s->identity ? coming : 0;
}

u32 dvmm_shm_summons(const struct dvmm_shm *s, u64 now)
{
	u32 slot;

	for (slot = 0; slot < DVMM_SHM_HOSTS; slot++)
		if (is_there(s, slot, now) && dvmm_shm_announced(s, slot))
			break;
	return slot;
}

void dvmm_shm_look_out(struct dvmm_shm *s, u32 slot, u64 announced)
{
	WRITE_ONCE(own_slot(s)->ready[slot], announced);
}

/* A count that goes back, or far ahead, is nothing that a host does: see what is there. */
bool dvmm_shm_pending(struct dvmm_shm *s, u32 slot)
{
	struct dvmm_shm_seen *seen = &s->seen[slot];

	if (slot == s->own || !seen->owner)
		return false;
	/* before the cells, and before the stamp that is taken next */
	seen->end = smp_load_acquire(&s->window->slot[slot].published);
	if (seen->end - seen->next > DVMM_SHM_CELLS) {
		s->lost += seen->end - seen->next - DVMM_SHM_CELLS;
		seen->next = seen->end - DVMM_SHM_CELLS;
	}
	return seen->end != seen->next;
}

/* A copy, made once; only then is it looked at. */
static bool copy(struct dvmm_shm_message *m, u64 *nth, struct dvmm_shm_cell *cell, u64 number)
{
	/* before all of the rest */
	if (smp_load_acquire(&cell->number) != number)
		return false;
	m->to = READ_ONCE(cell->to);
	m->len = READ_ONCE(cell->len);
	m->event = READ_ONCE(cell->event);
	*nth = READ_ONCE(cell->copy);
	memcpy(m->buf, cell->buf, sizeof(m->buf));
	smp_rmb(); /* once more after all of the rest */
	return READ_ONCE(cell->number) == number;
}

bool dvmm_shm_read(struct dvmm_shm *s, u32 slot, struct dvmm_shm_message *m)
{
	struct dvmm_shm_seen *seen = &s->seen[slot];

	while (seen->next != seen->end) {
		u64 number = ++seen->next, nth;

		if (!copy(m, &nth, &s->window->slot[slot].cell[number % DVMM_SHM_CELLS], number)) {
			s->lost++;
			continue;
		}
		date(seen, m, number, nth);
		if (m->len && m->len <= DVMM_WIRE_RX_MAX && (!m->to || m->to == s->identity))
			return true;
	}
	return false;
}
