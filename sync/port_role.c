// SPDX-License-Identifier: GPL-2.0
/* Who leads: when a port follows whom, and when it becomes master itself. */
#include "port_internal.h"

/*
 * In announce intervals, how long the founder of a cluster waits for a better one
 * to object before VMs may come: qualificationTimeoutInterval (9.2.6.10).
 */
#define CONFIRM_INTERVALS 3
#define CONFIRM_MIN_NS (DVMM_NSEC_PER_SEC * 3 / 4)

/* Before a cluster is founded, others of it have at least so long to be heard. */
#define LISTEN_MIN_NS DVMM_NSEC_PER_SEC

/* Nobody waits for less. */
static u64 least_timeout_ns(const struct dvmm_port *p)
{
	return dvmm_interval_ns(p->config.log_announce) * p->config.announce_timeout;
}

u64 dvmm_port_announce_timeout_ns(const struct dvmm_port *p)
{
	return least_timeout_ns(p) << p->patience.doublings;
}

/* Who is of no cluster yet, or has lost its time: better that others lead, if there are any. */
static bool in_no_hurry(const struct dvmm_port *p)
{
	return !p->discipline.view.cluster.id ||
	       p->discipline.view.state == DVMM_STATE_UNSYNCHRONISED;
}

/*
 * The timeout plus a random part, that one of several hosts left alone is first, and the
 * others hear of it in time. Guests wait for who succeeds to a leader; who founds a
 * cluster has time to hear of one, and who has lost its time had better follow one.
 */
void dvmm_port_expect_announce(struct dvmm_port *p, u64 now)
{
	u64 ns = dvmm_port_announce_timeout_ns(p);
	u64 spread_ns = dvmm_interval_ns(p->config.log_announce);

	if (in_no_hurry(p)) {
		ns = max_t(u64, ns, LISTEN_MIN_NS);
		spread_ns = max_t(u64, 2 * spread_ns, LISTEN_MIN_NS / 2);
	}
	ns += dvmm_port_random_ns(p, spread_ns);
	dvmm_port_arm(p, DVMM_TIMER_RECEIPT, now + dvmm_port_cycles(p, ns));
}

static void move(struct dvmm_port *p, enum dvmm_port_event event)
{
	p->state = dvmm_port_fsm(p->state, event);
}

/*
 * Who leads our cluster, but asked us less than a receipt timeout ago, can only have waited for
 * us in vain while we were stopped, all our counters with us: our time is late.
 */
static bool was_slave_just_now(const struct dvmm_port *p, const struct dvmm_foreign *f)
{
	u64 timeout = dvmm_port_cycles(p, least_timeout_ns(p));

	return f->before_cycles && p->state == DVMM_PORT_MASTER &&
	       f->announce.cluster.cluster.id == p->discipline.view.cluster.id &&
	       dvmm_acquaint_asked(&p->slaves, f->dataset.sender.clock, timeout, f->since_cycles);
}

/* Our bound is good for a new leader only if it took over from ours, or from us. */
static u64 apart_ns(const struct dvmm_port *p, const struct dvmm_foreign *f, u64 now)
{
	const struct dvmm_wire_cluster *c = &f->announce.cluster;
	bool succeeds = !memcmp(c->predecessor, p->leader, sizeof(p->leader));

	/* who went along with one that was wrong, or was, may be anywhere */
	if ((c->refused && !dvmm_port_refuses(p, c->predecessor, now)) || was_slave_just_now(p, f))
		return U64_MAX;
	return succeeds ? c->inherited_ns : U64_MAX;
}

/* One of ours, whatever reference it leads us after. */
static void set_leader(struct dvmm_port *p, const u8 *grandmaster)
{
	memcpy(p->grandmaster, grandmaster, sizeof(p->grandmaster));
	memcpy(p->leader, grandmaster, sizeof(p->leader));
}

static void follow(struct dvmm_port *p, const struct dvmm_foreign *f, u64 now)
{
	const struct dvmm_wire_cluster *c = &f->announce.cluster;

	p->parent = f->dataset.sender;
	p->cluster = c->cluster;
	p->founder = false;
	p->conflict = false;
	p->armed &= dvmm_timers_kept;
	p->sync_pending = false;
	dvmm_exchanger_reset(&p->exchanger);
	p->log_request = c->log_request;
	dvmm_port_set_pace(p, dvmm_port_ask_log(p, p->config.log_sync));
	dvmm_port_reference_forget(p);
	if (dvmm_patience_hear(&p->patience, f->dataset.sender.clock, now))
		dvmm_port_set_timeouts(p);
	dvmm_discipline_follow(&p->discipline, apart_ns(p, f, now),
			       c->rate_error_ppm * 1000ULL, now);
	set_leader(p, f->dataset.sender.clock);
	dvmm_port_acquit(p);
	dvmm_port_start_probing(p, now);
	dvmm_port_expect_announce(p, now);
	move(p, DVMM_EV_FOLLOW);
}

/* VMs that hold the clock keep us where we are; leaving is refused then. */
static bool free_to_join(struct dvmm_port *p, u64 now)
{
	if (!p->discipline.view.cluster.id)
		return true;
	p->conflict = dvmm_discipline_leave(&p->discipline, now);
	if (p->conflict)
		dvmm_port_drop(p, DVMM_DROP_CONFLICT);
	return !p->conflict;
}

static const struct dvmm_foreign *heir_of_one_stopped(const struct dvmm_port *p)
{
	const struct dvmm_foreign *f;

	for (f = p->foreign.record; f < p->foreign.record + DVMM_FOREIGN_MAX; f++)
		if (was_slave_just_now(p, f))
			return f;
	return NULL;
}

/*
 * A leader better than us in our own cluster. If it has been stopped it will find that out,
 * and yield: it has a receipt timeout to do so, before we follow it into its late time.
 */
static const struct dvmm_foreign *better_of_ours(const struct dvmm_port *p,
						 const struct dvmm_dataset *own)
{
	const struct dvmm_foreign *f =
		dvmm_foreign_best(&p->foreign, p->discipline.view.cluster.id, false);

	if (!f || dvmm_bmca_compare(&f->dataset, own) <= 0)
		return NULL;
	return f->heard_cycles - f->since_cycles >= p->foreign.timeout_cycles ? f : NULL;
}

/*
 * A master yields to a better one of its own cluster (a partition has healed), and to
 * one of another cluster that outranks it.
 */
static const struct dvmm_foreign *better_than_us(struct dvmm_port *p, u64 now)
{
	u64 id = p->discipline.view.cluster.id;
	const struct dvmm_foreign *f;
	struct dvmm_dataset own;

	f = dvmm_foreign_deposes(&p->foreign, id, p->id.clock) ?: heir_of_one_stopped(p);
	if (f)
		return f;
	dvmm_port_own_dataset(p, &own);
	f = better_of_ours(p, &own);
	if (f)
		return f;
	f = dvmm_foreign_best(&p->foreign, id, true);
	if (f && dvmm_foreign_outranks(&f->dataset, f->announce.cluster.held,
				       &own, p->ops->held(p->ctx)))
		return free_to_join(p, now) ? f : NULL;
	return NULL;
}

/* The best master of our own cluster; of any as long as we are of none. */
static const struct dvmm_foreign *best_for_us(struct dvmm_port *p)
{
	u64 id = p->discipline.view.cluster.id;

	return dvmm_foreign_best(&p->foreign, id, !id);
}

static bool follows(const struct dvmm_port *p, const struct dvmm_foreign *f)
{
	if (p->state != DVMM_PORT_UNCALIBRATED && p->state != DVMM_PORT_SLAVE)
		return false;
	return dvmm_port_id_equal(&p->parent, &f->dataset.sender) &&
	       p->cluster.id == f->announce.cluster.cluster.id;
}

void dvmm_port_decide(struct dvmm_port *p, u64 now)
{
	const struct dvmm_foreign *f;

	dvmm_foreign_expire(&p->foreign, now);
	if (p->config.master_only)
		return;
	f = p->state == DVMM_PORT_MASTER ? better_than_us(p, now) : best_for_us(p);
	if (f && !follows(p, f))
		follow(p, f, now);
}

static bool found_cluster(struct dvmm_port *p, u64 now)
{
	struct dvmm_segment line = dvmm_port_reference_line(p, now);
	struct dvmm_cluster cluster = {
		.id = p->ops->random(p->ctx) ?: 1,
		.epoch_ns = line.base.ns,
		.tsc_khz = p->config.host_khz,
	};
	u64 confirm_ns = max_t(u64, CONFIRM_INTERVALS * dvmm_interval_ns(p->config.log_announce),
			       CONFIRM_MIN_NS);

	if (dvmm_discipline_found(&p->discipline, &cluster, &line))
		return false;
	p->founder = true;
	memset(p->predecessor, 0, sizeof(p->predecessor));
	p->utc_offset_s = p->config.utc_offset_s;
	p->time_flags = p->utc_offset_s ? DVMM_FLAG_PTP_TIMESCALE : 0;
	dvmm_port_arm(p, DVMM_TIMER_CONFIRM, now + dvmm_port_cycles(p, confirm_ns));
	return true;
}

static void succeed(struct dvmm_port *p, u64 now)
{
	memcpy(p->predecessor, p->leader, sizeof(p->predecessor));
	dvmm_discipline_succeed(&p->discipline, now);
}

/* Nobody leads: continue the cluster that we are of, or found one. */
static void lead(struct dvmm_port *p, u64 now)
{
	if (!p->eligible)
		return dvmm_port_listen_again(p, now);
	if (dvmm_port_reference_pending(p, now))
		return dvmm_port_expect_announce(p, now);
	p->armed &= dvmm_timers_kept;
	if (p->discipline.view.cluster.id)
		succeed(p, now);
	else if (!found_cluster(p, now))
		return dvmm_port_expect_announce(p, now);
	set_leader(p, p->id.clock);
	p->sync_pending = false;
	dvmm_port_pace_as_configured(p);
	dvmm_acquaint_forget_all(&p->slaves);
	dvmm_port_acquit(p);
	dvmm_port_arm(p, DVMM_TIMER_ANNOUNCE, now);
	dvmm_port_arm(p, DVMM_TIMER_SYNC, now);
	move(p, DVMM_EV_NO_MASTER);
	dvmm_port_reference_steer(p, now);
}

/*
 * Who slept through the timeout (a preempted virtual machine, say) cannot tell whether
 * others were silent: what they sent meanwhile may wait behind the very interrupt that
 * woke us.
 */
static bool overslept(const struct dvmm_port *p, u64 now)
{
	u64 interval = dvmm_port_cycles(p, dvmm_interval_ns(p->config.log_announce));

	return now - p->timer[DVMM_TIMER_RECEIPT] > interval;
}

/* A slave-only port listens for another, and keeps the time meanwhile as well as it can. */
static void listen(struct dvmm_port *p, u64 now)
{
	p->armed &= dvmm_timers_kept;
	dvmm_exchanger_reset(&p->exchanger);
	memset(p->grandmaster, 0, sizeof(p->grandmaster));
	dvmm_discipline_holdover(&p->discipline, now);
	dvmm_port_expect_announce(p, now);
	move(p, DVMM_EV_LEFT_ALONE);
}

/* Whom to follow now that our master is gone; leaving its cluster where we may. */
static const struct dvmm_foreign *anyone(struct dvmm_port *p, u64 now)
{
	const struct dvmm_foreign *f;

	dvmm_foreign_expire(&p->foreign, now);
	if (p->config.master_only)
		return NULL;
	f = best_for_us(p);
	if (f)
		return f;
	f = dvmm_foreign_best(&p->foreign, p->discipline.view.cluster.id, true);
	return f && free_to_join(p, now) ? f : NULL;
}

/* ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES (9.2.6.12): our master is gone. */
void dvmm_port_receipt_timeout(struct dvmm_port *p, u64 now)
{
	u64 interval_ns = dvmm_interval_ns(p->config.log_announce);
	const struct dvmm_foreign *f;

	if (overslept(p, now))
		return dvmm_port_arm(p, DVMM_TIMER_RECEIPT, now + dvmm_port_cycles(p, interval_ns));
	if (dvmm_port_is_slave(p))
		dvmm_patience_give_up(&p->patience, p->leader, now);
	f = anyone(p, now);
	if (!f && p->config.slave_only)
		listen(p, now);
	else if (!f)
		lead(p, now);
	else if (!follows(p, f))
		follow(p, f, now);
	else
		dvmm_port_expect_announce(p, now);
}

void dvmm_port_calibrate(struct dvmm_port *p)
{
	enum dvmm_state state = p->discipline.view.state;

	if (state == DVMM_STATE_SYNCHRONISED)
		move(p, DVMM_EV_CALIBRATED);
	else if (state == DVMM_STATE_UNSYNCHRONISED)
		move(p, DVMM_EV_SYNC_FAULT);
}

void dvmm_port_fault(struct dvmm_port *p, u64 now)
{
	p->armed &= dvmm_timers_kept;
	p->sync_pending = false;
	memset(&p->neighbour, 0, sizeof(p->neighbour));
	dvmm_foreign_clear(&p->foreign);
	dvmm_exchanger_reset(&p->exchanger);
	dvmm_port_acquit(p);
	dvmm_exchanger_reset(&p->reference.exchanger);
	memset(p->grandmaster, 0, sizeof(p->grandmaster));
	dvmm_discipline_holdover(&p->discipline, now);
	move(p, DVMM_EV_FAULT);
}

void dvmm_port_fault_cleared(struct dvmm_port *p, u64 now)
{
	p->reference.since_cycles = now;
	dvmm_port_expect_announce(p, now);
	move(p, DVMM_EV_FAULT_CLEARED);
}

void dvmm_port_listen_again(struct dvmm_port *p, u64 now)
{
	dvmm_port_fault(p, now);
	dvmm_port_fault_cleared(p, now);
}
