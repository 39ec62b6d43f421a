// SPDX-License-Identifier: GPL-2.0
/* tick.c against a model that holds every tick in a list, and the policies' examples. */
#include "tick.h"
#include "unit.h"

#define MS 1000000ULL

/* A model that steps from tick to tick of the clock, and remembers each by itself. */
#define LIST_MAX 100000

static struct model {
	struct dvmm_series series;
	enum dvmm_tick_policy policy;
	u32 gap_ns;
	u64 ticks;			/* the clock, as far as stepped */
	u64 list[LIST_MAX];		/* ns at which the pending ones were due, oldest first */
	u32 pending;
	u64 newest_ns;
	u64 sent_ns;
	u64 wait_until_ns;
	bool wait_for_due;
	bool in_flight;
	struct dvmm_tick_counts counts;
} m;

static void drop_oldest(u64 *why)
{
	m.pending--;
	memmove(m.list, m.list + 1, m.pending * sizeof(m.list[0]));
	(*why)++;
}

static void comes_due(u64 due_ns)
{
	m.counts.programmed++;
	m.newest_ns = due_ns;
	m.wait_for_due = false;
	if (m.policy == DVMM_TICK_MERGE && m.pending) {
		m.counts.merged++;
	} else if (m.policy == DVMM_TICK_DISCARD && m.in_flight) {
		m.counts.discarded++;
	} else {
		if (m.policy == DVMM_TICK_DISCARD && m.pending)
			drop_oldest(&m.counts.discarded);
		m.list[m.pending++] = due_ns;
	}
}

static void step_to(u64 now_ns)
{
	for (; dvmm_ticks_ns(m.series.hz, m.ticks + 1) <= now_ns; ) {
		m.ticks++;
		if (m.ticks != m.series.first)
			continue;
		m.series.first = m.series.period ? m.ticks + m.series.period : DVMM_NEVER;
		comes_due(dvmm_ticks_ns(m.series.hz, m.ticks));
	}
}

static bool model_ready(u64 now_ns)
{
	step_to(now_ns);
	if (m.in_flight && now_ns >= m.sent_ns + DVMM_TICK_FLIGHT_MAX_NS)
		m.in_flight = false;
	return m.pending && !m.in_flight && !m.wait_for_due && now_ns >= m.wait_until_ns;
}

static u64 model_next_ns(void)
{
	return m.series.first == DVMM_NEVER ? DVMM_NEVER
					    : dvmm_ticks_ns(m.series.hz, m.series.first);
}

static void model_delivers(u64 now_ns)
{
	u64 late = now_ns - m.list[0];
	int class = 0;

	while (late > 1 && class < DVMM_TICK_CLASSES - 1) {
		late /= 2;
		class++;
	}
	m.counts.late[class]++;
	drop_oldest(&m.counts.delivered);
	m.wait_until_ns = now_ns + m.gap_ns;
	m.counts.held += model_next_ns() < m.wait_until_ns;
	if (!m.pending || m.series.first == DVMM_NEVER)
		return;
	m.wait_for_due = m.policy == DVMM_TICK_DELAY;
	if (m.policy == DVMM_TICK_CATCHUP)
		m.wait_until_ns = max(m.wait_until_ns,
				      now_ns + dvmm_ticks_ns(m.series.hz, m.series.period) / 4);
}

static void model_settles(u64 now_ns, enum dvmm_tick_outcome outcome)
{
	if (outcome == DVMM_TICK_SENT || outcome == DVMM_TICK_DONE)
		model_delivers(now_ns);
	if (outcome == DVMM_TICK_UNHEARD) {
		m.wait_until_ns = now_ns + m.gap_ns;
		m.wait_for_due = false;
	}
	m.in_flight = outcome == DVMM_TICK_SENT || outcome == DVMM_TICK_REFUSED;
	m.sent_ns = now_ns;
	while (m.pending && (outcome == DVMM_TICK_UNHEARD ||
			     (outcome == DVMM_TICK_REFUSED && m.policy == DVMM_TICK_DISCARD)))
		drop_oldest(&m.counts.discarded);
}

static void model_programs(const struct dvmm_series *series, u64 now_ns)
{
	step_to(now_ns);
	if (series->first == m.series.first &&
	    (series->first == DVMM_NEVER || series->period == m.series.period))
		return;
	while (m.pending > 1)
		drop_oldest(&m.counts.discarded);
	if (m.pending)
		m.list[0] = m.newest_ns;
	m.series = *series;
	m.in_flight = false;
	m.wait_for_due = false;
	m.wait_until_ns = m.sent_ns + m.gap_ns;
}

static void model_policy(enum dvmm_tick_policy policy, u64 now_ns)
{
	step_to(now_ns);
	if (policy == m.policy)
		return;
	m.policy = policy;
	m.wait_for_due = false;
	m.wait_until_ns = m.sent_ns + m.gap_ns;
	if (policy == DVMM_TICK_MERGE)
		for (; m.pending > 1; m.pending--)
			m.counts.merged++;
	while (policy == DVMM_TICK_DISCARD && m.pending > !m.in_flight)
		drop_oldest(&m.counts.discarded);
	if (policy == DVMM_TICK_DISCARD && m.pending)
		m.list[0] = m.newest_ns;
}

static void compare(const struct dvmm_tick *tick)
{
	const struct dvmm_tick_counts *c = &tick->counts;
	int i;

	CHECK_EQ(c->programmed, m.counts.programmed);
	CHECK_EQ(c->delivered, m.counts.delivered);
	CHECK_EQ(c->merged, m.counts.merged);
	CHECK_EQ(c->discarded, m.counts.discarded);
	CHECK_EQ(c->pending, m.pending);
	CHECK_EQ(c->held, m.counts.held);
	CHECK_EQ(tick->in_flight, m.in_flight);
	CHECK_EQ(c->programmed, c->delivered + c->merged + c->discarded + c->pending);
	for (i = 0; i < DVMM_TICK_CLASSES; i++)
		CHECK_EQ(c->late[i], m.counts.late[i]);
}

/* Nothing is missed by not looking earlier, and looking then is not in vain. */
static void next_is_right(const struct dvmm_tick *tick, u64 now_ns)
{
	struct dvmm_tick copy = *tick;
	u64 next_ns = dvmm_tick_next_ns(tick);

	if (next_ns == DVMM_NEVER) {
		CHECK(!dvmm_tick_ready(&copy, now_ns + 100 * DVMM_NSEC_PER_SEC));
		return;
	}
	if (next_ns > now_ns)
		CHECK(!dvmm_tick_ready(&copy, next_ns - 1));
	if (tick->policy != DVMM_TICK_DISCARD)
		CHECK(dvmm_tick_ready(&copy, max(next_ns, now_ns)));
}

static u64 below(u64 limit)
{
	return unit_random() % limit;
}

static struct dvmm_series any_series(u32 hz, u64 now_ns)
{
	struct dvmm_series series = { .hz = hz, .first = DVMM_NEVER };

	if (below(8))
		series.first = dvmm_ticks_at(hz, now_ns) + 1 + below(below(2) ? 3 : 60);
	if (below(4))
		series.period = 1 + below(below(2) ? 3 : 60);
	return series;
}

static void deliver(struct dvmm_tick *tick, u64 now_ns)
{
	enum dvmm_tick_outcome outcome = below(3) ? DVMM_TICK_SENT : below(4);
	bool ready = dvmm_tick_ready(tick, now_ns);

	CHECK_EQ(ready, model_ready(now_ns));
	if (!ready || unit_errors)
		return;
	dvmm_tick_settle(tick, now_ns, outcome);
	model_settles(now_ns, outcome);
}

static void anything(struct dvmm_tick *tick, u64 now_ns)
{
	struct dvmm_series series;
	enum dvmm_tick_policy policy;

	switch (below(8)) {
	case 0:
		series = any_series(tick->series.hz, now_ns);
		dvmm_tick_program(tick, &series, now_ns);
		model_programs(&series, now_ns);
		break;
	case 1:
		policy = below(DVMM_TICK_POLICIES);
		dvmm_tick_set_policy(tick, policy, now_ns);
		model_policy(policy, now_ns);
		break;
	case 2:
	case 3:
	case 4:
		dvmm_tick_acked(tick, now_ns);
		step_to(now_ns);
		m.in_flight = false;
		break;
	default:
		deliver(tick, now_ns);
	}
}

static void program(u32 hz)
{
	u64 now_ns = below(DVMM_NSEC_PER_SEC), tick_ns = DVMM_NSEC_PER_SEC / hz + 1;
	enum dvmm_tick_policy policy = below(DVMM_TICK_POLICIES);
	u32 gap_ns = below(3) ? below(30 * tick_ns) : 0;
	struct dvmm_series none = { .hz = hz, .first = DVMM_NEVER };
	struct dvmm_tick tick;
	int i;

	m = (struct model){ .series = none, .policy = policy, .gap_ns = gap_ns,
			    .wait_until_ns = gap_ns, .ticks = dvmm_ticks_at(hz, now_ns) };
	dvmm_tick_init(&tick, policy, gap_ns);
	dvmm_tick_program(&tick, &none, now_ns);
	for (i = 0; i < 300 && !unit_errors; i++) {
		anything(&tick, now_ns);
		step_to(now_ns);
		dvmm_tick_ready(&tick, now_ns);
		model_ready(now_ns);
		compare(&tick);
		next_is_right(&tick, now_ns);
		now_ns += below(below(4) ? 20 * tick_ns : 200 * tick_ns);
		if (!below(4))
			now_ns = max(now_ns, min(dvmm_tick_next_ns(&tick), now_ns + 500 * tick_ns));
	}
}

static void random_programs_are_as_in_the_model(void)
{
	static const u32 clocks[] = { 97, 1000, 32768, 1193182, 14318180, 333333333, 1000000000 };
	int i;

	for (i = 0; i < 700 && !unit_errors; i++)
		program(clocks[i % ARRAY_SIZE(clocks)]);
}

/* One tick a ms; the guest takes none from 2.5 to 6.5 ms, and each at once otherwise. */
struct play {
	struct dvmm_tick tick;
	char text[80];
};

static bool guest_sleeps(u64 now_ns)
{
	return now_ns > 5 * MS / 2 && now_ns < 13 * MS / 2;
}

static void play(struct play *play, enum dvmm_tick_policy policy, u64 until_ns)
{
	static const struct dvmm_series series = { .hz = 1000, .first = 1, .period = 1 };
	struct dvmm_tick *tick = &play->tick;
	size_t at = 0;
	u64 now_ns;

	dvmm_tick_init(tick, policy, 0);
	dvmm_tick_program(tick, &series, 0);
	for (now_ns = 0; now_ns < until_ns; now_ns += MS / 4) {
		if (tick->in_flight && !guest_sleeps(now_ns))
			dvmm_tick_acked(tick, now_ns);
		if (!dvmm_tick_ready(tick, now_ns))
			continue;
		dvmm_tick_settle(tick, now_ns, DVMM_TICK_SENT);
		at += snprintf(play->text + at, sizeof(play->text) - at, "%g ", now_ns * 1e-6);
	}
	printf("# %s\n", play->text);
}

static void delay_stays_behind(void)
{
	struct play p = {};

	play(&p, DVMM_TICK_DELAY, 11 * MS);
	CHECK(!strcmp(p.text, "1 2 3 6.5 7 8 9 10 "));
	CHECK_EQ(p.tick.counts.programmed, 10);
	CHECK_EQ(p.tick.counts.pending, 2);
}

static void catchup_becomes_level(void)
{
	struct play p = {};

	play(&p, DVMM_TICK_CATCHUP, 11 * MS);
	CHECK(!strcmp(p.text, "1 2 3 6.5 6.75 7 7.25 8 9 10 "));
	CHECK_EQ(p.tick.counts.programmed, 10);
	CHECK_EQ(p.tick.counts.delivered, 10);
}

static void merge_makes_one_of_all(void)
{
	struct play p = {};

	play(&p, DVMM_TICK_MERGE, 11 * MS);
	CHECK(!strcmp(p.text, "1 2 3 6.5 7 8 9 10 "));
	CHECK_EQ(p.tick.counts.merged, 2);
	CHECK_EQ(p.tick.counts.pending, 0);
}

static void discard_throws_away(void)
{
	struct play p = {};

	play(&p, DVMM_TICK_DISCARD, 11 * MS);
	CHECK(!strcmp(p.text, "1 2 3 7 8 9 10 "));
	CHECK_EQ(p.tick.counts.discarded, 3);
	CHECK_EQ(p.tick.counts.pending, 0);
}

/* 1 ns period, looked at after a year: no loop, no overflow, and the least interval holds. */
static void a_storm_is_only_counted(void)
{
	struct dvmm_series storm = { .hz = 1000000000, .first = 1, .period = 1 };
	u64 year_ns = 365ULL * 86400 * DVMM_NSEC_PER_SEC;
	struct dvmm_tick tick;
	int policy;

	for (policy = 0; policy < DVMM_TICK_POLICIES; policy++) {
		dvmm_tick_init(&tick, policy, 50000);
		dvmm_tick_program(&tick, &storm, 0);
		CHECK(dvmm_tick_ready(&tick, year_ns));
		dvmm_tick_settle(&tick, year_ns, DVMM_TICK_DONE);
		CHECK_EQ(tick.counts.programmed, year_ns);
		CHECK_EQ(tick.counts.held, 1);
		CHECK(dvmm_tick_next_ns(&tick) >= year_ns + 50000);
		CHECK(!dvmm_tick_ready(&tick, year_ns + 49999));
		CHECK(dvmm_tick_ready(&tick, year_ns + 50000));
	}
}

/* Registers are a guest's: whatever they say, counts add up and the end of time is none. */
static void garbage_does_no_harm(void)
{
	u64 now_ns = 0;
	struct dvmm_tick tick;
	int i;

	dvmm_tick_init(&tick, DVMM_TICK_CATCHUP, 1000);
	for (i = 0; i < 200000; i++) {
		struct dvmm_series series = { .hz = 1 + unit_random() % DVMM_SERIES_HZ_MAX,
					      .first = unit_random() >> below(64),
					      .period = unit_random() >> below(64) };
		const struct dvmm_tick_counts *c = &tick.counts;

		dvmm_tick_program(&tick, &series, now_ns);
		now_ns += below(1ULL << below(40));
		if (dvmm_tick_ready(&tick, now_ns))
			dvmm_tick_settle(&tick, now_ns, below(4));
		CHECK(dvmm_tick_next_ns(&tick) > 0);
		CHECK(c->programmed == c->delivered + c->merged + c->discarded + c->pending);
	}
}

static void the_end_of_the_clock_ends_a_series(void)
{
	struct dvmm_series series = { .hz = 1000, .first = 5, .period = DVMM_NEVER - 2 };
	struct dvmm_tick tick;

	dvmm_tick_init(&tick, DVMM_TICK_CATCHUP, 0);
	dvmm_tick_program(&tick, &series, 0);
	CHECK(dvmm_tick_ready(&tick, 5 * MS));
	dvmm_tick_settle(&tick, 5 * MS, DVMM_TICK_DONE);
	CHECK(dvmm_tick_next_ns(&tick) == DVMM_NEVER);
	CHECK(!dvmm_tick_ready(&tick, 500 * MS));
}

/* A one-shot that came due is neither lost nor doubled when its guest sets it again. */
static void one_that_is_due_outlives_programming(void)
{
	struct dvmm_series first = { .hz = 1000000, .first = 100 };
	struct dvmm_series second = { .hz = 1000000, .first = 300 };
	struct dvmm_tick tick;

	dvmm_tick_init(&tick, DVMM_TICK_MERGE, 0);
	dvmm_tick_program(&tick, &first, 0);
	dvmm_tick_program(&tick, &second, 150000);
	CHECK(dvmm_tick_ready(&tick, 150000));
	dvmm_tick_settle(&tick, 150000, DVMM_TICK_SENT);
	dvmm_tick_program(&tick, &second, 160000);
	CHECK(tick.in_flight);
	dvmm_tick_acked(&tick, 170000);
	CHECK(!dvmm_tick_ready(&tick, 299999));
	CHECK(dvmm_tick_ready(&tick, 300000));
	CHECK(dvmm_tick_reset(&tick, 300000));
	CHECK(!dvmm_tick_reset(&tick, 300000));
	CHECK(!dvmm_tick_ready(&tick, 400000));
	CHECK_EQ(tick.counts.discarded, 1);
}

static const struct unit_test tests[] = {
	TEST(random_programs_are_as_in_the_model),
	TEST(delay_stays_behind),
	TEST(catchup_becomes_level),
	TEST(merge_makes_one_of_all),
	TEST(discard_throws_away),
	TEST(a_storm_is_only_counted),
	TEST(garbage_does_no_harm),
	TEST(the_end_of_the_clock_ends_a_series),
	TEST(one_that_is_due_outlives_programming),
};

UNIT_MAIN(tests)
