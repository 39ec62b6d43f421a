// SPDX-License-Identifier: GPL-2.0
/* From an estimate of master time to the rate of the cluster clock. */
#include "servo.h"

/* Fewer exchanges are no evidence that they are consistent. */
#define READY_EXCHANGES 4

/* A skew known worse than this would soon carry the clock away. */
#define READY_SKEW_ERROR_PPB 100000

/* 10^9 seconds is beyond any offset that could be slewed, and its product fits. */
#define OFFSET_MAX_NS 1000000000000000000LL

s64 dvmm_servo_slew_ppb(const struct dvmm_servo *servo, s64 offset_ns)
{
	s64 limit = servo->slew_max_ppb;
	u64 offset = clamp(abs(offset_ns), 0LL, OFFSET_MAX_NS);
	u64 limit_ns = mul_u64_u64_div_u64(servo->time_constant_ns, limit, DVMM_PPB);
	s64 slew;

	if (offset >= limit_ns)
		slew = limit;
	else
		slew = mul_u64_u64_div_u64(offset, DVMM_PPB, servo->time_constant_ns);
	return offset_ns < 0 ? -slew : slew;
}

u64 dvmm_servo_bound_ns(u64 clock_ns, const struct dvmm_interval *truth)
{
	s64 above = truth->high_ns - clock_ns, below = clock_ns - truth->low_ns;

	/* one more, for the fractions that whole nanoseconds leave out */
	return max(max(above, below), 0LL) + 1;
}

bool dvmm_servo_ready(const struct dvmm_estimator *e)
{
	return e->count >= READY_EXCHANGES && e->now.skew_error_ppb <= READY_SKEW_ERROR_PPB;
}

u64 dvmm_target_ns(const struct dvmm_target *t, u64 cycles)
{
	return dvmm_steering_apply(&t->steering,
				   dvmm_estimator_ns(&t->estimator, cycles) + t->peers_ns);
}

static u64 steered_rate(const struct dvmm_target *t, s32 ppb)
{
	u64 free = dvmm_mult_adjust(t->estimator.nominal, t->estimator.now.skew_ppb);

	return dvmm_mult_adjust(free, ppb);
}

u64 dvmm_target_rate(const struct dvmm_target *t)
{
	return steered_rate(t, t->steering.ppb);
}

u64 dvmm_target_rest_rate(const struct dvmm_target *t)
{
	return steered_rate(t, t->steering.ppb - t->steering.slew_ppb);
}

u32 dvmm_target_drift_ppb(const struct dvmm_target *t)
{
	return dvmm_estimator_drift_ppb(&t->estimator) + DVMM_STEERING_SWING_PPB;
}

static void set_bound(const struct dvmm_target *t, struct dvmm_clock_view *view, u64 cycles,
		      s64 slew_ppb)
{
	struct dvmm_interval free = dvmm_estimator_interval(&t->estimator, cycles);
	struct dvmm_interval truth = dvmm_steering_apply_interval(&t->steering, &free);

	view->bound_cycles = cycles;
	view->bound_ns = dvmm_servo_bound_ns(dvmm_segment_ns(&view->segment, cycles), &truth) +
			 t->strayed_ns;
	view->bound_growth_ppb = dvmm_target_drift_ppb(t) + abs(slew_ppb);
}

void dvmm_servo_steer(const struct dvmm_servo *servo, const struct dvmm_target *t,
		      struct dvmm_clock_view *view, u64 cycles)
{
	s64 behind_ns = dvmm_target_ns(t, cycles) - dvmm_segment_ns(&view->segment, cycles);
	s64 slew_ppb = dvmm_servo_slew_ppb(servo, behind_ns);

	dvmm_segment_pivot(&view->segment, cycles,
			   dvmm_mult_adjust(dvmm_target_rate(t), slew_ppb));
	set_bound(t, view, cycles, slew_ppb);
}

void dvmm_servo_jump(const struct dvmm_target *t, struct dvmm_clock_view *view, u64 cycles)
{
	view->segment.base_cycles = cycles;
	view->segment.base.ns = dvmm_target_ns(t, cycles);
	view->segment.base.frac = 0;
	view->segment.mult = dvmm_target_rate(t);
	set_bound(t, view, cycles, 0);
}
