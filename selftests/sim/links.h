/* SPDX-License-Identifier: GPL-2.0 */
/* How long messages take between hosts: as all do, but for the pairs given their own. */
#ifndef SIM_LINKS_H
#define SIM_LINKS_H

#include "dvmm_pure.h"

/* One-way delay: base, plus uniform jitter, plus now and then a Pareto tail. */
struct sim_link {
	u64 base_ns;
	u64 jitter_ns;
	u32 tail_ppm;
	u64 tail_ns;
	u32 loss_ppm;
	u32 duplicate_ppm;
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

#endif
