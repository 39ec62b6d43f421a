/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of a host's counters: true time, counters that are off by their own rates,
 * readings that cost time, and one fault at a time.
 */
#ifndef MODEL_H
#define MODEL_H

#include <math.h>

#include "timebase.h"
#include "unit.h"

#define ROUND_NS 125000000.0

struct model {
	struct dvmm_sources s;
	struct dvmm_source_info info[DVMM_SOURCES];
	long double count[DVMM_SOURCES];	/* ticks, as they would be without a width */
	double rate[DVMM_SOURCES];		/* over nominal */
	long double sane;			/* what the TSC would be without a fault */
	struct dvmm_timebase timebase;
	struct dvmm_disturbance disturbance;	/* the last one */
	u32 disturbances;
	double wander;				/* of all rates, per root of a round */
	double cost_ns;				/* of a reading, at least */
	double spike;				/* probability of one 100 times as dear */
	int dear;				/* a counter that is always as dear as that */
	u32 verdicts;
	u32 rounds;
	u32 at;					/* round of the last verdict */
	struct dvmm_sources_verdict last;
};

static inline double uniform(void)
{
	return (double)(unit_random() >> 11) / (1ULL << 53);
}

static inline void model_init(struct model *m, u8 hpet_bits, u8 pm_bits, bool raw_votes)
{
	static const double rate[DVMM_SOURCES] = { 0, 37e-6, -92e-6, 3e-6 };
	int i;

	memset(m, 0, sizeof(*m));
	m->info[DVMM_SOURCE_TSC] = (struct dvmm_source_info){ 2096000000, 64, true };
	if (hpet_bits)
		m->info[DVMM_SOURCE_HPET] = (struct dvmm_source_info){ 100000000, hpet_bits, true };
	if (pm_bits)
		m->info[DVMM_SOURCE_PM_TIMER] = (struct dvmm_source_info){ 3579545, pm_bits, true };
	m->info[DVMM_SOURCE_RAW] = (struct dvmm_source_info){ 1000000000, 64, raw_votes };
	for (i = 0; i < DVMM_SOURCES; i++) {
		m->rate[i] = rate[i];
		m->count[i] = floorl(uniform() * 4e9);
	}
	m->wander = 1e-10;
	m->cost_ns = 1500;
	m->dear = -1;
	m->sane = m->count[DVMM_SOURCE_TSC];
	m->timebase = (struct dvmm_timebase)DVMM_TIMEBASE_TSC;
	dvmm_sources_init(&m->s, m->info);
}

static inline void pass(struct model *m, double ns)
{
	int i;

	for (i = 0; i < DVMM_SOURCES; i++)
		m->count[i] += (long double)ns * 1e-9L * m->info[i].hz * (1 + m->rate[i]);
	m->sane += (long double)ns * 1e-9L * m->info[DVMM_SOURCE_TSC].hz;
}

static inline u64 look(const struct model *m, int i)
{
	u64 ticks = (u64)(__int128)floorl(m->count[i]);

	return m->info[i].bits < 64 ? ticks & ((1ULL << m->info[i].bits) - 1) : ticks;
}

static inline struct dvmm_source_read read_one(struct model *m, int i)
{
	bool dear = uniform() < m->spike || m->dear == i;
	double cost = m->cost_ns * (1 + uniform()) * (dear ? 100 : 1);
	double part = cost * uniform();
	struct dvmm_source_read r;
	u64 before = look(m, DVMM_SOURCE_TSC), took;

	pass(m, part);
	r.value = look(m, i);
	pass(m, cost - part);
	took = look(m, DVMM_SOURCE_TSC) - before;
	r.tsc = before + took / 2;
	r.half_ns = dvmm_sources_half_ns(m->info, i, took);
	if (i == DVMM_SOURCE_TSC)
		r.value = r.tsc;
	return r;
}

static inline void model_round(struct model *m, double after_ns)
{
	struct dvmm_source_read read[DVMM_SOURCES] = { 0 };
	struct dvmm_sources_verdict verdict;
	struct dvmm_disturbance disturbance;
	int i;

	pass(m, after_ns);
	for (i = 0; i < DVMM_SOURCES; i++) {
		m->rate[i] += m->wander * (uniform() - 0.5);
		if (m->info[i].hz)
			read[i] = read_one(m, i);
	}
	m->rounds++;
	verdict = dvmm_sources_round(&m->s, read);
	disturbance = dvmm_timebase_round(&m->timebase, &m->s, &verdict);
	if (disturbance.step_ns) {
		m->disturbance = disturbance;
		m->disturbances++;
	}
	if (!verdict.found)
		return;
	m->verdicts++;
	m->at = m->rounds;
	m->last = verdict;
}

static inline void model_run(struct model *m, u32 rounds)
{
	while (rounds--)
		model_round(m, ROUND_NS * (1 + 0.05 * uniform()));
}

/* How far host cycles are ahead of a TSC that never failed, in ns. */
static inline double astray_ns(const struct model *m)
{
	u64 cycles = dvmm_timebase_cycles(&m->timebase, look(m, m->timebase.source));
	u64 sane = (u64)(__int128)floorl(m->sane);

	return (double)(s64)(cycles - sane) * 1e9 / m->info[DVMM_SOURCE_TSC].hz;
}

static double __attribute__((unused)) fault_rate;
static double __attribute__((unused)) fault_jump_ns;

static inline void inject(struct model *m, int i, enum dvmm_source_fault fault)
{
	if (fault == DVMM_FAULT_JUMP)
		m->count[i] += floorl((long double)fault_jump_ns * 1e-9L * m->info[i].hz);
	if (fault == DVMM_FAULT_STOP)
		m->rate[i] = -1;
	if (fault == DVMM_FAULT_RATE)
		m->rate[i] += fault_rate;
}

#endif
