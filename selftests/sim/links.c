// SPDX-License-Identifier: GPL-2.0
/* How long messages take between hosts. */
#include <math.h>

#include "dice.h"
#include "links.h"

#define DELAY_MAX_NS 20000000000ULL
#define TAIL_SHAPE 1.5

void sim_links_init(struct sim_links *links, int hosts, const struct sim_link *usual)
{
	links->usual = *usual;
	links->hosts = hosts;
	links->own = calloc(hosts, sizeof(*links->own));
}

void sim_links_free(struct sim_links *links)
{
	struct sim_own_link *own;
	int from;

	for (from = 0; from < links->hosts; from++) {
		while ((own = links->own[from])) {
			links->own[from] = own->next;
			free(own);
		}
	}
	free(links->own);
}

static struct sim_own_link *find(const struct sim_links *links, int from, int to)
{
	struct sim_own_link *own = links->own[from];

	while (own && own->to != to)
		own = own->next;
	return own;
}

struct sim_link *sim_links_own(struct sim_links *links, int from, int to)
{
	struct sim_own_link *own = find(links, from, to);

	if (own)
		return &own->link;
	own = malloc(sizeof(*own));
	own->next = links->own[from];
	own->to = to;
	own->link = links->usual;
	links->own[from] = own;
	return &own->link;
}

const struct sim_link *sim_links_get(const struct sim_links *links, int from, int to)
{
	const struct sim_own_link *own = find(links, from, to);

	return own ? &own->link : &links->usual;
}

static u64 tail_ns(const struct sim_link *link, u64 *seed)
{
	if (!sim_dice_chance(seed, link->tail_ppm))
		return 0;
	return (u64)(link->tail_ns * (pow(1 - sim_dice_uniform(seed), -1 / TAIL_SHAPE) - 1));
}

static u64 held_back_ns(const struct sim_link *link, u64 *seed)
{
	return link->reorder_ppm && sim_dice_chance(seed, link->reorder_ppm) ? link->reorder_ns : 0;
}

/* When in its time a burst begins depends on that time alone: links share their bursts. */
static u64 burst_ns(const struct sim_link *link, u64 now_ns, u64 *seed)
{
	u64 nth, begin, since;

	if (!link->burst_adds_ns)
		return 0;
	nth = now_ns / link->burst_every_ns + 1;
	begin = sim_dice(&nth) % (link->burst_every_ns - link->burst_ns);
	since = now_ns % link->burst_every_ns;
	if (since < begin || since >= begin + link->burst_ns)
		return 0;
	return sim_dice(seed) % link->burst_adds_ns;
}

static u64 sway_ns(const struct sim_link *link, u64 now_ns)
{
	if (!link->sway_ns)
		return 0;
	return (u64)(link->sway_ns / 2 *
		     (1 - cos(2 * M_PI * (now_ns % link->sway_every_ns) / link->sway_every_ns)));
}

u64 sim_link_delay_ns(const struct sim_link *link, u64 now_ns, u64 *seed)
{
	u64 ns = link->base_ns + sim_dice(seed) % (link->jitter_ns + 1);

	ns += tail_ns(link, seed) + held_back_ns(link, seed);
	ns += burst_ns(link, now_ns, seed) + sway_ns(link, now_ns);
	return min(ns, DELAY_MAX_NS);
}
