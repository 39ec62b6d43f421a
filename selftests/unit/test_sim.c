// SPDX-License-Identifier: GPL-2.0
/* The simulator itself, whose word all the scenarios take. */
#include "rivals.h"
#include "scenario.h"

#define EVENTS 500

/* The earliest first; of two at once, who was put first; each as often as it is put. */
static void events_in_order(void)
{
	struct sim_event blank = { .kind = SIM_WAKE }, *event[EVENTS], *last = NULL;
	struct sim_events events = {};
	int i, taken = 0;

	for (i = 0; i < EVENTS; i++) {
		event[i] = sim_event_new(&blank);
		sim_events_put(&events, event[i], unit_random() % 200);
	}
	for (i = 0; i < 2000; i++)	/* put off, or hurried */
		sim_events_put(&events, event[unit_random() % EVENTS], unit_random() % 200);
	CHECK_EQ(events.count, EVENTS);
	for (; events.count; taken++) {
		struct sim_event *next = sim_events_take(&events);

		CHECK(!last || last->ns < next->ns ||
		      (last->ns == next->ns && last->order < next->order));
		last = next;
	}
	CHECK_EQ(taken, EVENTS);
	for (i = 0; i < EVENTS; i++)
		sim_event_free(event[i]);
	sim_events_free(&events);
}

/* A pair's own link is as all are until changed, and changes no other, nor the way back. */
static void own_links(void)
{
	struct sim *sim = sim_new(1, &quiet);

	CHECK_EQ(sim_link(sim, 1, 2)->base_ns, quiet.base_ns);
	sim_link(sim, 1, 2)->base_ns = 7;
	sim_link(sim, 1, 3)->base_ns = 8;
	CHECK_EQ(sim_link(sim, 1, 2)->base_ns, 7);
	CHECK_EQ(sim_links_get(&sim->links, 1, 3)->base_ns, 8);
	CHECK_EQ(sim_links_get(&sim->links, 2, 1)->base_ns, quiet.base_ns);
	sim_free(sim);
}

/* Hosts 44 and 300 have the same low byte, and must not be taken for each other. */
static void more_than_255_hosts(void)
{
	struct sim *sim = sim_new_cluster(300, 1, &bed);
	int i, leader;

	for (i = 0; i < 300; i++) {
		start(sim, i % 100 - 50);
		if (i != 43 && i < 290)
			sim_kill(&sim->host[i]);
	}
	sim_run(sim, 8 * SIM_SECOND);
	CHECK_EQ(leaders(sim), 1);
	for (leader = 43; leader < 299 && !leads(&sim->host[leader]); leader++)
		;
	CHECK(leads(&sim->host[43]) || sim->host[43].synced_ns);
	for (i = 290; i < 300; i++) {
		CHECK(leads(&sim->host[i]) || sim->host[i].synced_ns);
		CHECK_EQ(sim->host[i].base, leader);
	}
	CHECK(sim->checks > 10000);
	finish(sim);
}

/* Beyond 8 hosts only some pairs are compared: a clock that lies is found all the same. */
static void liar_is_found_among_many(void)
{
	struct sim *sim = sim_new_cluster(20, 3, &quiet);
	struct sim_host *liar;
	int i;

	for (i = 0; i < 20; i++)
		start(sim, i - 10);
	sim_run(sim, 8 * SIM_SECOND);
	CHECK_EQ(sim->violations, 0);
	liar = &sim->host[7];
	liar->port.discipline.view.segment.base.ns += 10 * MS;
	sim_run(sim, SIM_SECOND / 100);
	printf("# seen %llu times\n", (unsigned long long)sim->violations);
	CHECK(sim->violations > 1);
	CHECK(liar->violations == sim->violations);
	CHECK(sim->worst_excess_ns > 9 * MS);
	sim_free(sim);
}

/* The servo that ours is compared with is no straw man: without noise it is right as well. */
static void rivals_do_their_best(void)
{
	struct sim *sim = sim_new(4, &quiet);
	enum sim_pi_gains gains;
	struct sim_stats stats;
	u64 locked_ns;

	sim->rivals = true;
	start(sim, 30);
	sim_run(sim, 3 * SIM_SECOND);
	start(sim, -30);
	sim_run(sim, 100 * SIM_SECOND);
	sim_measure(sim);
	sim_run(sim, 100 * SIM_SECOND);
	for (gains = 0; gains < SIM_PIS; gains++) {
		stats = sim_rivals_stats(sim, gains, &locked_ns);
		CHECK_IN(stats.max_ns, 1, 100);
		CHECK(stats.count > 100000);
	}
	/* by hardware, in 0.016 / 0.3 16^0.4 s; by software in 300 times that */
	stats = sim_rivals_stats(sim, SIM_PI_HARDWARE, &locked_ns);
	CHECK_IN(locked_ns, SIM_SECOND / 8, SIM_SECOND / 2);
	stats = sim_rivals_stats(sim, SIM_PI_SOFTWARE, &locked_ns);
	CHECK_IN(locked_ns, 48 * SIM_SECOND, 50 * SIM_SECOND);
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(events_in_order),
	TEST(own_links),
	TEST(more_than_255_hosts),
	TEST(liar_is_found_among_many),
	TEST(rivals_do_their_best),
};

UNIT_MAIN(tests)
