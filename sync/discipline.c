// SPDX-License-Identifier: GPL-2.0
/* The cluster clock as the port keeps it. */
#include "discipline.h"

/* Off by more, the clock is stepped if no VM minds; slewing would take 100 s and more. */
#define STEP_NS 10000000

/* What steering may amount to for good, and how fast more of it is absorbed, at a time. */
#define ABSORB_REST_PPB 20000
#define ABSORB_PPB 50

/* How fast two clocks may drift apart whose rates were once the same, both steered. */
#define HOLDOVER_DRIFT_PPB (DVMM_DRIFT_MAX_PPB + DVMM_STEERING_SWING_PPB)

u64 dvmm_discipline_ns(const struct dvmm_discipline *d, u64 cycles)
{
	bool older = (s64)(cycles - d->view.segment.base_cycles) < 0;

	return dvmm_segment_ns(older ? &d->before : &d->view.segment, cycles);
}

static void publish(struct dvmm_discipline *d, struct dvmm_clock_view *view)
{
	d->before = d->view.segment;
	d->ops->publish(d->ctx, view);
	d->view = *view;
}

static int step(struct dvmm_discipline *d, const struct dvmm_clock_view *view)
{
	int ret = d->ops->step(d->ctx, view);

	if (ret)
		return ret;
	d->before = view->segment;
	d->view = *view;
	return 0;
}

static void set_bound(struct dvmm_clock_view *view, u64 bound_ns, u32 growth_ppb, u64 now)
{
	view->bound_cycles = now;
	view->bound_ns = bound_ns;
	view->bound_growth_ppb = growth_ppb;
}

/* What is left of the cluster clock once nobody vouches for it. */
static void distrust(struct dvmm_clock_view *view, u64 now)
{
	view->state = DVMM_STATE_UNSYNCHRONISED;
	set_bound(view, U64_MAX, 0, now);
}

void dvmm_discipline_init(struct dvmm_discipline *d, const struct dvmm_clock_ops *ops,
			  void *ctx, u32 host_khz)
{
	struct dvmm_clock_view view = { .segment.mult = dvmm_mult_from_khz(host_khz) };

	memset(d, 0, sizeof(*d));
	d->ops = ops;
	d->ctx = ctx;
	dvmm_estimator_init(&d->target.estimator, view.segment.mult, d->ring, d->points,
			    DVMM_ESTIMATOR_RING);
	distrust(&view, 0);
	publish(d, &view);
}

int dvmm_discipline_found(struct dvmm_discipline *d, const struct dvmm_cluster *cluster,
			  const struct dvmm_segment *line)
{
	struct dvmm_clock_view view = { .cluster = *cluster, .segment = *line };
	u64 now = line->base_cycles;
	int ret;

	distrust(&view, now);
	ret = step(d, &view);
	if (ret)
		return ret;
	d->leading = true;
	d->led_cycles = now;
	d->led = view.segment;
	d->inherited_ns = 0;
	d->rate_error_ppb = 0;
	return 0;
}

/* The leader's clock is the truth: no error, and none to come. */
void dvmm_discipline_confirm(struct dvmm_discipline *d, u64 now)
{
	struct dvmm_clock_view view = d->view;

	dvmm_segment_pivot(&view.segment, now, view.segment.mult);
	view.state = DVMM_STATE_SYNCHRONISED;
	set_bound(&view, 0, 0, now);
	publish(d, &view);
}

static u64 add_saturating(u64 a, u64 b)
{
	return a > U64_MAX - b ? U64_MAX : a + b;
}

/*
 * The rate of cluster time as we know it: as its leader, until another is followed, exactly.
 * A new leader's is not known by a few exchanges; it will go on at the old one's. Where a
 * leader was slewing to is not known to whoever comes next, who had better not go on so.
 */
static u64 known_rate(const struct dvmm_discipline *d)
{
	if (d->led.mult)
		return dvmm_mult_adjust(d->view.segment.mult, -d->slew_ppb);
	if (!dvmm_servo_ready(&d->target.estimator))
		return d->view.segment.mult;
	return dvmm_target_rest_rate(&d->target);
}

/*
 * The truth, by definition, from here on. But other slaves still keep the old
 * leader's time within their bounds, so that for a while the distance between two
 * hosts is made of both bounds: keep ours for that while.
 *
 * One that succeeds itself, after a fault, goes on with the same @led, since those who
 * followed it all the while know its steering.
 */
void dvmm_discipline_succeed(struct dvmm_discipline *d, u64 now)
{
	struct dvmm_clock_view view = d->view;
	u64 bound_ns = dvmm_clock_bound_ns(&view, now);

	dvmm_segment_pivot(&view.segment, now, known_rate(d));
	if (!d->led.mult) {
		d->led = view.segment;
		d->rate_error_ppb += d->target.estimator.now.skew_error_ppb;
	}
	d->leading = true;
	d->led_cycles = now;
	d->inherited_ns = bound_ns;
	view.state = DVMM_STATE_SYNCHRONISED;
	set_bound(&view, bound_ns, 0, now);
	publish(d, &view);
}

/* A founder is the truth; a successor may since have drifted off as anyone may. */
u64 dvmm_discipline_inherited_ns(const struct dvmm_discipline *d, u64 now)
{
	u64 led_ns = dvmm_mult_ns(d->view.segment.mult, now - d->led_cycles);
	u64 drift_ns = mul_u64_u64_div_u64(led_ns, HOLDOVER_DRIFT_PPB, DVMM_PPB);

	return d->inherited_ns ? add_saturating(d->inherited_ns, drift_ns) : 0;
}

/* A new target, expected to run freely at @rate. */
static void aim_afresh(struct dvmm_discipline *d, u64 rate, u64 error_ppb)
{
	struct dvmm_estimator *e = &d->target.estimator;

	dvmm_estimator_restart(e, dvmm_mult_skew_ppb(rate, e->nominal), error_ppb);
	memset(&d->target.steering, 0, sizeof(d->target.steering));
	d->target.peers_ns = 0;
	d->target.strayed_ns = 0;
}

static void stop_leading(struct dvmm_discipline *d)
{
	d->leading = false;
	d->slew_ppb = 0;
	memset(&d->led, 0, sizeof(d->led));
}

/* A bound that was good for the old leader is good for the new, by so much wider. */
static void keep_bound(struct dvmm_discipline *d, struct dvmm_clock_view *view, u64 apart_ns,
		       u64 now)
{
	u64 bound_ns = add_saturating(dvmm_clock_bound_ns(view, now), apart_ns);

	if (bound_ns == U64_MAX)
		return distrust(view, now);
	view->state = DVMM_STATE_HOLDOVER;
	set_bound(view, bound_ns, dvmm_target_drift_ppb(&d->target), now);
}

/*
 * A successor, left alone, goes on at the rate that cluster time had, as far as it knew,
 * and those before it. But it may have been steered since it told us, and so may we;
 * which is four standard errors of what is expected.
 */
static u64 rate_doubt_ppb(const struct dvmm_discipline *d, u64 rate_error_ppb)
{
	u64 own_ppb = d->led.mult ? d->rate_error_ppb : d->target.estimator.now.skew_error_ppb;
	u64 doubt_ppb = max_t(u64, own_ppb, DVMM_STEERING_SWING_PPB / 4) + rate_error_ppb;

	return min_t(u64, doubt_ppb, DVMM_SKEW_UNKNOWN_PPB);
}

void dvmm_discipline_follow(struct dvmm_discipline *d, u64 apart_ns, u64 rate_error_ppb,
			    u64 now)
{
	struct dvmm_clock_view view = d->view;
	u64 rate = known_rate(d);

	aim_afresh(d, rate, rate_doubt_ppb(d, rate_error_ppb));
	d->rate_error_ppb = rate_error_ppb;
	stop_leading(d);
	keep_bound(d, &view, apart_ns, now);
	dvmm_segment_pivot(&view.segment, now, rate);
	publish(d, &view);
}

/* As if the leader was another from now on. Stamps taken so far may be of any time. */
void dvmm_discipline_disturb(struct dvmm_discipline *d, u64 step_ns, u64 rate_ppb, u64 now)
{
	if (rate_ppb > DVMM_SKEW_UNKNOWN_PPB)
		step_ns = U64_MAX;
	dvmm_discipline_follow(d, step_ns, add_saturating(d->rate_error_ppb, rate_ppb), now);
}

int dvmm_discipline_leave(struct dvmm_discipline *d, u64 now)
{
	struct dvmm_clock_view view = d->view;
	int ret;

	distrust(&view, now);
	memset(&view.cluster, 0, sizeof(view.cluster));
	ret = step(d, &view);
	if (ret)
		return ret;
	aim_afresh(d, known_rate(d), DVMM_SKEW_UNKNOWN_PPB);
	stop_leading(d);
	return 0;
}

/*
 * Onto the estimate, if no VM minds. No time is before the cluster's epoch: guest
 * TSCs would be negative.
 */
static int jump(struct dvmm_discipline *d, const struct dvmm_cluster *cluster, u64 now)
{
	struct dvmm_clock_view view = d->view;

	view.cluster = *cluster;
	view.state = DVMM_STATE_SYNCHRONISED;
	dvmm_servo_jump(&d->target, &view, now);
	if (view.segment.base.ns < cluster->epoch_ns)
		return -EINVAL;
	return step(d, &view);
}

static bool far_off(const struct dvmm_discipline *d, u64 now)
{
	s64 behind_ns = dvmm_target_ns(&d->target, now) - dvmm_segment_ns(&d->view.segment, now);

	return abs(behind_ns) > STEP_NS;
}

static void steer(struct dvmm_discipline *d, enum dvmm_state state, u64 now)
{
	struct dvmm_clock_view view = d->view;

	dvmm_servo_steer(&d->servo, &d->target, &view, now);
	view.state = state;
	publish(d, &view);
}

/*
 * A clock that has not found its cluster yet jumps; it cannot be held. One that was
 * right before jumps only if it is far off and nobody holds it, else slews.
 */
static void keep_time(struct dvmm_discipline *d, const struct dvmm_cluster *cluster, u64 now)
{
	if (d->view.cluster.id != cluster->id || far_off(d, now))
		if (!jump(d, cluster, now))
			return;
	if (d->view.cluster.id == cluster->id)
		steer(d, DVMM_STATE_SYNCHRONISED, now);
}

static void note_offset(struct dvmm_discipline *d, const struct dvmm_exchange *x)
{
	d->offset_ns = dvmm_discipline_ns(d, dvmm_exchange_cycles(x)) -
		       dvmm_steering_apply(&d->target.steering, dvmm_exchange_ns(x));
}

struct dvmm_wire_steering dvmm_discipline_steering(const struct dvmm_discipline *d, u64 cycles)
{
	return (struct dvmm_wire_steering) {
		.ns = dvmm_discipline_ns(d, cycles) - dvmm_segment_ns(&d->led, cycles),
		.ppb = dvmm_mult_skew_ppb(d->view.segment.mult, d->led.mult),
		.slew_ppb = d->slew_ppb,
	};
}

/* Nothing learnt so far fits, but the rate: whereto the clock was being slewed is no goal now. */
static void start_afresh(struct dvmm_discipline *d, u64 now)
{
	struct dvmm_clock_view view = d->view;
	u64 rate = known_rate(d);

	d->doubted.view = view;
	d->doubted.steering = d->target.steering;
	aim_afresh(d, rate, DVMM_SKEW_UNKNOWN_PPB);
	dvmm_segment_pivot(&view.segment, now, rate);
	distrust(&view, now);
	publish(d, &view);
}

void dvmm_discipline_doubt(struct dvmm_discipline *d, u64 now)
{
	if (d->target.estimator.count)
		start_afresh(d, now);
}

void dvmm_discipline_reinstate(struct dvmm_discipline *d, s64 skew_ppb, u64 now)
{
	struct dvmm_clock_view view = d->view;

	dvmm_estimator_restart(&d->target.estimator, skew_ppb, DVMM_SKEW_CHANGE_PPB);
	d->target.steering = d->doubted.steering;
	view.state = d->doubted.view.state;
	if (view.state != DVMM_STATE_UNSYNCHRONISED)
		view.state = DVMM_STATE_HOLDOVER;
	set_bound(&view, dvmm_clock_bound_ns(&d->doubted.view, now), HOLDOVER_DRIFT_PPB, now);
	dvmm_segment_pivot(&view.segment, now, dvmm_target_rest_rate(&d->target));
	publish(d, &view);
}

/* Packets overtake each other; the latest word counts. */
int dvmm_discipline_steered(struct dvmm_discipline *d, u64 free_ns,
			    const struct dvmm_wire_steering *steering, u64 now)
{
	struct dvmm_steering next = {
		.free_ns = free_ns, .ns = steering->ns, .ppb = steering->ppb,
		.slew_ppb = steering->slew_ppb,
	};
	const struct dvmm_steering *last = &d->target.steering;

	if (last->free_ns && (s64)(free_ns - last->free_ns) <= 0)
		return 0;
	if (last->free_ns && !dvmm_steering_continues(last, &next)) {
		start_afresh(d, now);
		return -ERANGE;
	}
	d->target.steering = next;
	return 0;
}

int dvmm_discipline_sample(struct dvmm_discipline *d, const struct dvmm_exchange *x,
			   const struct dvmm_cluster *cluster, u64 now)
{
	int ret = dvmm_estimator_add(&d->target.estimator, x);

	if (ret == -ERANGE)
		start_afresh(d, now);
	if (ret)
		return ret;
	d->last_cycles = now;
	note_offset(d, x);
	if (dvmm_servo_ready(&d->target.estimator))
		keep_time(d, cluster, now);
	return 0;
}

/* The rate stays, the bound has grown. */
static void renew(struct dvmm_discipline *d, u64 now)
{
	struct dvmm_clock_view view = d->view;

	set_bound(&view, dvmm_clock_bound_ns(&view, now), view.bound_growth_ppb, now);
	dvmm_segment_pivot(&view.segment, now, view.segment.mult);
	publish(d, &view);
}

/* Nobody vouches for a leader that cannot be heard: there may be another by now. */
static void suspend_lead(struct dvmm_discipline *d, u64 now)
{
	d->leading = false;
	if (d->view.state != DVMM_STATE_UNSYNCHRONISED) {
		d->view.state = DVMM_STATE_HOLDOVER;
		d->view.bound_growth_ppb = HOLDOVER_DRIFT_PPB;
	}
	renew(d, now);
}

/* There is no rate to follow; but in step with somebody it is no longer. */
static void stay(struct dvmm_discipline *d, u64 now)
{
	if (d->view.state == DVMM_STATE_SYNCHRONISED)
		d->view.state = DVMM_STATE_HOLDOVER;
	renew(d, now);
}

void dvmm_discipline_holdover(struct dvmm_discipline *d, u64 now)
{
	bool ready = dvmm_servo_ready(&d->target.estimator);

	if (d->leading)
		suspend_lead(d, now);
	else if (d->view.state != DVMM_STATE_UNSYNCHRONISED && ready)
		steer(d, DVMM_STATE_HOLDOVER, now);
	else
		stay(d, now);
}

static void lead(struct dvmm_discipline *d, u64 now)
{
	bool relaxed = (s64)(now - d->led_cycles) > (s64)d->relax_cycles;

	if (d->view.state == DVMM_STATE_SYNCHRONISED && relaxed)
		dvmm_discipline_confirm(d, now);
	else
		renew(d, now);
}

void dvmm_discipline_tick(struct dvmm_discipline *d, u64 now)
{
	bool silent = (s64)(now - d->last_cycles) > (s64)d->silence_cycles;

	if (d->leading)
		lead(d, now);
	else if (silent)
		dvmm_discipline_holdover(d, now);
	else if (d->view.state == DVMM_STATE_SYNCHRONISED)
		steer(d, DVMM_STATE_SYNCHRONISED, now);
	else
		renew(d, now);
}

void dvmm_discipline_adjust(struct dvmm_discipline *d, s64 ppb, s64 slew_ppb, u64 now)
{
	struct dvmm_clock_view view = d->view;

	d->slew_ppb = slew_ppb;
	dvmm_segment_pivot(&view.segment, now, dvmm_mult_adjust(d->led.mult, ppb));
	publish(d, &view);
}

void dvmm_discipline_absorb(struct dvmm_discipline *d, u64 rate, u64 now)
{
	s64 ppb = dvmm_mult_skew_ppb(rate, d->led.mult);
	s64 some_ppb = ppb < 0 ? -ABSORB_PPB : ABSORB_PPB;

	if (abs(ppb) > ABSORB_REST_PPB)
		dvmm_segment_pivot(&d->led, now, dvmm_mult_adjust(d->led.mult, some_ppb));
}
