// SPDX-License-Identifier: GPL-2.0
/* The timers of a bare machine by its TSC: ticks counted, and armings by the thousand. See bare.h. */
#include "bare_guest.h"

#define LVT 0x320
#define INITIAL 0x380
#define DIVIDE 0x3e0
#define BY_1 0xb
#define LVT_PERIODIC (1 << 17)
#define LVT_DEADLINE (2 << 17)
#define MSR_DEADLINE 0x6e0

#define HPET 0xfed00000ULL
#define HPET_CONFIG (HPET + 0x10)
#define HPET_COUNTER (HPET + 0xf0)
#define HPET_TIMER (HPET + 0x140)
#define HPET_COMPARATOR (HPET_TIMER + 8)
#define HPET_ONE_SHOT (4 | HPET_PIN << 9)
#define HPET_PERIODIC (HPET_ONE_SHOT | 8 | 0x40)
#define HPET_PIN 20

#define BILLION 1000000000ULL
#define MS 1000000ULL

enum { PIT, HPET_, RTC, LAPIC_, TIMERS };

/**
 * struct timer - one of the machine's
 * @hz: its clock; @period in ticks of that
 * @from: the TSC at which it was started, or before
 * @count: interrupts that came; @early: more than were due
 * @slot: how many periods had passed at the last one
 * @skipped: periods that passed without one
 * @due: the periods that had passed when it was stopped; @due_after: and after that
 */
static struct timer {
	const char *name;
	u64 hz, period, from;
	volatile u64 count, early, slot, skipped;
	u64 due, due_after;
	bool runs;
} timers[TIMERS] = {
	{ .name = "pit", .hz = 1193182 }, { .name = "hpet", .hz = 100000000 },
	{ .name = "rtc", .hz = 32768 }, { .name = "lapic", .hz = BILLION },
};

static uint8_t cmos_in(uint8_t index)
{
	out8(0x70, index);
	return in8(0x71);
}

static void cmos_out(uint8_t index, uint8_t value)
{
	out8(0x70, index);
	out8(0x71, value);
}

static void (*on_timer)(u32 n);

HANDLER(on_pit)
{
	on_timer(PIT);
	eoi();
}

HANDLER(on_hpet)
{
	on_timer(HPET_);
	eoi();
}

HANDLER(on_rtc)
{
	on_timer(RTC);
	cmos_in(0x0c);
	eoi();
}

HANDLER(on_lapic)
{
	on_timer(LAPIC_);
	eoi();
}

HANDLER(on_spurious)
{
}

/* KVM's routing has GSI 0 at input 0, a PC at 2. */
static void set_up(void)
{
	interrupts_start();
	on_interrupt(0x50, on_pit);
	on_interrupt(0x60, on_hpet);
	on_interrupt(0x70, on_rtc);
	on_interrupt(0x80, on_lapic);
	on_interrupt(0xff, on_spurious);
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	out8(0x43, 0x34);	/* its output may have been low: a rise that is nobody's tick */
	ioapic_route(0, 0x50);
	ioapic_route(2, 0x50);
	ioapic_route(HPET_PIN, 0x60);
	ioapic_route(8, 0x70);
	write32(LAPIC + DIVIDE, BY_1);
	write64(HPET_CONFIG, 0);
	write64(HPET_COUNTER, 0);
}

static void say_of(const char *name, const char *what, u64 value)
{
	char word[24] = {};
	u32 i, j;

	for (i = 0; name[i]; i++)
		word[i] = name[i];
	word[i++] = '_';
	for (j = 0; what[j]; j++)
		word[i + j] = what[j];
	say(word, value);
}

/* Of the timer's clock, since it was started, in thousandths of a period */
static u64 milliperiods(const struct timer *t, u64 at)
{
	u64 ns = tsc_ns(at - t->from);

	return (ns / BILLION * t->hz + ns % BILLION * t->hz / BILLION) * 1000 / t->period;
}

static void count_tick(u32 n)
{
	struct timer *t = &timers[n];
	u64 slot = milliperiods(t, tsc()) / 1000;

	t->count++;
	t->early += t->count > slot;
	if (slot > t->slot + 1)
		t->skipped += slot - t->slot - 1;
	t->slot = slot;
}

static void start_pit(struct timer *t)
{
	out8(0x43, 0x34);
	out8(0x40, t->period);
	t->from = tsc();
	out8(0x40, t->period >> 8);
}

static void stop_pit(void)
{
	out8(0x43, 0x30);
}

static void start_hpet(struct timer *t)
{
	write64(HPET_TIMER, HPET_PERIODIC);
	write64(HPET_COMPARATOR, t->period);
	t->from = tsc();
	write64(HPET_CONFIG, 1);
}

static void stop_hpet(void)
{
	write64(HPET_TIMER, 0);
}

/* Its edges are where its divider has them: start right after one that was seen. */
static void start_rtc(struct timer *t)
{
	uint8_t rate = 1;

	while (1U << (rate - 1) < t->period)
		rate++;
	cmos_out(0x0b, 0x02);
	cmos_out(0x0a, 0x20 | rate);
	do {
		cmos_in(0x0c);
		do
			t->from = tsc();
		while (!(cmos_in(0x0c) & 0x40));
		cmos_out(0x0b, 0x42);
	} while (milliperiods(t, tsc()) > 600);
}

static void stop_rtc(void)
{
	cmos_out(0x0b, 0x02);
	cmos_in(0x0c);
}

static void start_lapic(struct timer *t)
{
	write32(LAPIC + LVT, LVT_PERIODIC | 0x80);
	t->from = tsc();
	write32(LAPIC + INITIAL, t->period);
}

static void stop_lapic(void)
{
	write32(LAPIC + INITIAL, 0);
}

static void (*const starts[])(struct timer *t) = { start_pit, start_hpet, start_rtc, start_lapic };
static void (*const stops[])(void) = { stop_pit, stop_hpet, stop_rtc, stop_lapic };

/* In the middle of a period, so that nobody doubts how many have passed. */
static void stop_if_quiet(u32 n, u64 patience_end)
{
	struct timer *t = &timers[n];
	u64 now = tsc(), passed = milliperiods(t, now);
	bool quiet = passed % 1000 > 200 && passed % 1000 < 600;
	bool level = n == LAPIC_ || t->count >= passed / 1000; /* KVM's LAPIC merges */

	if (!quiet || (!level && now < patience_end))
		return;
	stops[n]();
	t->runs = false;
	t->due = passed / 1000;
	t->due_after = milliperiods(t, tsc()) / 1000;
}

static bool any_runs(void)
{
	bool any = false;
	u32 n;

	for (n = 0; n < TIMERS; n++)
		any |= timers[n].runs;
	return any;
}

static void wait_ms(u64 ms)
{
	u64 end = tsc() + ms * call->khz;

	while (tsc() < end)
		breathe();
}

/*
 * @argument: bit n: timer n runs; from bit 8 Hz, from bit 32 for how many ms, from bit 56
 * for how many s it may take to get level. Then all is left alone for a while, to be looked at.
 */
static void ticks(void)
{
	u64 hz = call->argument >> 8 & 0xffff, end, patience_end;
	u32 n;

	on_timer = count_tick;
	set_up();
	for (n = 0; n < TIMERS; n++) {
		struct timer *t = &timers[n];

		t->runs = call->argument >> n & 1;
		t->period = t->hz / hz;
		/* a power of two: 128 for 100, 1024 for 1000 */
		if (n == RTC)
			t->period = hz > 500 ? 32 : 256;
		if (t->runs)
			starts[n](t);
	}
	end = tsc() + (call->argument >> 32 & 0xffffff) * call->khz;
	patience_end = end + (call->argument >> 56) * 1000 * call->khz;
	while (tsc() < end)
		halt();
	while (any_runs()) {
		breathe();
		for (n = 0; n < TIMERS; n++)
			if (timers[n].runs)
				stop_if_quiet(n, patience_end);
	}
	wait_ms(3000);
	for (n = 0; n < TIMERS; n++) {
		if (!(call->argument >> n & 1))
			continue;
		say_of(timers[n].name, "count", timers[n].count);
		say_of(timers[n].name, "due", timers[n].due);
		say_of(timers[n].name, "due_after", timers[n].due_after);
		say_of(timers[n].name, "early", timers[n].early);
		say_of(timers[n].name, "skipped", timers[n].skipped);
	}
}

/**
 * struct shot - a timer that is armed again and again
 * @from: the TSC before it was armed, @length_ns from when its interrupt is due
 * @doubtful: the deadline may have passed before it was written, for the HPET to ignore
 */
static struct shot {
	u64 from, length_ns, armed, early, lost, latest_ns;
	volatile u64 came;
	volatile bool waiting;
	bool doubtful;
} shots[TIMERS];

static u64 seed = 88172645463325252ULL;

static u64 random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Log-uniform from @least, over so many octaves */
static u64 log_uniform(u64 least, u32 octaves)
{
	u64 octave = least << random64() % octaves;

	return octave + random64() % octave;
}

static void on_shot(u32 n)
{
	if (n == LAPIC_)
		stop_lapic();
	if (shots[n].waiting)
		shots[n].came = tsc();
	shots[n].waiting = false;
}

/* 65536 pulses are 55 ms. */
static void arm_pit(struct shot *s)
{
	u64 pulses = log_uniform(1, 16);

	out8(0x43, 0x30);
	out8(0x40, pulses);
	s->from = tsc();
	out8(0x40, pulses >> 8);
	s->length_ns = pulses * BILLION / timers[PIT].hz;
}

/* The counter reads a value for 10 ns. */
static void arm_hpet(struct shot *s)
{
	u64 length = log_uniform(100, 17), due;

	s->from = tsc();
	due = read64(HPET_COUNTER) + length;
	write64(HPET_COMPARATOR, due);
	s->doubtful = read64(HPET_COUNTER) >= due;
	s->length_ns = (length - 1) * 10;
}

/* Its three modes in turn; one that has ticked on may have a tick on its way yet. */
static void arm_lapic(struct shot *s)
{
	static const u32 modes[] = { LVT_DEADLINE, 0, LVT_PERIODIC };
	u32 mode = modes[s->armed % 3];

	s->waiting = false;
	stop_lapic();
	breathe();
	s->length_ns = log_uniform(1000, 17);
	write32(LAPIC + LVT, mode | 0x80);
	s->from = tsc();
	s->waiting = true;
	if (mode == LVT_DEADLINE)
		write_msr(MSR_DEADLINE, s->from + s->length_ns * call->khz / 1000000 + 1);
	else
		write32(LAPIC + INITIAL, s->length_ns);
}

static void (*const arms[])(struct shot *s) = { arm_pit, arm_hpet, 0, arm_lapic };

static void judge(struct shot *s)
{
	u64 took = tsc_ns(s->came - s->from);

	s->armed++;
	s->early += took < s->length_ns;
	if (took > s->length_ns && took - s->length_ns > s->latest_ns)
		s->latest_ns = took - s->length_ns;
}

/* Returns whether there is more to do. */
static bool attend(u32 n)
{
	struct shot *s = &shots[n];

	if (s->waiting) {
		u64 patience_ns = s->doubtful ? 5 * MS : 1000 * MS;

		if (tsc_ns(tsc() - s->from) < s->length_ns + patience_ns)
			return true;
		s->lost += !s->doubtful;
	} else if (s->from) {
		judge(s);
	}
	s->waiting = s->armed < call->argument;
	s->doubtful = false;
	if (s->waiting)
		arms[n](s);
	else
		s->from = 0;
	return s->waiting;
}

static void armings(void)
{
	bool more = true;
	u32 n;

	on_timer = on_shot;
	set_up();
	write64(HPET_TIMER, HPET_ONE_SHOT);
	write64(HPET_CONFIG, 1);
	while (more) {
		more = false;
		breathe();
		for (n = 0; n < TIMERS; n++)
			if (arms[n] && shots[n].armed < call->argument)
				more |= attend(n);
	}
	for (n = 0; n < TIMERS; n++) {
		if (!arms[n])
			continue;
		say_of(timers[n].name, "armed", shots[n].armed);
		say_of(timers[n].name, "early", shots[n].early);
		say_of(timers[n].name, "lost", shots[n].lost);
		say_of(timers[n].name, "latest_us", shots[n].latest_ns / 1000);
	}
}

__attribute__((section(".text.start"), noreturn)) void start(struct bare_call *given)
{
	call = given;
	if (call->test)
		armings();
	else
		ticks();
	for (;;)
		out8(BARE_EXIT_PORT, 0);
}
