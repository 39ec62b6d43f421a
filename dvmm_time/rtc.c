// SPDX-License-Identifier: GPL-2.0
/* Registers A to D of an MC146818, its divider, and its three interrupts. */
#include "rtc.h"

/* Register A: rate select, divider control, update in progress. */
#define RS(a)		((a) & 0x0f)
#define DV(a)		(((a) >> 4) & 7)
#define DV_32768	2	/* above, it is held in reset, or tested */
#define UIP		0x80

/* Register B */
#define SET		0x80
#define ENABLES		0x70
#define UIE		0x10
#define SQWE		0x08
#define BINARY		0x04
#define HOURS_24	0x02

/* Register C: the flags are where register B has their enables. */
#define IRQF		0x80

/* Register D: the battery is good. */
#define VRT		0x80

/* UIP is set so many ticks, 244 us, before an update; the update itself takes no time. */
#define UIP_TICKS	8

/* From the end of a reset to the first update: half a second. */
#define AFTER_RESET	(DVMM_RTC_HZ / 2)

static const u8 flag_of[DVMM_RTC_INTERRUPTS] = {
	[DVMM_RTC_UPDATE] = 0x10,
	[DVMM_RTC_ALARM] = 0x20,
	[DVMM_RTC_PERIODIC] = 0x40,
};

static struct dvmm_rtc_format format_of(const struct dvmm_rtc *rtc)
{
	return (struct dvmm_rtc_format){ .binary = rtc->b & BINARY, .hours_24 = rtc->b & HOURS_24 };
}

/* Whether its divider runs; as in QEMU, with the divisors for other crystals, too. */
static bool divides(const struct dvmm_rtc *rtc)
{
	return DV(rtc->a) <= DV_32768;
}

/* Whether the time goes on. */
static bool runs(const struct dvmm_rtc *rtc)
{
	return divides(rtc) && !(rtc->b & SET);
}

static u64 divider(const struct dvmm_rtc *rtc, u64 tick)
{
	return tick + rtc->offset;
}

static s64 seconds(const struct dvmm_rtc *rtc, u64 tick)
{
	return divider(rtc, tick) / DVMM_RTC_HZ;
}

/* Time as it is read: while it goes on it follows from the divider. */
static struct dvmm_rtc_bytes bytes_at(const struct dvmm_rtc *rtc, u64 tick)
{
	return runs(rtc) ? dvmm_rtc_encode(seconds(rtc, tick), format_of(rtc)) : rtc->bytes;
}

/*
 * From now on the time is what @bytes say, and the divider stays where it is. Before 1970 is
 * 1970: the divider does not go below zero.
 */
static void go_on_from(struct dvmm_rtc *rtc, const struct dvmm_rtc_bytes *bytes)
{
	s64 wanted = max_t(s64, dvmm_rtc_decode(bytes, format_of(rtc)), 0);

	rtc->offset += (wanted - seconds(rtc, rtc->tick)) * DVMM_RTC_HZ;
}

/* Ticks between two edges of the tap that RS chooses: "Periodic Interrupt Rate". */
static u32 tap(const struct dvmm_rtc *rtc)
{
	u8 rs = RS(rtc->a);

	if (!rs)
		return 0;
	return 1U << (rs <= 2 ? rs + 6 : rs - 1);
}

static u64 next_edge(const struct dvmm_rtc *rtc, u64 tick, u32 period)
{
	return tick + period - divider(rtc, tick) % period;
}

static u64 next_alarm(const struct dvmm_rtc *rtc, u64 tick)
{
	u32 in = dvmm_rtc_alarm_in(rtc->alarm, format_of(rtc), seconds(rtc, tick));

	if (!in)
		return DVMM_NEVER;
	return next_edge(rtc, tick, DVMM_RTC_HZ) + (u64)(in - 1) * DVMM_RTC_HZ;
}

/* When @which happens next after @tick, enabled or not. */
static u64 next_event(const struct dvmm_rtc *rtc, enum dvmm_rtc_interrupt which, u64 tick)
{
	if (which == DVMM_RTC_PERIODIC)
		return divides(rtc) && tap(rtc) ? next_edge(rtc, tick, tap(rtc)) : DVMM_NEVER;
	if (!runs(rtc))
		return DVMM_NEVER;
	if (which == DVMM_RTC_ALARM)
		return next_alarm(rtc, tick);
	return next_edge(rtc, tick, DVMM_RTC_HZ);
}

/* Flags of what is not enabled are set when somebody looks. Before anything changes. */
static void arrive(struct dvmm_rtc *rtc, u64 now_ns)
{
	u64 tick = max(rtc->tick, dvmm_ticks_at(DVMM_RTC_HZ, now_ns));
	int i;

	for (i = 0; i < DVMM_RTC_INTERRUPTS; i++)
		if (!(rtc->b & flag_of[i]) && next_event(rtc, i, rtc->tick) <= tick)
			rtc->flags |= flag_of[i];
	rtc->tick = tick;
}

void dvmm_rtc_init(struct dvmm_rtc *rtc, u64 zero_ns, u64 now_ns)
{
	*rtc = (struct dvmm_rtc){
		.offset = dvmm_ticks_at(DVMM_RTC_HZ, zero_ns),
		.a = DV_32768 << 4 | 6,		/* 1024 Hz: as a PC's firmware leaves it */
		.b = HOURS_24,
		.tick = dvmm_ticks_at(DVMM_RTC_HZ, now_ns),
	};
}

void dvmm_rtc_reset(struct dvmm_rtc *rtc, u64 now_ns)
{
	arrive(rtc, now_ns);
	rtc->b &= ~(ENABLES | SQWE);
	rtc->flags = 0;
}

/* The alarm bytes are between the first three time bytes. */
static int alarm_of(u8 index)
{
	return index == 1 || index == 3 || index == 5 ? index / 2 : -1;
}

static int byte_of(u8 index)
{
	static const u8 byte[] = { DVMM_RTC_WEEKDAY, DVMM_RTC_DAY, DVMM_RTC_MONTH, DVMM_RTC_YEAR };

	if (index == DVMM_RTC_REG_CENTURY)
		return DVMM_RTC_CENTURY;
	if (index < 6 && !(index & 1))
		return index / 2;
	return index >= 6 && index < DVMM_RTC_REG_A ? byte[index - 6] : -1;
}

bool dvmm_rtc_has(u8 index)
{
	return index <= DVMM_RTC_REG_D || index == DVMM_RTC_REG_CENTURY;
}

static u8 read_a(const struct dvmm_rtc *rtc)
{
	u32 left = DVMM_RTC_HZ - divider(rtc, rtc->tick) % DVMM_RTC_HZ;

	return rtc->a | (runs(rtc) && left <= UIP_TICKS ? UIP : 0);
}

static u8 read_c(struct dvmm_rtc *rtc)
{
	u8 value = rtc->flags | (dvmm_rtc_irq(rtc) ? IRQF : 0);

	rtc->flags = 0;
	return value;
}

static u8 read_byte(const struct dvmm_rtc *rtc, u8 index)
{
	int alarm = alarm_of(index), byte = byte_of(index);

	if (alarm >= 0)
		return rtc->alarm[alarm];
	return byte >= 0 ? bytes_at(rtc, rtc->tick).byte[byte] : 0;
}

u8 dvmm_rtc_read(struct dvmm_rtc *rtc, u8 index, u64 now_ns)
{
	arrive(rtc, now_ns);
	switch (index) {
	case DVMM_RTC_REG_A:
		return read_a(rtc);
	case DVMM_RTC_REG_B:
		return rtc->b;
	case DVMM_RTC_REG_C:
		return read_c(rtc);
	case DVMM_RTC_REG_D:
		return VRT;
	default:
		return read_byte(rtc, index);
	}
}

/* While it stands still, bytes are memory; while it goes on, so does a written time. */
static void write_byte(struct dvmm_rtc *rtc, u8 index, u8 value)
{
	int alarm = alarm_of(index), byte = byte_of(index);
	struct dvmm_rtc_bytes bytes;

	if (alarm >= 0)
		rtc->alarm[alarm] = value;
	if (byte < 0)
		return;
	bytes = bytes_at(rtc, rtc->tick);
	bytes.byte[byte] = value;
	if (runs(rtc))
		go_on_from(rtc, &bytes);
	else
		rtc->bytes = bytes;
}

/* Registers A and B decide whether time goes on, and what its bytes mean. */
static void write_control(struct dvmm_rtc *rtc, u8 a, u8 b)
{
	struct dvmm_rtc_bytes bytes = bytes_at(rtc, rtc->tick);
	bool ran = runs(rtc), divided = divides(rtc);

	rtc->a = a;
	rtc->b = b;
	if (!divided && divides(rtc))
		rtc->offset += AFTER_RESET - divider(rtc, rtc->tick) % DVMM_RTC_HZ;
	if (ran && !runs(rtc))
		rtc->bytes = bytes;
	if (!ran && runs(rtc))
		go_on_from(rtc, &bytes);
}

void dvmm_rtc_write(struct dvmm_rtc *rtc, u8 index, u8 value, u64 now_ns)
{
	arrive(rtc, now_ns);
	switch (index) {
	case DVMM_RTC_REG_A:
		write_control(rtc, value & ~UIP, rtc->b);
		break;
	case DVMM_RTC_REG_B:
		/* "SET ... clears UIE" */
		write_control(rtc, rtc->a, value & SET ? value & ~UIE : value);
		break;
	case DVMM_RTC_REG_C:
	case DVMM_RTC_REG_D:
		break;
	default:
		write_byte(rtc, index, value);
	}
}

void dvmm_rtc_fire(struct dvmm_rtc *rtc, enum dvmm_rtc_interrupt which)
{
	rtc->flags |= flag_of[which];
}

struct dvmm_series dvmm_rtc_series(const struct dvmm_rtc *rtc, enum dvmm_rtc_interrupt which,
				   u64 now_ns)
{
	struct dvmm_series series = { .hz = DVMM_RTC_HZ, .first = DVMM_NEVER };

	if (!(rtc->b & flag_of[which]))
		return series;
	series.first = next_event(rtc, which, max(rtc->tick, dvmm_ticks_at(DVMM_RTC_HZ, now_ns)));
	if (series.first != DVMM_NEVER && which != DVMM_RTC_ALARM)
		series.period = which == DVMM_RTC_PERIODIC ? tap(rtc) : DVMM_RTC_HZ;
	return series;
}
