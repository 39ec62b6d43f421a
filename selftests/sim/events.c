// SPDX-License-Identifier: GPL-2.0
/* What is yet to happen in virtual time. */
#include "events.h"

struct sim_message *sim_message_new(const u8 *buf, size_t len)
{
	struct sim_message *message = malloc(sizeof(*message) + len);

	message->refs = 1;
	message->len = len;
	memcpy(message->buf, buf, len);
	return message;
}

struct sim_message *sim_message_get(struct sim_message *message)
{
	message->refs++;
	return message;
}

void sim_message_put(struct sim_message *message)
{
	if (message && !--message->refs)
		free(message);
}

struct sim_event *sim_event_new(const struct sim_event *event)
{
	struct sim_event *copy = malloc(sizeof(*copy));

	*copy = *event;
	copy->place = 0;
	if (copy->message)
		sim_message_get(copy->message);
	return copy;
}

void sim_event_free(struct sim_event *event)
{
	sim_message_put(event->message);
	free(event);
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->order < b->order;
}

/* heap[0] is not used: the children of i are 2 i and 2 i + 1. */
static void place(struct sim_events *events, size_t i, struct sim_event *event)
{
	events->heap[i] = event;
	event->place = i;
}

static void rise(struct sim_events *events, size_t i, struct sim_event *event)
{
	for (; i > 1 && before(event, events->heap[i / 2]); i /= 2)
		place(events, i, events->heap[i / 2]);
	place(events, i, event);
}

static void sink(struct sim_events *events, size_t i, struct sim_event *event)
{
	size_t child;

	for (; (child = 2 * i) <= events->count; i = child) {
		if (child < events->count && before(events->heap[child + 1], events->heap[child]))
			child++;
		if (!before(events->heap[child], event))
			break;
		place(events, i, events->heap[child]);
	}
	place(events, i, event);
}

static size_t grow(struct sim_events *events)
{
	if (++events->count >= events->room) {
		events->room = 2 * events->count + 64;
		events->heap = realloc(events->heap, events->room * sizeof(*events->heap));
	}
	return events->count;
}

void sim_events_put(struct sim_events *events, struct sim_event *event, u64 ns)
{
	bool later = event->place && ns >= event->ns;

	event->ns = ns;
	event->order = events->order++;
	if (later)
		sink(events, event->place, event);
	else
		rise(events, event->place ? event->place : grow(events), event);
}

u64 sim_events_next_ns(const struct sim_events *events)
{
	return events->count ? events->heap[1]->ns : U64_MAX;
}

struct sim_event *sim_events_take(struct sim_events *events)
{
	struct sim_event *first = events->heap[1];
	struct sim_event *last = events->heap[events->count--];

	if (events->count)
		sink(events, 1, last);
	first->place = 0;
	return first;
}

void sim_events_free(struct sim_events *events)
{
	free(events->heap);
}
