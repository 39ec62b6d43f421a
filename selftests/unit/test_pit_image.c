// SPDX-License-Identifier: GPL-2.0
/* pit_image.c: a PIT that was saved and restored goes on as if it had not been. */
#include "pit_image.h"
#include "unit.h"

#define ROUNDS 20000

static struct dvmm_pit pit, copy;
static u64 tick;

static u64 now(void)
{
	return dvmm_ticks_ns(DVMM_PIT_HZ, tick);
}

static void write_both(unsigned int port, u8 value)
{
	CHECK_EQ(dvmm_pit_write(&pit, port, value, now()),
		 dvmm_pit_write(&copy, port, value, now()));
}

/* A control word, perhaps a count or a part of it, perhaps something latched. */
static void random_state(unsigned int ch)
{
	u8 word = ch << 6 | (0x10 + unit_random() % 0x30);

	dvmm_pit_write(&pit, 3, word, now());
	while (unit_random() % 4)
		dvmm_pit_write(&pit, ch, unit_random(), now());
	tick += unit_random() % 3 ? unit_random() % 4 : unit_random() % 200000;
	if (unit_random() % 4 == 0)
		dvmm_pit_write_61(&pit, unit_random(), now());
	if (unit_random() % 4 == 0)
		dvmm_pit_write(&pit, 3, 0xc0 | unit_random(), now());
	if (unit_random() % 2)
		dvmm_pit_read(&pit, ch, now());
}

static void carry_over(s64 error_ns)
{
	struct dvmm_pit_image image;
	int ch;

	dvmm_pit_init(&copy, now());
	copy.speaker = pit.speaker;
	for (ch = 0; ch < DVMM_PIT_CHANNELS; ch++) {
		dvmm_pit_save(&pit, ch, &image, now());
		image.loaded_ns += error_ns;
		dvmm_pit_restore(&copy, ch, &image, now());
	}
}

/* Where KVM's state has no place for it: see pit_image.h. */
static bool cannot_be_carried(const struct dvmm_pit_channel *ch)
{
	const struct dvmm_pit_counter *c = &ch->counter;
	bool periodic = c->mode == 2 || c->mode == 3;

	return !c->written || (c->null_count && c->load != tick + 1) ||
	       (periodic && !c->gate) ||
	       (c->running && c->load != DVMM_NEVER) || (!c->running && c->load == DVMM_NEVER);
}

static bool same_from_now_on(unsigned int ch)
{
	int i;

	tick++;		/* what stood in the counter before a first load is not carried */
	for (i = 0; i < 30; i++) {
		struct dvmm_series a = dvmm_pit_series(&pit, now());
		struct dvmm_series b = dvmm_pit_series(&copy, now());

		CHECK_EQ(a.first, b.first);
		CHECK_EQ(a.period, b.period);
		CHECK_EQ(dvmm_pit_read(&pit, ch, now()), dvmm_pit_read(&copy, ch, now()));
		CHECK_EQ(dvmm_pit_read_61(&pit, now()) & 0x20, dvmm_pit_read_61(&copy, now()) & 0x20);
		tick += unit_random() % 2 ? 1 : unit_random() % 10000;
		if (unit_random() % 8 == 0)
			write_both(3, 0xc0 | unit_random());
		if (unit_errors)
			return false;
	}
	return true;
}

static void restored_it_goes_on(void)
{
	int carried = 0, i, ch;

	for (i = 0; i < ROUNDS; i++) {
		bool whole = true;

		tick = 1 + unit_random() % 1000000;
		dvmm_pit_init(&pit, now());
		for (ch = 0; ch < DVMM_PIT_CHANNELS; ch++)
			random_state(ch);
		carry_over((s64)(unit_random() % 801) - 400);
		for (ch = 0; ch < DVMM_PIT_CHANNELS; ch++)
			whole &= !cannot_be_carried(&pit.channel[ch]);
		if (!whole)
			continue;
		carried++;
		for (ch = 0; ch < DVMM_PIT_CHANNELS; ch++)
			if (!same_from_now_on(ch))
				return;
	}
	CHECK(carried > ROUNDS / 100);
}

static void half_a_count_goes_on(void)
{
	tick = 70000;
	dvmm_pit_init(&pit, now());
	dvmm_pit_write(&pit, 3, 0x30, now());
	dvmm_pit_write(&pit, 0, 0x34, now());
	dvmm_pit_write(&pit, 0, 0x12, now());
	tick += 100;
	dvmm_pit_write(&pit, 0, 0x78, now());
	carry_over(0);
	CHECK(dvmm_pit_series(&copy, now()).first == DVMM_NEVER);
	write_both(0, 0x56);
	CHECK_EQ(dvmm_pit_series(&copy, now()).first, tick + 1 + 0x5678);
}

/* Loaded before this machine's time began, or long after now. */
static void any_time_of_load_is_good(void)
{
	struct dvmm_pit_image image = { .count = 1000, .access = 3, .mode = 2, .gate = true };
	static const s64 times[] = { S64_MIN, S64_MIN + 1, -1, 0, 1, S64_MAX - 1, S64_MAX };
	u32 i;

	tick = 5000;
	for (i = 0; i < ARRAY_SIZE(times); i++) {
		dvmm_pit_init(&pit, now());
		image.loaded_ns = times[i];
		dvmm_pit_restore(&pit, 0, &image, now());
		CHECK_IN(dvmm_pit_series(&pit, now()).first, tick + 1, tick + 1001);
	}
	image.loaded_ns = -1;
	dvmm_pit_restore(&pit, 0, &image, now());
	CHECK_EQ(dvmm_pit_series(&pit, now()).first, tick + 999);
}

static void any_image_is_good(void)
{
	struct dvmm_pit_image image;
	int i, n;

	for (i = 0; i < ROUNDS; i++) {
		image = (struct dvmm_pit_image){
			.count = unit_random(), .loaded_ns = unit_random(), .latch = unit_random(),
			.latched = unit_random(), .status = unit_random(),
			.status_latched = unit_random() & 1, .read_high = unit_random() & 1,
			.write_high = unit_random() & 1, .low = unit_random(),
			.access = unit_random(), .mode = unit_random(), .bcd = unit_random() & 1,
			.gate = unit_random() & 1,
		};
		tick = unit_random() % (1ULL << 40);
		dvmm_pit_init(&pit, now());
		dvmm_pit_restore(&pit, i % 3, &image, now());
		for (n = 0; n < 10; n++) {
			struct dvmm_series s = dvmm_pit_series(&pit, now());

			CHECK(s.first > tick);
			CHECK(!s.period || s.period >= 2);
			dvmm_pit_read(&pit, i % 3, now());
			tick += unit_random() % 100000;
		}
	}
}

static const struct unit_test tests[] = {
	TEST(restored_it_goes_on),
	TEST(half_a_count_goes_on),
	TEST(any_time_of_load_is_good),
	TEST(any_image_is_good),
};

UNIT_MAIN(tests)
