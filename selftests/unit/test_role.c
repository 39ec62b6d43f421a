// SPDX-License-Identifier: GPL-2.0
/* What role= allows a host: IEEE 1588-2019 slaveOnly and masterOnly; and every interval. */
#include "port_internal.h"
#include "scenario.h"

static struct sim_host *start_as(struct sim *sim, bool slave_only, bool master_only)
{
	struct dvmm_port_config config = sim_config(sim->hosts);

	config.slave_only = slave_only;
	config.master_only = master_only;
	if (master_only)
		config.priority1 = 100;
	return sim_start(sim, &config, 20);
}

static bool because(const struct sim_host *host, const char *text)
{
	struct dvmm_sync_status status;

	dvmm_port_status(&host->port, &status, sim_cycles(host));
	return strstr(status.reason, text);
}

static int announced;

static void count_announces(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
			    size_t len)
{
	(void)sim;
	(void)to;
	(void)len;
	announced += from == 1 && (buf[0] & 0xf) == DVMM_MSG_ANNOUNCE;
}

/* Alone it founds nothing; it follows who comes; left alone it holds over, and follows again. */
static void slave_only_never_leads(void)
{
	struct sim *sim = sim_new(40, &bed);
	struct sim_host *a, *b, *c;
	u64 id;

	announced = 0;
	sim->tap = count_announces;
	a = start(sim, -20);
	a->group = 1;
	b = start_as(sim, true, false);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_LISTENING);
	CHECK(!cluster_id(b) && because(b, "role=slave-only"));
	a->group = 0;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	id = cluster_id(b);
	sim_kill(a);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_LISTENING);
	CHECK_EQ(sim_state(b), DVMM_STATE_HOLDOVER);
	CHECK(sim_bound_ns(b) < 2 * MS && cluster_id(b) == id);
	CHECK(!b->port.grandmaster[0]);
	c = start(sim, 40);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_SLAVE);
	CHECK(cluster_id(b) == cluster_id(c) && cluster_id(b) != id);
	CHECK_EQ(announced, 0);
	finish(sim);
}

/* The leader dies: of those left, only one may succeed. */
static void slave_only_leaves_the_lead_to_others(void)
{
	u64 seed;

	for (seed = 41; seed < 51; seed++) {
		struct sim *sim = sim_new(seed, &bed);
		struct sim_host *a = start(sim, 10), *d;
		struct dvmm_dataset ds;
		int i;

		sim_run(sim, 3 * SIM_SECOND);
		for (i = 0; i < 3; i++)
			start_as(sim, true, false);
		d = start(sim, -30);
		sim_run(sim, 5 * SIM_SECOND);
		sim_kill(a);
		sim_run(sim, 2 * SIM_SECOND);
		CHECK(leads(d));
		CHECK_EQ(leaders(sim), 1);
		for (i = 1; i < 4; i++)
			CHECK_EQ(sim_state(&sim->host[i]), DVMM_STATE_SYNCHRONISED);
		dvmm_port_own_dataset(&sim->host[1].port, &ds);
		CHECK_EQ(ds.quality.class, 255);
		dvmm_port_own_dataset(&d->port, &ds);
		CHECK_EQ(ds.quality.class, 248);
		finish(sim);
	}
}

/* It cannot be in step first, so that it waits for the end of a cluster that it finds. */
static void master_only_waits_for_others_to_end(void)
{
	struct sim *sim = sim_new(52, &bed);
	struct sim_host *a = start(sim, 10), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start_as(sim, false, true);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK_EQ(b->port.state, DVMM_PORT_LISTENING);
	CHECK(because(b, "role=master-only"));
	CHECK(leads(a) && sim_state(a) == DVMM_STATE_SYNCHRONISED);
	sim_kill(a);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	finish(sim);
}

/* Its link goes and comes: it leads on, and who succeeded it meanwhile yields and slews. */
static void master_only_never_yields(void)
{
	struct sim *sim = sim_new(53, &bed);
	struct sim_host *a = start_as(sim, false, true), *b;

	sim_run(sim, 3 * SIM_SECOND);
	b = start(sim, 40);
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a) && b->port.state == DVMM_PORT_SLAVE);
	b->held = true;
	dvmm_port_link(&a->port, false, sim_cycles(a));
	a->group = 1;
	sim_run(sim, 5 * SIM_SECOND);
	CHECK(leads(b));
	a->group = 0;
	dvmm_port_link(&a->port, true, sim_cycles(a));
	sim_run(sim, 10 * SIM_SECOND);
	CHECK(leads(a) && b->port.state == DVMM_PORT_SLAVE);
	CHECK_EQ(sim_state(b), DVMM_STATE_SYNCHRONISED);
	CHECK_EQ(b->steps, 1);
	CHECK_NEAR(apart(a, b), 0, 50000);
	finish(sim);
}

/* The ends of what announce_interval= and sync_interval= take: 2^-7 to 2^3 s. */
static void all_intervals_work(void)
{
	static const s8 logs[][2] = { { -7, -7 }, { -7, 3 }, { 3, -7 }, { 3, 3 } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(logs); i++) {
		struct sim *sim = sim_new(54 + i, &bed);
		int host;

		sim->look_ns = 5 * MS;
		for (host = 0; host < 2; host++) {
			struct dvmm_port_config config = sim_config(host);

			config.log_announce = logs[i][0];
			config.log_sync = logs[i][1];
			sim_start(sim, &config, 40 - 80 * host);
			sim_run(sim, (logs[i][0] > 0 ? 150 : 3) * SIM_SECOND);
		}
		sim_run(sim, (logs[i][1] > 0 ? 300 : 10) * SIM_SECOND);
		CHECK_EQ(leaders(sim), 1);
		CHECK_EQ(sim_state(&sim->host[0]), DVMM_STATE_SYNCHRONISED);
		CHECK_EQ(sim_state(&sim->host[1]), DVMM_STATE_SYNCHRONISED);
		sim_measure(sim);
		sim_run(sim, 60 * SIM_SECOND);
		report(sim, "intervals");
		CHECK_IN(sim_stats(sim).p99_ns, 100, 100000);
		finish(sim);
	}
}

static const struct unit_test tests[] = {
	TEST(slave_only_never_leads),
	TEST(slave_only_leaves_the_lead_to_others),
	TEST(master_only_waits_for_others_to_end),
	TEST(master_only_never_yields),
	TEST(all_intervals_work),
};

UNIT_MAIN(tests)
