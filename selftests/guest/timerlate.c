// SPDX-License-Identifier: GPL-2.0
/*
 * What timers of a PC cost, how late they are, and how many ticks they make, by the TSC.
 *
 * A bare machine under QEMU, which loads it by multiboot: nothing else runs in it. Each
 * character on its serial line is a command; it is answered by a line of numbers, then "done":
 *
 *  c           a line for each device: ticks of the TSC that each of READS readings took
 *  h p o d     ARMINGS waits of HPET, PIT, LAPIC one-shot and deadline: what was waited in
 *              ticks of the TSC, and what was asked for, by the timer's clock
 *  r           when ticks of the RTC came, at 1024 Hz: ticks of the TSC
 *  H P R O     interrupts, of a timer that is to make 20000 a second (RTC: 8192), and how
 *              many ticks of the TSC that took
 *
 * The instant at which a timer was armed is taken to be the middle of the access that does it; it
 * is armed again if that took long, since the host had other work.
 * In no mode is anything divided: who asks knows the TSC's frequency.
 */
#include "multiboot.h"

#define READS 200
#define ARMINGS 150
#define RTC_TICKS 320
#define STAMPS 4096
/* What was on its way when a timer was stopped comes within these. */
#define SETTLE_TICKS (1ULL << 27)
#define SUSTAINED_TICKS (1ULL << 31)

#define HPET 0xfed00000U
#define HPET_CONFIG 0x010
#define HPET_COUNTER 0x0f0
#define HPET_T0_CONFIG 0x100
#define HPET_T0_COMPARATOR 0x108
#define HPET_ONE_SHOT 0x104	/* 32 bits, interrupts */
#define HPET_PERIODIC 0x14c	/* and the next write is the first comparator */
#define HPET_PERIOD 5000	/* of 10 ns */
#define ACCESS_TICKS (1U << 19)
#define HPET_GIVE_UP (1ULL << 28)

#define LAPIC 0xfee00000U
#define LAPIC_EOI 0x0b0
#define LAPIC_SPURIOUS 0x0f0
#define LAPIC_LVTT 0x320
#define LAPIC_COUNT 0x380
#define LAPIC_DIVIDE 0x3e0
#define LAPIC_BY_1 0xb
#define LAPIC_PERIODIC (1U << 17)
#define LAPIC_DEADLINE (2U << 17)
#define LAPIC_MASKED (1U << 16)
#define LAPIC_PERIOD 50000	/* KVM's bus: 1 GHz */
#define MSR_DEADLINE 0x6e0

#define PM_TIMER 0x608		/* where SeaBIOS puts it */
#define PIT_PERIOD 60		/* of 1193182 Hz: 19886 a second */

#define COM_IRQ 4
#define RTC_IRQ 8
#define PIC_BASE 0x20
#define TIMER_VECTOR 0x40
#define SPURIOUS_VECTOR 0xff

static volatile u32 count;
static u64 stamps[STAMPS];
static volatile char command;

/* --- interrupts */

static void stamp(void)
{
	u64 now = tsc();

	if (count < STAMPS)
		stamps[count] = now;
	count++;
}

HANDLER on_nothing(struct frame *frame)
{
	(void)frame;
}

HANDLER on_irq0(struct frame *frame)
{
	(void)frame;
	stamp();
	out8(0x20, 0x20);
}

HANDLER on_rtc(struct frame *frame)
{
	(void)frame;
	stamp();
	out8(0x70, 0x0c);
	in8(0x71);
	out8(0xa0, 0x20);
	out8(0x20, 0x20);
}

HANDLER on_lapic(struct frame *frame)
{
	(void)frame;
	stamp();
	write32(LAPIC + LAPIC_EOI, 0);
}

HANDLER on_serial(struct frame *frame)
{
	(void)frame;
	command = in8(COM);
	out8(0x20, 0x20);
}

static void set_vectors(void)
{
	vectors_start(on_nothing);
	on(PIC_BASE, on_irq0);
	on(PIC_BASE + COM_IRQ, on_serial);
	on(PIC_BASE + RTC_IRQ, on_rtc);
	on(TIMER_VECTOR, on_lapic);
}

/* IRQ 0, the serial line's, the second PIC's, the RTC's */
static void set_pics(void)
{
	static const u8 words[][2] = {
		{ 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, PIC_BASE }, { 0xa1, PIC_BASE + 8 },
		{ 0x21, 4 }, { 0xa1, 2 }, { 0x21, 1 }, { 0xa1, 1 }, { 0x21, 0xea }, { 0xa1, 0xfe },
	};

	for (u32 n = 0; n < sizeof(words) / 2; n++)
		out8(words[n][0], words[n][1]);
	write32(LAPIC + LAPIC_SPURIOUS, 0x100 | SPURIOUS_VECTOR);
	write32(LAPIC + LAPIC_DIVIDE, LAPIC_BY_1);
}

static void wait_for(u32 interrupts)
{
	for (;;) {
		asm volatile("cli" : : : "memory");
		if (count >= interrupts)
			break;
		asm volatile("sti; hlt" : : : "memory");
	}
	asm volatile("sti" : : : "memory");
}

/* --- what reading costs */

static void read_hpet(void)
{
	read32(HPET + HPET_COUNTER);
}

static void read_pm_timer(void)
{
	in32(PM_TIMER);
}

static void read_pit(void)
{
	out8(0x43, 0);
	in8(0x40);
	in8(0x40);
}

static void read_rtc(void)
{
	out8(0x70, 0);
	in8(0x71);
}

static void cost(const char *name, void (*read)(void))
{
	u64 from;

	put_text(name);
	for (u32 n = 0; n < READS; n++) {
		from = tsc();
		read();
		stamps[n] = tsc() - from;
	}
	for (u32 n = 0; n < READS; n++)
		put_number(stamps[n]);
	put('\n');
}

static void costs(void)
{
	cost("hpet ", read_hpet);
	cost("pmtimer ", read_pm_timer);
	cost("pit ", read_pit);
	cost("rtc ", read_rtc);
}

/* --- how to arm: each returns when that was, or 0 if nobody knows */

static u64 middle(u64 before, u64 after)
{
	return after - before > ACCESS_TICKS ? 0 : before + (after - before) / 2;
}

static void compute(u64 ticks)
{
	u64 from = tsc();

	while (tsc() - from < ticks)
		;
}

/* A comparator that is written too late, since the host had other work, matches in 43 s. */
static u64 arm_hpet(u32 ticks)
{
	u64 before, after;
	u32 now;

	do {
		before = tsc();
		now = read32(HPET + HPET_COUNTER);
		after = tsc();
		write32(HPET + HPET_T0_COMPARATOR, now + ticks);
		if (read32(HPET + HPET_COUNTER) - now < ticks)
			break;
		compute(HPET_GIVE_UP);
	} while (!count);
	return middle(before, after);
}

static u64 arm_pit(u32 pulses)
{
	u64 before;

	out8(0x43, 0x30);
	out8(0x40, pulses);
	before = tsc();
	out8(0x40, pulses >> 8);
	return middle(before, tsc());
}

static u64 arm_one_shot(u32 ns)
{
	u64 before = tsc();

	write32(LAPIC + LAPIC_COUNT, ns);
	return middle(before, tsc());
}

static u64 arm_deadline(u32 ticks)
{
	u64 now = tsc();

	write_msr(MSR_DEADLINE, now + ticks);
	return now;
}

static u32 draw(u32 least, u32 range)
{
	static u32 state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return least + state % range;
}

static void lateness(u64 (*arm)(u32 length), u32 least)
{
	u32 length;
	u64 from;

	for (u32 n = 0; n < ARMINGS; n++) {
		do {
			length = draw(least, 4 * least);
			count = 0;
			from = arm(length);
			wait_for(1);
		} while (!from);
		put_number(stamps[0] - from);
		put_number(length);
	}
	put('\n');
}

/* --- modes */

static void hpet_mode(u32 timer, u32 config)
{
	write32(HPET + HPET_CONFIG, 0);
	write32(HPET + HPET_T0_CONFIG, timer);
	write32(HPET + HPET_COUNTER, 0);
	write32(HPET + HPET_CONFIG, config);
}

static void hpet_periodic(void)
{
	write32(HPET + HPET_CONFIG, 0);
	write32(HPET + HPET_COUNTER, 0);
	write32(HPET + HPET_T0_CONFIG, HPET_PERIODIC);
	write32(HPET + HPET_T0_COMPARATOR, HPET_PERIOD);
	write32(HPET + HPET_T0_COMPARATOR, HPET_PERIOD);
	write32(HPET + HPET_CONFIG, 3);
}

/* A count that is written to none; OUT is low for ever. */
static void pit_stop(void)
{
	out8(0x43, 0x30);
}

static void pit_periodic(void)
{
	out8(0x43, 0x34);
	out8(0x40, PIT_PERIOD);
	out8(0x40, 0);
}

/* Its interrupt's handler writes the index, too. */
static void rtc_write(u8 index, u8 value)
{
	asm volatile("cli" : : : "memory");
	out8(0x70, index);
	out8(0x71, value);
	asm volatile("sti" : : : "memory");
}

static void rtc_take(void)
{
	asm volatile("cli" : : : "memory");
	out8(0x70, 0x0c);
	in8(0x71);
	asm volatile("sti" : : : "memory");
}

/* Divider on, and as many bits less as are in @rate; periodic interrupts in 24 hours, BCD. */
static void rtc_start(u8 rate)
{
	rtc_write(0x0a, 0x20 | rate);
	rtc_write(0x0b, 0x42);
	rtc_take();
}

static void rtc_stop(void)
{
	rtc_write(0x0b, 0x02);
	rtc_take();
}

static void rtc_stamps(void)
{
	count = 0;
	rtc_start(6);
	wait_for(RTC_TICKS);
	rtc_stop();
	for (u32 n = 0; n < RTC_TICKS; n++)
		put_number(stamps[n]);
	put('\n');
}

/* In 2^31 ticks of the TSC, about a second: the guest computes meanwhile. */
static void sustained(void)
{
	u64 from = tsc();

	count = 0;
	compute(SUSTAINED_TICKS);
	put_number(count);
	put_number(tsc() - from);
	put('\n');
}

/* --- commands */

static void lapic_off(void)
{
	write32(LAPIC + LAPIC_COUNT, 0);
	write32(LAPIC + LAPIC_LVTT, LAPIC_MASKED | TIMER_VECTOR);
}

static void run_late(char what)
{
	if (what == 'h') {
		hpet_mode(HPET_ONE_SHOT, 3);
		lateness(arm_hpet, 100000);
		hpet_mode(0, 1);
	} else if (what == 'p') {
		lateness(arm_pit, 1193);
		pit_stop();
	} else if (what == 'r') {
		rtc_stamps();
	} else if (what == 'o') {
		write32(LAPIC + LAPIC_LVTT, TIMER_VECTOR);
		lateness(arm_one_shot, 1000000);
		lapic_off();
	} else if (what == 'd') {
		write32(LAPIC + LAPIC_LVTT, LAPIC_DEADLINE | TIMER_VECTOR);
		lateness(arm_deadline, 2000000);
		lapic_off();
	}
}

static void run_sustained(char what)
{
	if (what == 'H') {
		hpet_periodic();
		sustained();
		hpet_mode(0, 1);
	} else if (what == 'P') {
		pit_periodic();
		sustained();
		pit_stop();
	} else if (what == 'R') {
		rtc_start(3);
		sustained();
		rtc_stop();
	} else if (what == 'O') {
		write32(LAPIC + LAPIC_LVTT, LAPIC_PERIODIC | TIMER_VECTOR);
		write32(LAPIC + LAPIC_COUNT, LAPIC_PERIOD);
		sustained();
		lapic_off();
	}
}

__attribute__((used, noreturn)) static void serve(void)
{
	char what;

	set_vectors();
	set_pics();
	pit_stop();
	rtc_stop();
	hpet_mode(0, 1);
	lapic_off();
	out8(COM + 4, 0x0b);
	out8(COM + 1, 1);
	put_text("ready\n");
	for (;;) {
		asm volatile("cli" : : : "memory");
		what = command;
		command = 0;
		if (!what) {
			asm volatile("sti; hlt" : : : "memory");
			continue;
		}
		asm volatile("sti" : : : "memory");
		if (what == 'c')
			costs();
		run_late(what);
		run_sustained(what);
		compute(SETTLE_TICKS);
		put_text("done\n");
	}
}
