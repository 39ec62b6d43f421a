/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family "dvmm": status, and events as they happen. */
#ifndef DVMM_NETLINK_H
#define DVMM_NETLINK_H

/*
 * A status may be asked for as soon as this returns, and until
 * dvmm_netlink_exit() does: initialise last, exit first.
 */
int dvmm_netlink_init(void);
void dvmm_netlink_exit(void);

/*
 * Tell listeners that role, state, grandmaster or VMs changed.
 *
 * May sleep; harmless before dvmm_netlink_init() and after dvmm_netlink_exit().
 * Reads the status itself: hold no lock that dvmm_sync_status() or
 * dvmm_vm_stats() takes.
 */
void dvmm_netlink_event(void);

#endif
