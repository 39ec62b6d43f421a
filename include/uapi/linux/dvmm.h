/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user's side of dvmm_time: the generic netlink family "dvmm".
 *
 * Documentation/netlink/specs/dvmm.yaml describes the same in YNL's form.
 */
#ifndef _UAPI_LINUX_DVMM_H
#define _UAPI_LINUX_DVMM_H

#define DVMM_GENL_NAME "dvmm"
#define DVMM_GENL_VERSION 1
#define DVMM_GENL_MCGRP_EVENTS "events"

/**
 * enum dvmm_state - may this host's cluster time be believed?
 * @DVMM_STATE_UNSYNCHRONISED: no; it has never been right, or no bound can be given
 * @DVMM_STATE_SYNCHRONISED: yes, within the error bound
 * @DVMM_STATE_HOLDOVER: yes, within a bound that grows: the grandmaster is silent
 */
enum dvmm_state {
	DVMM_STATE_UNSYNCHRONISED,
	DVMM_STATE_SYNCHRONISED,
	DVMM_STATE_HOLDOVER,
};

/**
 * enum dvmm_role - this host's part in the cluster
 * @DVMM_ROLE_LISTENING: hears nobody yet, leads nobody yet
 * @DVMM_ROLE_SLAVE: follows a grandmaster
 * @DVMM_ROLE_GRANDMASTER: others follow it
 */
enum dvmm_role {
	DVMM_ROLE_LISTENING,
	DVMM_ROLE_SLAVE,
	DVMM_ROLE_GRANDMASTER,
};

/**
 * enum dvmm_reference_state - the foreign grandmaster that the cluster is led after
 * @DVMM_REFERENCE_NONE: none was asked for
 * @DVMM_REFERENCE_SEARCHING: none is heard that may be one
 * @DVMM_REFERENCE_STANDBY: one is heard, and left to the grandmaster, which is another
 * @DVMM_REFERENCE_MEASURING: its time and rate are being learnt; this and what follows
 *	only where this host is the grandmaster
 * @DVMM_REFERENCE_SLEWING: cluster time is on its way there
 * @DVMM_REFERENCE_LOCKED: cluster time is as near to it as can be told
 * @DVMM_REFERENCE_HOLDOVER: it fell silent: cluster time goes on at its last known rate
 */
enum dvmm_reference_state {
	DVMM_REFERENCE_NONE,
	DVMM_REFERENCE_SEARCHING,
	DVMM_REFERENCE_STANDBY,
	DVMM_REFERENCE_MEASURING,
	DVMM_REFERENCE_SLEWING,
	DVMM_REFERENCE_LOCKED,
	DVMM_REFERENCE_HOLDOVER,
};

/**
 * enum dvmm_stamps - who stamped the event messages of late
 * @DVMM_STAMPS_SOFTWARE: the kernel
 * @DVMM_STAMPS_HARDWARE: the NIC
 * @DVMM_STAMPS_MIXED: some one, some the other
 */
enum dvmm_stamps {
	DVMM_STAMPS_SOFTWARE,
	DVMM_STAMPS_HARDWARE,
	DVMM_STAMPS_MIXED,
};

/**
 * enum dvmm_cmd - commands
 * @DVMM_CMD_UNSPEC: never sent
 * @DVMM_CMD_STATUS: do: no attributes in; out: every DVMM_A_* below. For anyone,
 *	in the first network namespace: a clock belongs to a host.
 * @DVMM_CMD_EVENT: multicast on "events", same attributes, at each change of
 *	role, state, grandmaster or number of VMs
 * @DVMM_CMD_SOURCES: dump: no attributes in; out: one message with every
 *	DVMM_SOURCE_A_* below for each counter that the host has. For anyone
 * @DVMM_CMD_TIMERS: dump: no attributes in; out: one message with every
 *	DVMM_TIMER_A_* below for each timer of each VM's virtual devices. For anyone
 * @DVMM_CMD_TIMER_POLICY: do: DVMM_TIMER_A_PID, _DEVICE and _POLICY in: from now on the
 *	device's timers in the VMs of that process have that policy; ENOENT where it has
 *	no VM. For who may administer the network (CAP_NET_ADMIN)
 */
enum dvmm_cmd {
	DVMM_CMD_UNSPEC,
	DVMM_CMD_STATUS,
	DVMM_CMD_EVENT,
	DVMM_CMD_SOURCES,
	DVMM_CMD_TIMERS,
	DVMM_CMD_TIMER_POLICY,

	__DVMM_CMD_MAX,
#define DVMM_CMD_MAX (__DVMM_CMD_MAX - 1)
};

/**
 * enum dvmm_tick_policy - what becomes of ticks that a guest could not take in time
 * @DVMM_TICK_DELAY: they are delivered later, at the timer's own rate
 * @DVMM_TICK_CATCHUP: they are delivered faster, until the guest is level
 * @DVMM_TICK_MERGE: one is delivered for all
 * @DVMM_TICK_DISCARD: they are thrown away
 */
enum dvmm_tick_policy {
	DVMM_TICK_DELAY,
	DVMM_TICK_CATCHUP,
	DVMM_TICK_MERGE,
	DVMM_TICK_DISCARD,

	__DVMM_TICK_POLICY_MAX,
#define DVMM_TICK_POLICIES __DVMM_TICK_POLICY_MAX
};

/**
 * enum dvmm_timer_device - the virtual devices that have timers
 * @DVMM_DEVICE_PIT: 8254
 * @DVMM_DEVICE_RTC: MC146818
 * @DVMM_DEVICE_HPET: High Precision Event Timer
 */
enum dvmm_timer_device {
	DVMM_DEVICE_PIT,
	DVMM_DEVICE_RTC,
	DVMM_DEVICE_HPET,

	__DVMM_DEVICE_MAX,
#define DVMM_DEVICES __DVMM_DEVICE_MAX
};

/* Classes of a lateness histogram: [N] counts 2^N to 2^(N+1) ns; the ends take the rest. */
#define DVMM_TICK_CLASSES 32

/**
 * enum dvmm_source_id - the counters of a host
 * @DVMM_SOURCE_TSC: the processors' time stamp counter
 * @DVMM_SOURCE_HPET: High Precision Event Timer, its main counter
 * @DVMM_SOURCE_PM_TIMER: the ACPI power management timer
 * @DVMM_SOURCE_RAW: the kernel's CLOCK_MONOTONIC_RAW, which shows one of the others
 */
enum dvmm_source_id {
	DVMM_SOURCE_TSC,
	DVMM_SOURCE_HPET,
	DVMM_SOURCE_PM_TIMER,
	DVMM_SOURCE_RAW,

	__DVMM_SOURCE_MAX,
#define DVMM_SOURCES __DVMM_SOURCE_MAX
};

/**
 * enum dvmm_source_fault - what a majority of the others says of a counter
 * @DVMM_FAULT_NONE: nothing
 * @DVMM_FAULT_JUMP: it jumped
 * @DVMM_FAULT_STOP: it stopped
 * @DVMM_FAULT_RATE: it changed its rate
 */
enum dvmm_source_fault {
	DVMM_FAULT_NONE,
	DVMM_FAULT_JUMP,
	DVMM_FAULT_STOP,
	DVMM_FAULT_RATE,
};

/**
 * enum dvmm_source_attr - attributes of a time source
 * @DVMM_SOURCE_A_UNSPEC: never sent
 * @DVMM_SOURCE_A_PAD: alignment
 * @DVMM_SOURCE_A_KIND: u32, enum dvmm_source_id
 * @DVMM_SOURCE_A_HZ: u64, nominal frequency; its inverse is the resolution
 * @DVMM_SOURCE_A_BITS: u32, width
 * @DVMM_SOURCE_A_READ_ERROR_NS: u32, what the last reading leaves open either way:
 *	half of the time it took, and one tick
 * @DVMM_SOURCE_A_SKEW_PPB: s32, rate against the TSC's, over nominal
 * @DVMM_SOURCE_A_SKEW_ERROR_PPB: u32, that is wrong by at most this
 * @DVMM_SOURCE_A_ADEV_1S: u64, Allan deviation against the TSC over 1 s, in 10^-12;
 *	all ones while not known
 * @DVMM_SOURCE_A_ADEV_10S: u64, the same over 10 s
 * @DVMM_SOURCE_A_ADEV_100S: u64, the same over 100 s
 * @DVMM_SOURCE_A_FAULT: u32, enum dvmm_source_fault
 * @DVMM_SOURCE_A_FAULTS: u32, times it was accused since load
 * @DVMM_SOURCE_A_VOTES: u32, 0 where it is the shadow of another and has no voice
 * @DVMM_SOURCE_A_IN_USE: u32, 1 for the one that cluster time is made of
 */
enum dvmm_source_attr {
	DVMM_SOURCE_A_UNSPEC,
	DVMM_SOURCE_A_PAD,
	DVMM_SOURCE_A_KIND,
	DVMM_SOURCE_A_HZ,
	DVMM_SOURCE_A_BITS,
	DVMM_SOURCE_A_READ_ERROR_NS,
	DVMM_SOURCE_A_SKEW_PPB,
	DVMM_SOURCE_A_SKEW_ERROR_PPB,
	DVMM_SOURCE_A_ADEV_1S,
	DVMM_SOURCE_A_ADEV_10S,
	DVMM_SOURCE_A_ADEV_100S,
	DVMM_SOURCE_A_FAULT,
	DVMM_SOURCE_A_FAULTS,
	DVMM_SOURCE_A_VOTES,
	DVMM_SOURCE_A_IN_USE,

	__DVMM_SOURCE_A_MAX,
#define DVMM_SOURCE_A_MAX (__DVMM_SOURCE_A_MAX - 1)
};

/**
 * enum dvmm_timer_attr - attributes of a virtual timer
 * @DVMM_TIMER_A_UNSPEC: never sent
 * @DVMM_TIMER_A_PAD: alignment
 * @DVMM_TIMER_A_PID: u32, the process that created the VM
 * @DVMM_TIMER_A_COMM: string, its name
 * @DVMM_TIMER_A_DEVICE: u32, enum dvmm_timer_device
 * @DVMM_TIMER_A_INDEX: u32, which of the device's timers
 * @DVMM_TIMER_A_POLICY: u32, enum dvmm_tick_policy
 * @DVMM_TIMER_A_PROGRAMMED: u64, ticks that came due: the sum of the next four
 * @DVMM_TIMER_A_DELIVERED: u64, of these, delivered
 * @DVMM_TIMER_A_MERGED: u64, missed, and another one was delivered for them
 * @DVMM_TIMER_A_DISCARDED: u64, thrown away
 * @DVMM_TIMER_A_PENDING: u64, still to be delivered
 * @DVMM_TIMER_A_IN_FLIGHT: u32, 1 while one is delivered and not acknowledged
 * @DVMM_TIMER_A_HELD: u64, ticks delivered whose successor came due within the least
 *	interval
 * @DVMM_TIMER_A_RESTS: u64, how often the thread of this VM had worked too much, and waited
 * @DVMM_TIMER_A_LATE: binary, DVMM_TICK_CLASSES u64: delivered ticks by lateness
 */
enum dvmm_timer_attr {
	DVMM_TIMER_A_UNSPEC,
	DVMM_TIMER_A_PAD,
	DVMM_TIMER_A_PID,
	DVMM_TIMER_A_COMM,
	DVMM_TIMER_A_DEVICE,
	DVMM_TIMER_A_INDEX,
	DVMM_TIMER_A_POLICY,
	DVMM_TIMER_A_PROGRAMMED,
	DVMM_TIMER_A_DELIVERED,
	DVMM_TIMER_A_MERGED,
	DVMM_TIMER_A_DISCARDED,
	DVMM_TIMER_A_PENDING,
	DVMM_TIMER_A_IN_FLIGHT,
	DVMM_TIMER_A_HELD,
	DVMM_TIMER_A_RESTS,
	DVMM_TIMER_A_LATE,

	__DVMM_TIMER_A_MAX,
#define DVMM_TIMER_A_MAX (__DVMM_TIMER_A_MAX - 1)
};

/**
 * enum dvmm_attr - attributes of a status
 * @DVMM_A_UNSPEC: never sent
 * @DVMM_A_PAD: alignment
 * @DVMM_A_ROLE: u32, enum dvmm_role
 * @DVMM_A_STATE: u32, enum dvmm_state
 * @DVMM_A_STATE_AGE_NS: u64, how long role and state have been what they are
 * @DVMM_A_IDENTITY: binary, 8 bytes: this host's clockIdentity (IEEE 1588 7.5.2.2)
 * @DVMM_A_GRANDMASTER: binary, 8 bytes: the grandmaster's; zeros while none
 * @DVMM_A_CLUSTER_ID: u64, 0 while none
 * @DVMM_A_EPOCH_NS: u64, cluster time at which guest TSCs read zero
 * @DVMM_A_TSC_KHZ: u32, guest TSC ticks per cluster millisecond
 * @DVMM_A_TIME_NS: u64, cluster time now
 * @DVMM_A_OFFSET_NS: s64, the cluster clock less the last measurement of the
 *	grandmaster's
 * @DVMM_A_SKEW_PPB: s64, rate of cluster time against this host's nominal counter
 * @DVMM_A_PATH_DELAY_NS: u64, mean path delay to the grandmaster
 * @DVMM_A_BOUND_NS: u64, the error bound of the cluster clock now; all ones while
 *	none can be given
 * @DVMM_A_GUEST_BOUND_NS: u64, the same for a guest's TSC: it adds what a TSC
 *	that moves by steps lags behind
 * @DVMM_A_VMS: u32, VMs attached
 * @DVMM_A_LINE_CHANGES: u64, times that a VM's (ratio, offset) was changed since load
 * @DVMM_A_RX: u64, PTP messages of our domain accepted
 * @DVMM_A_RX_DROPPED: u64, PTP messages malformed or foreign, dropped
 * @DVMM_A_TX: u64, PTP messages sent
 * @DVMM_A_PHC_INDEX: s32, N of /dev/ptpN, -1 while none
 * @DVMM_A_IFACE: string, the network interface
 * @DVMM_A_REASON: string, why the state is what it is, for people
 * @DVMM_A_AUTH_KEY: u32, keyID of the key that messages are authenticated with; 0:
 *	none are, and none need be
 * @DVMM_A_DROP: nest, enum dvmm_drop_attr; once for each reason for which any
 *	of DVMM_A_RX_DROPPED were dropped
 * @DVMM_A_CLOCK_CLASS: u32, clockClass (IEEE 1588 7.6.2.5) that this host announces as
 *	grandmaster
 * @DVMM_A_CLOCK_ACCURACY: u32, and its clockAccuracy (7.6.2.6)
 * @DVMM_A_REFERENCE_STATE: u32, enum dvmm_reference_state
 * @DVMM_A_REFERENCE: binary, 8 bytes: the reference's clockIdentity; zeros while none
 * @DVMM_A_REFERENCE_OFFSET_NS: s64, the cluster clock less the reference's, when last
 *	measured by this host
 * @DVMM_A_REFERENCE_BOUND_NS: u64, how far they may be apart now; all ones while not known
 * @DVMM_A_PEERS: u32, other slaves that tell this one what the grandmaster's time is
 * @DVMM_A_CLOSURE_NS: s64, that time by way of them less by the direct path; 0 while they
 *	are none. Far from 0 where a path is asymmetric
 * @DVMM_A_TIME_CYCLES: u64, the host counter that DVMM_A_TIME_NS is of: the TSC, but for
 *	while another counter goes on in its place
 * @DVMM_A_TIME_MULT: u64, nanoseconds of cluster time per cycle of it, in 2^-60
 * @DVMM_A_STAMPS: u32, enum dvmm_stamps
 * @DVMM_A_STAMPS_HARDWARE: u64, event messages stamped by the NIC since load
 * @DVMM_A_STAMPS_SOFTWARE: u64, and by software
 * @DVMM_A_STAMPS_IMPOSSIBLE: u64, of those: for the NIC's stamp could not be
 * @DVMM_A_STAMP_ERROR_NS: u64, what the NIC's last stamp may be off by in host cycles; 0
 *	while there was none of late
 * @DVMM_A_NIC_PHC: s32, N of the NIC's /dev/ptpN; -1 while its stamps are not used
 */
enum dvmm_attr {
	DVMM_A_UNSPEC,
	DVMM_A_PAD,
	DVMM_A_ROLE,
	DVMM_A_STATE,
	DVMM_A_STATE_AGE_NS,
	DVMM_A_IDENTITY,
	DVMM_A_GRANDMASTER,
	DVMM_A_CLUSTER_ID,
	DVMM_A_EPOCH_NS,
	DVMM_A_TSC_KHZ,
	DVMM_A_TIME_NS,
	DVMM_A_OFFSET_NS,
	DVMM_A_SKEW_PPB,
	DVMM_A_PATH_DELAY_NS,
	DVMM_A_BOUND_NS,
	DVMM_A_GUEST_BOUND_NS,
	DVMM_A_VMS,
	DVMM_A_LINE_CHANGES,
	DVMM_A_RX,
	DVMM_A_RX_DROPPED,
	DVMM_A_TX,
	DVMM_A_PHC_INDEX,
	DVMM_A_IFACE,
	DVMM_A_REASON,
	DVMM_A_AUTH_KEY,
	DVMM_A_DROP,
	DVMM_A_CLOCK_CLASS,
	DVMM_A_CLOCK_ACCURACY,
	DVMM_A_REFERENCE_STATE,
	DVMM_A_REFERENCE,
	DVMM_A_REFERENCE_OFFSET_NS,
	DVMM_A_REFERENCE_BOUND_NS,
	DVMM_A_PEERS,
	DVMM_A_CLOSURE_NS,
	DVMM_A_TIME_CYCLES,
	DVMM_A_TIME_MULT,
	DVMM_A_STAMPS,
	DVMM_A_STAMPS_HARDWARE,
	DVMM_A_STAMPS_SOFTWARE,
	DVMM_A_STAMPS_IMPOSSIBLE,
	DVMM_A_STAMP_ERROR_NS,
	DVMM_A_NIC_PHC,

	__DVMM_A_MAX,
#define DVMM_A_MAX (__DVMM_A_MAX - 1)
};

/**
 * enum dvmm_drop_attr - packets dropped for one reason, since load
 * @DVMM_DROP_A_UNSPEC: never sent
 * @DVMM_DROP_A_PAD: alignment
 * @DVMM_DROP_A_REASON: string, a word of those in dvmmctl(8); more may come
 * @DVMM_DROP_A_COUNT: u64, not 0
 */
enum dvmm_drop_attr {
	DVMM_DROP_A_UNSPEC,
	DVMM_DROP_A_PAD,
	DVMM_DROP_A_REASON,
	DVMM_DROP_A_COUNT,

	__DVMM_DROP_A_MAX,
#define DVMM_DROP_A_MAX (__DVMM_DROP_A_MAX - 1)
};

#endif
