// SPDX-License-Identifier: GPL-2.0
/* Other slaves of our leader, as second sources. */
#include "consensus.h"
#include "peer.h"

/* Pieces of an exchange. */
enum { STAMP = 1, RESPONSE = 2, FOLLOW_UP = 4, ALL = 7 };

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
	peer->sequence = peers->sequence++;
	return peer;
}

void dvmm_peer_probed(struct dvmm_peer *peer, u32 key)
{
	peer->key = key;
	peer->have = 0;
	peer->unanswered++;
}

/* One that cannot be, or contradicts those before, leaves nothing behind. */
static void take_in(struct dvmm_peer *peer)
{
	struct dvmm_estimator *e = &peer->estimator;

	dvmm_trail_measure(&peer->trail, e, &peer->probe);
	if (dvmm_estimator_add(e, &peer->probe) == -ERANGE)
		dvmm_estimator_restart(e, e->now.skew_ppb, DVMM_SKEW_UNKNOWN_PPB);
}

static struct dvmm_peer *have(struct dvmm_peer *peer, u8 piece)
{
	peer->have |= piece;
	if (peer->have != ALL)
		return NULL;
	peer->have = 0;
	peer->unanswered = 0;
	take_in(peer);
	return peer;
}

struct dvmm_peer *dvmm_peers_stamp(struct dvmm_peers *peers, u32 key, u64 cycles)
{
	struct dvmm_peer *peer;

	for (peer = peers->peer; peer < peers->peer + DVMM_PEERS; peer++) {
		if (!peer->unanswered || peer->key != key || peer->have & STAMP)
			continue;
		peer->probe.t3_cycles = cycles;
		return have(peer, STAMP);
	}
	return NULL;
}

/* Whose probe @msg answers, unless it has done so already. */
static struct dvmm_peer *answers(struct dvmm_peers *peers, const struct dvmm_msg *msg, u8 piece)
{
	struct dvmm_peer *peer = find(peers, &msg->source);

	if (!peer || !peer->unanswered || peer->sequence != msg->sequence || peer->have & piece)
		return NULL;
	return peer;
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
 * 11.4.2 c: the response brings the request's arrival, its Follow_Up the response's
 * departure. The request's correctionField comes back in the Follow_Up's.
 */
struct dvmm_peer *dvmm_peers_response(struct dvmm_peers *peers, const struct dvmm_msg *msg,
				      u64 cycles)
{
	struct dvmm_peer *peer = answers(peers, msg, RESPONSE);

	if (!peer)
		return NULL;
	peer->probe.t4_ns = msg->time_ns;
	peer->probe.t2_cycles = cycles;
	peer->response_correction_ns = dvmm_msg_correction_ns(msg);
	return have(peer, RESPONSE);
}

struct dvmm_peer *dvmm_peers_follow_up(struct dvmm_peers *peers, const struct dvmm_msg *msg)
{
	struct dvmm_peer *peer = answers(peers, msg, FOLLOW_UP);

	/* the arrival is corrected by what the Follow_Up tells */
	if (!peer || !(peer->have & RESPONSE))
		return NULL;
	peer->probe.t4_ns -= dvmm_msg_correction_ns(msg);
	peer->probe.t1_ns = msg->time_ns + peer->response_correction_ns;
	take_note(peer, &msg->opinion, msg->time_ns);
	return have(peer, FOLLOW_UP);
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
