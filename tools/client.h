/* SPDX-License-Identifier: GPL-2.0 */
/* What dvmm_time says over generic netlink. */
#ifndef DVMMCTL_CLIENT_H
#define DVMMCTL_CLIENT_H

#include <linux/dvmm.h>
#include <linux/types.h>

#define DVMM_IDENTITY_LEN 8
#define DVMM_IFACE_LEN 32
#define DVMM_REASON_LEN 256
#define DVMM_DROPS_MAX 48
#define DVMM_DROP_NAME_LEN 24

/* Packets dropped for one reason. */
struct dvmm_drop {
	char reason[DVMM_DROP_NAME_LEN];
	__u64 count;
};

/* The members mean what DVMM_A_* of the same name say. */
struct dvmm_status {
	__u32 role;
	__u32 state;
	__u64 state_age_ns;
	__u8 identity[DVMM_IDENTITY_LEN];
	__u8 grandmaster[DVMM_IDENTITY_LEN];
	__u64 cluster_id;
	__u64 epoch_ns;
	__u32 tsc_khz;
	__u64 time_ns;
	__s64 offset_ns;
	__s64 skew_ppb;
	__u64 path_delay_ns;
	__u64 bound_ns;
	__u64 guest_bound_ns;
	__u32 vms;
	__u64 line_changes;
	__u64 rx;
	__u64 rx_dropped;
	__u64 tx;
	__s32 phc_index;
	char iface[DVMM_IFACE_LEN];
	char reason[DVMM_REASON_LEN];
	__u32 auth_key;
	struct dvmm_drop drop[DVMM_DROPS_MAX];	/* as many as have a count */
	__u32 clock_class;
	__u32 clock_accuracy;
	__u32 reference_state;
	__u8 reference[DVMM_IDENTITY_LEN];
	__s64 reference_offset_ns;
	__u64 reference_bound_ns;
	__u32 peers;
	__s64 closure_ns;
	__u64 time_cycles;
	__u64 time_mult;
	__u32 stamps;
	__u64 stamps_hardware;
	__u64 stamps_software;
	__u64 stamps_impossible;
	__u64 stamp_error_ns;
	__s32 nic_phc;
};

/* A counter of the host; the members mean what DVMM_SOURCE_A_* of the same name say. */
struct dvmm_source {
	__u32 kind;
	__u64 hz;
	__u32 bits;
	__u32 read_error_ns;
	__s32 skew_ppb;
	__u32 skew_error_ppb;
	__u64 adev_1s;
	__u64 adev_10s;
	__u64 adev_100s;
	__u32 fault;
	__u32 faults;
	__u32 votes;
	__u32 in_use;
};

struct dvmm_source_list {
	struct dvmm_source source[DVMM_SOURCES];
	unsigned int count;
};

#define DVMM_COMM_LEN 16

/* A virtual timer; the members mean what DVMM_TIMER_A_* of the same name say. */
struct dvmm_timer {
	__u32 pid;
	char comm[DVMM_COMM_LEN];
	__u32 device;
	__u32 index;
	__u32 policy;
	__u64 programmed;
	__u64 delivered;
	__u64 merged;
	__u64 discarded;
	__u64 pending;
	__u32 in_flight;
	__u64 held;
	__u64 rests;
	__u64 late[DVMM_TICK_CLASSES];
};

/* As many as there are; free @timer. */
struct dvmm_timer_list {
	struct dvmm_timer *timer;
	unsigned int count;
};

struct client;

/* Each returns a negative errno on failure; -ENOENT: the module is not loaded. */
int client_open(struct client **client);
int client_status(struct client *client, struct dvmm_status *status);

int client_sources(struct client *client, struct dvmm_source_list *list);

int client_timers(struct client *client, struct dvmm_timer_list *list);

/* -ENOENT, too, where the process @pid has no VM. */
int client_timer_policy(struct client *client, __u32 pid, __u32 device, __u32 policy);

/* Receive events from now on. */
int client_subscribe(struct client *client);

/**
 * client_event() - the next event, after client_subscribe()
 * @timeout_ms: how long to wait for it; 0: only look
 *
 * Return: 1 with @status filled in; 0 after the timeout; -ENOBUFS if events
 * were lost, so that the status must be asked for; -EINTR on a signal.
 */
int client_event(struct client *client, int timeout_ms, struct dvmm_status *status);

void client_close(struct client *client);

#endif
