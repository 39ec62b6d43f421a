/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cluster in one process: ports of sync/ with oscillators, a network and virtual
 * time. Seeded: each run is the same. Watches all the while what must always hold.
 */
#ifndef SIM_H
#define SIM_H

#include "errors.h"
#include "events.h"
#include "links.h"
#include "oscillator.h"
#include "port.h"
#include "wander.h"

#define SIM_SECOND DVMM_NSEC_PER_SEC

struct sim;
struct sim_rivals;

struct sim_host {
	struct sim *sim;
	struct dvmm_port port;
	bool alive;		/* false: its clock goes on, its port is dead */
	bool held;		/* VMs forbid steps */
	bool astray;		/* its counter is wrong: no promise of its counts */
	bool waits;		/* and it knows */
	bool unstamped;		/* the driver gives no transmit stamps */
	u8 plain_class;		/* if set, none of ours: sends no TLVs, and this clockClass, */
	u8 plain_accuracy;	/* clockAccuracy, */
	s8 plain_log_ask;	/* and wish to be asked so often */
	int group;		/* packets pass within a group only */
	int base;		/* whose time it keeps: of grandmaster @base_id, */
	u8 base_id[8];		/* looked up among @base_hosts */
	int base_hosts;
	u64 key;
	struct sim_oscillator oscillator;
	struct sim_oscillator honest;	/* as it would go without faults, if @lies */
	bool lies;
	u64 excused_ns;		/* until when nothing is asked of it, after a fault */
	struct sim_wander wander;
	struct sim_event *wandering;
	struct sim_rivals *rivals;	/* if sim->rivals */
	struct sim_event *wake;	/* its only one: put off, never put twice */
	/* what was seen */
	u32 steps;
	u32 publishes;
	u64 packets;		/* sent */
	u64 violations;		/* of pairs that it is one of */
	u64 started_ns;
	u64 synced_ns;		/* first SYNCHRONISED */
	u64 lost_ns;		/* alive, but not SYNCHRONISED, after that */
	s64 seen_ns;		/* its clock and bound at the last look */
	u64 seen_bound_ns;
	struct sim_errors errors;	/* as a slave, since sim_measure(), */
	struct sim_errors rates;	/* and of its rate, in ppb */
	s64 peak_ns;		/* its largest error since then, */
	s64 across_ns;		/* and after that the largest of the other sign */
};

struct sim {
	u64 now_ns;
	u64 seed;
	int hosts;		/* started */
	int room;		/* at most */
	struct sim_host *host;
	struct sim_links links;
	u64 latency_ns;		/* from a packet's stamp to the port, at most */
	u64 transparent_ns;	/* if set, a transparent clock is between, and holds back so long */
	bool transparent_one_step;
	struct sim_events events;
	u64 packets;
	bool rivals;		/* hosts have other servos beside ours, to be compared */
	/* if set: sees every message sent */
	void (*tap)(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
		    size_t len);
	/* what must always hold, looked at so often */
	u64 look_ns;
	u64 watch_seed;		/* its own: watching changes nothing */
	u64 wander_seed;
	u64 checks;
	u64 violations;		/* error beyond the bound */
	u64 jumps;		/* publishes that were steps */
	u64 worst_excess_ns;
	struct {
		u64 at_ns;
		int host[2];
		s64 apart_ns;
		u64 bound_ns[2];
	} first;		/* violation */
};

/* A cluster of at most @hosts, up to 65535, none of them on yet; @link is between all. */
struct sim *sim_new_cluster(int hosts, u64 seed, const struct sim_link *link);

/* One of at most SIM_HOSTS. */
#define SIM_HOSTS 8
struct sim *sim_new(u64 seed, const struct sim_link *link);
void sim_free(struct sim *sim);

/* How messages go from host @from to @to, to be changed; either may yet be off. */
struct sim_link *sim_link(struct sim *sim, int from, int to);

/* Defaults for a host of 2.9 GHz; change before sim_start(). */
struct dvmm_port_config sim_config(int host);

/*
 * Switch a host on, now: its counter begins anywhere, it believes in @khz and runs
 * at that plus @ppm of error.
 */
struct sim_host *sim_start(struct sim *sim, const struct dvmm_port_config *config, double ppm);

/* Its crystal's frequency is higher by @ppm from now on. More happens to it in counter_faults.h. */
void sim_drift(struct sim_host *host, double ppm);

/* The counter jumps by @ns of its own, and what it tells is wrong from now on. */
void sim_astray(struct sim_host *host, s64 ns);

/* The host notices: it neither sends nor listens until sim_disturb(). */
void sim_suspect(struct sim_host *host);

/*
 * It counts on from where it would have been less @ns, and its port is told of
 * @step_ns and @rate_ppb.
 */
void sim_disturb(struct sim_host *host, s64 ns, u64 step_ns, u64 rate_ppb);

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
struct sim_stats sim_rate_stats(struct sim *sim);

#endif
