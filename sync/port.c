// SPDX-License-Identifier: GPL-2.0
/* A PTP port: its timers, and what the world may ask of it. */
#include "drops.h"
#include "port_internal.h"

/* A live segment is replaced at least once a second; twice leaves room to be late. */
#define TICK_NS DVMM_PACE_REVIEW_NS

/* FOREIGN_MASTER_TIME_WINDOW (9.3.2.4.5), in announce intervals. */
#define FOREIGN_WINDOW 4

/* In announce receipt timeouts, until all slaves have measured against a new leader. */
#define RELAX_TIMEOUTS 4
#define RELAX_MIN_NS (4 * DVMM_NSEC_PER_SEC)

/* In sync intervals: so many lost in a row are silence. But see SILENCE_MIN_NS. */
#define SILENCE_INTERVALS 8
#define SILENCE_MIN_NS (DVMM_NSEC_PER_SEC / 2)

/* So many event messages in a row without a stamp are no accident. */
#define UNSTAMPED_MAX 8

/* Responses to one host: in the interval in which it asks, and at once. */
#define REPLIES_EACH 4
#define REPLY_BURST 32

/* Silence after which a sender that has no numbers may have been restarted. */
#define FORGET_NS (30 * DVMM_NSEC_PER_SEC)

/* Stamps may be older than the port, and are not negative. */
#define OWN_EPOCH_NS (3600 * DVMM_NSEC_PER_SEC)

/* A second, and twice the time between exchanges, lest the servo overshoot. */
#define TIME_CONSTANT_MIN_NS DVMM_NSEC_PER_SEC

void dvmm_port_arm(struct dvmm_port *p, enum dvmm_timer timer, u64 when)
{
	p->timer[timer] = when;
	p->armed |= 1U << timer;
}

void dvmm_port_disarm(struct dvmm_port *p, enum dvmm_timer timer)
{
	p->armed &= ~(1U << timer);
}

u64 dvmm_port_random_ns(struct dvmm_port *p, u64 ns)
{
	return mul_u64_u64_div_u64(p->ops->random(p->ctx) & U32_MAX, ns, 1ULL << 32);
}

void dvmm_port_drop(struct dvmm_port *p, int why)
{
	p->dropped[why]++;
}

/* In step with the start, not with the last, or a late wake-up would last. */
static void repeat(struct dvmm_port *p, enum dvmm_timer timer, u64 interval_ns, u64 now)
{
	u64 interval = dvmm_port_cycles(p, interval_ns);
	u64 next = p->timer[timer] + interval;

	dvmm_port_arm(p, timer, (s64)(next - now) > 0 ? next : now + interval);
}

static void tick(struct dvmm_port *p, u64 now)
{
	u64 id = p->discipline.view.cluster.id;

	dvmm_pace_review(&p->pace);
	if (dvmm_patience_tick(&p->patience, now))
		dvmm_port_set_timeouts(p);
	dvmm_foreign_expire(&p->foreign, now);
	if (!dvmm_foreign_best(&p->foreign, id, true))
		p->conflict = false;
	dvmm_port_reference_tick(p, now);
	dvmm_discipline_tick(&p->discipline, now);
}

static void fire(struct dvmm_port *p, enum dvmm_timer timer, u64 now)
{
	switch (timer) {
	case DVMM_TIMER_RECEIPT:
		return dvmm_port_receipt_timeout(p, now);
	case DVMM_TIMER_ANNOUNCE:
		repeat(p, timer, dvmm_interval_ns(p->pace.now.announce), now);
		return dvmm_port_send_announce(p, now);
	case DVMM_TIMER_SYNC:
		repeat(p, timer, dvmm_interval_ns(p->pace.now.sync), now);
		return dvmm_port_send_sync(p, now);
	case DVMM_TIMER_CONFIRM:
		return dvmm_discipline_confirm(&p->discipline, now);
	case DVMM_TIMER_DELAY_REQ:
		return dvmm_port_send_delay_req(p);
	case DVMM_TIMER_PROBE:
		return dvmm_port_probe(p, now);
	case DVMM_TIMER_JUDGE:
		return dvmm_port_judge(p, now);
	case DVMM_TIMER_REFERENCE:
		return dvmm_port_send_reference_req(p);
	case DVMM_TIMER_PDELAY:
		repeat(p, timer, dvmm_interval_ns(p->pace.now.pdelay), now);
		return dvmm_port_pdelay_req(p);
	case DVMM_TIMER_TICK:
		repeat(p, timer, TICK_NS, now);
		return tick(p, now);
	case DVMM_TIMERS:
		break;
	}
}

static bool due(const struct dvmm_port *p, u32 timer, u64 now)
{
	return p->armed & 1U << timer && (s64)(now - p->timer[timer]) >= 0;
}

static enum dvmm_role role(const struct dvmm_port *p)
{
	switch (p->state) {
	case DVMM_PORT_MASTER:
		return DVMM_ROLE_GRANDMASTER;
	case DVMM_PORT_UNCALIBRATED:
	case DVMM_PORT_SLAVE:
		return DVMM_ROLE_SLAVE;
	default:
		return DVMM_ROLE_LISTENING;
	}
}

static void note_change(struct dvmm_port *p, u64 now)
{
	enum dvmm_state state = p->discipline.view.state;

	if (p->seen.role == role(p) && p->seen.state == state &&
	    !memcmp(p->seen.grandmaster, p->grandmaster, sizeof(p->grandmaster)))
		return;
	p->seen.role = role(p);
	p->seen.state = state;
	memcpy(p->seen.grandmaster, p->grandmaster, sizeof(p->grandmaster));
	p->since_cycles = now;
	p->changes++;
}

void dvmm_port_set_pace(struct dvmm_port *p, s8 log)
{
	u64 sync_ns = dvmm_interval_ns(p->config.log_sync), ask_ns = dvmm_interval_ns(log);
	u64 silence_ns = max_t(u64, SILENCE_INTERVALS * sync_ns, SILENCE_MIN_NS);
	struct dvmm_discipline *d = &p->discipline;

	p->log_ask = log;
	d->servo.time_constant_ns = max_t(u64, 2 * ask_ns, TIME_CONSTANT_MIN_NS);
	d->silence_cycles = dvmm_port_cycles(p, silence_ns + ask_ns - sync_ns);
}

void dvmm_port_set_timeouts(struct dvmm_port *p)
{
	u64 timeout_ns = dvmm_port_announce_timeout_ns(p);
	u64 relax_ns = max_t(u64, RELAX_TIMEOUTS * timeout_ns, RELAX_MIN_NS);

	p->foreign.timeout_cycles = dvmm_port_cycles(p, timeout_ns);
	p->discipline.relax_cycles = dvmm_port_cycles(p, relax_ns);
}

void dvmm_port_pace_as_configured(struct dvmm_port *p)
{
	struct dvmm_intervals configured = {
		.pdelay = p->config.log_pdelay,
		.sync = p->config.log_sync,
		.announce = p->config.log_announce,
	};

	dvmm_pace_init(&p->pace, &configured);
}

static void configure(struct dvmm_port *p)
{
	u64 announce_ns = dvmm_interval_ns(p->config.log_announce);

	p->foreign.window_cycles = dvmm_port_cycles(p, FOREIGN_WINDOW * announce_ns);
	p->patience.memory_cycles = dvmm_port_cycles(p, DVMM_PATIENCE_MEMORY_NS);
	p->discipline.servo.slew_max_ppb = p->config.slew_max_ppb;
	dvmm_port_set_timeouts(p);
	dvmm_port_pace_as_configured(p);
	dvmm_port_set_pace(p, dvmm_port_ask_log(p, p->config.log_sync));
}

/* How often each host may ask. */
static u64 ask_interval_ns(const struct dvmm_port *p)
{
	s8 log = p->config.log_sync;

	return dvmm_interval_ns(p->config.peer_to_peer ? min(log, p->config.log_pdelay) : log);
}

/* What hosts ask of us, and what is believed of them. */
static void protect(struct dvmm_port *p)
{
	u64 interval_ns = ask_interval_ns(p) / REPLIES_EACH;
	struct dvmm_rate each = {
		.interval_cycles = dvmm_port_cycles(p, interval_ns), .burst = REPLY_BURST,
	};

	dvmm_ratelimit_init(&p->replies, &each, &each);
	dvmm_auth_init(&p->auth, p->ops->mac, p->ctx, p->ops->tai_ns(p->ctx),
		       dvmm_port_cycles(p, FORGET_NS));
}

void dvmm_port_init(struct dvmm_port *p, const struct dvmm_port_config *config,
		    const struct dvmm_port_ops *ops, void *ctx, bool link, u64 now)
{
	memset(p, 0, sizeof(*p));
	p->config = *config;
	p->ops = ops;
	p->ctx = ctx;
	p->state = DVMM_PORT_FAULTY;
	p->eligible = true;
	memcpy(p->id.clock, config->identity, sizeof(p->id.clock));
	p->id.port = 1;
	p->since_cycles = now;
	dvmm_discipline_init(&p->discipline, &ops->clock, ctx, config->host_khz);
	p->own = (struct dvmm_segment) {
		.base_cycles = now, .base.ns = OWN_EPOCH_NS,
		.mult = p->discipline.target.estimator.nominal,
	};
	dvmm_peers_init(&p->peers, p->own.mult, p->discipline.points);
	dvmm_port_acquit(p);
	configure(p);
	protect(p);
	dvmm_port_reference_init(p);
	dvmm_port_arm(p, DVMM_TIMER_TICK, now);
	if (config->peer_to_peer)
		dvmm_port_arm(p, DVMM_TIMER_PDELAY, now);
	if (link)
		dvmm_port_link(p, true, now);
}

void dvmm_port_run(struct dvmm_port *p, u64 now)
{
	u32 timer;

	for (timer = 0; timer < DVMM_TIMERS; timer++) {
		if (!due(p, timer, now))
			continue;
		dvmm_port_disarm(p, timer);
		fire(p, timer, now);
	}
	note_change(p, now);
}

/* The tick is always armed. */
u64 dvmm_port_due(const struct dvmm_port *p)
{
	u64 next = p->timer[DVMM_TIMER_TICK];
	u32 timer;

	for (timer = 0; timer < DVMM_TIMERS; timer++)
		if (p->armed & 1U << timer && (s64)(p->timer[timer] - next) < 0)
			next = p->timer[timer];
	return next;
}

bool dvmm_port_receive(struct dvmm_port *p, const struct dvmm_address *from, const u8 *buf,
		       size_t len, u64 cycles, u64 now)
{
	bool believed = dvmm_port_input(p, from, buf, len, cycles, now);

	note_change(p, now);
	return believed;
}

void dvmm_port_keys(struct dvmm_port *p, const struct dvmm_auth_keys *keys)
{
	p->auth.keys = *keys;
}

void dvmm_port_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now)
{
	dvmm_port_input_stamp(p, key, cycles, now);
	note_change(p, now);
}

void dvmm_port_link(struct dvmm_port *p, bool up, u64 now)
{
	bool was_up = p->state != DVMM_PORT_FAULTY;

	if (up == was_up)
		return;
	if (up)
		dvmm_port_fault_cleared(p, now);
	else
		dvmm_port_fault(p, now);
	note_change(p, now);
}

/* What was measured of others, and judged by that; the leader introduces them again. */
static void forget_others(struct dvmm_port *p)
{
	dvmm_peers_init(&p->peers, p->own.mult, p->discipline.points);
	memset(p->answer, 0, sizeof(p->answer));
	memset(&p->neighbour, 0, sizeof(p->neighbour));
	memset(p->refused, 0, sizeof(p->refused));
}

/* Timers were set by a counter that may have stood anywhere. */
void dvmm_port_disturbed(struct dvmm_port *p, u64 step_ns, u64 rate_ppb, u64 now)
{
	p->eligible = false;
	forget_others(p);
	dvmm_discipline_disturb(&p->discipline, step_ns, rate_ppb, now);
	if (p->state != DVMM_PORT_FAULTY)
		dvmm_port_listen_again(p, now);
	dvmm_port_arm(p, DVMM_TIMER_TICK, now);
	if (p->config.peer_to_peer)
		dvmm_port_arm(p, DVMM_TIMER_PDELAY, now);
	note_change(p, now);
	p->since_cycles = now;
}

void dvmm_port_eligible(struct dvmm_port *p, bool eligible)
{
	p->eligible = eligible;
}

int dvmm_port_adjust(struct dvmm_port *p, s64 ppb, u64 now)
{
	if (p->state != DVMM_PORT_MASTER)
		return -EOPNOTSUPP;
	if (p->config.reference_choice != DVMM_CHOOSE_NONE)
		return -EBUSY;
	if (abs(ppb) > DVMM_ADJFINE_MAX_PPB)
		return -ERANGE;
	dvmm_discipline_adjust(&p->discipline, ppb, 0, now);
	return 0;
}

/* Someone whom role=master-only keeps us from following. */
static bool defied(const struct dvmm_port *p)
{
	u64 id = p->discipline.view.cluster.id;

	return p->config.master_only && (dvmm_foreign_best(&p->foreign, id, false) ||
					 dvmm_foreign_best(&p->foreign, id, true));
}

static const char *master_reason(const struct dvmm_port *p, u64 now)
{
	if (defied(p))
		return "another leader is heard, and role=master-only does not yield";
	if (p->conflict)
		return "another cluster is heard, but VMs hold this host to its own";
	if (p->discipline.view.state == DVMM_STATE_UNSYNCHRONISED)
		return "founded a cluster; waiting whether a better grandmaster objects";
	if (dvmm_port_refuses(p, p->predecessor, now))
		return "took over from a grandmaster whose time was wrong";
	return p->founder ? "founded the cluster" : "took over from a grandmaster that fell silent";
}

static const char *slave_reason(const struct dvmm_port *p)
{
	const struct dvmm_discipline *d = &p->discipline;
	bool measured = d->target.estimator.count;

	if (p->suspecting)
		return "the grandmaster contradicts itself: asking the other hosts";
	if (!p->parent.port)
		return "refused a grandmaster whose time was wrong";
	if (d->view.state == DVMM_STATE_SYNCHRONISED)
		return "in step with the grandmaster";
	if (p->unstamped >= UNSTAMPED_MAX)
		return "the network driver gives no transmit time stamps";
	if (d->view.state == DVMM_STATE_HOLDOVER)
		return measured ? "the grandmaster sends no time" : "the grandmaster changed";
	return measured ? "measuring the grandmaster" : "the grandmaster gives no time yet";
}

static const char *listening_reason(const struct dvmm_port *p)
{
	if (defied(p))
		return "another host leads, and role=master-only may not follow: it waits";
	if (p->config.slave_only)
		return "listening for a grandmaster, since role=slave-only may not lead";
	if (!p->eligible)
		return "listening; cannot lead, for its counters contradict each other";
	return "listening for a grandmaster";
}

static const char *reason(const struct dvmm_port *p, u64 now)
{
	const char *link = dvmm_port_neighbour_reason(p);

	if (link && p->state != DVMM_PORT_FAULTY)
		return link;
	switch (p->state) {
	case DVMM_PORT_FAULTY:
		return "the network interface is down";
	case DVMM_PORT_LISTENING:
		return listening_reason(p);
	case DVMM_PORT_MASTER:
		return master_reason(p, now);
	case DVMM_PORT_UNCALIBRATED:
	case DVMM_PORT_SLAVE:
		return slave_reason(p);
	}
	return "";
}

static void tell_drops(const struct dvmm_port *p, struct dvmm_sync_status *status)
{
	u32 why;

	for (why = 1; why < DVMM_DROPS; why++)
		dvmm_drops_tell(status, dvmm_drop_name(why), p->dropped[why]);
}

void dvmm_port_status(const struct dvmm_port *p, struct dvmm_sync_status *status, u64 now)
{
	const struct dvmm_discipline *d = &p->discipline;
	u64 nominal = d->target.estimator.nominal;
	bool slave = role(p) == DVMM_ROLE_SLAVE;

	memset(status, 0, sizeof(*status));
	status->role = role(p);
	status->state = d->view.state;
	status->state_age_ns = dvmm_mult_ns(nominal, now - p->since_cycles);
	memcpy(status->identity, p->id.clock, sizeof(status->identity));
	memcpy(status->grandmaster, p->grandmaster, sizeof(status->grandmaster));
	status->offset_ns = slave ? d->offset_ns : 0;
	status->skew_ppb = dvmm_mult_skew_ppb(d->view.segment.mult, nominal);
	status->path_delay_ns = slave ? d->target.estimator.now.delay_ns : 0;
	status->rx = p->rx;
	status->tx = p->tx;
	status->auth_key = p->auth.keys.count ? p->auth.keys.id[0] : 0;
	dvmm_port_reference_status(p, status, now);
	dvmm_port_closure(p, &status->peers, &status->closure_ns);
	tell_drops(p, status);
	strncpy(status->reason, reason(p, now), sizeof(status->reason) - 1);
}
