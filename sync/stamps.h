/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which stamps are used: the NIC's, told in host cycles, or those that software takes.
 *
 * What a message leaves here with is true either way: it departed no earlier, or arrived
 * no later. What is not known of the NIC's clock widens a stamp of its that way, too.
 */
#ifndef DVMM_STAMPS_H
#define DVMM_STAMPS_H

#include "inbox.h"
#include "sync.h"

enum dvmm_stamps_choice {
	DVMM_STAMPS_CHOOSE_AUTO,	/* the NIC's where it has any */
	DVMM_STAMPS_CHOOSE_SOFTWARE,
	DVMM_STAMPS_CHOOSE_HARDWARE,
};

/*
 * As the module parameter says. @ifindex is 0 where there is no network, @name is for
 * messages. Return: 0, or -errno after one line in the log that says what is wrong. May
 * sleep.
 */
int __must_check dvmm_stamps_open(int ifindex, const char *name);

/* May sleep. */
void dvmm_stamps_close(void);

/* Whether sockets are to ask the NIC for stamps. */
bool dvmm_stamps_wanted(void);

/* What follows is for the one thread that owns the engine, and those that hold its lock. */

/* The event message whose stamp comes under @key was about to be sent at @cycles. */
void dvmm_stamps_sent(u32 key, u64 cycles);

/*
 * Make @item's cycles the best that is known of when it departed or arrived. Return: false
 * if nothing is known of it. May sleep.
 */
bool dvmm_stamps_settle(struct dvmm_inbox_item *item);

void dvmm_stamps_status(struct dvmm_sync_status *status);

#endif
