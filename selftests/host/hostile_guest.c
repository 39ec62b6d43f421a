// SPDX-License-Identifier: GPL-2.0
/* A guest that means no good, on a bare machine: see bare.h. Tests by number, at the end. */
#include "bare_guest.h"

#define HPET 0xfed00000ULL
#define HPET_ID 0x000
#define HPET_CONFIG 0x010
#define HPET_STATUS 0x020
#define HPET_TN(n) (0x100 + 0x20 * (n))
#define COMPARATOR 0x08
#define FSB_ROUTE 0x10

#define RUN 1
#define ENABLE 0x0004
#define PERIODIC 0x0008
#define VAL_SET 0x0040
#define FSB 0x4000

#define VECTOR 0x50
#define PIN 20
#define PERIOD_10_KHZ 10000	/* ticks of the HPET, of 10 ns */

static volatile u64 ticks;

HANDLER(on_tick)
{
	ticks++;
	call->word[0].value = ticks;
	eoi();
}

HANDLER(on_spurious)
{
}

static void set_up(void)
{
	interrupts_start();
	on_interrupt(VECTOR, on_tick);
	on_interrupt(0xff, on_spurious);
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	ioapic_route(PIN, VECTOR);
	write64(HPET + HPET_CONFIG, 0);
	say("ticks", 0);
}

static u64 end_of_test(void)
{
	return tsc() + call->argument * 1000 * call->khz;
}

/* All timers by message, as often as is asked of them. */
static void start_all(u32 period)
{
	u32 n, timers = (read32(HPET + HPET_ID) >> 8 & 31) + 1;

	for (n = 0; n < timers; n++) {
		write64(HPET + HPET_TN(n) + FSB_ROUTE, LAPIC << 32 | VECTOR);
		write64(HPET + HPET_TN(n), FSB | ENABLE | PERIODIC | VAL_SET);
		write64(HPET + HPET_TN(n) + COMPARATOR, period);
	}
	write64(HPET + HPET_CONFIG, RUN);
}

/* Ends when it is killed. */
static void fires(void)
{
	set_up();
	start_all(PERIOD_10_KHZ);
	for (;;)
		breathe();
}

/* The thread is woken by each unmasking of an input that has a timer: here, without end. */
static void unmasks(void)
{
	u64 end, n;

	set_up();
	write64(HPET + HPET_TN(0), ENABLE | PERIODIC | VAL_SET | PIN << 9);
	write64(HPET + HPET_TN(0) + COMPARATOR, PERIOD_10_KHZ);
	write64(HPET + HPET_CONFIG, RUN);
	end = end_of_test();
	for (n = 0; tsc() < end; n++) {
		ioapic_route(PIN, VECTOR | IOAPIC_MASKED);
		ioapic_route(PIN, VECTOR);
		breathe();
	}
	say("unmasked", n);
}

static void (*const tests[])(void) = { fires, unmasks };

__attribute__((section(".text.start"), noreturn)) void start(struct bare_call *given)
{
	call = given;
	if (call->test < sizeof(tests) / sizeof(tests[0]))
		tests[call->test]();
	for (;;)
		out8(BARE_EXIT_PORT, 0);
}
