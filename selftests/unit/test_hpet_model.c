// SPDX-License-Identifier: GPL-2.0
/* hpet.c beside a model that ticks: random programs of writes, reads and time. */
#include "hpet_bench.h"
#include "hpet_model.h"

#define PROGRAMS 10000
#define STEPS 60

static struct model model;

/* Where the model is, and the tick at which the core says that each timer is due next. */
static u64 model_tick;
static u64 due[32], every[32];
static u32 fired;

static void interrupt(u32 n)
{
	u64 tick = now / TICK - (model_tick - model.counter);

	CHECKF(due[n] == tick, "timer %u came at %llu, announced for %llu", n,
	       (unsigned long long)tick, (unsigned long long)due[n]);
	if (every[n] && every[n] < DVMM_NEVER - due[n])
		due[n] += every[n];
	else
		due[n] = DVMM_NEVER;
	fired |= 1U << n;
}

static void both_same(void)
{
	u32 offset;

	for (offset = 0; offset < DVMM_HPET_LEN; offset += 8)
		CHECKF(rd(offset) == model_read(&model, offset), "0x%x: %llx, model %llx", offset,
		       (unsigned long long)rd(offset),
		       (unsigned long long)model_read(&model, offset));
	CHECK_EQ(dvmm_hpet_active(&hpet), model_lines(&model));
	CHECK_EQ(rd32(DVMM_HPET_COUNTER), (u32)model.counter);
	CHECK_EQ(rd32(DVMM_HPET_COUNTER + 4), model.counter >> 32);
}

static void announce(void)
{
	struct dvmm_series series;
	u32 n;

	for (n = 0; n < hpet.timers; n++) {
		series = dvmm_hpet_series(&hpet, n, now);
		due[n] = series.first;
		every[n] = series.period;
		CHECK(due[n] > now / TICK);
	}
}

/* A round of 32 bits now and then; but not while every tick of it would be a match. */
static u64 some_time(void)
{
	u32 n;

	if (unit_random() % 16)
		return unit_random() % (unit_random() % 8 ? 3000 : 300000);
	for (n = 0; n < model.timers; n++)
		if (model.timer[n].periodic && model.timer[n].adds < 1 << 24)
			return 0;
	return unit_random() % (5 * WRAP32 * TICK);
}

static void time_passes(void)
{
	u32 n, raised = 0, lines = model_lines(&model);
	u64 ticks = now / TICK;

	announce();
	now += some_time();
	ticks = now / TICK - ticks;
	model_tick = model.counter + ticks;
	fired = 0;
	model_run(&model, ticks);
	for (n = 0; n < hpet.timers; n++) {
		CHECK(due[n] > now / TICK);
		if (fired >> n & 1)
			raised |= dvmm_hpet_fire(&hpet, n);
	}
	CHECK_EQ(raised, model_lines(&model) & ~lines);
}

/* Mostly near the counter, on either side of it. */
static u64 some_value(void)
{
	static const u64 far[] = { 0, 1, U32_MAX, WRAP32, U64_MAX, 1ULL << 63, WRAP32 - 100 };

	switch (unit_random() % 8) {
	case 0:
		return far[unit_random() % ARRAY_SIZE(far)];
	case 1:
		return unit_random();
	case 2:
	case 3:
		return unit_random() % 300;
	default:
		return model.counter + unit_random() % 600 - 100;
	}
}

static u32 some_timer_config(void)
{
	u32 config = unit_random() & 0xffff;

	if (unit_random() % 4)
		config |= ENABLE;
	if (unit_random() % 2)
		config = (config & ~ROUTE(31)) | ROUTE(16 + unit_random() % 8);
	return config;
}

/* A register, and something that makes sense there more often than not. */
static u32 some_write(u64 *value)
{
	u32 n = unit_random() % (hpet.timers + 1);

	*value = some_value();
	switch (unit_random() % 8) {
	case 0:
		*value = unit_random() % 8 ? 1 | unit_random() % 4 : unit_random();
		return DVMM_HPET_CONFIG;
	case 1:
		*value = unit_random();
		return DVMM_HPET_STATUS;
	case 2:
		return DVMM_HPET_COUNTER;
	case 3:
	case 4:
		*value = some_timer_config();
		return n < 32 ? CONFIG(n) : DVMM_HPET_ID;
	case 5:
		return unit_random() % (DVMM_HPET_LEN / 8) * 8;
	default:
		return n < 32 ? COMPARATOR(n) : 0x028;
	}
}

static u32 changed_by_series(void)
{
	struct dvmm_series series;
	u32 n, changed = 0;

	for (n = 0; n < hpet.timers; n++) {
		series = dvmm_hpet_series(&hpet, n, now);
		if (series.first != due[n] ||
		    (due[n] != DVMM_NEVER && series.period != every[n]))
			changed |= 1U << n;
	}
	return changed;
}

static void a_write(void)
{
	struct dvmm_hpet_effect effect;
	u32 lines = model_lines(&model), status = model.status, halves = 1 + unit_random() % 3;
	u64 value;
	u32 offset = some_write(&value);

	announce();
	if (halves == 3)
		effect = wr(offset, value);
	else if (halves == 2)
		effect = wr32(offset + 4, value >> 32);
	else
		effect = wr32(offset, value);
	model_write(&model, offset, halves, value);
	CHECK_EQ(effect.raised, model_lines(&model) & ~lines);
	CHECK_EQ(effect.dropped, lines & ~model_lines(&model));
	CHECK_EQ(effect.acked & status & ~model.status, effect.acked);
	CHECK_EQ(effect.timers, changed_by_series());
}

static void as_a_model_that_ticks(void)
{
	u32 i, step, timers;
	u64 start;

	for (i = 0; i < PROGRAMS && !unit_errors; i++) {
		timers = 3 + unit_random() % (i % 16 ? 4 : 30);
		reset(timers);
		model_reset(&model, timers, interrupt);
		start = unit_random() % 4 ? some_value() : U64_MAX - unit_random() % 1000;
		wr(DVMM_HPET_COUNTER, start);
		model_write(&model, DVMM_HPET_COUNTER, 3, start);
		for (step = 0; step < STEPS && !unit_errors; step++) {
			if (unit_random() % 2)
				a_write();
			else
				time_passes();
			both_same();
		}
		CHECKF(!unit_errors, "program %u, step %u", i, step);
	}
}

/* Saved and loaded at any moment, at the same machine time or another: no difference. */
static void as_a_model_while_it_is_moved(void)
{
	struct dvmm_hpet saved;
	u32 i, step;
	u64 to;

	for (i = 0; i < PROGRAMS / 4 && !unit_errors; i++) {
		reset(4);
		model_reset(&model, 4, interrupt);
		for (step = 0; step < STEPS && !unit_errors; step++) {
			if (unit_random() % 2)
				a_write();
			else
				time_passes();
			saved = hpet;
			to = unit_random() % 2 ? now : unit_random() % (1ULL << 60);
			CHECK_EQ(dvmm_hpet_load(&hpet, &saved, now, to), 0);
			now = to;
			both_same();
		}
	}
}

static const struct unit_test tests[] = {
	TEST(as_a_model_that_ticks),
	TEST(as_a_model_while_it_is_moved),
};

UNIT_MAIN(tests)
