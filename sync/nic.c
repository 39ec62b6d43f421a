// SPDX-License-Identifier: GPL-2.0
/*
 * A NIC's clock against the host counter.
 *
 * No overflow: spans are below 2^40 ns, halves below 2^20 ns, rates below 2^21 ppb, and
 * stamps at most 2^30 ns old.
 */
#include "estimator.h"
#include "nic.h"

/* A rate is measured over one to two of these, or longer where readings are rare. */
#define RATE_SPAN_NS ((s64)DVMM_NSEC_PER_SEC)

/* 1 / 2000 ppm */
#define SKEW_MAX_INVERSE 500

/* Readings further apart than 1000 s say nothing of each other. */
#define SPAN_MAX_NS (1000 * (s64)DVMM_NSEC_PER_SEC)

void dvmm_nic_init(struct dvmm_nic *nic, u32 khz)
{
	memset(nic, 0, sizeof(*nic));
	nic->khz = khz;
	nic->nominal = dvmm_mult_from_khz(khz);
}

struct dvmm_nic_reading dvmm_nic_reading(const struct dvmm_nic *nic, u64 ns, u64 before,
					 u64 after)
{
	u64 half = (after - before + 1) / 2;

	return (struct dvmm_nic_reading) {
		.ns = ns, .cycles = before + half,
		.half_ns = dvmm_mult_ns(nic->nominal, half) + 1,
	};
}

static void start(struct dvmm_nic *nic, const struct dvmm_nic_reading *r)
{
	nic->count = 1;
	nic->first_ns = r->ns;
	nic->last = *r;
	nic->base = *r;
	nic->next = *r;
	nic->skew_ppb = 0;
	nic->doubt_ppb = DVMM_NIC_UNKNOWN_PPB;
}

static s64 span_ns(const struct dvmm_nic *nic, const struct dvmm_nic_reading *from,
		   const struct dvmm_nic_reading *to)
{
	return dvmm_span_ns(nic->nominal, from->cycles, to->cycles);
}

/* Whether the NIC's clock went on since the last reading as it did before. */
static bool agrees(const struct dvmm_nic *nic, const struct dvmm_nic_reading *r)
{
	s64 host = span_ns(nic, &nic->last, r), clock = r->ns - nic->last.ns;
	s64 off, allowed;

	if (host < 0 || host > SPAN_MAX_NS || clock < 0 || clock > 2 * SPAN_MAX_NS)
		return false;
	off = clock - host - host * nic->skew_ppb / DVMM_PPB;
	allowed = nic->last.half_ns + r->half_ns + host * (s64)nic->doubt_ppb / DVMM_PPB;
	return abs(off) <= allowed;
}

/* One that is out of all reason is not learnt, and contradicted by and by. */
static void learn_rate(struct dvmm_nic *nic)
{
	const struct dvmm_nic_reading *r = &nic->last;
	s64 span = span_ns(nic, &nic->base, r), more = r->ns - nic->base.ns - span;

	if (span < RATE_SPAN_NS || span > SPAN_MAX_NS || abs(more) > span / SKEW_MAX_INVERSE)
		return;
	nic->skew_ppb = more * DVMM_PPB / span;
	nic->doubt_ppb = div64_u64((nic->base.half_ns + r->half_ns) * DVMM_PPB, span) +
			 DVMM_NIC_WANDER_PPB;
}

int dvmm_nic_add(struct dvmm_nic *nic, const struct dvmm_nic_reading *r)
{
	if (r->half_ns > DVMM_NIC_HALF_MAX_NS)
		return -ERANGE;
	if (nic->count && !agrees(nic, r)) {
		nic->jumps++;
		nic->count = 0;
	}
	if (!nic->count) {
		start(nic, r);
		return 0;
	}
	nic->count++;
	nic->last = *r;
	learn_rate(nic);
	if (span_ns(nic, &nic->next, r) >= RATE_SPAN_NS) {
		nic->base = nic->next;
		nic->next = *r;
	}
	return 0;
}

bool dvmm_nic_is_ahead(const struct dvmm_nic *nic, u64 seen_cycles)
{
	return !nic->count || (s64)(seen_cycles - nic->last.cycles) > 0;
}

/* Rounded up. */
static u64 cycles_of(const struct dvmm_nic *nic, u64 ns)
{
	return mul_u64_u64_div_u64(ns, nic->khz, 1000000) + 1;
}

int dvmm_nic_stamp(const struct dvmm_nic *nic, u64 ns, u64 seen_cycles,
		   struct dvmm_nic_stamp *stamp)
{
	s64 age = nic->last.ns - ns, doubt = nic->doubt_ppb + DVMM_NIC_STEERED_PPB;

	if (dvmm_nic_is_ahead(nic, seen_cycles) || (s64)(ns - nic->first_ns) < 0 ||
	    age < 0 || age > (s64)DVMM_NIC_AGE_MAX_NS)
		return -ERANGE;
	age = div64_s64(age * DVMM_PPB, DVMM_PPB + nic->skew_ppb);
	stamp->cycles = nic->last.cycles - cycles_of(nic, age);
	stamp->error_cycles = cycles_of(nic, nic->last.half_ns +
					age * doubt / DVMM_PPB) + 2;
	if ((s64)(stamp->cycles - stamp->error_cycles - seen_cycles) > 0)
		return -ERANGE;
	return 0;
}
