/* SPDX-License-Identifier: GPL-2.0 */
/* The virtual timers of the host's guests, for people and for programs. */
#ifndef DVMMCTL_TIMERS_H
#define DVMMCTL_TIMERS_H

#include <stdio.h>

#include "client.h"

/* A table: one line per timer, and one for each class of lateness that has any. */
void print_timers(FILE *out, const struct dvmm_timer_list *list);

/* A JSON array with one object per timer. */
void print_timers_json(FILE *out, const struct dvmm_timer_list *list);

/* The number of that name, or -1. */
int timer_device_named(const char *name);
int tick_policy_named(const char *name);

#endif
