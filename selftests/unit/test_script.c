// SPDX-License-Identifier: GPL-2.0
/* Scenario files: what they mean, what is wrong with them, and the models they name. */
#include <math.h>

#include "counter_faults.h"
#include "limits.h"
#include "play.h"
#include "scenario.h"
#include "units.h"

static struct sim_script script;

static bool reads(const char *text)
{
	return sim_script_read(&script, "dir/some.scn", text);
}

static void quantities(void)
{
	double value;

	CHECK(sim_units_read("60us", SIM_TIME, &value) && value == 60000);
	CHECK(sim_units_read("-1.5ms", SIM_TIME, &value) && value == -1500000);
	CHECK(sim_units_read("2h", SIM_TIME, &value) && value == 7200e9);
	CHECK(sim_units_read("3%", SIM_RATIO, &value) && value == 3e7);
	CHECK(sim_units_read("50ppm", SIM_RATIO, &value) && value == 50000);
	CHECK(sim_units_read("-4", SIM_NUMBER, &value) && value == -4);
	CHECK(!sim_units_read("60", SIM_TIME, &value));
	CHECK(!sim_units_read("60ppm", SIM_TIME, &value));
	CHECK(!sim_units_read("us", SIM_TIME, &value));
	CHECK(!sim_units_read("0x10s", SIM_TIME, &value));
	CHECK(!sim_units_read("nan", SIM_NUMBER, &value));
	CHECK(!sim_units_read("infs", SIM_TIME, &value));
	CHECK(!sim_units_read("1e300s", SIM_TIME, &value));
	CHECK(!sim_units_read("", SIM_NUMBER, &value));
}

static void a_whole_scenario(void)
{
	CHECK(reads("# What it is.\n"
		    "hosts 2\n"
		    "for 10s	# not long\n"
		    "delay 1 all 5us\n"
		    "at 2s join 3\n"
		    "at 2s kill 3-5\n"
		    "limit rms 1us 2us\n"
		    "fails rms leaders\n"));
	CHECK(!strcmp(script.name, "some"));
	CHECK(!strcmp(script.title, "What it is."));
	CHECK_EQ(script.hosts, 5);
	CHECK_EQ(script.acts, 3);
	CHECK_EQ(script.act[0].at_ns, 0);
	CHECK(script.act[0].host[1].all);
	CHECK_EQ(script.act[2].at_ns, 2 * SIM_SECOND);
	CHECK_EQ(script.act[2].host[0].first, 2);
	CHECK_EQ(script.act[2].host[0].last, 4);
	CHECK_EQ(script.setting[SIM_SET_MEASURE], 5 * SIM_SECOND);
	CHECK(sim_limit_find(&script, "rms")->to_fail);
	CHECK(sim_limit_find(&script, "leaders")->to_fail);
	CHECK(!sim_limit_find(&script, "violations")->to_fail);
	CHECK(sim_limit_find(&script, "rms")->high == 2000);
}

static void faults_are_named_with_their_line(void)
{
	static const struct { const char *text, *error; } faults[] = {
		{ "", ":0: say how many hosts there are, and for how long" },
		{ "hosts 2\n", ":1: say how many hosts there are, and for how long" },
		{ "\nhosts\n", ":2: hosts: 1 words are to follow, not 0" },
		{ "hosts 0\n", ":1: 0: hosts is out of range" },
		{ "hosts 70000\n", ":1: 70000: hosts is out of range" },
		{ "for 5\n", ":1: 5: give a time, such as 60us" },
		{ "delay all all 5us\n", ":1: delay: first say how many hosts there are" },
		{ "hosts 2\ndelay all all\n", ":2: delay: 3 words are to follow, not 2" },
		{ "hosts 2\ndelay 1 3 5us\n", ":2: 3: there are 2 hosts by then" },
		{ "hosts 2\ndelay 0 1 5us\n", ":2: 0: hosts are numbered from 1" },
		{ "hosts 2\ndelay 2-1 1 5us\n", ":2: 2-1: hosts are numbered from 1" },
		{ "hosts 2\ndelay x 1 5us\n", ":2: x: give hosts, such as 3, 2-5 or all" },
		{ "hosts 2\ndelay all all 5us\nhosts 3\n", ":3: hosts: tell that first" },
		{ "hosts 2\nkill 1\n", ":2: kill: say when: no host is on at first" },
		{ "hosts 2\njoin 1\n", ":2: join: say when, for there are hosts at first" },
		{ "hosts 2\nat 1s join 99999\n", ":2: 99999: so many hosts cannot join" },
		{ "hosts 2\nat 2s kill 1\nat 1s kill 2\n", ":3: 1s: is over by then" },
		{ "hosts 2\nat 2s kill 1\ndelay all all 1us\n", ":3: delay: say when" },
		{ "hosts 2\nat 2s limit rms 1us 2us\n", ":2: limit: not known to happen" },
		{ "hosts 2\nat 2s\n", ":2: at: say when, and what" },
		{ "hosts 2\nfor 5s\nat 6s kill 1\n", ":3: it is over before all has happened" },
		{ "hurry\n", ":1: hurry: not known" },
		{ "limit rms 2us 1us\n", ":1: 2us is more than 1us" },
		{ "limit rms 1us\n", ":1: limit: 3 words are to follow, not 2" },
		{ "limit luck 1 2\n", ":1: luck: not measured" },
		{ "limit rms 1us 2us\nlimit rms 1us 2us\n", ":2: rms: has limits already" },
		{ "fails rms\n", ":1: rms: no such limit so far" },
		{ "a b c d e f g h i j k\n", ":1: more than 10 words" },
	};
	char expected[SIM_ERROR_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		snprintf(expected, sizeof(expected), "dir/some.scn%s", faults[i].error);
		CHECKF(!reads(faults[i].text), "%s", expected);
		CHECKF(!strcmp(script.error, expected), "%s: %s", script.error, expected);
	}
}

/* Cut anywhere, or with bytes changed, a scenario is read or refused, and nothing else. */
static void any_text(void)
{
	static const char good[] =
		"# any\nhosts 3\nfor 9s\nlook 1ms\ntail 1-2 all 3% 400us\nat 2s join 2\n"
		"at 3s restart 2-3\nat 4s jump 4 -3ms\nlimit max 1us 5ms\nfails max\n";
	char text[sizeof(good)];
	int i, j;

	CHECK(reads(good));
	for (i = 0; i < 20000; i++) {
		memcpy(text, good, sizeof(good));
		for (j = unit_random() % 4; j >= 0; j--)
			text[unit_random() % sizeof(good)] = (char)(unit_random() % 128);
		text[unit_random() % sizeof(good)] = '\0';
		CHECK(reads(text) || strstr(script.error, "dir/some.scn:"));
	}
}

static void play(struct sim_play *p, const char *text)
{
	CHECKF(reads(text), "%s", script.error);
	sim_play(p, &script, false);
}

/* Limits hold both ways, and what is to fail has to. */
static void limits_hold_both_ways(void)
{
	static const char text[] = "hosts 2\nfor 6s\ndelay all all 5us\nlimit bound %s\n%s";
	static const struct { const char *bound, *fails; bool good; } cases[] = {
		{ "5us 1ms", "", true },
		{ "5us 6us", "", false },
		{ "900us 1ms", "", false },
		{ "5us 6us", "fails bound\n", true },
		{ "900us 1ms", "fails bound\n", true },
		{ "5us 1ms", "fails bound\n", false },
	};
	char whole[200], why[200];
	struct sim_play p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(whole, sizeof(whole), text, cases[i].bound, cases[i].fails);
		play(&p, whole);
		CHECKF(sim_limits_hold(&p, why, sizeof(why)) == cases[i].good, "%zu: %s", i, why);
		CHECK(!*why == cases[i].good);
		sim_play_free(&p);
	}
}

/* Each fault is seen: what a scenario says is what the hosts are made to suffer. */
static void faults_have_their_effects(void)
{
	struct sim_play p;

	/* alone, lest another find that it is late */
	play(&p, "hosts 1\nfor 12s\nspread 0ppm\n"
		 "at 6s jump 1 50us\nat 8s wrong 1 10ppm\nat 10s freeze 1\nat 11s thaw 1\n");
	CHECK(p.sim->host[0].lies);
	/* 50 us, 10 ppm for 3 s, and a second lost */
	CHECK_NEAR(sim_clock_ns(&p.sim->host[0]) - sim_honest_ns(&p.sim->host[0]),
		   50000 + 30000 - (s64)SIM_SECOND, 100);
	sim_play_free(&p);
}

static void wander_is_as_told(void)
{
	struct sim_wander walk = { .walk_ppb = 10, .seed = 1 };
	struct sim_wander heat = { .heat = { { 100, 20 * SIM_SECOND, 0 } } };
	struct sim_wander fan = { .fan_ppb = 1000, .fan_ns = SIM_SECOND };
	struct sim_wander flicker = { .flicker_ppb = 10, .seed = 1 };
	double squares = 0, walked = 0, before = 0;
	u64 i;

	for (i = 1; i <= 200000; i++) {		/* 10^4 s */
		sim_wander_step(&walk, i * SIM_WANDER_NS);
		sim_wander_step(&flicker, i * SIM_WANDER_NS);
		squares += flicker.now_ppb * flicker.now_ppb;
		if (i % 20)
			continue;
		walked += (walk.now_ppb - before) * (walk.now_ppb - before);
		before = walk.now_ppb;
	}
	CHECK_IN(sqrt(walked / 10000), 9, 11);
	CHECK_IN(sqrt(squares / 200000), 20, 35);	/* 10 times the root of 8 */
	sim_wander_step(&heat, 5 * SIM_SECOND);
	CHECK_NEAR(heat.now_ppb, 100, 1);
	for (i = 0; i < 20; i++)
		sim_wander_step(&fan, 0);
	CHECK_IN(fan.now_ppb, 600, 680);
}

/* Twenty changes of rate a second lose no cycle. */
static void oscillators_keep_fractions(void)
{
	struct sim_oscillator osc = { .millihertz = 2900000000333 };
	u64 ns;

	for (ns = 0; ns < 1000 * SIM_SECOND; ns += 7654321)
		sim_oscillator_drift(&osc, ns, 0);
	CHECK_EQ(sim_oscillator_cycles(&osc, 1000 * SIM_SECOND), 2900000000333);
}

static u64 most_ns(const struct sim_link *link, u64 now_ns)
{
	u64 seed = 1, most = 0;
	int i;

	for (i = 0; i < 1000; i++)
		most = max(most, sim_link_delay_ns(link, now_ns, &seed));
	return most;
}

static void links_are_as_told(void)
{
	struct sim_link sway = { .base_ns = 5, .sway_ns = 1000, .sway_every_ns = SIM_SECOND };
	struct sim_link late = { .base_ns = 5, .reorder_ppm = 10000, .reorder_ns = 700 };
	struct sim_link burst = { .burst_ns = SIM_SECOND / 4, .burst_every_ns = SIM_SECOND,
				  .burst_adds_ns = 1000 };
	u64 seed = 1, ns, busy = 0;

	CHECK_EQ(sim_link_delay_ns(&sway, 0, &seed), 5);
	CHECK_EQ(sim_link_delay_ns(&sway, SIM_SECOND / 2, &seed), 1005);
	CHECK_EQ(most_ns(&late, 0), 705);
	for (ns = 0; ns < 100 * SIM_SECOND; ns += SIM_SECOND / 100)
		busy += most_ns(&burst, ns) > 900;
	CHECK_IN(busy, 2300, 2700);
}

static const struct unit_test tests[] = {
	TEST(quantities),
	TEST(a_whole_scenario),
	TEST(faults_are_named_with_their_line),
	TEST(any_text),
	TEST(limits_hold_both_ways),
	TEST(faults_have_their_effects),
	TEST(wander_is_as_told),
	TEST(oscillators_keep_fractions),
	TEST(links_are_as_told),
};

UNIT_MAIN(tests)
