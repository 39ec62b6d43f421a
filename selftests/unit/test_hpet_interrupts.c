// SPDX-License-Identifier: GPL-2.0
/* hpet.c: where interrupts go, status, what a write changes (IA-PC HPET 1.0a). */
#include "hpet_bench.h"

/* 2.3.5, 2.3.8 bits 13:9 and 14, 2.4.2 */
static const struct routing {
	const char *what;
	u32 config;
	u32 n;
	u64 timer;
	enum dvmm_hpet_way way;
	u8 gsi;
	bool level;
} routings[] = {
	{ "halted", 0, 2, ENABLE | ROUTE(20), DVMM_HPET_NOWHERE, 0, false },
	{ "halted, legacy", 2, 0, ENABLE, DVMM_HPET_NOWHERE, 0, false },
	{ "disabled", 1, 2, ROUTE(20), DVMM_HPET_NOWHERE, 0, false },
	{ "disabled FSB", 1, 2, FSB, DVMM_HPET_NOWHERE, 0, false },
	{ "no route", 1, 2, ENABLE, DVMM_HPET_NOWHERE, 0, false },
	{ "first", 1, 2, ENABLE | ROUTE(16), DVMM_HPET_GSI, 16, false },
	{ "last, level", 1, 0, ENABLE | ROUTE(23) | LEVEL, DVMM_HPET_GSI, 23, true },
	{ "FSB", 1, 1, ENABLE | ROUTE(23) | FSB, DVMM_HPET_MSI, 0, false },
	{ "FSB is never level", 1, 1, ENABLE | FSB | LEVEL, DVMM_HPET_MSI, 0, false },
	{ "PIT's", 3, 0, ENABLE | ROUTE(20), DVMM_HPET_GSI, 0, false },
	{ "RTC's", 3, 1, ENABLE, DVMM_HPET_GSI, 8, false },
	{ "RTC's, level", 3, 1, ENABLE | LEVEL, DVMM_HPET_GSI, 8, true },
	{ "PIT's, but FSB", 3, 0, ENABLE | FSB, DVMM_HPET_MSI, 0, false },
	{ "not replacing", 3, 2, ENABLE | ROUTE(20), DVMM_HPET_GSI, 20, false },
	{ "not replacing, no route", 3, 2, ENABLE, DVMM_HPET_NOWHERE, 0, false },
	{ "PIT's, disabled", 3, 0, ROUTE(20), DVMM_HPET_NOWHERE, 0, false },
};

static void routes(void)
{
	const struct routing *r;
	struct dvmm_hpet_route route;

	for (r = routings; r < routings + ARRAY_SIZE(routings); r++) {
		reset(3);
		wr(CONFIG(r->n), r->timer);
		wr(FSB_ROUTE(r->n), 0xfee0100000004041);
		wr(DVMM_HPET_CONFIG, r->config);
		wr(COMPARATOR(r->n), 5000);
		route = dvmm_hpet_route(&hpet, r->n);
		CHECKF(route.way == r->way, "%s", r->what);
		CHECKF(route.gsi == r->gsi, "%s", r->what);
		CHECKF(route.level == r->level, "%s", r->what);
		CHECKF(route.address == (r->way == DVMM_HPET_MSI ? 0xfee01000 : 0), "%s", r->what);
		CHECKF(route.data == (r->way == DVMM_HPET_MSI ? 0x4041 : 0), "%s", r->what);
		CHECKF(due_in(r->n) == (r->way ? 5000 : DVMM_NEVER), "%s", r->what);
		CHECKF(dvmm_hpet_legacy(&hpet) == (r->config == 3), "%s", r->what);
	}
}

/* "If the value is not supported ..., the value read back will not match what is written" */
static void routes_that_there_are_not(void)
{
	u32 gsi, set;

	for (gsi = 0; gsi < 32; gsi++) {
		reset(3);
		wr(CONFIG(0), ROUTE(18));
		wr(CONFIG(0), ROUTE(gsi) | LEVEL);
		set = (gsi >= 16 && gsi < 24) || !gsi ? gsi : 18;
		CHECK_EQ(rd(CONFIG(0)), TN_CAPS | LEVEL | ROUTE(set));
		CHECK_EQ(rd(CONFIG(0)) >> (32 + gsi) & 1, gsi >= 16 && gsi < 24);
	}
}

/* 2.3.6, 2.4.6: held until a 1 is written */
static void level(void)
{
	struct dvmm_hpet_effect effect;

	reset(3);
	wr(CONFIG(1), ENABLE | LEVEL | PERIODIC | VAL_SET | ROUTE(17));
	wr(COMPARATOR(1), 100);
	run_from(0);
	now += 100 * TICK;
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);	/* due, and not delivered yet */
	CHECK_EQ(dvmm_hpet_fire(&hpet, 1), 1 << 17);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	CHECK_EQ(rd32(DVMM_HPET_STATUS), 2);
	CHECK_EQ(dvmm_hpet_active(&hpet), 1 << 17);
	CHECK_EQ(dvmm_hpet_fire(&hpet, 1), 0);	/* "will remain active" */
	effect = wr(DVMM_HPET_STATUS, ~2ULL);
	CHECK_EQ(effect.acked | effect.dropped, 0);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	wr32(DVMM_HPET_STATUS + 4, 2);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	effect = wr32(DVMM_HPET_STATUS, 2);
	CHECK_EQ(effect.acked, 2);
	CHECK_EQ(effect.dropped, 1 << 17);
	CHECK_EQ(effect.raised | effect.timers, 0);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
	CHECK_EQ(dvmm_hpet_active(&hpet), 0);
	CHECK_EQ(dvmm_hpet_fire(&hpet, 1), 1 << 17);
}

static void edge_and_fsb_have_no_status(void)
{
	static const u64 configs[] = { ENABLE | ROUTE(17), ENABLE | FSB, ENABLE | FSB | LEVEL };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		reset(3);
		wr(CONFIG(1), configs[i]);
		wr(COMPARATOR(1), 100);
		run_from(0);
		now += 100 * TICK;
		CHECK_EQ(dvmm_hpet_fire(&hpet, 1), 0);
		CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
		CHECK_EQ(dvmm_hpet_active(&hpet), 0);
	}
}

/* One input for two timers is active as long as either is. */
static void shared(void)
{
	struct dvmm_hpet_effect effect;

	reset(5);
	wr(CONFIG(1), ENABLE | LEVEL | ROUTE(17));
	wr(CONFIG(4), ENABLE | LEVEL | ROUTE(17));
	run_from(0);
	CHECK_EQ(dvmm_hpet_fire(&hpet, 1), 1 << 17);
	CHECK_EQ(dvmm_hpet_fire(&hpet, 4), 0);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0x12);
	effect = wr(DVMM_HPET_STATUS, 2);
	CHECK_EQ(effect.acked, 2);
	CHECK_EQ(effect.dropped, 0);
	effect = wr(DVMM_HPET_STATUS, 0x12);
	CHECK_EQ(effect.acked, 0x10);
	CHECK_EQ(effect.dropped, 1 << 17);
}

/* What becomes of an active input when something else than its status changes. */
static const struct change {
	const char *what;
	u32 offset;
	u64 value;
	u32 raised;
	u32 dropped;
	u64 status;
} active_changes[] = {
	{ "same again", CONFIG(1), ENABLE | LEVEL | ROUTE(17), 0, 0, 2 },
	{ "rerouted", CONFIG(1), ENABLE | LEVEL | ROUTE(18), 1 << 18, 1 << 17, 2 },
	{ "to FSB", CONFIG(1), ENABLE | LEVEL | FSB | ROUTE(17), 0, 1 << 17, 2 },
	{ "to edge", CONFIG(1), ENABLE | ROUTE(17), 0, 1 << 17, 2 },
	{ "disabled", CONFIG(1), LEVEL | ROUTE(17), 0, 1 << 17, 2 },
	{ "all disabled: 2.3.5", DVMM_HPET_CONFIG, 0, 0, 1 << 17, 2 },
	{ "legacy", DVMM_HPET_CONFIG, 3, 1 << 8, 1 << 17, 2 },
	{ "another's", CONFIG(2), ENABLE | LEVEL | ROUTE(17), 0, 0, 2 },
};

static void active_and_changed(void)
{
	const struct change *c;
	struct dvmm_hpet_effect effect;

	for (c = active_changes; c < active_changes + ARRAY_SIZE(active_changes); c++) {
		reset(3);
		wr(CONFIG(1), ENABLE | LEVEL | ROUTE(17));
		run_from(0);
		dvmm_hpet_fire(&hpet, 1);
		effect = wr(c->offset, c->value);
		CHECKF(effect.raised == c->raised, "%s", c->what);
		CHECKF(effect.dropped == c->dropped, "%s", c->what);
		CHECKF(rd(DVMM_HPET_STATUS) == c->status, "%s", c->what);
	}
	/* and back: still pending */
	wr(CONFIG(2), 0);
	effect = wr(CONFIG(1), LEVEL | ROUTE(17));
	CHECK_EQ(effect.dropped, 1 << 17);
	effect = wr(CONFIG(1), ENABLE | LEVEL | ROUTE(17));
	CHECK_EQ(effect.raised, 1 << 17);
}

/* 2.3.8 bit 2: "will still generate appropriate status bits, but ... no interrupt" */
static void polled(void)
{
	reset(3);
	wr(CONFIG(1), LEVEL | PERIODIC | VAL_SET);
	wr(COMPARATOR(1), 100);
	wr(CONFIG(2), PERIODIC | VAL_SET);	/* edge: none */
	wr(COMPARATOR(2), 100);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
	run_from(0);
	now += 99 * TICK;
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
	now += TICK;
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	CHECK_EQ(dvmm_hpet_active(&hpet), 0);
	wr(DVMM_HPET_STATUS, 2);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
	now += 100 * TICK;
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	wr(DVMM_HPET_CONFIG, 0);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
	wr(DVMM_HPET_STATUS, 2);
	now += 100 * TICK;
	CHECK_EQ(rd(DVMM_HPET_STATUS), 0);
}

/* Polled until now, then enabled: pending is pending. */
static void polled_then_enabled(void)
{
	struct dvmm_hpet_effect effect;

	reset(3);
	wr(CONFIG(1), LEVEL | ROUTE(17));
	run_from(0);
	wr(COMPARATOR(1), 100);
	now += 500 * TICK;
	effect = wr(CONFIG(1), LEVEL | ENABLE | ROUTE(17));
	CHECK_EQ(effect.raised, 1 << 17);
	CHECK_EQ(rd(DVMM_HPET_STATUS), 2);
}

/* Which timers' interrupts are others now: those, and no more. */
static void whose_series_changed(void)
{
	u32 n;

	reset(32);
	for (n = 0; n < 32; n++) {
		CHECK_EQ(wr(COMPARATOR(n), 1000 * (n + 1)).timers, 0);
		CHECK_EQ(wr(CONFIG(n), n & 1 ? ENABLE | ROUTE(16) : 0).timers, 0);
	}
	CHECK_EQ(wr(DVMM_HPET_CONFIG, 1).timers, 0xaaaaaaaa);
	CHECK_EQ(wr(DVMM_HPET_CONFIG, 1).timers, 0);
	CHECK_EQ(wr(DVMM_HPET_CONFIG, 3).timers, 0);
	CHECK_EQ(wr(CONFIG(0), ENABLE).timers, 1);
	CHECK_EQ(wr(COMPARATOR(0), 1000).timers, 0);
	CHECK_EQ(wr(COMPARATOR(0), 1001).timers, 1);
	CHECK_EQ(wr(COMPARATOR(31), 1001).timers, 1U << 31);
	CHECK_EQ(wr(FSB_ROUTE(31), 1001).timers, 0);
	CHECK_EQ(wr(CONFIG(31), ENABLE | FSB).timers, 0);
	CHECK_EQ(wr(CONFIG(31), ENABLE | MODE32).timers, 1U << 31);
	CHECK_EQ(wr(CONFIG(31), 0).timers, 0);
	CHECK_EQ(wr(CONFIG(31), ENABLE | FSB | PERIODIC).timers, 1U << 31);
	CHECK_EQ(wr(DVMM_HPET_STATUS, U64_MAX).timers, 0);
	CHECK_EQ(wr(DVMM_HPET_COUNTER, 0).timers, 0);
	now += 2000000;
	CHECK_EQ(wr(DVMM_HPET_CONFIG, 0).timers, 1U << 31);	/* the others have fired */
}

static const struct unit_test tests[] = {
	TEST(routes),
	TEST(routes_that_there_are_not),
	TEST(level),
	TEST(edge_and_fsb_have_no_status),
	TEST(shared),
	TEST(active_and_changed),
	TEST(polled),
	TEST(polled_then_enabled),
	TEST(whose_series_changed),
};

UNIT_MAIN(tests)
