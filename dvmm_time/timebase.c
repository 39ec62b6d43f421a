// SPDX-License-Identifier: GPL-2.0
/* Host cycles, whichever counter they come from. */
#include "sources_internal.h"
#include "timebase.h"

/* @value less the base's, the nearest to 0 of all that a counter of that width means. */
static s64 since_base(const struct dvmm_timebase *t, u64 value)
{
	u8 unused = 64 - t->bits;

	return (s64)((value - t->base_value) << unused) >> unused;
}

static u64 scaled(u64 mult, u64 ticks)
{
	return (u64)(((u128)mult * ticks) >> DVMM_TIMEBASE_SHIFT);
}

u64 dvmm_timebase_cycles(const struct dvmm_timebase *t, u64 value)
{
	s64 ticks = since_base(t, value);

	if (ticks < 0)
		return t->base_cycles - scaled(t->mult, -(u64)ticks);
	return t->base_cycles + scaled(t->mult, ticks);
}

static void rebase(struct dvmm_timebase *t, u64 value)
{
	t->base_cycles = dvmm_timebase_cycles(t, value);
	t->base_value = value;
}

/* Rates of counters are those that their kHz names, times 1 + skew for any but the TSC. */
static void replace_tsc(struct dvmm_timebase *t, const struct dvmm_sources *s,
			const struct dvmm_heir *heir)
{
	const struct dvmm_source_info *tsc = &s->source[DVMM_SOURCE_TSC].info;
	const struct dvmm_source_info *info = &s->source[heir->id].info;
	u64 mult = mul_u64_u64_div_u64(t->tsc_mult, tsc->hz, info->hz);

	t->base_cycles = dvmm_timebase_cycles(t, heir->tsc);
	t->base_value = heir->value;
	t->source = heir->id;
	t->bits = info->bits;
	t->mult = mul_u64_u64_div_u64(mult, DVMM_PPB, DVMM_PPB + heir->skew_ppb);
}

static void learn_tsc(struct dvmm_timebase *t, const struct dvmm_sources *s)
{
	const struct dvmm_source *tsc = &s->source[DVMM_SOURCE_TSC];
	const struct dvmm_source *source = &s->source[t->source];
	u64 mult;

	if (!dvmm_source_rate_known(source))
		return;
	mult = mul_u64_u64_div_u64(t->mult, source->info.hz, tsc->info.hz);
	t->tsc_mult = mul_u64_u64_div_u64(mult, DVMM_PPB + source->skew_ppb, DVMM_PPB);
}

/*
 * Do not lose count, but rebase not more often than needed: each time a fraction of a
 * cycle is lost.
 */
static void follow_other(struct dvmm_timebase *t, const struct dvmm_sources *s)
{
	u64 value = s->source[t->source].last.value;
	s64 ticks = since_base(t, value);

	learn_tsc(t, s);
	if (ticks >> (t->bits - 5))
		rebase(t, value);
}

/* Return: how far ahead, or not, host cycles are of what they were, in ns. */
static u64 return_to_tsc(struct dvmm_timebase *t, const struct dvmm_sources *s)
{
	const struct dvmm_source *tsc = &s->source[DVMM_SOURCE_TSC];
	const struct dvmm_source_read *last = &s->source[t->source].last;
	u64 ahead = mul_u64_u64_div_u64(last->half_ns, tsc->info.hz, DVMM_NSEC_PER_SEC) + 1;

	rebase(t, last->value);
	t->source = DVMM_SOURCE_TSC;
	t->bits = 64;
	t->base_value = last->tsc;
	t->base_cycles += scaled(t->tsc_mult, ahead);
	t->mult = t->tsc_mult;
	return 2 * ((u64)last->half_ns + 1);
}

/*
 * With an heir host cycles are right again, but what was made of them meanwhile may be off
 * by as much as the TSC was. Where it is unclear who is wrong, it may be the TSC, and it
 * may go on to stray as it did in the last half second or more.
 */
static struct dvmm_disturbance obey(struct dvmm_timebase *t, const struct dvmm_sources *s,
				    const struct dvmm_sources_verdict *verdict)
{
	struct dvmm_disturbance found = { 0 };

	if (verdict->fault[DVMM_SOURCE_TSC]) {
		replace_tsc(t, s, &verdict->heir);
		found.step_ns = verdict->off_ns;
		found.rate_ppb = verdict->heir.rate_error_ppb;
	} else if (!verdict->accused) {
		found.step_ns = verdict->off_ns;
		found.rate_ppb = 2 * verdict->off_ns;
	}
	return found;
}

struct dvmm_disturbance dvmm_timebase_round(struct dvmm_timebase *t, const struct dvmm_sources *s,
					    const struct dvmm_sources_verdict *verdict)
{
	struct dvmm_disturbance found = { 0 };

	if (verdict->found)
		return obey(t, s, verdict);
	if (t->source == DVMM_SOURCE_TSC)
		return found;
	if (dvmm_sources_good(s, DVMM_SOURCE_TSC))
		found.step_ns = return_to_tsc(t, s);
	else
		follow_other(t, s);
	return found;
}

struct dvmm_segment dvmm_timebase_over_tsc(const struct dvmm_timebase *t,
					   const struct dvmm_segment *seg, u64 cycles, u64 tsc)
{
	return (struct dvmm_segment) {
		.base_cycles = tsc,
		.base = dvmm_segment_at(seg, cycles),
		.mult = scaled(t->tsc_mult, seg->mult),
	};
}
