/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Synchronisation of the hosts: what the rest of the module sees of it.
 *
 * The engine is one kthread. It alone publishes the cluster clock.
 */
#ifndef DVMM_SYNC_H
#define DVMM_SYNC_H

#include "dvmm_pure.h"
#include <uapi/linux/dvmm.h>

#define DVMM_REASON_MAX 96
#define DVMM_IFACE_MAX 16

/* Reasons to drop a packet, at most. */
#define DVMM_DROPS_MAX 48

/* A snapshot of the engine; the members mean what DVMM_A_* of the same name say. */
struct dvmm_sync_status {
	enum dvmm_role role;
	enum dvmm_state state;
	u64 state_age_ns;
	u8 identity[8];
	u8 grandmaster[8];
	s64 offset_ns;
	s64 skew_ppb;
	u64 path_delay_ns;
	u64 rx;
	u64 rx_dropped;
	u64 tx;
	u32 auth_key;
	enum dvmm_reference_state reference_state;
	u8 reference[8];
	s64 reference_offset_ns;
	u64 reference_bound_ns;
	u8 clock_class;
	u8 clock_accuracy;
	u32 peers;
	s64 closure_ns;
	enum dvmm_stamps stamps;
	u64 stamps_hardware;
	u64 stamps_software;
	u64 stamps_impossible;
	u64 stamp_error_ns;
	s32 nic_phc;
	u32 drops;
	struct {
		const char *name;
		u64 count;
	} drop[DVMM_DROPS_MAX];
	char iface[DVMM_IFACE_MAX];
	char reason[DVMM_REASON_MAX];
};

/* May sleep. */
void dvmm_sync_status(struct dvmm_sync_status *status);

/**
 * dvmm_sync_adjfine() - the whole cluster faster by @ppb than its leader's free run
 *
 * May sleep. Takes effect at once on this host; the others follow.
 * Return: 0; -EOPNOTSUPP where this host is not the grandmaster; -EBUSY where a reference
 * leads it, or may; -ERANGE.
 */
int dvmm_sync_adjfine(s64 ppb);

#define DVMM_ADJFINE_MAX_PPB 100000

/*
 * TAI - UTC as the grandmaster says, or as this host was told if it is that; 0 where nobody
 * was told: there cluster time was founded on a clock that shows UTC. May sleep.
 */
s16 dvmm_sync_utc_offset_s(void);

/**
 * dvmm_sync_counters() - what this host's counters say of each other, once a round
 * @agree: false while they contradict each other and it is not clear yet what of it:
 *	nothing is sent, received or timed meanwhile
 * @sound: good enough to lead a cluster by
 *
 * May sleep.
 */
void dvmm_sync_counters(bool agree, bool sound);

/*
 * The host is about to sleep: as if its counters contradicted each other, until
 * dvmm_sync_disturbed(). May sleep.
 */
void dvmm_sync_suspend(void);

/*
 * The host counter was wrong, but is no longer: see dvmm_port_disturbed(). To be called
 * between words of contradiction and of agreement. May sleep.
 */
void dvmm_sync_disturbed(u64 step_ns, u64 rate_ppb);

/* Start on the interface named by the module parameter, or say why not. */
int dvmm_sync_init(void);
void dvmm_sync_exit(void);

#endif
