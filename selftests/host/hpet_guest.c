// SPDX-License-Identifier: GPL-2.0
/* An HPET, seen from a bare machine: see bare.h. Tests by number, at the end. */
#include "bare_guest.h"

#define HPET 0xfed00000ULL
#define ID 0x000
#define CONFIG 0x010
#define STATUS 0x020
#define COUNTER 0x0f0
#define TN(n) (0x100 + 0x20 * (n))
#define COMPARATOR 0x08
#define FSB_ROUTE 0x10

#define RUN 1
#define LEGACY 2
#define LEVEL 0x0002
#define ENABLE 0x0004
#define PERIODIC 0x0008
#define VAL_SET 0x0040
#define MODE32 0x0100
#define ROUTE(pin) ((pin) << 9)
#define FSB 0x4000

#define VECTOR 0x50
#define VECTOR_PIT 0x60
#define PIN 20
#define MS 100000ULL	/* ticks of the HPET */

static volatile u64 ticks, pit_ticks;
static volatile u64 isr_tsc, isr_counter;
static u64 level_bit, hold_until;
static bool tell;

static u64 counter(void)
{
	return read64(HPET + COUNTER);
}

HANDLER(on_tick)
{
	isr_tsc = tsc();
	isr_counter = counter();
	ticks++;
	if (tell)
		call->word[0].value = ticks;
	if (level_bit && ticks >= hold_until)
		write32(HPET + STATUS, level_bit);
	eoi();
}

HANDLER(on_pit)
{
	pit_ticks++;
	eoi();
}

HANDLER(on_spurious)
{
}

static void set_up(void)
{
	interrupts_start();
	on_interrupt(VECTOR, on_tick);
	on_interrupt(VECTOR_PIT, on_pit);
	on_interrupt(0xff, on_spurious);
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	ioapic_route(PIN, VECTOR);
	write64(HPET + CONFIG, 0);
	write64(HPET + COUNTER, 0);
}

static void wait_until(u64 tick)
{
	while (counter() < tick)
		breathe();
}

/* Halted until a tick comes, or for lack of one busy until @limit. */
static bool tick_comes(u64 before, u64 limit)
{
	while (ticks == before && counter() < limit)
		breathe();
	return ticks != before;
}

static void registers(void)
{
	u32 n, timers = (read32(HPET + ID) >> 8 & 31) + 1;
	u64 alike = 0;

	set_up();
	say("id", read32(HPET + ID));
	say("period", read32(HPET + ID + 4));
	for (n = 0; n < timers; n++) {
		write64(HPET + TN(n) + COMPARATOR, 0x1234567800000000 + n);
		alike += read64(HPET + TN(n) + COMPARATOR) == 0x1234567800000000ULL + n;
	}
	say("timers", timers);
	say("alike", alike);
	write32(HPET + COUNTER, 0xff000000);
	write32(HPET + COUNTER + 4, 6);
	write32(HPET + CONFIG, RUN);
	say("lower", read32(HPET + COUNTER) >= 0xff000000);
	wait_until(7ULL << 32);
	say("upper", read32(HPET + COUNTER + 4));
	say("upper_now", counter() >> 32);
}

/* What the counter is ahead of the TSC, at most, in ns: the narrowest of many samples. */
static int64_t most_ahead_ns(void)
{
	int64_t most = INT64_MAX, ahead;
	u64 before, value, i;

	for (i = 0; i < 300; i++) {
		before = tsc();
		value = counter();
		ahead = (value + 1) * 10 - tsc_ns(before);
		if (ahead < most)
			most = ahead;
	}
	return most;
}

static u64 seed = 88172645463325252ULL;

static u64 random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Log-uniform from 1 us to 100 ms, in ticks of 10 ns. */
static u64 some_length(void)
{
	u64 octave = 64ULL << random64() % 17;

	return 100 + octave + random64() % octave;
}

/* How one interrupt differs from the other in the way that it takes. */
static const struct {
	u32 config;
	u32 pin;
} ways[] = {
	{ ENABLE | ROUTE(PIN), 0 },
	{ ENABLE | ROUTE(PIN) | MODE32, 0 },
	{ ENABLE | FSB, 0 },
	{ ENABLE | FSB | MODE32, 0 },
	{ ENABLE | ROUTE(PIN) | LEVEL, IOAPIC_LEVEL },
};

/* One that may be on its way still is not the next one's. */
static void let_go(void)
{
	u64 end = counter() + 100 * MS;

	write64(HPET + TN(1), 0);
	while (counter() < end)
		breathe();
}

/* Deadlines that had passed before they were written are not counted: the guest's business. */
static void one_shots(void)
{
	u64 armed = 0, early = 0, early_tsc = 0, lost = 0, late = 0, length, due, before, end;
	int64_t ahead_ns;
	u32 way;

	set_up();
	write64(HPET + CONFIG, RUN);
	write64(HPET + TN(1) + FSB_ROUTE, LAPIC << 32 | VECTOR);
	ahead_ns = most_ahead_ns();
	end = counter() + call->argument * 1000 * MS;
	while (counter() < end) {
		way = random64() % 5;
		ioapic_route(PIN, VECTOR | ways[way].pin);
		level_bit = ways[way].pin ? 2 : 0;
		write64(HPET + TN(1) + COMPARATOR, counter() + 10000 * MS);
		write64(HPET + TN(1), ways[way].config);
		length = some_length();
		before = ticks;
		due = counter() + length;
		write64(HPET + TN(1) + COMPARATOR, due);
		if (counter() >= due) {
			let_go();
			continue;
		}
		armed++;
		if (!tick_comes(before, due + 1000 * MS)) {
			lost++;
			let_go();
			continue;
		}
		early += isr_counter < due;
		early_tsc += (int64_t)(tsc_ns(isr_tsc) - due * 10 + ahead_ns) < 0;
		if (isr_counter - due > late)
			late = isr_counter - due;
	}
	say("armed", armed);
	say("early", early);
	say("early_tsc", early_tsc);
	say("lost", lost);
	say("latest_us", late / 100);
}

static void start_periodic(u32 n, u32 config, u64 period)
{
	write64(HPET + TN(n), config | ENABLE | PERIODIC | VAL_SET);
	write64(HPET + TN(n) + COMPARATOR, period);
	write64(HPET + COUNTER, 0);
}

/*
 * No more ticks after the next one; returns how many there have been by the comparator,
 * once all of them had the time to come.
 */
static u64 run_out(u32 n, u64 period)
{
	u64 far = 3000000000, end = counter() + 3000 * MS;

	while (ticks < counter() / period && counter() < end)
		breathe();
	write64(HPET + TN(n) + COMPARATOR, far);
	while (read64(HPET + TN(n) + COMPARATOR) < far)
		breathe();
	end = counter() + 100 * MS;
	while (counter() < end)
		breathe();
	return (read64(HPET + TN(n) + COMPARATOR) - far) / period;
}

/* 100 Hz for so many ms, by each way in turn: not one more or less. */
static void periodics(void)
{
	static const char *const names[] = { "edge", "edge32", "fsb", "fsb32", "level" };
	u64 early = 0, least = UINT64_MAX, due;
	u32 way;

	set_up();
	for (way = 0; way < 5; way++) {
		write64(HPET + CONFIG, 0);
		ioapic_route(PIN, VECTOR | ways[way].pin);
		level_bit = ways[way].pin ? 4 : 0;
		write64(HPET + TN(2) + FSB_ROUTE, LAPIC << 32 | VECTOR);
		start_periodic(2, ways[way].config, 10 * MS);
		ticks = 0;
		write64(HPET + CONFIG, RUN);
		while (counter() < call->argument * MS) {
			halt();
			early += isr_counter < ticks * 10 * MS;
		}
		due = run_out(2, 10 * MS);
		say(names[way], ticks - due);
		if (due < least)
			least = due;
	}
	say("early", early);
	say("ticks", least);
}

/* Held until the status is cleared: comes again after each EOI. */
static void level(void)
{
	set_up();
	ioapic_route(PIN, VECTOR | IOAPIC_LEVEL);
	level_bit = 2;
	hold_until = 5;
	write64(HPET + TN(1), ENABLE | LEVEL | ROUTE(PIN));
	write64(HPET + TN(1) + COMPARATOR, 5 * MS);
	write64(HPET + CONFIG, RUN);
	say("before", read32(HPET + STATUS));
	wait_until(25 * MS);
	say("ticks", ticks);
	say("cleared", read32(HPET + STATUS));
	ioapic_route(PIN, VECTOR | IOAPIC_LEVEL | IOAPIC_MASKED);
	write64(HPET + TN(1) + COMPARATOR, 30 * MS);
	wait_until(40 * MS);
	say("held", read32(HPET + STATUS));
	ioapic_route(PIN, VECTOR | IOAPIC_LEVEL);
	wait_until(50 * MS);
	say("unmasked", ticks);
}

/* KVM's routing has GSI 0 at input 0, a PC at 2. */
static void pit_to(u32 vector)
{
	ioapic_route(0, vector);
	ioapic_route(2, vector);
}

static void start_pit(void)
{
	out8(0x43, 0x34);
	out8(0x40, 0x9c);	/* 11932: 100 Hz */
	out8(0x40, 0x2e);
	pit_to(VECTOR_PIT);
}

static void legacy(void)
{
	u64 at, due;

	set_up();
	start_pit();
	write64(HPET + CONFIG, RUN);
	wait_until(200 * MS);
	say("pit_before", pit_ticks);

	write64(HPET + CONFIG, RUN | LEGACY);
	breathe();
	pit_ticks = 0;
	wait_until(counter() + 200 * MS);
	say("pit_replaced", pit_ticks);

	write64(HPET + CONFIG, 0);
	pit_to(VECTOR);
	start_periodic(0, 0, 10 * MS);
	write64(HPET + CONFIG, RUN | LEGACY);
	ticks = 0;
	wait_until(200 * MS);
	due = run_out(0, 10 * MS);
	say("timer0", ticks - due);

	write64(HPET + CONFIG, 0);
	write64(HPET + TN(0), 0);
	ioapic_route(8, VECTOR);
	start_periodic(1, 0, 10 * MS);
	write64(HPET + CONFIG, RUN | LEGACY);
	ticks = 0;
	wait_until(200 * MS);
	due = run_out(1, 10 * MS);
	say("timer1", ticks - due);

	pit_to(VECTOR_PIT);
	write64(HPET + CONFIG, RUN);
	pit_ticks = 0;
	at = counter();
	wait_until(at + 200 * MS);
	say("pit_after", pit_ticks);
}

/*
 * Each timer every 10 ns, by all ways at once. The machine may get nowhere by that, so what
 * it has counted is said all along.
 */
static void storm(void)
{
	u32 timers, n;
	u64 end;

	set_up();
	timers = (read32(HPET + ID) >> 8 & 31) + 1;
	for (n = 0; n < timers; n++) {
		write64(HPET + TN(n) + FSB_ROUTE, LAPIC << 32 | VECTOR);
		start_periodic(n, n % 3 ? ROUTE(16 + n % 8) | (n % 3 - 1) * LEVEL : FSB, 1);
	}
	for (n = 0; n < 8; n++)
		ioapic_route(16 + n, VECTOR | (n % 2 ? IOAPIC_LEVEL : 0));
	level_bit = 0xffffffff;
	say("ticks", 0);
	tell = true;
	write64(HPET + CONFIG, RUN);
	end = tsc() + call->argument * 1000 * call->khz;
	while (tsc() < end)
		breathe();
}

/* Anything into every register, and now and then they run. No message may be an INIT to us. */
static void garbage(void)
{
	u64 no_message = ~(1ULL << 63 | 1ULL << 31);
	u64 end = tsc() + call->argument * 1000 * call->khz, n;

	set_up();
	level_bit = 0xffffffff;
	for (n = 0; tsc() < end; n++) {
		if (random64() % 2)
			write64(HPET + random64() % 160 * 8, random64() & no_message);
		else
			write32(HPET + random64() % 320 * 4, random64() & no_message);
		if (n % 64 == 0)
			write64(HPET + CONFIG, RUN);
		breathe();
	}
	say("writes", n);
}

/* ns of a read of the counter, the least of batches */
static void cost(void)
{
	u64 best = UINT64_MAX, start, batch, i;

	set_up();
	write64(HPET + CONFIG, RUN);
	for (batch = 0; batch < 50; batch++) {
		start = tsc();
		for (i = 0; i < 100; i++)
			read32(HPET + COUNTER);
		start = tsc() - start;
		if (start < best)
			best = start;
	}
	say("read_ticks", best / 100);
}

static void (*const tests[])(void) = {
	registers, one_shots, periodics, level, legacy, storm, garbage, cost,
};

__attribute__((section(".text.start"), noreturn)) void start(struct bare_call *given)
{
	call = given;
	if (call->test < sizeof(tests) / sizeof(tests[0]))
		tests[call->test]();
	for (;;)
		out8(BARE_EXIT_PORT, 0);
}
