// SPDX-License-Identifier: GPL-2.0
/* How long messages take between hosts. */
#include "links.h"

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
