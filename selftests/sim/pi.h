/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plain PI servo beside ours, for comparison: fed with the very exchanges that our
 * estimator took in, it keeps a clock of its own. Written anew after what linuxptp's does
 * by default: the delay is the median of the last ten, the frequency is first taken from
 * two offsets, the clock then stepped, the gains depend on the interval.
 */
#ifndef SIM_PI_H
#define SIM_PI_H

#include "errors.h"
#include "estimator.h"

#define SIM_PI_DELAYS 10

/* linuxptp's gains by default, for time stamps by hardware and by software. */
enum sim_pi_gains { SIM_PI_HARDWARE, SIM_PI_SOFTWARE, SIM_PIS };

/**
 * struct sim_pi
 * @kp, @ki: gains
 * @clock: as it is kept
 * @nominal: rate of the counter it starts from
 * @drift_ppb: integrator
 * @first_ns, @first_cycles: the first offset, and when it was measured
 * @delay_ns: the last delays; @samples have been taken in since the start
 * @locked_ns: since when it is kept; 0: it is not
 * @errors: since then
 */
struct sim_pi {
	double kp, ki;
	struct dvmm_segment clock;
	u64 nominal;
	double drift_ppb;
	s64 first_ns;
	u64 first_cycles;
	s64 delay_ns[SIM_PI_DELAYS];
	u32 samples;
	u64 locked_ns;
	struct sim_errors errors;
};

/* At @log_interval, the logarithm of the interval between exchanges. */
void sim_pi_init(struct sim_pi *pi, enum sim_pi_gains gains, s8 log_interval, u64 nominal);

/* Take in @x at @now_ns, when the counter reads @cycles. */
void sim_pi_exchange(struct sim_pi *pi, const struct dvmm_exchange *x, u64 cycles, u64 now_ns);

#endif
