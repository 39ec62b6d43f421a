/* SPDX-License-Identifier: GPL-2.0 */
/* How long messages take between hosts: as all do, but for the pairs given their own. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include "dvmm_pure.h"

/**
 * struct sim_link - one-way delay, and what else happens on the way
 * @base_ns, @jitter_ns: the least, and uniformly distributed more
 * @tail_ppm, @tail_ns: now and then, a Pareto tail of that scale and of shape 1.5
 * @reorder_ppm, @reorder_ns: now and then, held back for so long
 * @burst_ns, @burst_every_ns, @burst_adds_ns: load: once in each @burst_every_ns, somewhen,
 *	it begins; while it lasts the delay is up to @burst_adds_ns more
 * @sway_ns, @sway_every_ns: a sinusoid, from 0 to @sway_ns more: asymmetry that comes and goes
 */
struct sim_link {
	u64 base_ns;
	u64 jitter_ns;
	u32 tail_ppm;
	u64 tail_ns;
	u32 loss_ppm;
	u32 duplicate_ppm;
	u32 reorder_ppm;
	u64 reorder_ns;
	u64 burst_ns;
	u64 burst_every_ns;
	u64 burst_adds_ns;
	u64 sway_ns;
	u64 sway_every_ns;
};

struct sim_own_link {
	struct sim_own_link *next;
	int to;
	struct sim_link link;
};

struct sim_links {
	struct sim_link usual;
	int hosts;
	struct sim_own_link **own;	/* by who sends */
};

void sim_links_init(struct sim_links *links, int hosts, const struct sim_link *usual);
void sim_links_free(struct sim_links *links);

/* The link from @from to @to, which becomes the pair's own, to be changed. */
struct sim_link *sim_links_own(struct sim_links *links, int from, int to);

const struct sim_link *sim_links_get(const struct sim_links *links, int from, int to);

/* How long a message takes that leaves at @now_ns. */
u64 sim_link_delay_ns(const struct sim_link *link, u64 now_ns, u64 *seed);

#endif
