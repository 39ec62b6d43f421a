/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that several hosts share, as a network: whoever is in it has a slot, writes his
 * messages to a ring there, and reads those of the others. Nobody waits for anybody.
 *
 * A slot is written by its owner only; but any host can write anywhere, so that nothing
 * that is read is trusted: what a message is, is decided by a copy of it, and no number
 * from the window is an index.
 *
 * Pure: compiles unchanged in user space. The caller serialises.
 */
#ifndef DVMM_SHM_H
#define DVMM_SHM_H

#include "wire.h"

/* The first words of a window: what it is, and which layout: "DVMMSHM2". */
#define DVMM_SHM_MAGIC 0x324d48534d4d5644ULL

/* Hosts in a window, and messages of each that the others may still be to read. */
#define DVMM_SHM_HOSTS 32
#define DVMM_SHM_CELLS 64

/* An event message is held up so many times, at most; copies count from 1. */
#define DVMM_SHM_COPIES 16
#define DVMM_SHM_COPY_BITS 8

#define DVMM_SHM_LINE 64

/**
 * struct dvmm_shm_cell - one message
 * @number: which one: the first is 1, 2^64 later they are forgotten. 0 while it changes
 * @to: for whom: a clockIdentity, or 0 for all
 * @len: of @buf
 * @event: whether stamps of it are wanted
 * @copy: which time of holding it up its departure is of, and its arrival; 0: this time
 */
struct dvmm_shm_cell {
	u64 number;
	u64 to;
	u32 len;
	u32 event;
	u64 copy;
	u8 buf[DVMM_WIRE_RX_MAX];
} __aligned(DVMM_SHM_LINE);

/**
 * struct dvmm_shm_slot - what one host has to say
 * @owner: its clockIdentity; 0 in one that is free
 * @beat: moves as long as it is alive
 * @published: the number of the latest message, which is in cell @published modulo
 *	DVMM_SHM_CELLS
 * @coming_to, @coming: not 0: an event message to @coming_to is about to be published,
 *	as soon as those are on the look-out; a number, so that they can say for which
 * @held_up: the event message that is about to be published, and which time it is held
 *	up: see dvmm_shm_held_up()
 * @ready: by slot: which @coming of that host it is on the look-out for
 * @noted: by slot: the last @held_up of that host that it saw
 */
struct dvmm_shm_slot {
	u64 owner;
	u64 beat;
	u64 published;
	u64 coming_to;
	u64 coming;
	u64 held_up;
	u64 ready[DVMM_SHM_HOSTS] __aligned(DVMM_SHM_LINE);
	u64 noted[DVMM_SHM_HOSTS] __aligned(DVMM_SHM_LINE);
	struct dvmm_shm_cell cell[DVMM_SHM_CELLS];
} __aligned(DVMM_SHM_LINE);

/**
 * struct dvmm_shm_window - all of it; zeros for a new one
 * @magic: DVMM_SHM_MAGIC once somebody was here
 */
struct dvmm_shm_window {
	u64 magic;
	struct dvmm_shm_slot slot[DVMM_SHM_HOSTS];
};

/**
 * struct dvmm_shm_message - a copy of a cell
 * @len: 1 to DVMM_WIRE_RX_MAX
 * @arrival_cycles: when we saw the copy that counts, if we did: @arrived
 */
struct dvmm_shm_message {
	u64 to;
	u32 len;
	bool event;
	bool arrived;
	u64 arrival_cycles;
	u8 buf[DVMM_WIRE_RX_MAX];
};

/**
 * struct dvmm_shm - one host's way into a window
 * @identity: its clockIdentity, as bytes in memory; not 0
 * @own: its slot; DVMM_SHM_HOSTS for none
 * @silence_cycles: whoever has not beaten for so long is dead
 * @watched_cycles: when it looked last
 * @published, @coming, @beat: as in its slot, where others might change them
 * @lost: messages that were overwritten before they were read
 * @seen: what is known of each slot: whose it was, how its heart stood, since when, and
 *	whether it ever moved; messages up to @next are read, and up to @end were seen;
 *	when we saw which copy of message @held_up
 */
struct dvmm_shm {
	struct dvmm_shm_window *window;
	u64 identity;
	u32 own;
	u64 silence_cycles;
	u64 watched_cycles;
	u64 published;
	u64 coming;
	u64 beat;
	u64 lost;
	struct dvmm_shm_seen {
		u64 owner;
		u64 beat;
		u64 since_cycles;
		bool moved;
		u64 next;
		u64 end;
		u64 held_up;
		u64 copy_cycles[DVMM_SHM_COPIES];
	} seen[DVMM_SHM_HOSTS];
};

/* Look into @window. Return: 0; -EPROTO if something else is in there. */
int __must_check dvmm_shm_open(struct dvmm_shm *s, struct dvmm_shm_window *window, u64 identity,
			       u64 silence_cycles, u64 now);

/* Note who is there, and show that we are. To be called all the time. */
void dvmm_shm_watch(struct dvmm_shm *s, u64 now);

/*
 * Get a slot. Return: 0; -EAGAIN where it takes more watching to tell who is dead;
 * -EADDRINUSE where a living host has our identity; -EBUSY where all slots are taken.
 */
int __must_check dvmm_shm_claim(struct dvmm_shm *s, u64 now);

/* Whether our slot is still ours: whoever slept for long was held to be dead. */
bool dvmm_shm_owns(const struct dvmm_shm *s);

/* Give the slot back. */
void dvmm_shm_close(struct dvmm_shm *s);

/* Announce an event message to @to, or to all if it is 0. */
void dvmm_shm_announce(struct dvmm_shm *s, u64 to);

/* Whether all living hosts that it is for are on the look-out for it. */
bool dvmm_shm_awaited(const struct dvmm_shm *s, u64 now);

/* The next message, invisible yet: @len is 1 to DVMM_WIRE_RX_MAX. */
void dvmm_shm_write(struct dvmm_shm *s, u64 to, bool event, const u8 *buf, u32 len);

/* Copy @copy of the next message, as @held_up and @noted tell of it. */
static inline u64 dvmm_shm_held_up(u64 number, u32 copy)
{
	return number << DVMM_SHM_COPY_BITS | copy;
}

/* We saw @held_up of @slot at @cycles. */
void dvmm_shm_note(struct dvmm_shm *s, u32 slot, u64 held_up, u64 cycles);

/* Of the next message, @copy counts; 0 if it left when it was published. */
void dvmm_shm_choose(struct dvmm_shm *s, u32 copy);

/* Now it is visible. What was announced has come. */
void dvmm_shm_publish(struct dvmm_shm *s);
void dvmm_shm_published(struct dvmm_shm *s);

/* Who has announced a message for us: a slot; DVMM_SHM_HOSTS if nobody has. */
u32 dvmm_shm_summons(const struct dvmm_shm *s, u64 now);

/* What @slot has announced, or 0. */
u64 dvmm_shm_announced(const struct dvmm_shm *s, u32 slot);

/* Tell @slot that we are on the look-out for that. */
void dvmm_shm_look_out(struct dvmm_shm *s, u32 slot, u64 announced);

/* Whether @slot has published anything new: all that dvmm_shm_read() may find. */
bool dvmm_shm_pending(struct dvmm_shm *s, u32 slot);

/* The next message for us. Return: false if there is none, of what was pending. */
bool dvmm_shm_read(struct dvmm_shm *s, u32 slot, struct dvmm_shm_message *m);

#endif
