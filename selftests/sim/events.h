/* SPDX-License-Identifier: GPL-2.0 */
/* What is yet to happen in virtual time: a heap of pointers, earliest first. */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include "dvmm_pure.h"

enum sim_kind {
	SIM_WAKE,
	SIM_ARRIVAL,		/* a packet is there and gets its stamp */
	SIM_PACKET,		/* and comes to the port, with it */
	SIM_STAMP,
	SIM_WANDER,		/* the frequency of the host's crystal changes */
};

/* A message on its way to any number of hosts. */
struct sim_message {
	u32 refs;
	u32 len;
	u8 buf[];
};

struct sim_event {
	u64 ns;
	u64 order;		/* of two at the same time, who was put first goes first */
	size_t place;		/* in the heap, from 1; 0: not there */
	enum sim_kind kind;
	int host;
	int from;
	u32 key;
	u64 cycles;
	u64 latency_ns;		/* from arrival to the port */
	struct sim_message *message;
};

struct sim_events {
	struct sim_event **heap;
	size_t count, room;
	u64 order;
};

/* Copy @buf; the caller holds the one reference. */
struct sim_message *sim_message_new(const u8 *buf, size_t len);
struct sim_message *sim_message_get(struct sim_message *message);
void sim_message_put(struct sim_message *message);

/* An event of its own memory, with a reference to @event->message if it has one. */
struct sim_event *sim_event_new(const struct sim_event *event);
void sim_event_free(struct sim_event *event);

/* Let @event happen at @ns, wherever it is now. */
void sim_events_put(struct sim_events *events, struct sim_event *event, u64 ns);

/* When the next happens, in ns, or U64_MAX. */
u64 sim_events_next_ns(const struct sim_events *events);

/* Take the next out; there must be one. */
struct sim_event *sim_events_take(struct sim_events *events);

/* Those still to happen are not freed. */
void sim_events_free(struct sim_events *events);

#endif
