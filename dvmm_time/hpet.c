// SPDX-License-Identifier: GPL-2.0
/* High precision event timers: the registers of IA-PC HPET 1.0a. */
#include "hpet.h"

/* 2.3.4: 10^7 fs; Intel, as QEMU says; legacy routes, 64 bits, revision 1 */
#define ID_PERIOD_FS (1000000000000000ULL / DVMM_HPET_HZ)
#define ID_VENDOR_ETC 0x8086a001U
#define ID_TIMERS_SHIFT 8

#define TN_CAPABILITIES ((u64)DVMM_HPET_ROUTES << 32 | DVMM_HPET_TN_FSB_CAP | \
			 DVMM_HPET_TN_64_CAP | DVMM_HPET_TN_PERIODIC_CAP)

/* For so long after its lower half was read, the counter's upper half is of that moment. */
#define LOW_READ_TICKS DVMM_HPET_HZ

/* A write of 8 bytes, or of 4 to either half of a register. */
struct field {
	u64 value;
	u64 mask;
};

void dvmm_hpet_init(struct dvmm_hpet *hpet, u32 timers)
{
	u32 n;

	memset(hpet, 0, sizeof(*hpet));
	hpet->timers = timers;
	for (n = 0; n < hpet->timers; n++)
		hpet->timer[n].comparator = U64_MAX;
}

static bool runs(const struct dvmm_hpet *hpet)
{
	return hpet->config & DVMM_HPET_CONFIG_ENABLE;
}

static u64 counter_at(const struct dvmm_hpet *hpet, u64 tick)
{
	return hpet->counter + (runs(hpet) ? tick - hpet->counter_tick : 0);
}

static struct dvmm_hpet_route to_gsi(u8 gsi, u64 config)
{
	return (struct dvmm_hpet_route){
		.way = DVMM_HPET_GSI,
		.level = config & DVMM_HPET_TN_LEVEL,
		.gsi = gsi,
	};
}

static struct dvmm_hpet_route to_msi(u64 fsb)
{
	return (struct dvmm_hpet_route){
		.way = DVMM_HPET_MSI,
		.address = fsb >> 32,
		.data = (u32)fsb,
	};
}

/*
 * FSB before legacy replacement: 2.4.2.3 and note 1 of 3.2.2.2 want it so, and QEMU does
 * it so; 2.3.5 says the opposite.
 */
struct dvmm_hpet_route dvmm_hpet_route(const struct dvmm_hpet *hpet, u32 n)
{
	u64 config = hpet->timer[n].config;
	u8 gsi = (config & DVMM_HPET_TN_ROUTE) >> DVMM_HPET_TN_ROUTE_SHIFT;

	if (!runs(hpet) || !(config & DVMM_HPET_TN_ENABLE))
		return (struct dvmm_hpet_route){ .way = DVMM_HPET_NOWHERE };
	if (config & DVMM_HPET_TN_FSB)
		return to_msi(hpet->timer[n].fsb);
	if (dvmm_hpet_legacy(hpet) && n == 0)
		return to_gsi(DVMM_HPET_LEGACY_GSI_0, config);
	if (dvmm_hpet_legacy(hpet) && n == 1)
		return to_gsi(DVMM_HPET_LEGACY_GSI_1, config);
	if (!(DVMM_HPET_ROUTES & 1U << gsi))
		return (struct dvmm_hpet_route){ .way = DVMM_HPET_NOWHERE };
	return to_gsi(gsi, config);
}

u32 dvmm_hpet_active(const struct dvmm_hpet *hpet)
{
	struct dvmm_hpet_route route;
	u32 active = 0, n;

	for (n = 0; n < hpet->timers; n++) {
		if (!(hpet->status & 1U << n))
			continue;
		route = dvmm_hpet_route(hpet, n);
		if (route.level)
			active |= 1U << route.gsi;
	}
	return active;
}

struct dvmm_series dvmm_hpet_series(const struct dvmm_hpet *hpet, u32 n, u64 now_ns)
{
	if (dvmm_hpet_route(hpet, n).way == DVMM_HPET_NOWHERE)
		return (struct dvmm_series){ .hz = DVMM_HPET_HZ, .first = DVMM_NEVER };
	return dvmm_hpet_timer_matches(&hpet->timer[n], dvmm_ticks_at(DVMM_HPET_HZ, now_ns));
}

u32 dvmm_hpet_fire(struct dvmm_hpet *hpet, u32 n)
{
	u32 before = dvmm_hpet_active(hpet);

	if (dvmm_hpet_route(hpet, n).level)
		hpet->status |= 1U << n;
	return dvmm_hpet_active(hpet) & ~before;
}

/*
 * A level-triggered timer whose interrupts go nowhere is there to be polled: "the timer
 * will still generate appropriate status bits" (2.3.8, bit 2). Others get theirs when the
 * interrupt is delivered, lest one be acknowledged before it comes.
 */
static u32 polled_status(const struct dvmm_hpet *hpet, u32 n, u64 tick)
{
	const struct dvmm_hpet_timer *timer = &hpet->timer[n];

	if (!runs(hpet) || !(timer->config & DVMM_HPET_TN_LEVEL) ||
	    dvmm_hpet_route(hpet, n).way != DVMM_HPET_NOWHERE)
		return 0;
	return dvmm_hpet_timer_matched(timer, tick) ? 1U << n : 0;
}

static u32 status_at(const struct dvmm_hpet *hpet, u64 tick)
{
	u32 status = hpet->status, n;

	for (n = 0; n < hpet->timers; n++)
		status |= polled_status(hpet, n, tick);
	return status;
}

/* Before anything changes that timer @n's matches, or what they do, depend on. */
static void settle(struct dvmm_hpet *hpet, u32 n, u64 tick)
{
	if (!runs(hpet))
		return;
	hpet->status |= polled_status(hpet, n, tick);
	dvmm_hpet_timer_settle(&hpet->timer[n], tick, counter_at(hpet, tick));
}

static void settle_all(struct dvmm_hpet *hpet, u64 tick)
{
	u32 n;

	for (n = 0; n < hpet->timers; n++)
		settle(hpet, n, tick);
}

static u64 read_timer(const struct dvmm_hpet *hpet, u32 offset, u64 tick)
{
	const struct dvmm_hpet_timer *timer = &hpet->timer[(offset - DVMM_HPET_TN(0)) / 0x20];

	if (timer >= hpet->timer + hpet->timers)
		return 0;
	switch (offset % 0x20) {
	case DVMM_HPET_TN_CONFIG:
		return TN_CAPABILITIES | timer->config;
	case DVMM_HPET_TN_COMPARATOR:
		return runs(hpet) ? dvmm_hpet_timer_comparator(timer, tick) : timer->comparator;
	case DVMM_HPET_TN_FSB_ROUTE:
		return timer->fsb;
	}
	return 0;
}

static u64 read_register(const struct dvmm_hpet *hpet, u32 offset, u64 tick)
{
	if (offset >= DVMM_HPET_TN(0))
		return read_timer(hpet, offset, tick);
	switch (offset) {
	case DVMM_HPET_ID:
		return ID_PERIOD_FS << 32 | ID_VENDOR_ETC | (hpet->timers - 1) << ID_TIMERS_SHIFT;
	case DVMM_HPET_CONFIG:
		return hpet->config;
	case DVMM_HPET_STATUS:
		return status_at(hpet, tick);
	case DVMM_HPET_COUNTER:
		return counter_at(hpet, tick);
	}
	return 0;
}

/*
 * The upper half is the one that belongs to the lower half read before. It cannot be older
 * than that, hence upper, lower, upper still find out that the counter went over.
 */
static u32 read_counter_half(struct dvmm_hpet *hpet, bool upper, u64 tick)
{
	u64 counter = counter_at(hpet, tick);

	if (!upper) {
		hpet->low_read = counter;
		hpet->low_read_tick = tick;
		hpet->low_was_read = 1;
		return (u32)counter;
	}
	if (hpet->low_was_read && tick - hpet->low_read_tick <= LOW_READ_TICKS)
		return hpet->low_read >> 32;
	return counter >> 32;
}

/* 2.3.2: 32-bit accesses at multiples of 4, 64-bit ones at multiples of 8, no others */
static bool well_formed(u32 offset, u32 len)
{
	return (len == 4 || len == 8) && offset % len == 0 && offset <= DVMM_HPET_LEN - len;
}

u64 dvmm_hpet_read(struct dvmm_hpet *hpet, u32 offset, u32 len, u64 now_ns)
{
	u64 tick = dvmm_ticks_at(DVMM_HPET_HZ, now_ns), value;

	if (!well_formed(offset, len))
		return 0;
	if (len == 4 && (offset & ~4U) == DVMM_HPET_COUNTER)
		return read_counter_half(hpet, offset & 4, tick);
	value = read_register(hpet, offset & ~7U, tick);
	if (len == 8)
		return value;
	return (u32)(offset & 4 ? value >> 32 : value);
}

static u64 replaced(u64 old, const struct field *field)
{
	return (old & ~field->mask) | (field->value & field->mask);
}

static void start(struct dvmm_hpet *hpet, u64 tick)
{
	u32 n;

	hpet->counter_tick = tick;
	for (n = 0; n < hpet->timers; n++) {
		hpet->timer[n].since = tick;
		hpet->timer[n].counter = hpet->counter;
	}
}

static void write_config(struct dvmm_hpet *hpet, const struct field *field, u64 tick)
{
	u32 config = replaced(hpet->config, field) & DVMM_HPET_CONFIG_WRITABLE;

	settle_all(hpet, tick);
	if (!(config & DVMM_HPET_CONFIG_ENABLE))
		hpet->counter = counter_at(hpet, tick);
	else if (!runs(hpet))
		start(hpet, tick);
	if ((config ^ hpet->config) & DVMM_HPET_CONFIG_ENABLE)
		hpet->low_was_read = 0;
	hpet->config = config;
}

void dvmm_hpet_rebase(struct dvmm_hpet *hpet, u64 tick, u64 new_tick)
{
	settle_all(hpet, tick);
	hpet->counter = counter_at(hpet, tick);
	hpet->low_was_read = 0;
	start(hpet, new_tick);
}

static void write_status(struct dvmm_hpet *hpet, const struct field *field, u64 tick)
{
	settle_all(hpet, tick);
	hpet->status &= ~(field->value & field->mask);
}

/* 2.3.7 leaves open what a write does while it runs. */
static void write_counter(struct dvmm_hpet *hpet, const struct field *field)
{
	if (runs(hpet))
		return;
	hpet->counter = replaced(hpet->counter, field);
	hpet->low_was_read = 0;
}

static void write_timer_config(struct dvmm_hpet_timer *timer, const struct field *field)
{
	u64 config = replaced(timer->config, field) & DVMM_HPET_TN_WRITABLE;
	u32 input = (config & DVMM_HPET_TN_ROUTE) >> DVMM_HPET_TN_ROUTE_SHIFT;

	/* an input that there is not reads back as it was; 0, the default, is none */
	if (input && !(DVMM_HPET_ROUTES & 1U << input))
		config = (config & ~DVMM_HPET_TN_ROUTE) | (timer->config & DVMM_HPET_TN_ROUTE);
	if (!(config & DVMM_HPET_TN_PERIODIC))
		config &= ~(u64)DVMM_HPET_TN_VAL_SET;
	timer->config = config;
	timer->comparator &= dvmm_hpet_timer_mask(timer);
	timer->period &= dvmm_hpet_timer_mask(timer);
}

/*
 * What a periodic timer adds is "the last value written", also by a write that sets the
 * accumulator: the usage model of 2.3.9.2.2 has only that one. Each write, be it of one
 * half, takes VAL_SET back.
 */
static void write_comparator(struct dvmm_hpet_timer *timer, struct field field)
{
	bool periodic = timer->config & DVMM_HPET_TN_PERIODIC;

	field.mask &= dvmm_hpet_timer_mask(timer);
	if (!field.mask)
		return;
	if (!periodic || timer->config & DVMM_HPET_TN_VAL_SET)
		timer->comparator = replaced(timer->comparator, &field);
	timer->period = replaced(timer->period, &field);
	timer->config &= ~(u64)DVMM_HPET_TN_VAL_SET;
}

static void write_timer(struct dvmm_hpet *hpet, u32 offset, const struct field *field, u64 tick)
{
	u32 n = (offset - DVMM_HPET_TN(0)) / 0x20;
	struct dvmm_hpet_timer *timer = &hpet->timer[n];

	if (n >= hpet->timers)
		return;
	settle(hpet, n, tick);
	switch (offset % 0x20) {
	case DVMM_HPET_TN_CONFIG:
		write_timer_config(timer, field);
		break;
	case DVMM_HPET_TN_COMPARATOR:
		write_comparator(timer, *field);
		break;
	case DVMM_HPET_TN_FSB_ROUTE:
		timer->fsb = replaced(timer->fsb, field);
		break;
	}
}

static void write_register(struct dvmm_hpet *hpet, u32 offset, const struct field *field, u64 tick)
{
	if (offset >= DVMM_HPET_TN(0))
		return write_timer(hpet, offset, field, tick);
	switch (offset) {
	case DVMM_HPET_CONFIG:
		write_config(hpet, field, tick);
		break;
	case DVMM_HPET_STATUS:
		write_status(hpet, field, tick);
		break;
	case DVMM_HPET_COUNTER:
		write_counter(hpet, field);
		break;
	}
}

/* The timers whose series a write at @offset may change, as bits. */
static u32 may_change(const struct dvmm_hpet *hpet, u32 offset)
{
	u32 all = dvmm_hpet_all_timers(hpet);

	if (offset == DVMM_HPET_CONFIG)
		return all;
	if (offset >= DVMM_HPET_TN(0))
		return all & 1U << (offset - DVMM_HPET_TN(0)) / 0x20;
	return 0;
}

static void remember(const struct dvmm_hpet *hpet, u32 timers, struct dvmm_series *series,
		     u64 now_ns)
{
	u32 n;

	for (n = 0; n < hpet->timers; n++)
		if (timers & 1U << n)
			series[n] = dvmm_hpet_series(hpet, n, now_ns);
}

static bool equal(const struct dvmm_series *a, const struct dvmm_series *b)
{
	if (a->first == DVMM_NEVER)
		return b->first == DVMM_NEVER;
	return a->first == b->first && a->period == b->period;
}

static u32 changed(const struct dvmm_hpet *hpet, u32 timers, const struct dvmm_series *before,
		   u64 now_ns)
{
	struct dvmm_series now;
	u32 n;

	for (n = 0; n < hpet->timers; n++) {
		if (!(timers & 1U << n))
			continue;
		now = dvmm_hpet_series(hpet, n, now_ns);
		if (equal(&now, &before[n]))
			timers &= ~(1U << n);
	}
	return timers;
}

static void write_noting(struct dvmm_hpet *hpet, u32 offset, const struct field *field, u64 now_ns,
			 struct dvmm_hpet_effect *effect)
{
	u32 timers = may_change(hpet, offset), active = dvmm_hpet_active(hpet);
	struct dvmm_series series[DVMM_HPET_TIMERS_MAX];
	u32 status = hpet->status;

	remember(hpet, timers, series, now_ns);
	write_register(hpet, offset, field, dvmm_ticks_at(DVMM_HPET_HZ, now_ns));
	effect->timers = changed(hpet, timers, series, now_ns);
	effect->acked = status & ~hpet->status;
	effect->raised = dvmm_hpet_active(hpet) & ~active;
	effect->dropped = active & ~dvmm_hpet_active(hpet);
}

struct dvmm_hpet_effect dvmm_hpet_write(struct dvmm_hpet *hpet, u32 offset, u32 len, u64 value,
					u64 now_ns)
{
	struct dvmm_hpet_effect effect = {};
	struct field field = { .value = value, .mask = len == 8 ? U64_MAX : U32_MAX };

	if (!well_formed(offset, len))
		return effect;
	field.value <<= offset & 4 ? 32 : 0;
	field.mask <<= offset & 4 ? 32 : 0;
	write_noting(hpet, offset & ~7U, &field, now_ns, &effect);
	return effect;
}
