// SPDX-License-Identifier: GPL-2.0
/* A NIC's clock against a model of one: no stamp is further off than its error says. */
#include "nic.h"
#include "unit.h"

#define KHZ 2096000U
#define MS 1000000.0
#define S 1e9

/* True time runs; so do a counter that is not quite what it claims to be, and a clock. */
struct model {
	struct dvmm_nic nic;
	double now;		/* ns */
	double cycles_per_ns;
	long double cycles;
	double clock_rate;
	long double clock;	/* ns */
	double cost;		/* of a reading, ns */
	u64 stamps, told;
	u64 worst_ns;		/* error told */
};

static double uniform(void)
{
	return (double)(unit_random() >> 11) / (1ULL << 53);
}

static void init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	dvmm_nic_init(&m->nic, KHZ);
	m->cycles_per_ns = KHZ / 1e6 * (1 + (uniform() - 0.5) * 1e-3);
	m->cycles = 1e15 * uniform();
	m->clock_rate = 1 + (uniform() - 0.5) * 2e-4;
	m->clock = 1.7e18L * uniform() + 2 * S;
	m->cost = 1000 + 20000 * uniform();
}

static void pass(struct model *m, double ns)
{
	m->now += ns;
	m->cycles += (long double)ns * m->cycles_per_ns;
	m->clock += (long double)ns * m->clock_rate;
}

static void look(struct model *m)
{
	double cost = m->cost * (0.5 + uniform()), part = uniform();
	struct dvmm_nic_reading r;
	u64 before = m->cycles, ns;

	pass(m, cost * part);
	ns = m->clock;
	pass(m, cost * (1 - part));
	r = dvmm_nic_reading(&m->nic, ns, before, m->cycles);
	CHECK(!dvmm_nic_add(&m->nic, &r) || r.half_ns > DVMM_NIC_HALF_MAX_NS);
}

/* The NIC stamps; it is seen later, and told later than that. Return: whether it could be. */
static bool stamp(struct model *m, double until_seen, void (*meanwhile)(struct model *m))
{
	u64 ns = m->clock, truth = m->cycles, seen;
	struct dvmm_nic_stamp told;

	pass(m, until_seen);
	seen = m->cycles;
	if (meanwhile)
		meanwhile(m);
	pass(m, MS * uniform());
	if (dvmm_nic_is_ahead(&m->nic, seen))
		look(m);
	m->stamps++;
	if (dvmm_nic_stamp(&m->nic, ns, seen, &told))
		return false;
	m->told++;
	m->worst_ns = max(m->worst_ns, (u64)(told.error_cycles / m->cycles_per_ns));
	/* a nanosecond is what the clock's own resolution may hide */
	CHECK_NEAR(told.cycles, truth, told.error_cycles + 3);
	return true;
}

static void warm_up(struct model *m)
{
	int i;

	for (i = 0; i < 30; i++) {
		pass(m, 100 * MS);
		look(m);
	}
}

static void stamps_are_as_right_as_they_say(void)
{
	int run, i;

	for (run = 0; run < 300; run++) {
		struct model m;

		init(&m);
		warm_up(&m);
		for (i = 0; i < 300; i++) {
			pass(&m, 60 * MS * uniform());
			CHECK(stamp(&m, MS * uniform(), NULL));
		}
		CHECK_EQ(m.nic.jumps, 0);
		/* half of the dearest reading, and little for their age */
		CHECK_IN(m.worst_ns, 1, 0.75 * m.cost + 500);
	}
}

/* Right from the second reading on, before any rate is known. */
static void the_first_ones_are_right(void)
{
	int run;

	for (run = 0; run < 10000; run++) {
		struct model m;

		init(&m);
		CHECK(!stamp(&m, MS, NULL));
		CHECK(stamp(&m, MS * uniform(), NULL));
		CHECK_IN(m.worst_ns, 1, 0.75 * m.cost + 4000);
	}
}

/* Both oscillators wander, and messages are rare: 5 ppm within two seconds. */
static void wander_is_allowed_for(void)
{
	int run, i;

	for (run = 0; run < 100; run++) {
		struct model m;

		init(&m);
		warm_up(&m);
		for (i = 0; i < 100; i++) {
			m.clock_rate += (uniform() - 0.5) * 4e-6;
			pass(&m, S * uniform());
			CHECK(stamp(&m, 100 * MS * uniform(), NULL));
		}
		CHECK_EQ(m.nic.jumps, 0);
	}
}

static double step_ns;

static void set_clock(struct model *m)
{
	m->clock += step_ns;
}

static void set_clock_and_look(struct model *m)
{
	set_clock(m);
	pass(m, MS * uniform());
	look(m);
}

/* Whoever sets the clock, before or after others have looked: none is told wrong. */
static void a_clock_that_is_set_is_noticed(void)
{
	static const double steps[] = { 37 * S, 1e15, S, 10 * MS, MS, 100e3 };
	int run;

	for (run = 0; run < 6000; run++) {
		struct model m;

		init(&m);
		warm_up(&m);
		step_ns = steps[run % 6] * (run & 8 ? 1 : -1);
		pass(&m, 60 * MS * uniform());
		CHECK(!stamp(&m, MS * uniform(), run & 16 ? set_clock : set_clock_and_look));
		CHECK_EQ(m.nic.jumps, 1);
		pass(&m, 60 * MS * uniform());
		CHECK(stamp(&m, MS * uniform(), NULL));
		CHECK_EQ(m.nic.jumps, 1);
	}
}

/* Before the stamp, unseen: the readings on both sides of it contradict each other. */
static void a_clock_that_was_set_before_is_noticed(void)
{
	int run;

	for (run = 0; run < 2000; run++) {
		struct model m;

		init(&m);
		warm_up(&m);
		step_ns = (run & 1 ? 1 : -1) * (MS + uniform() * S);
		set_clock(&m);
		pass(&m, 60 * MS * uniform());
		CHECK(!stamp(&m, MS * uniform(), NULL));
		CHECK(stamp(&m, MS * uniform(), NULL));
	}
}

/* As a servo that settles would, by up to 100 ppm at once. */
static void a_clock_that_is_steered_is_followed(void)
{
	u64 jumps = 0;
	int run, i;

	for (run = 0; run < 100; run++) {
		struct model m;

		init(&m);
		warm_up(&m);
		for (i = 0; i < 200; i++) {
			if (!(i % 16))
				m.clock_rate = 1 + (uniform() - 0.5) * 1e-4;
			pass(&m, 60 * MS);
			stamp(&m, MS * uniform(), NULL);
		}
		CHECK_IN(m.told, m.stamps * 3 / 4, m.stamps);
		jumps += m.nic.jumps;
	}
	CHECK(jumps > 0);
}

/* The host counter goes ahead of itself, as where another takes the TSC's place. */
static void a_host_counter_that_jumps_is_noticed(void)
{
	struct model m;

	init(&m);
	warm_up(&m);
	m.cycles += 1e7;
	CHECK(!stamp(&m, MS, NULL));
	CHECK_EQ(m.nic.jumps, 1);
	CHECK(stamp(&m, MS, NULL));
}

static void stale_and_future_ones_are_refused(void)
{
	struct dvmm_nic_stamp told;
	struct model m;
	u64 then;

	init(&m);
	warm_up(&m);
	then = m.clock;
	CHECK_EQ(dvmm_nic_stamp(&m.nic, then - MS, m.cycles + 1, &told), -ERANGE);
	CHECK_EQ(dvmm_nic_stamp(&m.nic, then + S, m.cycles, &told), -ERANGE);
	CHECK_EQ(dvmm_nic_stamp(&m.nic, then - 5 * S, m.cycles, &told), -ERANGE);
	CHECK_EQ(dvmm_nic_stamp(&m.nic, 0, m.cycles, &told), -ERANGE);
	CHECK_EQ(dvmm_nic_stamp(&m.nic, U64_MAX, m.cycles, &told), -ERANGE);
	pass(&m, 10 * MS);
	look(&m);
	CHECK_EQ(dvmm_nic_stamp(&m.nic, then, m.nic.last.cycles, &told), 0);
	/* seen before it can have been */
	CHECK_EQ(dvmm_nic_stamp(&m.nic, then, m.nic.last.cycles - 40e6, &told), -ERANGE);
}

/* Anything at all may be in a NIC's registers. */
static void nonsense_does_no_harm(void)
{
	struct dvmm_nic_reading r;
	struct dvmm_nic_stamp told;
	struct dvmm_nic nic;
	u64 before = 0;
	int i;

	dvmm_nic_init(&nic, KHZ);
	for (i = 0; i < 1000000; i++) {
		u32 shift = unit_random() % 64;

		before += unit_random() >> (unit_random() % 64);
		r = dvmm_nic_reading(&nic, nic.last.ns + (unit_random() >> shift) - (i & 7), before,
				     before + (unit_random() >> (unit_random() % 64)));
		CHECK_EQ(dvmm_nic_add(&nic, &r), r.half_ns > DVMM_NIC_HALF_MAX_NS ? -ERANGE : 0);
		if (!dvmm_nic_stamp(&nic, nic.last.ns - (unit_random() >> shift), nic.last.cycles, &told))
			CHECK_IN(told.error_cycles, 1, 30 * KHZ);
		CHECK(nic.doubt_ppb <= 4 * DVMM_NIC_UNKNOWN_PPB);
	}
}

static const struct unit_test tests[] = {
	TEST(stamps_are_as_right_as_they_say),
	TEST(the_first_ones_are_right),
	TEST(wander_is_allowed_for),
	TEST(a_clock_that_is_set_is_noticed),
	TEST(a_clock_that_was_set_before_is_noticed),
	TEST(a_clock_that_is_steered_is_followed),
	TEST(a_host_counter_that_jumps_is_noticed),
	TEST(stale_and_future_ones_are_refused),
	TEST(nonsense_does_no_harm),
};

UNIT_MAIN(tests)
