// SPDX-License-Identifier: GPL-2.0
/* Counters side by side: phases, rates, and the vote. */
#include "sources_internal.h"

/* No product overflows below: no round is this far from the last, not even after a jump. */
#define ELAPSED_MAX_S 100000

/* A reading, and what may come between it and the next. */
#define UNTIMED_NS 2000000

/*
 * Within a second no healthy pair changes its rate by more than this. Quartz does not by a
 * tenth of it; but in a virtual machine HPET and PM timer are the host's system clock, which
 * NTP slews, and the TSC is not.
 */
#define WANDER_PPB 20000

/*
 * No sum grows beyond, so that no difference of differences overflows. After 13 days
 * it is time to begin anew: that costs one second of attention.
 */
#define SUM_MAX_Q10 (S64_MAX / 8)

#define HEAL_ROUNDS (DVMM_SOURCES_HEAL_S * DVMM_SOURCES_HZ)

static bool votes(const struct dvmm_source *source)
{
	return dvmm_source_present(source) && source->info.votes && !source->fault;
}

bool dvmm_sources_good(const struct dvmm_sources *s, enum dvmm_source_id id)
{
	return dvmm_source_present(&s->source[id]) && !s->source[id].fault;
}

bool dvmm_sources_sound(const struct dvmm_sources *s)
{
	return dvmm_sources_good(s, DVMM_SOURCE_TSC) && !s->unclear;
}

u32 dvmm_sources_half_ns(const struct dvmm_source_info *infos, enum dvmm_source_id id, u64 took)
{
	u64 hz = infos[DVMM_SOURCE_TSC].hz;
	u64 ns = mul_u64_u64_div_u64(min_t(u64, took, U32_MAX), DVMM_NSEC_PER_SEC, hz);

	if (!took)
		ns = UNTIMED_NS;
	return min_t(u64, ns / 2 + div64_u64(DVMM_NSEC_PER_SEC, infos[id].hz) + 2, U32_MAX);
}

/* The quotient is below 10^5 * 10^9 * 2^10 < 2^57. */
static s64 ticks_q10(s64 ticks, u64 hz)
{
	u64 size = ticks < 0 ? -(u64)ticks : (u64)ticks;
	s64 q10;

	size = min_t(u64, size, hz * ELAPSED_MAX_S);
	q10 = mul_u64_u64_div_u64(size, DVMM_NSEC_PER_SEC << DVMM_Q, hz);
	return ticks < 0 ? -q10 : q10;
}

static s64 passed_q10(const struct dvmm_source_info *info, u64 from, u64 to)
{
	u64 ticks = to - from;

	if (info->bits < 64)
		ticks &= U64_MAX >> (64 - info->bits);
	return ticks_q10((s64)ticks, info->hz);
}

/* After this a counter looks the same again; 0: never. */
static s64 wrap_q10(const struct dvmm_source_info *info)
{
	return info->bits < 63 ? ticks_q10(1LL << info->bits, info->hz) : 0;
}

/* The nearest to 0 of all that differ from @v by whole wraps. */
static s64 nearest(s64 v, s64 wrap)
{
	s64 half = wrap / 2;

	if (!wrap)
		return v;
	return v - wrap * div64_s64(v < 0 ? v - half : v + half, wrap);
}

void dvmm_sources_restart(struct dvmm_sources *s)
{
	struct dvmm_source *source;

	for (source = s->source; source < s->source + DVMM_SOURCES; source++) {
		source->elapsed_q10 = 0;
		source->phase_q10 = 0;
		source->skew_ppb = 0;
		source->skew_error_ppb = source == s->source ? 0 : DVMM_SKEW_UNKNOWN_PPB;
		source->healthy_rounds = 0;
		dvmm_allan_reset(&source->allan);
	}
	s->pasts = 0;
	s->suspect_rounds = 0;
	s->at_q10 = 0;
	s->allan_s = 0;
}

void dvmm_sources_resume(struct dvmm_sources *s)
{
	dvmm_sources_restart(s);
	s->unclear = true;
}

void dvmm_sources_init(struct dvmm_sources *s, const struct dvmm_source_info *info)
{
	int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < DVMM_SOURCES; i++)
		s->source[i].info = info[i];
	dvmm_sources_restart(s);
}

/*
 * The voter that goes longest without a wrap, the TSC apart: after a late round it tells
 * how often the others wrapped.
 */
static int widest(const struct dvmm_sources *s)
{
	int i, best = 0;
	s64 wrap, longest = 0;

	for (i = 1; i < DVMM_SOURCES; i++) {
		if (!votes(&s->source[i]))
			continue;
		wrap = wrap_q10(&s->source[i].info) ?: S64_MAX;
		if (wrap > longest)
			best = i;
		longest = max(longest, wrap);
	}
	return best;
}

/*
 * How long ago the last round was, where the TSC and the widest agree about that to a
 * second; 0, which unwraps nothing, where not: one of them jumped, the round is in time.
 */
static s64 about_passed(const struct dvmm_sources *s, const struct dvmm_source_read *read)
{
	const struct dvmm_source *tsc = &s->source[DVMM_SOURCE_TSC];
	int wide = widest(s);
	s64 a = passed_q10(&tsc->info, tsc->last.value, read[DVMM_SOURCE_TSC].value);
	s64 b = passed_q10(&s->source[wide].info, s->source[wide].last.value, read[wide].value);

	return abs(a - b) < DVMM_SEC_Q10 ? b : 0;
}

static void advance(struct dvmm_source *source, const struct dvmm_source_info *tsc,
		    const struct dvmm_source_read *read, s64 about)
{
	s64 passed = passed_q10(&source->info, source->last.value, read->value);
	s64 tsc_passed = passed_q10(tsc, source->last.tsc, read->tsc);

	if (about)
		passed = about + nearest(passed - about, wrap_q10(&source->info));
	source->elapsed_q10 += passed;
	source->phase_q10 += passed - tsc_passed;
	source->last = *read;
}

static void remember(const struct dvmm_sources *s, struct dvmm_sources_past *past)
{
	int i;

	for (i = 0; i < DVMM_SOURCES; i++) {
		past->elapsed_q10[i] = s->source[i].elapsed_q10;
		past->phase_q10[i] = s->source[i].phase_q10;
		past->tsc[i] = s->source[i].last.tsc;
		past->half_ns[i] = s->source[i].last.half_ns;
	}
}

/* Time since @past as the lower median of the voters tells it: one liar is not believed. */
static s64 span(const struct dvmm_sources *s, const struct dvmm_sources_past *past)
{
	s64 sorted[DVMM_SOURCES], v;
	int i, j, n = 0;

	for (i = 0; i < DVMM_SOURCES; i++) {
		if (!votes(&s->source[i]))
			continue;
		v = s->source[i].elapsed_q10 - past->elapsed_q10[i];
		for (j = n++; j > 0 && sorted[j - 1] > v; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = v;
	}
	return n ? max_t(s64, sorted[(n - 1) / 2], 0) : 0;
}

/* How far source @i went from the TSC since @past, less what its rate explains. */
static s64 strayed(const struct dvmm_sources *s, int i, const struct dvmm_sources_past *past,
		   s64 time)
{
	return s->source[i].phase_q10 - past->phase_q10[i] -
	       dvmm_q10_share(time, s->source[i].skew_ppb);
}

static s64 smaller_wrap(const struct dvmm_source *a, const struct dvmm_source *b)
{
	s64 wa = wrap_q10(&a->info), wb = wrap_q10(&b->info);

	return wa && wb ? min(wa, wb) : wa + wb;
}

/* A wrap too few or too many is none: a late round may hide them. */
static s64 apart(const struct dvmm_sources *s, int i, int j, const struct dvmm_sources_past *past,
		 s64 time)
{
	s64 off = strayed(s, i, past, time) - strayed(s, j, past, time);

	return nearest(off, smaller_wrap(&s->source[i], &s->source[j]));
}

/* What reading both twice leaves open. */
static s64 reading_q10(const struct dvmm_sources *s, int i, int j,
		       const struct dvmm_sources_past *past)
{
	u64 ns = (u64)s->source[i].last.half_ns + s->source[j].last.half_ns +
		 past->half_ns[i] + past->half_ns[j];

	return (s64)(ns << DVMM_Q);
}

static s64 allowed(const struct dvmm_sources *s, int i, int j,
		   const struct dvmm_sources_past *past, s64 time)
{
	s64 ppb = (s64)s->source[i].skew_error_ppb + s->source[j].skew_error_ppb + WANDER_PPB;

	return reading_q10(s, i, j, past) + dvmm_q10_share(time, ppb);
}

struct votes {
	u32 voters;
	u32 against[DVMM_SOURCES];	/* bit j: j disagrees */
	s64 worst_q10;
	bool split;
};

static void compare(const struct dvmm_sources *s, int i, int j, s64 time, struct votes *v)
{
	const struct dvmm_sources_past *past = dvmm_sources_oldest(s);
	s64 off = apart(s, i, j, past, time), most = allowed(s, i, j, past, time);

	off = abs(off);
	if (off <= most)
		return;
	v->against[i] |= 1U << j;
	v->against[j] |= 1U << i;
	v->worst_q10 = max(v->worst_q10, off + most);
	v->split = v->split || (votes(&s->source[i]) && votes(&s->source[j]));
}

static struct votes take_votes(const struct dvmm_sources *s, s64 time)
{
	struct votes v = { 0 };
	int i, j;

	for (i = 0; i < DVMM_SOURCES; i++) {
		if (votes(&s->source[i]))
			v.voters |= 1U << i;
		for (j = 0; j < i; j++)
			if (dvmm_source_present(&s->source[i]) &&
			    dvmm_source_present(&s->source[j]))
				compare(s, i, j, time, &v);
	}
	return v;
}

static unsigned int ones(u32 bits)
{
	unsigned int n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

/*
 * The voters that more than half of all, themselves included, do not contradict: if
 * these are more than half themselves. 0: there is no majority.
 */
static u32 majority(const struct votes *v)
{
	u32 with = 0;
	int i;

	for (i = 0; i < DVMM_SOURCES; i++)
		if ((v->voters & (1U << i)) &&
		    2 * ones(v->voters & ~v->against[i]) > ones(v->voters))
			with |= 1U << i;
	return 2 * ones(with) > ones(v->voters) ? with : 0;
}

/* Since the disagreement began: did it count at all, and does it go on to stray? */
static enum dvmm_source_fault name_fault(const struct dvmm_sources *s, int i, int good)
{
	s64 time = span(s, &s->first);
	s64 more = apart(s, i, good, &s->first, time);
	s64 total = apart(s, i, good, dvmm_sources_oldest(s), span(s, dvmm_sources_oldest(s)));

	if (abs(s->source[i].elapsed_q10 - s->first.elapsed_q10[i]) < time / 8)
		return DVMM_FAULT_STOP;
	if (abs(more) > abs(total) / 8 && abs(more) > reading_q10(s, i, good, &s->first))
		return DVMM_FAULT_RATE;
	return DVMM_FAULT_JUMP;
}

static int lowest(u32 bits)
{
	int i;

	for (i = 0; i < DVMM_SOURCES - 1 && !(bits & (1U << i)); i++)
		;
	return i;
}

/* Whether it has lasted; a little longer where it is not clear yet who it is. */
static bool ripe(const struct dvmm_sources *s, const struct votes *v)
{
	u32 good = majority(v);
	bool clear = good && good != v->voters;

	return s->suspect_rounds >= (clear ? DVMM_SOURCES_CONFIRM : DVMM_SOURCES_HZ - 1);
}

static struct dvmm_sources_verdict judge(struct dvmm_sources *s, const struct votes *v)
{
	struct dvmm_sources_verdict verdict = {
		.found = true,
		.off_ns = (u64)v->worst_q10 >> DVMM_Q,
	};
	u32 good = majority(v);
	int i;

	if (good)
		verdict.accused = v->voters & ~good;
	if (!verdict.accused)
		s->unclear = true;
	for (i = 0; i < DVMM_SOURCES; i++)
		if (verdict.accused & (1U << i))
			verdict.fault[i] = name_fault(s, i, lowest(good));
	if (verdict.fault[DVMM_SOURCE_TSC])
		verdict.heir = dvmm_sources_heir(s, lowest(good));
	for (i = 0; i < DVMM_SOURCES; i++) {
		if (!verdict.fault[i])
			continue;
		s->source[i].fault = verdict.fault[i];
		s->source[i].faults++;
	}
	return verdict;
}

/* A counter that stands agrees with its own rate of zero: that is not health. */
static bool plausible(const struct dvmm_sources *s, int i)
{
	int j;

	if (i != DVMM_SOURCE_TSC)
		return dvmm_source_rate_known(&s->source[i]);
	for (j = 1; j < DVMM_SOURCES; j++)
		if (votes(&s->source[j]) && !dvmm_source_rate_known(&s->source[j]))
			return false;
	return true;
}

/* Those accused are trusted again after long enough without a word against them. */
static void heal(struct dvmm_sources *s, const struct votes *v)
{
	const struct dvmm_source *tsc = &s->source[DVMM_SOURCE_TSC];

	int i;

	for (i = 0; i < DVMM_SOURCES; i++) {
		struct dvmm_source *source = &s->source[i];

		if ((v->against[i] & v->voters) || !plausible(s, i))
			source->healthy_rounds = 0;
		else if (source->healthy_rounds < U32_MAX)
			source->healthy_rounds++;
		if (source->healthy_rounds >= HEAL_ROUNDS)
			source->fault = DVMM_FAULT_NONE;
	}
	if (tsc->healthy_rounds >= HEAL_ROUNDS)
		s->unclear = false;
}

static void accept_round(struct dvmm_sources *s)
{
	if (s->suspect_rounds)
		s->transients++;
	s->suspect_rounds = 0;
	dvmm_sources_measure(s);
	remember(s, &s->past[s->pasts % DVMM_SOURCES_HZ]);
	s->pasts++;
	/* a count that wraps must not look like a beginning */
	if (s->pasts == 1U << 31)
		s->pasts = DVMM_SOURCES_HZ;
}

static void begin(struct dvmm_sources *s, const struct dvmm_source_read *read)
{
	int i;

	for (i = 0; i < DVMM_SOURCES; i++)
		s->source[i].last = read[i];
	accept_round(s);
}

static bool overflows(const struct dvmm_sources *s)
{
	int i;

	for (i = 0; i < DVMM_SOURCES; i++)
		if (abs(s->source[i].elapsed_q10) > SUM_MAX_Q10 ||
		    abs(s->source[i].phase_q10) > SUM_MAX_Q10)
			return true;
	return false;
}

static void advance_all(struct dvmm_sources *s, const struct dvmm_source_read *read)
{
	struct dvmm_sources_past before;
	s64 about = about_passed(s, read);
	int i;

	remember(s, &before);
	for (i = 0; i < DVMM_SOURCES; i++)
		if (dvmm_source_present(&s->source[i]))
			advance(&s->source[i], &s->source[DVMM_SOURCE_TSC].info, &read[i],
				about);
	s->at_q10 += span(s, &before);
}

struct dvmm_sources_verdict dvmm_sources_round(struct dvmm_sources *s,
					       const struct dvmm_source_read *read)
{
	struct dvmm_sources_verdict verdict = { 0 };
	struct votes v;

	if (overflows(s))
		dvmm_sources_restart(s);
	if (!s->pasts) {
		begin(s, read);
		return verdict;
	}
	advance_all(s, read);
	v = take_votes(s, span(s, dvmm_sources_oldest(s)));
	heal(s, &v);
	if (!v.split) {
		accept_round(s);
		return verdict;
	}
	if (!s->suspect_rounds++)
		remember(s, &s->first);
	if (!ripe(s, &v))
		return verdict;
	verdict = judge(s, &v);
	dvmm_sources_restart(s);
	begin(s, read);
	return verdict;
}
