// SPDX-License-Identifier: GPL-2.0
/*
 * A PTP port: when the leader's time contradicts itself, is it the leader who is wrong,
 * or are we? Against our counter, either looks the same. But if it is ours that jumped,
 * then all others seem to have moved as the leader did. If they stand where they stood,
 * it is the leader, and they will find the same: it is refused, the clock goes on from
 * before the trouble, and a successor is elected.
 *
 * Who has no peers, or sees them neither here nor there, knows this much: a machine may have
 * been stopped, all its counters at once, and none of them tells; none leaps ahead unnoticed.
 * So who fell behind is wrong: a leader that did is refused, one that is ahead is believed.
 */
#include "port_internal.h"

/* Evidence is gathered for so long, and so long again while it is too thin. */
#define JUDGE_NS DVMM_NSEC_PER_SEC
#define HEARINGS_MAX 4

/* Exchanges in a row that cannot be: the leader's clock stands still, say. */
#define IMPOSSIBLE_MAX 8

/* What moved by less than so many round trips may not have moved at all. */
#define MOVED_DELAYS 2

/* Who moved by less than this part of what the leader did has not moved. */
#define STEADY_PART 4

/* No quartz changes its rate by so much in the age of a trail's line. */
#define TURNED_PPB 20000

/* In exchanges: a path that changes is not seen in all of them at once. */
#define TURNED_FOR DVMM_ESTIMATOR_MIN

/* A leader refused is not listened to for so long. */
#define REFUSE_NS (60 * DVMM_NSEC_PER_SEC)

/* Peers that can tell: how many are where they were, and how many are not. */
struct jury {
	u32 steady, moved;
};

static bool is_steady(const struct dvmm_trail *peer, const struct dvmm_trail *leader)
{
	return abs(peer->moved_ns) < abs(leader->moved_ns) / STEADY_PART;
}

static struct jury ask_jury(const struct dvmm_port *p)
{
	const struct dvmm_peer *peer;
	struct jury jury = {};

	for (peer = p->peers.peer; peer < p->peers.peer + DVMM_PEERS; peer++) {
		if (!dvmm_peer_known(peer) || !dvmm_trail_tells(&peer->trail))
			continue;
		if (is_steady(&peer->trail, &p->trail))
			jury.steady++;
		else
			jury.moved++;
	}
	return jury;
}

static bool knows_peers(const struct dvmm_port *p)
{
	const struct dvmm_peer *peer;

	for (peer = p->peers.peer; peer < p->peers.peer + DVMM_PEERS; peer++)
		if (dvmm_peer_known(peer))
			return true;
	return false;
}

static void hear_again(struct dvmm_port *p, u64 now)
{
	dvmm_port_arm(p, DVMM_TIMER_JUDGE, now + dvmm_port_cycles(p, JUDGE_NS));
}

void dvmm_port_suspect(struct dvmm_port *p, u64 now)
{
	struct dvmm_peer *peer;

	if (p->suspecting || !dvmm_trail_line(&p->trail)->window)
		return;
	p->suspecting = true;
	p->hearings = 0;
	dvmm_discipline_doubt(&p->discipline, now);
	dvmm_trail_watch(&p->trail);
	for (peer = p->peers.peer; peer < p->peers.peer + DVMM_PEERS; peer++)
		dvmm_trail_watch(&peer->trail);
	hear_again(p, now);
}

/* Whom its peers all hold against cannot lead; whoever succeeds will be told so. */
static void refuse(struct dvmm_port *p, u64 now)
{
	u64 interval_ns = dvmm_interval_ns(p->config.log_announce);

	memcpy(p->refused, p->grandmaster, sizeof(p->refused));
	p->refused_cycles = now;
	dvmm_foreign_forget(&p->foreign, p->refused);
	dvmm_discipline_reinstate(&p->discipline, dvmm_trail_line(&p->trail)->skew_ppb, now);
	memset(&p->parent, 0, sizeof(p->parent));
	memset(p->grandmaster, 0, sizeof(p->grandmaster));
	dvmm_port_disarm(p, DVMM_TIMER_DELAY_REQ);
	dvmm_port_arm(p, DVMM_TIMER_RECEIPT,
		      now + dvmm_port_cycles(p, dvmm_port_random_ns(p, 4 * interval_ns)));
}

/* It moved, and by more than could be chance. */
static bool evident(const struct dvmm_port *p)
{
	return dvmm_trail_tells(&p->trail) &&
	       (u64)abs(p->trail.moved_ns) / MOVED_DELAYS > p->trail.delay_ns;
}

static bool is_guilty(const struct dvmm_port *p, const struct jury *jury)
{
	if (jury->steady + jury->moved)
		return jury->steady > jury->moved;
	return p->trail.moved_ns < 0;
}

void dvmm_port_judge(struct dvmm_port *p, u64 now)
{
	struct jury jury = ask_jury(p);
	bool heard = jury.steady + jury.moved || !knows_peers(p);
	bool clear = evident(p) && heard;

	if (!clear && ++p->hearings < HEARINGS_MAX)
		return hear_again(p, now);
	if (clear && is_guilty(p, &jury))
		refuse(p, now);
	dvmm_port_acquit(p);
}

/* Who sees the leader turn, half as far as we do at least, is where it was itself. */
static struct jury ask_of_turn(const struct dvmm_port *p, s64 turned_ppb)
{
	const struct dvmm_peer *peer;
	struct jury jury = {};
	s64 ppb;

	for (peer = p->peers.peer; peer < p->peers.peer + DVMM_PEERS; peer++) {
		if (!dvmm_peer_saw_turn(peer, p->cluster.id, p->grandmaster, &ppb))
			continue;
		if (turned_ppb < 0)
			ppb = -ppb;
		if (ppb > abs(turned_ppb) / 2)
			jury.steady++;
		else
			jury.moved++;
	}
	return jury;
}

/*
 * A rate that changes faster than any quartz's, but contradicts nothing yet: whose counter it
 * is tell those who measure the leader by their own.
 */
static void watch_rate(struct dvmm_port *p, u64 now)
{
	s64 ppb = dvmm_trail_turned_ppb(&p->trail, &p->discipline.target.estimator);
	struct jury jury;

	dvmm_trail_keep(&p->trail, &p->discipline.target.estimator);
	p->turned = abs(ppb) < TURNED_PPB ? 0 : p->turned + 1;
	if (p->turned < TURNED_FOR)
		return;
	jury = ask_of_turn(p, ppb);
	if (jury.steady <= jury.moved)
		return;
	dvmm_discipline_doubt(&p->discipline, now);
	refuse(p, now);
	dvmm_port_acquit(p);
}

void dvmm_port_witness(struct dvmm_port *p, int ret, u64 now)
{
	const struct dvmm_estimator *e = &p->discipline.target.estimator;

	dvmm_trail_measure(&p->trail, e, &p->exchanger.request);
	p->discipline.target.strayed_ns = abs(dvmm_trail_strayed_ns(&p->trail, e));
	p->impossible = ret == -EINVAL ? p->impossible + 1 : 0;
	if (ret == -ERANGE || p->impossible >= IMPOSSIBLE_MAX)
		dvmm_port_suspect(p, now);
	else if (!p->suspecting)
		watch_rate(p, now);
}

void dvmm_port_acquit(struct dvmm_port *p)
{
	dvmm_port_disarm(p, DVMM_TIMER_JUDGE);
	p->suspecting = false;
	p->impossible = 0;
	p->turned = 0;
	dvmm_trail_reset(&p->trail);
}

bool dvmm_port_refuses(const struct dvmm_port *p, const u8 *clock, u64 now)
{
	static const u8 nobody[sizeof(p->refused)];

	if (!memcmp(clock, nobody, sizeof(nobody)) || memcmp(clock, p->refused, sizeof(nobody)))
		return false;
	return now - p->refused_cycles < dvmm_port_cycles(p, REFUSE_NS);
}
