/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another host's time as a line over the host counter, from raw exchanges.
 *
 * Feed-forward: what is kept are raw stamps, which no correction of the clock
 * ever touched, so that a servo cannot disturb its own measurement.
 *
 * Two answers that do not depend on each other:
 *  - an estimate: the straight line between the packets that queued least, over the
 *    longest window that agrees with all shorter ones. Best, not certain.
 *  - an interval: what causality alone allows. Certain, not best.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_ESTIMATOR_H
#define DVMM_ESTIMATOR_H

#include "segment.h"

/* Exchanges looked at, at most: 32 s at 16 per second. */
#define DVMM_ESTIMATOR_RING 512

/* The shortest window that a rate is taken from: 1 s at 16 per second. */
#define DVMM_ESTIMATOR_MIN 16

/*
 * How fast master time, free-running, may drift from the learnt skew: the wander of
 * two quartz oscillators within the half minute that is looked at. It is below 5 ppm
 * in practice.
 */
#define DVMM_DRIFT_MAX_PPB 50000

/*
 * Before anything is learnt: the nominal kHz may be wrong by 1000 ppm at both ends,
 * the oscillators by 100. Beyond the maximum no rate is believed.
 */
#define DVMM_SKEW_UNKNOWN_PPB 2500000
#define DVMM_SKEW_MAX_PPB 3000000

/*
 * How far a rate that was learnt well is likely to be off later, one standard error: a
 * clock that runs freely hardly changes, but a grandmaster might not tell its steering.
 */
#define DVMM_SKEW_CHANGE_PPB 20000

/* A rate learnt to this standard error is kept as what is known beforehand. */
#define DVMM_SKEW_KNOWN_PPB 10000

/*
 * What one stamp may be wrong by, beyond being early (sent) or late (received),
 * which the interval allows for: conversion from the kernel's clock at up to
 * 500 ppm of slew over 100 us, counters of two CPUs, rounding.
 */
#define DVMM_STAMP_ERROR_NS 100

/**
 * struct dvmm_exchange - one packet from the other host, and one to it
 * @t1_ns: departure of the one from it, master time
 * @t2_cycles: its arrival, host counter
 * @t3_cycles: departure of the one to it, host counter
 * @t4_ns: its arrival, master time
 *
 * Sync and Delay_Req (IEEE 1588-2019 11.3), or Pdelay_Resp and Pdelay_Req (11.4), of
 * which the second is the earlier. "Master" is whoever is measured.
 */
struct dvmm_exchange {
	u64 t1_ns;
	u64 t2_cycles;
	u64 t3_cycles;
	u64 t4_ns;
};

/* Nanoseconds from host counter @from to @to at rate @mult; negative if it is earlier. */
s64 dvmm_span_ns(u64 mult, u64 from, u64 to);

/* Half way between the two packets: here, and there if they took the same time. */
u64 dvmm_exchange_cycles(const struct dvmm_exchange *x);
u64 dvmm_exchange_ns(const struct dvmm_exchange *x);

/* (t4 - t1) - (t3 - t2): the round trip; meanPathDelay is half of it (11.3.2). */
s64 dvmm_exchange_delay_ns(const struct dvmm_exchange *x, u64 mult);

/**
 * struct dvmm_estimate - master time near @cycles
 * @ns: master time at @cycles
 * @error_ns: standard error of @ns
 * @skew_ppb: how much faster than the host's nominal counter it runs
 * @skew_error_ppb: standard error of @skew_ppb
 * @delay_ns: mean path delay of the quickest exchange in use
 * @recent_delay_ns: the same of the last few
 * @window: exchanges that the line was taken from
 */
struct dvmm_estimate {
	u64 cycles;
	u64 ns;
	u64 error_ns;
	s64 skew_ppb;
	u64 skew_error_ppb;
	u64 delay_ns;
	u64 recent_delay_ns;
	u32 window;
};

/* Master time is between the two, for certain. */
struct dvmm_interval {
	u64 low_ns;
	u64 high_ns;
};

/* An exchange seen from the newest one: half way between its two packets. */
struct dvmm_point {
	s64 x_us;	/* nominal, at most 0 */
	s64 y_ns;	/* master time less nominal time */
	u64 delay_ns;	/* round trip, without the stay at the slave */
};

/**
 * struct dvmm_estimator
 * @nominal: rate of the host counter, as far as it is known beforehand
 * @ring: the last exchanges, of @size; @head is where the next goes, @count are valid
 * @points: scratch, as long: the same, newest first
 * @now: the present estimate
 * @known_ppb: the last skew that was learnt well, or 0
 * @known_error_ppb: how far it may be off by now, one standard error
 * @doubt_ppb: how far the present skew may be off for certain, wander aside
 */
struct dvmm_estimator {
	u64 nominal;
	struct dvmm_exchange *ring;
	u32 size;
	u32 head;
	u32 count;
	struct dvmm_point *points;
	struct dvmm_estimate now;
	s64 known_ppb;
	u64 known_error_ppb;
	u64 doubt_ppb;
};

/*
 * @size, a power of two up to DVMM_ESTIMATOR_RING, is how many exchanges @ring and
 * @points have room for. Estimators that are used one at a time may share @points.
 */
void dvmm_estimator_init(struct dvmm_estimator *e, u64 nominal, struct dvmm_exchange *ring,
			 struct dvmm_point *points, u32 size);

/* Forget the exchanges; master time runs at @skew_ppb, known to @skew_error_ppb. */
void dvmm_estimator_restart(struct dvmm_estimator *e, s64 skew_ppb, u64 skew_error_ppb);

/*
 * Take in an exchange. Return: 0; -EINVAL for one that cannot be; -ERANGE where it
 * contradicts those before (a counter or the master jumped): restart then. The estimate
 * is still that of before.
 */
int __must_check dvmm_estimator_add(struct dvmm_estimator *e, const struct dvmm_exchange *x);

/* The estimated master time at @cycles; at least one exchange is in. */
u64 dvmm_estimator_ns(const struct dvmm_estimator *e, u64 cycles);

/* What master time may be at @cycles; at least one exchange is in. */
struct dvmm_interval dvmm_estimator_interval(const struct dvmm_estimator *e, u64 cycles);

/* How fast master time may run away from the estimate. */
u32 dvmm_estimator_drift_ppb(const struct dvmm_estimator *e);

#endif
