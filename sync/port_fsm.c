// SPDX-License-Identifier: GPL-2.0
/* The states of a PTP port: which event leads where. No effects. */
#include "port_fsm.h"

static enum dvmm_port_state from_listening(enum dvmm_port_event event)
{
	switch (event) {
	case DVMM_EV_NO_MASTER:
		return DVMM_PORT_MASTER;
	case DVMM_EV_FOLLOW:
		return DVMM_PORT_UNCALIBRATED;
	default:
		return DVMM_PORT_LISTENING;
	}
}

static enum dvmm_port_state from_uncalibrated(enum dvmm_port_event event)
{
	switch (event) {
	case DVMM_EV_NO_MASTER:
		return DVMM_PORT_MASTER;
	case DVMM_EV_LEFT_ALONE:
		return DVMM_PORT_LISTENING;
	case DVMM_EV_CALIBRATED:
		return DVMM_PORT_SLAVE;
	default:
		return DVMM_PORT_UNCALIBRATED;
	}
}

static enum dvmm_port_state from_slave(enum dvmm_port_event event)
{
	switch (event) {
	case DVMM_EV_NO_MASTER:
		return DVMM_PORT_MASTER;
	case DVMM_EV_LEFT_ALONE:
		return DVMM_PORT_LISTENING;
	case DVMM_EV_FOLLOW:
	case DVMM_EV_SYNC_FAULT:
		return DVMM_PORT_UNCALIBRATED;
	default:
		return DVMM_PORT_SLAVE;
	}
}

enum dvmm_port_state dvmm_port_fsm(enum dvmm_port_state state, enum dvmm_port_event event)
{
	if (event == DVMM_EV_FAULT)
		return DVMM_PORT_FAULTY;

	switch (state) {
	case DVMM_PORT_FAULTY:
		return event == DVMM_EV_FAULT_CLEARED ? DVMM_PORT_LISTENING : state;
	case DVMM_PORT_LISTENING:
		return from_listening(event);
	case DVMM_PORT_MASTER:
		return event == DVMM_EV_FOLLOW ? DVMM_PORT_UNCALIBRATED : state;
	case DVMM_PORT_UNCALIBRATED:
		return from_uncalibrated(event);
	case DVMM_PORT_SLAVE:
		return from_slave(event);
	}
	return state;
}

const char *dvmm_port_state_name(enum dvmm_port_state state)
{
	switch (state) {
	case DVMM_PORT_FAULTY:
		return "FAULTY";
	case DVMM_PORT_LISTENING:
		return "LISTENING";
	case DVMM_PORT_MASTER:
		return "MASTER";
	case DVMM_PORT_UNCALIBRATED:
		return "UNCALIBRATED";
	case DVMM_PORT_SLAVE:
		return "SLAVE";
	}
	return "?";
}
