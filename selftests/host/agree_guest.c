// SPDX-License-Identifier: GPL-2.0
/*
 * Every clock of a bare machine, read round and round for so many ms (the argument), each
 * between two readings of the TSC: do any two of them contradict each other? See bare.h.
 *
 * A clock reads a value for one tick of its own, so a reading gives bounds for what it is
 * ahead of the TSC, and two give bounds for what one is ahead of the other. If both tell the
 * same time that is one constant, which no round contradicts. What is said of each pair is
 * by how many ns that constant might differ yet: negative if it cannot be one.
 */
#include "bare_guest.h"

#define LAPIC_TIMER_LVT 0x320
#define LAPIC_INITIAL 0x380
#define LAPIC_CURRENT 0x390
#define LAPIC_DIVIDE 0x3e0
#define BY_16 3
#define MASKED (1 << 16)

#define HPET 0xfed00000ULL
#define PM_TIMER 0x608
#define MSR_SYSTEM_TIME 0x4b564d01
#define BILLION 1000000000ULL

typedef int64_t s64;

static volatile struct {
	u32 version, pad;
	u64 tsc, system_ns;
	u32 mul;
	int8_t shift;
	uint8_t flags, pad2[2];
} page __attribute__((aligned(64)));

static u64 read_pit(void)
{
	u64 low;

	out8(0x43, 0);
	low = in8(0x40);
	return 65536 - (low | in8(0x40) << 8);
}

static u64 read_hpet(void)
{
	return read64(HPET + 0xf0);
}

static u64 read_pm(void)
{
	return in32(PM_TIMER);
}

static u64 read_lapic(void)
{
	return UINT32_MAX - read32(LAPIC + LAPIC_CURRENT);
}

static u64 read_rtc(void)
{
	uint8_t bcd;

	out8(0x70, 0);
	bcd = in8(0x71);
	return bcd / 16 * 10 + bcd % 16;
}

static u64 read_kvmclock(void)
{
	u64 delta, ns;
	u32 version;

	do {
		version = page.version;
		delta = tsc() - page.tsc;
		delta = page.shift < 0 ? delta >> -page.shift : delta << page.shift;
		ns = page.system_ns + (u64)((unsigned __int128)delta * page.mul >> 32);
	} while (version % 2 || version != page.version);
	return ns;
}

/* What its values are modulo; by how many ns it may be off for its rate is rounded. */
static const struct source {
	const char *name;
	u64 (*read)(void);
	u64 hz, modulus, slop_ns;
} sources[] = {
	{ "pit", read_pit, 1193182, 1 << 16, 0 },
	{ "hpet", read_hpet, 100000000, 1ULL << 62, 0 },
	{ "pm", read_pm, 3579545, 1 << 24, 0 },
	{ "lapic", read_lapic, BILLION / 16, 1ULL << 32, 0 },
	{ "rtc", read_rtc, 1, 60, 0 },
	{ "kvmclock", read_kvmclock, BILLION, 1ULL << 62, 8 },
	{ .name = "tsc" },
};

/* A guest that was held up for longer does not know which of its rounds a PIT counted. */
#define HELD_UP_NS 10000000

#define SOURCES (sizeof(sources) / sizeof(sources[0]))
#define TSC (SOURCES - 1)

static u64 first_tsc, first[SOURCES];

/* ns that it is ahead of the TSC: at least, at most */
static struct bounds {
	s64 low, high;
} now[SOURCES], pair[SOURCES][SOURCES];

static void start_all(void)
{
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
	out8(0x43, 0x34);
	out8(0x40, 0);
	out8(0x40, 0);
	write64(HPET + 0x10, 0);
	write64(HPET + 0xf0, 0);
	write64(HPET + 0x10, 1);
	out32(0xcf8, 0x80000b40);	/* PIIX4: PMBASE, then its enable bit */
	out32(0xcfc, 0x601);
	out32(0xcf8, 0x80000b80);
	out32(0xcfc, 1);
	write32(LAPIC + LAPIC_SPURIOUS, 0x1ff);
	write32(LAPIC + LAPIC_DIVIDE, BY_16);
	write32(LAPIC + LAPIC_TIMER_LVT, MASKED | 0x50);
	write32(LAPIC + LAPIC_INITIAL, UINT32_MAX);
	write_msr(MSR_SYSTEM_TIME, (u64)&page | 1);
}

/* ns since the first reading that the source had ticked @ticks, rounded down */
static u64 ticks_ns(const struct source *source, u64 ticks)
{
	return ticks / source->hz * BILLION + ticks % source->hz * BILLION / source->hz;
}

/* Ticks since the first reading: of all that @raw may stand for, those next to the TSC's. */
static s64 unwrap(const struct source *source, u64 raw, u64 ns)
{
	u64 guess = ns / BILLION * source->hz + ns % BILLION * source->hz / BILLION;
	u64 more = (raw + 2 * source->modulus - guess % source->modulus) % source->modulus;

	return guess + more - (more > source->modulus / 2 ? source->modulus : 0);
}

static void sample(u32 i)
{
	const struct source *source = &sources[i];
	u64 before = tsc(), raw = source->read(), after = tsc(), low;
	s64 ticks;

	if (!first_tsc)
		first_tsc = before;
	if (!first[i])
		first[i] = raw + source->modulus;
	raw = (raw + 2 * source->modulus - first[i]) % source->modulus;
	ticks = unwrap(source, raw, tsc_ns(after - first_tsc));
	/* the first reading was a few ticks after first_tsc: none can be below zero by more */
	low = ticks < 0 ? -ticks_ns(source, -ticks) - 1 : ticks_ns(source, ticks);
	now[i].low = low - tsc_ns(after - first_tsc) - 1 - source->slop_ns;
	now[i].high = low + ticks_ns(source, 1) + 2 - tsc_ns(before - first_tsc) + source->slop_ns;
	if (tsc_ns(after - before) > HELD_UP_NS)
		now[i] = (struct bounds){ INT64_MIN / 4, INT64_MAX / 4 };
}

static void narrow(struct bounds *sum, const struct bounds *one, const struct bounds *other)
{
	s64 low = one->low - other->high, high = one->high - other->low;

	if (low > sum->low)
		sum->low = low;
	if (high < sum->high)
		sum->high = high;
}

static void take_round(void)
{
	u32 i, j;

	for (i = 0; i < TSC; i++)
		sample(i);
	for (i = 0; i < SOURCES; i++)
		for (j = i + 1; j < SOURCES; j++)
			narrow(&pair[i][j], &now[i], &now[j]);
}

static void say_pair(const struct source *one, const struct source *other, s64 ns)
{
	char name[24] = {};
	u32 i, j;

	for (i = 0; one->name[i]; i++)
		name[i] = one->name[i];
	name[i++] = '_';
	for (j = 0; other->name[j]; j++)
		name[i + j] = other->name[j];
	say(name, ns);
}

static void agree(void)
{
	u64 end, rounds = 0;
	u32 i, j;

	for (i = 0; i < SOURCES; i++)
		for (j = 0; j < SOURCES; j++)
			pair[i][j] = (struct bounds){ INT64_MIN, INT64_MAX };
	start_all();
	end = tsc() + call->argument * call->khz;
	for (; tsc() < end; rounds++)
		take_round();
	say("rounds", rounds);
	for (i = 0; i < SOURCES; i++)
		for (j = i + 1; j < SOURCES; j++)
			say_pair(&sources[i], &sources[j], pair[i][j].high - pair[i][j].low);
}

__attribute__((section(".text.start"), noreturn)) void start(struct bare_call *given)
{
	call = given;
	agree();
	for (;;)
		out8(BARE_EXIT_PORT, 0);
}
