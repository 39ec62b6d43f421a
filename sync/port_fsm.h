/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The states of a PTP port: IEEE 1588-2019 9.2.5, less those a lone port on a
 * multicast segment has no use for (PASSIVE, DISABLED, PRE_MASTER).
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_PORT_FSM_H
#define DVMM_PORT_FSM_H

#include "dvmm_pure.h"

/* portState, numbered as in table 20. */
enum dvmm_port_state {
	DVMM_PORT_FAULTY = 2,
	DVMM_PORT_LISTENING = 4,
	DVMM_PORT_MASTER = 6,
	DVMM_PORT_UNCALIBRATED = 8,
	DVMM_PORT_SLAVE = 9,
};

enum dvmm_port_event {
	DVMM_EV_FAULT,		/* FAULT_DETECTED: the link is down or gone */
	DVMM_EV_FAULT_CLEARED,	/* the link is back */
	DVMM_EV_NO_MASTER,	/* ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES, and nobody else to follow */
	DVMM_EV_LEFT_ALONE,	/* the same at a slave-only port, which does not lead (figure 31) */
	DVMM_EV_FOLLOW,		/* the state decision: a (new) master is to be followed */
	DVMM_EV_CALIBRATED,	/* MASTER_CLOCK_SELECTED: in step with it */
	DVMM_EV_SYNC_FAULT,	/* SYNCHRONIZATION_FAULT: no longer in step */
};

enum dvmm_port_state dvmm_port_fsm(enum dvmm_port_state state, enum dvmm_port_event event);

const char *dvmm_port_state_name(enum dvmm_port_state state);

#endif
