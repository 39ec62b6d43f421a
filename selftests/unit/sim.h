/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cluster in one process: ports of sync/ with oscillators, a network and virtual
 * time. Seeded: each run is the same. Watches all the while what must always hold.
 */
#ifndef SIM_H
#define SIM_H

#include "port.h"

#define SIM_HOSTS 8
#define SIM_SECOND DVMM_NSEC_PER_SEC

/* One-way delay: base, plus uniform jitter, plus now and then a Pareto tail. */
struct sim_link {
	u64 base_ns;
	u64 jitter_ns;
	u32 tail_ppm;
	u64 tail_ns;
	u32 loss_ppm;
	u32 duplicate_ppm;
};

struct sim_host {
	struct sim *sim;
	struct dvmm_port port;
	bool alive;		/* false: its clock goes on, its port is dead */
	bool held;		/* VMs forbid steps */
	bool unstamped;		/* the driver gives no transmit stamps */
	int group;		/* packets pass within a group only */
	int base;		/* whose time it keeps */
	u64 key;
	u64 wake_ns;
	/* oscillator: @millihertz since @since_ns, when it read @since_cycles */
	u64 since_ns;
	u64 since_cycles;
	u64 millihertz;
	/* what was seen */
	u32 steps;
	u32 publishes;
	u64 synced_ns;		/* first SYNCHRONISED */
};

struct sim_event;

struct sim {
	u64 now_ns;
	u64 seed;
	int hosts;
	struct sim_host host[SIM_HOSTS];
	struct sim_link link[SIM_HOSTS][SIM_HOSTS];
	u64 latency_ns;		/* from a packet's stamp to the port, at most */
	struct sim_event *heap;
	size_t events, room;
	u64 order;
	u64 packets;
	/* if set: sees every message sent */
	void (*tap)(struct sim *sim, int from, const u8 *buf, size_t len);
	/* what must always hold */
	u64 checks;
	u64 violations;		/* error beyond the bound */
	u64 jumps;		/* publishes that were steps */
	u64 worst_excess_ns;
	/* errors of slaves since sim_measure() */
	s64 *error;
	size_t errors, error_room;
	u64 bound_sum;
};

struct sim_stats {
	size_t count;
	s64 mean_ns;
	u64 rms_ns, p99_ns, max_ns;
	u64 bound_ns;		/* mean */
};

struct sim *sim_new(u64 seed, const struct sim_link *link);
void sim_free(struct sim *sim);

/* Defaults for a host of 2.9 GHz; change before sim_start(). */
struct dvmm_port_config sim_config(int host);

/*
 * Switch a host on, now: its counter begins anywhere, it believes in @khz and runs
 * at that plus @ppm of error.
 */
struct sim_host *sim_start(struct sim *sim, const struct dvmm_port_config *config, double ppm);

/* The oscillator changes its rate by @ppm. */
void sim_drift(struct sim_host *host, double ppm);

void sim_kill(struct sim_host *host);
u64 sim_cycles(const struct sim_host *host);
u64 sim_clock_ns(const struct sim_host *host);
u64 sim_bound_ns(const struct sim_host *host);
enum dvmm_state sim_state(const struct sim_host *host);
void sim_adjust(struct sim_host *host, s64 ppb);

/* As if from the network; heard by all hosts of @group. */
void sim_inject(struct sim *sim, int group, const struct dvmm_msg *msg);

/* As if from the network: bytes for host @to, seemingly from host @from. */
void sim_forge(struct sim *sim, int from, int to, const u8 *buf, size_t len);

/* Go on for @ns. */
void sim_run(struct sim *sim, u64 ns);

/* Begin to collect the errors of slaves, and sum them up. */
void sim_measure(struct sim *sim);
struct sim_stats sim_stats(struct sim *sim);

#endif
