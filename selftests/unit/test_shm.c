// SPDX-License-Identifier: GPL-2.0
/* shm.c, shm_meeting.c: slots and rings in memory that anybody may write to, at any time. */
#include <pthread.h>
#include <time.h>

#include "clock.h"
#include "shm_meeting.h"
#include "unit.h"

#define SILENCE 1000

/* One cycle is a nanosecond. */
u64 dvmm_host_cycles(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct dvmm_shm_window *fresh(void)
{
	struct dvmm_shm_window *w = aligned_alloc(DVMM_SHM_LINE, sizeof(*w));

	memset(w, 0, sizeof(*w));
	return w;
}

/* A host in the window since @now. */
static struct dvmm_shm *host(struct dvmm_shm_window *w, u64 identity, u64 now)
{
	struct dvmm_shm *s = malloc(sizeof(*s));

	CHECK_EQ(dvmm_shm_open(s, w, identity, SILENCE, now), 0);
	CHECK_EQ(dvmm_shm_claim(s, now), 0);
	dvmm_shm_watch(s, now);
	return s;
}

static void say(struct dvmm_shm *s, u64 to, u32 number, u32 len)
{
	u8 buf[DVMM_WIRE_RX_MAX];

	memset(buf, number, sizeof(buf));
	dvmm_shm_write(s, to, number & 1, buf, len);
	dvmm_shm_publish(s);
}

/* Number of messages read from @slot; the last one in @m. */
static u32 drain(struct dvmm_shm *s, u32 slot, struct dvmm_shm_message *m)
{
	u32 n = 0;

	if (dvmm_shm_pending(s, slot))
		while (dvmm_shm_read(s, slot, m))
			n++;
	return n;
}

static void messages_to_all_and_to_one(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0), *c = host(w, 3, 0);
	struct dvmm_shm_message m;

	dvmm_shm_watch(b, 1);
	dvmm_shm_watch(c, 1);
	say(a, 0, 5, 100);
	CHECK_EQ(drain(b, a->own, &m), 1);
	CHECK_EQ(m.len, 100);
	CHECK(m.event && m.buf[99] == 5);
	say(a, 3, 6, 44);
	CHECK_EQ(drain(b, a->own, &m), 0);
	CHECK_EQ(drain(c, a->own, &m), 2);
	CHECK(!m.event && m.buf[0] == 6 && m.to == 3);
	CHECK_EQ(drain(a, a->own, &m), 0);
	CHECK_EQ(b->lost + c->lost, 0);
	free(a), free(b), free(c), free(w);
}

static void unpublished_is_unseen(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	u8 buf[4] = { 1, 2, 3, 4 };
	struct dvmm_shm_message m;

	dvmm_shm_write(a, 0, true, buf, sizeof(buf));
	CHECK(!dvmm_shm_pending(b, a->own));
	dvmm_shm_publish(a);
	CHECK(dvmm_shm_pending(b, a->own));
	CHECK_EQ(drain(b, a->own, &m), 1);
	free(a), free(b), free(w);
}

/* What was overwritten is lost, and counted; what is left comes in order. */
static void who_is_late_loses_the_oldest(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	struct dvmm_shm_message m;
	u32 round, i;

	for (round = 0; round < 50; round++) {
		for (i = 1; i <= DVMM_SHM_CELLS + 7; i++)
			say(a, 0, i, 64);
		CHECK(dvmm_shm_pending(b, a->own));
		CHECK(dvmm_shm_read(b, a->own, &m));
		CHECK_EQ(m.buf[0], 8);
		CHECK_EQ(drain(b, a->own, &m), DVMM_SHM_CELLS - 1);
		CHECK_EQ(m.buf[0], DVMM_SHM_CELLS + 7);
		CHECK_EQ(b->lost, 7 * (round + 1));
	}
	free(a), free(b), free(w);
}

/* A writer that is in the middle of a cell, or was there while we copied. */
static void torn_cells_are_not_messages(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	struct dvmm_shm_message m;
	struct dvmm_shm_cell *cell = &w->slot[a->own].cell[1];

	say(a, 0, 1, 64);
	cell->number = 0;
	CHECK_EQ(drain(b, a->own, &m), 0);
	say(a, 0, 2, 64);
	w->slot[a->own].cell[2].number += DVMM_SHM_CELLS;
	CHECK_EQ(drain(b, a->own, &m), 0);
	CHECK_EQ(b->lost, 2);
	free(a), free(b), free(w);
}

static void hostile_lengths_are_not_messages(void)
{
	static const u32 lengths[] = { 0, DVMM_WIRE_RX_MAX + 1, 1U << 31, U32_MAX };
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	struct dvmm_shm_message m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		say(a, 0, 1, 64);
		w->slot[a->own].cell[a->published % DVMM_SHM_CELLS].len = lengths[i];
		CHECK_EQ(drain(b, a->own, &m), 0);
	}
	free(a), free(b), free(w);
}

/* Whatever is in the window: bounded work, messages of a length that there is. */
static void garbage_does_no_harm(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0);
	u32 round, slot, n, most = 0;
	struct dvmm_shm_message m;
	u64 *word = (u64 *)w, now = 1;
	size_t i;

	for (round = 0; round < 200; round++) {
		for (i = 1; i < sizeof(*w) / sizeof(u64); i++)
			word[i] = unit_random() >> unit_random() % 64;
		dvmm_shm_watch(a, now += 100);
		(void)!dvmm_shm_claim(a, now);
		slot = dvmm_shm_summons(a, now);
		CHECK(slot <= DVMM_SHM_HOSTS);
		for (slot = 0; slot < DVMM_SHM_HOSTS; slot++) {
			for (n = 0; n < 3; n++)
				w->slot[slot].cell[unit_random() % DVMM_SHM_CELLS].number =
					w->slot[slot].published - unit_random() % 3;
			dvmm_shm_note(a, slot, w->slot[slot].held_up, now);
			n = drain(a, slot, &m);
			CHECK(n <= DVMM_SHM_CELLS);
			CHECK(!n || (m.len && m.len <= DVMM_WIRE_RX_MAX));
			most = max(most, n);
		}
		if (dvmm_shm_owns(a))
			say(a, 0, round, 64);
	}
	CHECK(most <= DVMM_SHM_CELLS);
	free(a), free(w);
}

static void other_contents_are_left_alone(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm s;

	w->magic = DVMM_SHM_MAGIC + 1;
	CHECK_EQ(dvmm_shm_open(&s, w, 1, SILENCE, 0), -EPROTO);
	CHECK_EQ(w->magic, DVMM_SHM_MAGIC + 1);
	free(w);
}

/* Time passes in which @n hosts of @alive beat and @s watches. */
static void pass(struct dvmm_shm *s, struct dvmm_shm **alive, u32 n, u64 *now, u64 time)
{
	u64 end = *now + time;
	u32 i;

	for (; *now < end; *now += SILENCE / 10) {
		for (i = 0; i < n; i++)
			dvmm_shm_watch(alive[i], *now);
		dvmm_shm_watch(s, *now);
	}
}

static void the_dead_make_room_and_the_living_do_not(void)
{
	struct dvmm_shm *all[DVMM_SHM_HOSTS], *late = malloc(sizeof(*late));
	struct dvmm_shm_window *w = fresh();
	u64 now = 5;
	u32 i;

	for (i = 0; i < DVMM_SHM_HOSTS; i++)
		all[i] = host(w, i + 1, now);
	CHECK_EQ(dvmm_shm_open(late, w, 99, SILENCE, now), 0);
	CHECK_EQ(dvmm_shm_claim(late, now), -EAGAIN);
	pass(late, all, DVMM_SHM_HOSTS, &now, 2 * SILENCE);
	CHECK_EQ(dvmm_shm_claim(late, now), -EBUSY);
	pass(late, all, DVMM_SHM_HOSTS - 1, &now, 2 * SILENCE);
	CHECK_EQ(dvmm_shm_claim(late, now), 0);
	CHECK_EQ(late->own, all[DVMM_SHM_HOSTS - 1]->own);
	CHECK(dvmm_shm_owns(late) && !dvmm_shm_owns(all[DVMM_SHM_HOSTS - 1]));
	dvmm_shm_close(all[3]);
	dvmm_shm_watch(all[DVMM_SHM_HOSTS - 1], now);
	CHECK_EQ(dvmm_shm_claim(all[DVMM_SHM_HOSTS - 1], now), 0);
	CHECK_EQ(all[DVMM_SHM_HOSTS - 1]->own, 3);
	for (i = 0; i < DVMM_SHM_HOSTS; i++)
		free(all[i]);
	free(late), free(w);
}

/* One that did not watch for long cannot tell who is dead. */
static void who_overslept_takes_no_slot_of_the_living(void)
{
	struct dvmm_shm *all[DVMM_SHM_HOSTS], *sleeper;
	struct dvmm_shm_window *w = fresh();
	u64 now = 5;
	u32 i;

	for (i = 0; i < DVMM_SHM_HOSTS; i++)
		all[i] = host(w, i + 1, now);
	sleeper = all[7];
	pass(sleeper, all, DVMM_SHM_HOSTS, &now, 2 * SILENCE);
	w->slot[sleeper->own].owner = 99;
	now += 100 * SILENCE;
	dvmm_shm_watch(sleeper, now);
	CHECK_EQ(dvmm_shm_claim(sleeper, now), -EAGAIN);
	for (i = 0; i < DVMM_SHM_HOSTS; i++)
		free(all[i]);
	free(w);
}

static void an_identity_is_there_once(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 7, 0), again;
	u64 now = 0;

	CHECK_EQ(dvmm_shm_open(&again, w, 7, SILENCE, now), 0);
	CHECK_EQ(dvmm_shm_claim(&again, now), 0 - EAGAIN);
	pass(&again, &a, 1, &now, SILENCE / 2);
	CHECK_EQ(dvmm_shm_claim(&again, now), -EADDRINUSE);
	free(a);
	/* but whoever crashed comes back to where it was */
	pass(&again, NULL, 0, &now, 2 * SILENCE);
	CHECK_EQ(dvmm_shm_claim(&again, now), 0);
	free(w);
}

/* A new owner's messages are read, the old one's that were not for us then are not. */
static void a_slot_changes_hands(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0), *c;
	struct dvmm_shm_message m;
	u32 slot = a->own;

	say(a, 0, 1, 64);
	dvmm_shm_close(a);
	c = host(w, 3, 1);
	CHECK_EQ(c->own, slot);
	dvmm_shm_watch(b, 1);
	CHECK_EQ(drain(b, slot, &m), 0);
	CHECK_EQ(b->seen[slot].owner, 3);
	say(c, 0, 9, 64);
	CHECK_EQ(drain(b, slot, &m), 1);
	CHECK_EQ(m.buf[0], 9);
	free(a), free(b), free(c), free(w);
}

static void who_is_meant_is_awaited(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0), *c = host(w, 3, 0);

	dvmm_shm_watch(a, 1);
	CHECK_EQ(dvmm_shm_summons(b, 1), DVMM_SHM_HOSTS);
	dvmm_shm_announce(a, 2);
	CHECK_EQ(dvmm_shm_summons(c, 1), DVMM_SHM_HOSTS);
	CHECK_EQ(dvmm_shm_summons(b, 1), a->own);
	CHECK(!dvmm_shm_awaited(a, 1));
	dvmm_shm_look_out(b, a->own, dvmm_shm_announced(b, a->own));
	CHECK(dvmm_shm_awaited(a, 1));
	dvmm_shm_published(a);
	CHECK_EQ(dvmm_shm_summons(b, 1), DVMM_SHM_HOSTS);
	dvmm_shm_announce(a, 0);
	CHECK(!dvmm_shm_awaited(a, 1));
	dvmm_shm_look_out(b, a->own, dvmm_shm_announced(b, a->own));
	CHECK(!dvmm_shm_awaited(a, 1));
	dvmm_shm_look_out(c, a->own, dvmm_shm_announced(c, a->own));
	CHECK(dvmm_shm_awaited(a, 1));
	/* nobody waits for the dead, nor for what they announced */
	dvmm_shm_announce(a, 0);
	CHECK(dvmm_shm_awaited(a, 2 * SILENCE));
	CHECK_EQ(dvmm_shm_summons(b, 2 * SILENCE), DVMM_SHM_HOSTS);
	free(a), free(b), free(c), free(w);
}

/* The next message of @s, of which copy @chosen is said to count. */
static void say_dated(struct dvmm_shm *s, u64 chosen)
{
	static const u8 buf[4];

	dvmm_shm_write(s, 0, true, buf, sizeof(buf));
	s->window->slot[s->own].cell[(s->published + 1) % DVMM_SHM_CELLS].copy = chosen;
	dvmm_shm_publish(s);
}

static void the_copy_that_counts_dates_the_message(void)
{
	static const u64 hostile[] = { 0, 4, DVMM_SHM_COPIES, DVMM_SHM_COPIES + 1, U32_MAX, U64_MAX };
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	struct dvmm_shm_message m;
	u32 copy;
	size_t i;

	for (copy = 1; copy <= 3; copy++)
		dvmm_shm_note(b, a->own, dvmm_shm_held_up(1, copy), 100 + copy);
	say_dated(a, 2);
	CHECK_EQ(drain(b, a->own, &m), 1);
	CHECK(m.arrived);
	CHECK_EQ(m.arrival_cycles, 102);
	/* what we saw was of the message before */
	say_dated(a, 2);
	CHECK_EQ(drain(b, a->own, &m), 1);
	CHECK(!m.arrived);
	/* and now, of that before and, one copy, of this one */
	dvmm_shm_note(b, a->own, dvmm_shm_held_up(3, 1), 300);
	say_dated(a, 2);
	CHECK_EQ(drain(b, a->own, &m), 1);
	CHECK(!m.arrived);
	for (i = 0; i < ARRAY_SIZE(hostile); i++) {
		for (copy = 1; copy <= 3; copy++)
			dvmm_shm_note(b, a->own, dvmm_shm_held_up(a->published + 1, copy), 400);
		dvmm_shm_note(b, a->own, dvmm_shm_held_up(a->published + 1, 0xff), 400);
		say_dated(a, hostile[i]);
		CHECK_EQ(drain(b, a->own, &m), 1);
		CHECK(!m.arrived);
	}
	free(a), free(b), free(w);
}

static void nobody_looks_on(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	u64 departure = 7, announced;
	struct dvmm_shm_message m;
	u8 buf[4] = { 0 };

	dvmm_shm_watch(a, 1);
	dvmm_shm_announce(a, 0);
	dvmm_shm_write(a, 0, true, buf, sizeof(buf));
	CHECK(!dvmm_shm_hold_up(a, 1000, &departure));
	CHECK_EQ(w->slot[a->own].held_up, 0);
	/* nor one who said that he would */
	announced = dvmm_shm_announced(b, a->own);
	dvmm_shm_look_out(b, a->own, announced);
	CHECK(!dvmm_shm_hold_up(a, 1000, &departure));
	CHECK_EQ(w->slot[a->own].held_up, dvmm_shm_held_up(1, 1));
	dvmm_shm_publish(a);
	CHECK_EQ(drain(b, a->own, &m), 1);
	CHECK(!m.arrived);
	/* he is back at once where it is there, and where nothing comes any more */
	dvmm_shm_look_on(b, a->own, announced + 1, false, U64_MAX);
	say(a, 0, 1, 64);
	dvmm_shm_look_on(b, a->own, announced, false, U64_MAX);
	CHECK_EQ(drain(b, a->own, &m), 1);
	dvmm_shm_look_on(b, a->own, announced, false, 1000);
	free(a), free(b), free(w);
}

#define MEETINGS 300
#define PATIENCE 20000000

/**
 * struct party - one of two who meet
 * @slot: the other's
 * @time: of each message, when it left or arrived; 0 where no copy counted
 * @begin, @end: from when to when it was held up
 */
struct party {
	struct dvmm_shm *s;
	u32 slot;
	u64 time[MEETINGS];
	u64 begin[MEETINGS];
	u64 end[MEETINGS];
};

static void *look_on(void *arg)
{
	struct dvmm_shm_message m;
	struct party *p = arg;
	u32 n = 0;

	while (n < MEETINGS) {
		u64 announced = dvmm_shm_announced(p->s, p->slot);

		if (announced)
			dvmm_shm_look_on(p->s, p->slot, announced, false, PATIENCE);
		dvmm_shm_look_out(p->s, p->slot, 0);
		if (!dvmm_shm_pending(p->s, p->slot))
			continue;
		for (; n < MEETINGS && dvmm_shm_read(p->s, p->slot, &m); n++)
			p->time[n] = m.arrived ? m.arrival_cycles : 0;
	}
	return NULL;
}

static void hold_up(struct party *p)
{
	static const u8 buf[4];
	u32 n;

	for (n = 0; n < MEETINGS; n++) {
		u64 start = dvmm_host_cycles();

		dvmm_shm_announce(p->s, 0);
		while (!dvmm_shm_awaited(p->s, 2) && dvmm_host_cycles() - start < PATIENCE)
			;
		dvmm_shm_write(p->s, 0, true, buf, sizeof(buf));
		p->begin[n] = dvmm_host_cycles();
		if (!dvmm_shm_hold_up(p->s, PATIENCE, &p->time[n]))
			p->time[n] = 0;
		dvmm_shm_publish(p->s);
		dvmm_shm_published(p->s);
		p->end[n] = dvmm_host_cycles();
		while (READ_ONCE(p->s->window->slot[p->slot].ready[p->s->own]))
			;
	}
}

/*
 * Both stamps are of one copy: nothing arrives before it left, or after the meeting; and
 * of the quickest, which takes no longer than they do on average.
 */
static void two_who_meet_date_the_same_copy(void)
{
	struct dvmm_shm_window *w = fresh();
	struct party a = { .s = host(w, 1, 0) }, b = { .s = host(w, 2, 0) };
	u32 met = 0, early = 0, late = 0, slow = 0, n;
	pthread_t thread;

	a.slot = b.s->own;
	b.slot = a.s->own;
	dvmm_shm_watch(a.s, 1);
	dvmm_shm_watch(b.s, 1);
	pthread_create(&thread, NULL, look_on, &b);
	hold_up(&a);
	pthread_join(thread, NULL);
	for (n = 0; n < MEETINGS; n++) {
		if (!a.time[n] || !b.time[n])
			continue;
		met++;
		early += b.time[n] < a.time[n];
		late += b.time[n] > a.end[n];
		slow += b.time[n] - a.time[n] > (a.end[n] - a.begin[n]) / 4;
	}
	printf("# %u of %u met\n", met, MEETINGS);
	CHECK(met > MEETINGS / 4);
	CHECK_EQ(early, 0);
	CHECK_EQ(late, 0);
	CHECK(slow < met / 4);
	free(a.s), free(b.s), free(w);
}

static bool enough;

static void *babble(void *arg)
{
	u32 i;

	for (i = 0; !READ_ONCE(enough); i++)
		say(arg, 0, i, 1 + i % DVMM_WIRE_RX_MAX);
	return NULL;
}

/* No message is ever half of one and half of another, while the writer laps us. */
static void no_message_is_torn(void)
{
	struct dvmm_shm_window *w = fresh();
	struct dvmm_shm *a = host(w, 1, 0), *b = host(w, 2, 0);
	u32 slot = a->own, read = 0, torn = 0, i;
	struct dvmm_shm_message m;
	pthread_t thread;

	pthread_create(&thread, NULL, babble, a);
	while (read < 20000) {
		dvmm_shm_pending(b, slot);
		for (; dvmm_shm_read(b, slot, &m); read++)
			for (i = 1; i < m.len; i++)
				torn += m.buf[i] != m.buf[0];
	}
	WRITE_ONCE(enough, true);
	pthread_join(thread, NULL);
	CHECK_EQ(torn, 0);
	CHECK(b->lost > 0);
	free(a), free(b), free(w);
}

static const struct unit_test tests[] = {
	TEST(messages_to_all_and_to_one),
	TEST(unpublished_is_unseen),
	TEST(who_is_late_loses_the_oldest),
	TEST(torn_cells_are_not_messages),
	TEST(hostile_lengths_are_not_messages),
	TEST(garbage_does_no_harm),
	TEST(other_contents_are_left_alone),
	TEST(the_dead_make_room_and_the_living_do_not),
	TEST(who_overslept_takes_no_slot_of_the_living),
	TEST(an_identity_is_there_once),
	TEST(a_slot_changes_hands),
	TEST(who_is_meant_is_awaited),
	TEST(the_copy_that_counts_dates_the_message),
	TEST(nobody_looks_on),
	TEST(two_who_meet_date_the_same_copy),
	TEST(no_message_is_torn),
};

UNIT_MAIN(tests)
