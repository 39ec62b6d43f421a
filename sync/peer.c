// SPDX-License-Identifier: GPL-2.0
/* Other slaves of our leader, as second sources. */
#include "consensus.h"
#include "peer.h"

/* Who does not answer so many probes is gone. */
#define UNANSWERED_MAX 16

/* An opinion this old is none. */
#define OPINION_AGE_MAX_NS (2 * DVMM_NSEC_PER_SEC)

void dvmm_peers_init(struct dvmm_peers *peers, u64 nominal, struct dvmm_point *points)
{
	memset(peers, 0, sizeof(*peers));
	peers->nominal = nominal;
	peers->points = points;
}

static struct dvmm_peer *find(struct dvmm_peers *peers, const struct dvmm_port_id *id)
{
	struct dvmm_peer *peer;

	for (peer = peers->peer; peer < peers->peer + DVMM_PEERS; peer++)
		if (dvmm_peer_known(peer) && dvmm_port_id_equal(&peer->id, id))
			return peer;
	return NULL;
}

bool dvmm_peers_wanted(const struct dvmm_peers *peers)
{
	const struct dvmm_peer *peer;

	for (peer = peers->peer; peer < peers->peer + DVMM_PEERS; peer++)
		if (!dvmm_peer_known(peer))
			return true;
	return false;
}

static void begin(struct dvmm_peers *peers, struct dvmm_peer *peer,
		  const struct dvmm_wire_peer *who)
{
	memset(peer, 0, sizeof(*peer));
	peer->id = who->id;
	peer->address = who->address;
	peer->error_ns = U64_MAX;
	dvmm_trail_reset(&peer->trail);
	dvmm_estimator_init(&peer->estimator, peers->nominal, peer->ring, peers->points,
			    DVMM_PEER_RING);
}

void dvmm_peers_meet(struct dvmm_peers *peers, const struct dvmm_wire_peer *who)
{
	struct dvmm_peer *peer;

	if (find(peers, &who->id))
		return;
	for (peer = peers->peer; peer < peers->peer + DVMM_PEERS; peer++) {
		if (!dvmm_peer_known(peer)) {
			begin(peers, peer, who);
			return;
		}
	}
}

void dvmm_peers_forget(struct dvmm_peers *peers, const struct dvmm_port_id *id)
{
	struct dvmm_peer *peer = find(peers, id);

	if (peer)
		memset(peer, 0, sizeof(*peer));
}

struct dvmm_peer *dvmm_peers_turn(struct dvmm_peers *peers)
{
	struct dvmm_peer *peer = &peers->peer[peers->turn++ % DVMM_PEERS];

	if (peer->unanswered >= UNANSWERED_MAX)
		memset(peer, 0, sizeof(*peer));
	if (!dvmm_peer_known(peer))
		return NULL;
	return peer;
}

void dvmm_peer_probed(struct dvmm_peer *peer, u16 sequence, u32 key)
{
	dvmm_pdelay_request(&peer->probe, sequence, key);
	peer->unanswered++;
}

/* Of another leader, or of none, what was said before tells nothing. */
static void take_note(struct dvmm_peer *peer, const struct dvmm_wire_opinion *said, u64 ns)
{
	bool same = said->cluster_id == peer->opinion.cluster_id &&
		    !memcmp(said->leader, peer->opinion.leader, sizeof(said->leader));
	u32 i;

	if (!same)
		memset(peer->was, 0, sizeof(peer->was));
	peer->opinion = *said;
	peer->opinion_ns = ns;
	if (!said->cluster_id || (s64)(ns - peer->was[0].ns) < (s64)DVMM_TRAIL_NS)
		return;
	for (i = DVMM_TRAIL_LINES - 1; i; i--)
		peer->was[i] = peer->was[i - 1];
	peer->was[0].ns = ns;
	peer->was[0].ppb = said->ppb;
}

/*
 * One that cannot be, or contradicts those before, leaves nothing behind. Who tells no
 * time of its own is no source of time.
 */
static struct dvmm_peer *take_in(struct dvmm_peer *peer)
{
	struct dvmm_estimator *e = &peer->estimator;
	const struct dvmm_pdelay *probe = &peer->probe;

	peer->unanswered = 0;
	if (probe->relative)
		return NULL;
	take_note(peer, &probe->opinion, probe->opinion_ns);
	dvmm_trail_measure(&peer->trail, e, &probe->x);
	if (dvmm_estimator_add(e, &probe->x) == -ERANGE)
		dvmm_estimator_restart(e, e->now.skew_ppb, DVMM_SKEW_UNKNOWN_PPB);
	return peer;
}

struct dvmm_peer *dvmm_peers_stamp(struct dvmm_peers *peers, u32 key, u64 cycles)
{
	struct dvmm_peer *peer;

	for (peer = peers->peer; peer < peers->peer + DVMM_PEERS; peer++)
		if (dvmm_pdelay_stamp(&peer->probe, key, cycles))
			return take_in(peer);
	return NULL;
}

struct dvmm_peer *dvmm_peers_response(struct dvmm_peers *peers, const struct dvmm_msg *msg,
				      u64 cycles)
{
	struct dvmm_peer *peer = find(peers, &msg->source);

	if (!peer || !dvmm_pdelay_response(&peer->probe, msg, cycles))
		return NULL;
	return take_in(peer);
}

struct dvmm_peer *dvmm_peers_follow_up(struct dvmm_peers *peers, const struct dvmm_msg *msg)
{
	struct dvmm_peer *peer = find(peers, &msg->source);

	if (!peer || !dvmm_pdelay_follow_up(&peer->probe, msg))
		return NULL;
	return take_in(peer);
}

static bool is_about(const struct dvmm_wire_opinion *o, u64 id, const u8 *leader)
{
	return id && o->cluster_id == id && !memcmp(o->leader, leader, sizeof(o->leader));
}

bool dvmm_peer_tells(const struct dvmm_peer *peer, u64 id, const u8 *leader, u64 cycles,
		     u64 *ns, u64 *error_ns)
{
	const struct dvmm_estimator *e = &peer->estimator;
	const struct dvmm_wire_opinion *o = &peer->opinion;
	s64 age_ns;

	if (!dvmm_peer_known(peer) || e->now.window < DVMM_ESTIMATOR_MIN)
		return false;
	if (!is_about(o, id, leader))
		return false;
	*ns = dvmm_estimator_ns(e, cycles);
	age_ns = *ns - peer->opinion_ns;
	if (abs(age_ns) > (s64)OPINION_AGE_MAX_NS)
		return false;
	*ns += o->ns + div64_s64(age_ns * o->ppb, DVMM_PPB);
	*error_ns = dvmm_error_sum(dvmm_path_error_ns(&e->now), o->error_ns);
	return true;
}

/* What it said last is as fresh as its last answer; who does not answer is struck out. */
bool dvmm_peer_saw_turn(const struct dvmm_peer *peer, u64 id, const u8 *leader, s64 *ppb)
{
	u32 i;

	if (!dvmm_peer_known(peer) || !is_about(&peer->opinion, id, leader))
		return false;
	for (i = DVMM_TRAIL_LINES - 1; i && !peer->was[i].ns; i--)
		;
	*ppb = peer->opinion.ppb - peer->was[i].ppb;
	return i;
}
