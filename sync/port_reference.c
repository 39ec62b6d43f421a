// SPDX-License-Identifier: GPL-2.0
/*
 * A PTP port and the foreign grandmaster that leads its cluster, if one was asked for.
 *
 * Towards that one a leader is a slave: it measures it with Delay_Req of its own, and its
 * Announce tells of it as a boundary clock's would. Towards its cluster it stays master:
 * whom of us to follow is nothing that a stranger decides.
 */
#include "port_internal.h"

/* Announce of any interval up to 2^3 s: two qualify, four missed are silence. */
#define ANNOUNCES_MISSED 4

/* Who founds a cluster waits so long for the first Announce, ptp4l's being 2 s apart, */
#define PATIENCE_NS (8 * DVMM_NSEC_PER_SEC)

/* and for so many Sync, to measure whose it is, of at most a second each. */
#define PATIENCE_SYNCS 32

/* A Delay_Req follows within 1/32 of the reference's sync interval. */
#define DELAY_REQ_SPREAD 32

/* Strangers a second. */
#define NEWCOMERS 4

/* One step on there is still one to go (9.3.2.5 d). */
#define STEPS_MAX 254

/* Of one who would rather be a slave, if that could be: see dvmm_port_own_dataset(). */
#define PRIORITY_LAST 255

static u64 interval_ns(s8 log)
{
	return dvmm_interval_ns(clamp(log, (s8)DVMM_INTERVAL_LOG_MIN, (s8)DVMM_INTERVAL_LOG_MAX));
}

static bool is_chosen(const struct dvmm_port_reference *r)
{
	static const struct dvmm_port_id nobody;

	return !dvmm_port_id_equal(&r->sender, &nobody);
}

static bool is_locked(const struct dvmm_port *p)
{
	return p->state == DVMM_PORT_MASTER && is_chosen(&p->reference) &&
	       p->reference.clock.state == DVMM_REFERENCE_LOCKED;
}

/* Nothing is known of any. */
static void forget(struct dvmm_port *p)
{
	struct dvmm_port_reference *r = &p->reference;

	dvmm_reference_init(&r->clock, p->discipline.target.estimator.nominal,
			    p->discipline.points, p->config.slew_max_ppb);
	dvmm_reference_pace(&r->clock, DVMM_NSEC_PER_SEC, p->config.host_khz);
	dvmm_exchanger_reset(&r->exchanger);
	r->log_ask = DVMM_INTERVAL_LOG_MIN;
	r->aimed = false;
	r->lost_class = 0;
}

void dvmm_port_reference_init(struct dvmm_port *p)
{
	struct dvmm_port_reference *r = &p->reference;

	forget(p);
	r->heard.window_cycles =
		dvmm_port_cycles(p, ANNOUNCES_MISSED * interval_ns(DVMM_INTERVAL_LOG_MAX));
	r->accuracy = DVMM_ACCURACY_UNKNOWN;
}

/* defaultDS as configured: what a reference is compared with. */
static void default_dataset(const struct dvmm_port *p, struct dvmm_dataset *ds)
{
	*ds = (struct dvmm_dataset) {
		.priority1 = p->config.priority1,
		.quality = {
			.class = p->config.slave_only ? DVMM_CLASS_SLAVE_ONLY : DVMM_CLASS_DEFAULT,
			.accuracy = DVMM_ACCURACY_UNKNOWN, .variance = DVMM_VARIANCE_UNKNOWN,
		},
		.priority2 = p->config.priority2,
		.sender = p->id,
		.receiver = p->id,
	};
	memcpy(ds->grandmaster, p->id.clock, sizeof(ds->grandmaster));
}

/* The state decision S1 (table 33): the grandmaster's, one step farther on. */
static void boundary_dataset(const struct dvmm_port *p, struct dvmm_dataset *ds)
{
	const struct dvmm_announce *a = &p->reference.announce;

	ds->priority1 = a->priority1;
	ds->quality = a->quality;
	ds->priority2 = a->priority2;
	ds->steps_removed = a->steps_removed + 1;
	memcpy(ds->grandmaster, a->grandmaster, sizeof(ds->grandmaster));
}

/*
 * As long as a reference is heard that we are not in step with yet, no other clock should
 * follow us, and the reference least of all: were it to think us the better one, it
 * would stop telling its time.
 */
void dvmm_port_own_dataset(const struct dvmm_port *p, struct dvmm_dataset *ds)
{
	const struct dvmm_port_reference *r = &p->reference;

	default_dataset(p, ds);
	if (is_locked(p))
		return boundary_dataset(p, ds);
	if (is_chosen(r))
		ds->priority1 = PRIORITY_LAST;
	if (r->clock.state == DVMM_REFERENCE_HOLDOVER && r->lost_class) {
		ds->quality.class = dvmm_quality_class(r->lost_class);
		ds->quality.accuracy = r->accuracy;
	}
}

u8 dvmm_port_time_source(const struct dvmm_port *p)
{
	return is_locked(p) ? p->reference.announce.time_source : DVMM_TIME_SOURCE_OSCILLATOR;
}

static bool is_asked_for(const struct dvmm_port *p, const struct dvmm_msg *msg)
{
	struct dvmm_dataset own, theirs;

	switch (p->config.reference_choice) {
	case DVMM_CHOOSE_ANY:
		default_dataset(p, &own);
		dvmm_bmca_dataset(&theirs, msg, &p->id);
		return dvmm_bmca_compare(&theirs, &own) > 0;
	case DVMM_CHOOSE_ONE:
		return !memcmp(msg->announce.grandmaster, p->config.reference,
			       sizeof(p->config.reference));
	case DVMM_CHOOSE_NONE:
		break;
	}
	return false;
}

/* One that is measured already goes on to be, and the phase is slewed. */
static void choose(struct dvmm_port *p, const struct dvmm_foreign *f)
{
	struct dvmm_port_reference *r = &p->reference;

	if (f) {
		r->announce = f->announce;
		r->flags = f->flags;
		if (dvmm_port_id_equal(&r->sender, &f->dataset.sender))
			return;
		r->sender = f->dataset.sender;
	} else {
		memset(&r->sender, 0, sizeof(r->sender));
	}
	r->aimed = false;
	dvmm_exchanger_reset(&r->exchanger);
	dvmm_port_disarm(p, DVMM_TIMER_REFERENCE);
}

/* Each by the interval that it said it would keep. */
static void expire(struct dvmm_port *p, u64 now)
{
	struct dvmm_foreign *f;

	for (f = p->reference.heard.record; f < p->reference.heard.record + DVMM_FOREIGN_MAX; f++) {
		u64 ns = ANNOUNCES_MISSED * interval_ns(f->log_interval);

		if (f->heard_cycles && (s64)(now - f->heard_cycles) > (s64)dvmm_port_cycles(p, ns))
			memset(f, 0, sizeof(*f));
	}
	choose(p, dvmm_foreign_best(&p->reference.heard, 0, false));
}

static bool may_come(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	struct dvmm_rate rate = {
		.interval_cycles = dvmm_port_cycles(p, DVMM_NSEC_PER_SEC / NEWCOMERS),
		.burst = DVMM_FOREIGN_MAX,
	};

	return dvmm_foreign_find(&p->reference.heard, &msg->source) ||
	       dvmm_bucket_take(&p->reference.newcomer, &rate, now);
}

bool dvmm_port_reference_hear(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now)
{
	struct dvmm_port_reference *r = &p->reference;

	if (!is_asked_for(p, msg) || msg->announce.steps_removed >= STEPS_MAX)
		return false;
	if (!may_come(p, msg, now)) {
		dvmm_port_drop(p, DVMM_DROP_RATE);
		return true;
	}
	dvmm_foreign_hear(&r->heard, msg, &p->id, is_chosen(r) ? &r->sender : NULL, now);
	expire(p, now);
	return true;
}

/* By a leader, and by who is about to found a cluster. */
static bool is_measured(const struct dvmm_port *p)
{
	if (p->state == DVMM_PORT_LISTENING)
		return !p->discipline.view.cluster.id;
	return p->state == DVMM_PORT_MASTER;
}

/*
 * Where our leader was in step with it, its rate is the cluster's, nearly. Where we go on
 * from another, or from itself, it is what that was.
 */
static void aim(struct dvmm_port *p)
{
	struct dvmm_reference *clock = &p->reference.clock;
	u64 nominal = clock->estimator.nominal, error_ppb = DVMM_SKEW_UNKNOWN_PPB;
	s64 skew_ppb = dvmm_mult_skew_ppb(p->discipline.view.segment.mult, nominal);

	if (clock->bound_ns != U64_MAX)
		skew_ppb = clock->estimator.now.skew_ppb;
	if (clock->bound_ns != U64_MAX || p->reference.handed_down)
		error_ppb = DVMM_SKEW_CHANGE_PPB;
	dvmm_reference_aim(clock, skew_ppb, error_ppb);
	p->reference.aimed = true;
}

/* After each Sync, but no more often than it wants to be asked (9.5.11.2), jitter aside. */
static void ask_soon(struct dvmm_port *p, s8 log_sync, u64 now)
{
	struct dvmm_port_reference *r = &p->reference;
	u64 sync_ns = interval_ns(log_sync), ask_ns = interval_ns(r->log_ask);

	if (now - r->asked_cycles < dvmm_port_cycles(p, ask_ns / 8 * 7))
		return;
	r->asked_cycles = now;
	dvmm_reference_pace(&r->clock, max(sync_ns, ask_ns), p->config.host_khz);
	sync_ns = dvmm_port_random_ns(p, sync_ns / DELAY_REQ_SPREAD);
	dvmm_port_arm(p, DVMM_TIMER_REFERENCE, now + dvmm_port_cycles(p, sync_ns));
}

/* A Sync is complete with its time: how long was it under way? */
static void ask(struct dvmm_port *p, s8 log_sync, u64 now)
{
	s8 log = clamp(log_sync, (s8)DVMM_INTERVAL_LOG_MIN, (s8)DVMM_INTERVAL_LOG_MAX);
	u64 ns = dvmm_interval_ns(dvmm_port_ask_log(p, log));

	if (!p->config.peer_to_peer)
		return ask_soon(p, log_sync, now);
	dvmm_reference_pace(&p->reference.clock, ns, p->config.host_khz);
	dvmm_port_neighbour_sync(p, now);
}

static bool answers_us(struct dvmm_port *p, const struct dvmm_msg *msg)
{
	if (!dvmm_port_id_equal(&msg->requester, &p->id))
		return false;
	if (msg->log_interval <= DVMM_INTERVAL_LOG_MAX)
		p->reference.log_ask = msg->log_interval;
	return dvmm_exchanger_response(&p->reference.exchanger, msg);
}

void dvmm_port_reference_exchanged(struct dvmm_port *p, u64 now)
{
	struct dvmm_port_reference *r = &p->reference;
	int ret = dvmm_reference_sample(&r->clock, &r->exchanger.request, now);

	if (ret)
		dvmm_port_drop(p, ret == -ERANGE ? DVMM_DROP_JUMP : DVMM_DROP_STAMPS);
	dvmm_port_reference_steer(p, now);
}

static bool is_measured_by(enum dvmm_msg_type type)
{
	return type == DVMM_MSG_SYNC || type == DVMM_MSG_FOLLOW_UP || type == DVMM_MSG_DELAY_RESP;
}

static void take_in(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles, u64 now)
{
	struct dvmm_exchanger *x = &p->reference.exchanger;

	switch (msg->type) {
	case DVMM_MSG_SYNC:
		dvmm_port_wish(p, msg, now);
		if (dvmm_exchanger_sync(x, msg, cycles))
			ask(p, msg->log_interval, now);
		break;
	case DVMM_MSG_FOLLOW_UP:
		if (dvmm_exchanger_follow_up(x, msg))
			ask(p, msg->log_interval, now);
		break;
	case DVMM_MSG_DELAY_RESP:
		if (answers_us(p, msg))
			dvmm_port_reference_exchanged(p, now);
		break;
	default:
		break;
	}
}

bool dvmm_port_reference_input(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles,
			       u64 now)
{
	struct dvmm_port_reference *r = &p->reference;

	if (!is_chosen(r) || !is_measured_by(msg->type) || !is_measured(p) ||
	    !dvmm_port_id_equal(&msg->source, &r->sender))
		return false;
	if (!r->aimed)
		aim(p);
	take_in(p, msg, cycles, now);
	return true;
}

bool dvmm_port_reference_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now)
{
	if (!dvmm_exchanger_stamp(&p->reference.exchanger, key, cycles))
		return false;
	dvmm_port_reference_exchanged(p, now);
	return true;
}

/* What is to be told of it while we are in step, and remembered when it is gone. */
static void note_lock(struct dvmm_port *p)
{
	struct dvmm_port_reference *r = &p->reference;

	p->time_flags = r->flags & (DVMM_FLAG_PTP_TIMESCALE | DVMM_FLAG_UTC_OFFSET_VALID);
	p->utc_offset_s = r->announce.utc_offset_s;
	r->lost_class = r->announce.quality.class;
	r->lost_accuracy = r->announce.quality.accuracy;
}

/* Ours on top of what the reference said of itself; unknown where it did not know. */
static void note_accuracy(struct dvmm_port *p, u64 now)
{
	struct dvmm_port_reference *r = &p->reference;
	u64 theirs_ns = dvmm_quality_error_ns(r->lost_accuracy);
	u64 ours_ns = dvmm_reference_bound_ns(&r->clock, now);
	u64 error_ns = theirs_ns > U64_MAX - ours_ns ? U64_MAX : theirs_ns + ours_ns;

	r->accuracy = dvmm_quality_accuracy(error_ns, r->accuracy);
}

void dvmm_port_reference_steer(struct dvmm_port *p, u64 now)
{
	struct dvmm_port_reference *r = &p->reference;
	struct dvmm_discipline *d = &p->discipline;
	s64 ppb, slew_ppb;

	if (p->config.reference_choice == DVMM_CHOOSE_NONE)
		return;
	expire(p, now);
	if (p->state != DVMM_PORT_MASTER)
		return;
	if (dvmm_reference_steer(&r->clock, &d->view.segment, d->led.mult, now, &ppb,
				 &slew_ppb))
		dvmm_discipline_adjust(d, ppb, slew_ppb, now);
	if (is_locked(p))
		note_lock(p);
	note_accuracy(p, now);
}

void dvmm_port_reference_tick(struct dvmm_port *p, u64 now)
{
	const struct dvmm_reference *clock = &p->reference.clock;

	dvmm_port_reference_steer(p, now);
	if (p->state == DVMM_PORT_MASTER && dvmm_reference_settled(clock, now))
		dvmm_discipline_absorb(&p->discipline, dvmm_reference_rate(clock), now);
}

void dvmm_port_reference_forget(struct dvmm_port *p)
{
	forget(p);
}

bool dvmm_port_reference_pending(const struct dvmm_port *p, u64 now)
{
	const struct dvmm_port_reference *r = &p->reference;
	u64 patience_ns = PATIENCE_NS;
	u32 i;

	if (p->config.reference_choice == DVMM_CHOOSE_NONE || p->discipline.view.cluster.id ||
	    dvmm_reference_settled(&r->clock, now))
		return false;
	for (i = 0; i < DVMM_FOREIGN_MAX; i++)
		if (r->heard.record[i].heard_cycles)
			patience_ns = PATIENCE_NS + PATIENCE_SYNCS * DVMM_NSEC_PER_SEC;
	return now - r->since_cycles < dvmm_port_cycles(p, patience_ns);
}

struct dvmm_segment dvmm_port_reference_line(const struct dvmm_port *p, u64 now)
{
	if (dvmm_reference_ready(&p->reference.clock, now))
		return dvmm_reference_line(&p->reference.clock, now);
	return (struct dvmm_segment) {
		.base_cycles = now,
		.base.ns = p->ops->tai_ns(p->ctx),
		.mult = p->discipline.target.estimator.nominal,
	};
}

static enum dvmm_reference_state state(const struct dvmm_port *p)
{
	if (p->config.reference_choice == DVMM_CHOOSE_NONE)
		return DVMM_REFERENCE_NONE;
	if (is_chosen(&p->reference) && !is_measured(p))
		return DVMM_REFERENCE_STANDBY;
	return p->reference.clock.state;
}

void dvmm_port_reference_status(const struct dvmm_port *p, struct dvmm_sync_status *status,
				u64 now)
{
	const struct dvmm_port_reference *r = &p->reference;
	struct dvmm_dataset own;

	dvmm_port_own_dataset(p, &own);
	status->clock_class = own.quality.class;
	status->clock_accuracy = own.quality.accuracy;
	status->reference_state = state(p);
	status->reference_offset_ns = r->clock.offset_ns;
	status->reference_bound_ns = dvmm_reference_bound_ns(&r->clock, now);
	if (is_chosen(r))
		memcpy(status->reference, r->announce.grandmaster, sizeof(status->reference));
}
