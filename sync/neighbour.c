// SPDX-License-Identifier: GPL-2.0
/* The neighbour on a link with the peer-to-peer delay mechanism. */
#include "neighbour.h"

/* Who does not answer so many requests is gone. */
#define UNANSWERED_MAX 8

/* After so many requests that only one answered, there is only one. */
#define CROWDED_REQUESTS 16

/* No answer takes longer. */
#define TURNAROUND_MAX_NS 10000000000LL

/* Both are off their rates by 0.01 % at most: the default profile (I.3) wants no worse. */
#define NEIGHBOUR_RATE_PPB 200000

/*
 * Two answers by one clock are not this far apart once rates and queueing are allowed for;
 * by two they are, since one counts from when it was started, or is on another time scale.
 */
#define SAME_CLOCK_NS 250000000LL

/* Exchanges in a row whose Sync were all late: 3 s at 16 a second. */
#define LATE_MAX 6

static void forget_syncs(struct dvmm_neighbour *n)
{
	n->syncs = 0;
	n->prompt.t1_ns = 0;
}

static void forget_link(struct dvmm_neighbour *n)
{
	n->rounds = 0;
	n->direct = false;
	forget_syncs(n);
}

static void forget(struct dvmm_neighbour *n)
{
	memset(&n->id, 0, sizeof(n->id));
	forget_link(n);
}

void dvmm_neighbour_asked(struct dvmm_neighbour *n, u16 sequence, u32 key)
{
	if (n->asked && !n->answered && n->unanswered < UNANSWERED_MAX)
		n->unanswered++;
	if (n->unanswered == UNANSWERED_MAX)
		forget(n);
	if (n->crowded)
		n->crowded--;
	n->asked = true;
	n->answered = false;
	dvmm_pdelay_request(&n->pdelay, sequence, key);
}

static bool is_to_this(const struct dvmm_neighbour *n, const struct dvmm_msg *msg)
{
	return n->asked && msg->sequence == n->pdelay.sequence;
}

bool dvmm_neighbour_crowds(struct dvmm_neighbour *n, const struct dvmm_msg *msg)
{
	if (!is_to_this(n, msg) || !n->answered || dvmm_port_id_equal(&msg->source, &n->id))
		return false;
	n->crowded = CROWDED_REQUESTS;
	forget_link(n);
	return true;
}

static void note_answer(struct dvmm_neighbour *n, const struct dvmm_port_id *id)
{
	if (!dvmm_port_id_equal(&n->id, id))
		forget_link(n);
	n->id = *id;
	n->answered = true;
	n->unanswered = 0;
}

bool dvmm_neighbour_stamp(struct dvmm_neighbour *n, u32 key, u64 cycles)
{
	return dvmm_pdelay_stamp(&n->pdelay, key, cycles) && !n->crowded;
}

bool dvmm_neighbour_response(struct dvmm_neighbour *n, const struct dvmm_msg *msg, u64 cycles)
{
	if (!is_to_this(n, msg))
		return false;
	note_answer(n, &msg->source);
	return dvmm_pdelay_response(&n->pdelay, msg, cycles) && !n->crowded;
}

bool dvmm_neighbour_follow_up(struct dvmm_neighbour *n, const struct dvmm_msg *msg)
{
	if (!dvmm_port_id_equal(&msg->source, &n->id))
		return false;
	return dvmm_pdelay_follow_up(&n->pdelay, msg) && !n->crowded;
}

static u64 part_ns(u64 ns, u64 ppb)
{
	return mul_u64_u64_div_u64(ns, ppb, DVMM_PPB);
}

int dvmm_neighbour_measure(struct dvmm_neighbour *n, u64 mult, u64 error_ppb)
{
	s64 turnaround_ns = n->pdelay.x.t1_ns - n->pdelay.x.t4_ns;
	s64 ns, doubt_ns;

	if (turnaround_ns < 0 || turnaround_ns > TURNAROUND_MAX_NS)
		return -EINVAL;
	ns = dvmm_exchange_delay_ns(&n->pdelay.x, mult);
	doubt_ns = (s64)part_ns(turnaround_ns, error_ppb + NEIGHBOUR_RATE_PPB);
	if (ns < -doubt_ns - 2 * DVMM_STAMP_ERROR_NS || ns > TURNAROUND_MAX_NS)
		return -EINVAL;
	n->round_trip_ns[n->rounds++ % DVMM_NEIGHBOUR_ROUNDS] = max(ns, 0LL) + doubt_ns;
	return 0;
}

/* Of the last @rounds. */
static u64 shortest_ns(const struct dvmm_neighbour *n, u32 rounds)
{
	u32 known = min_t(u32, n->rounds, DVMM_NEIGHBOUR_ROUNDS), i;
	u64 ns = U64_MAX;

	for (i = 1; i <= min(rounds, known); i++)
		ns = min(ns, n->round_trip_ns[(n->rounds - i) % DVMM_NEIGHBOUR_ROUNDS]);
	return ns;
}

u64 dvmm_neighbour_round_trip_ns(const struct dvmm_neighbour *n)
{
	return shortest_ns(n, DVMM_NEIGHBOUR_ROUNDS);
}

static u64 rate(const struct dvmm_estimator *e)
{
	return dvmm_mult_adjust(e->nominal, e->now.skew_ppb);
}

/* One of ours answers in its own time, and tells how that it leads by differs from it. */
static void to_cluster_time(struct dvmm_exchange *x, const struct dvmm_wire_opinion *o)
{
	s64 turnaround_ns = x->t1_ns - x->t4_ns;

	x->t4_ns += o->ns - div64_s64(turnaround_ns * o->ppb, DVMM_PPB);
	x->t1_ns += o->ns;
}

static bool leads_by_itself(const struct dvmm_neighbour *n)
{
	const struct dvmm_wire_opinion *o = &n->pdelay.opinion;

	return o->cluster_id && !memcmp(o->leader, n->id.clock, sizeof(o->leader));
}

bool dvmm_neighbour_exchange(struct dvmm_neighbour *n, const struct dvmm_port_id *master,
			     const struct dvmm_estimator *e, u64 t1_ns, u64 t2_cycles,
			     struct dvmm_exchange *x)
{
	s64 took_ns, apart_ns;

	n->direct = false;
	if (!t1_ns || n->pdelay.relative || !dvmm_port_id_equal(&n->id, master))
		return false;
	*x = n->pdelay.x;
	if (leads_by_itself(n))
		to_cluster_time(x, &n->pdelay.opinion);
	took_ns = dvmm_span_ns(rate(e), t2_cycles, x->t2_cycles);
	apart_ns = (s64)(x->t1_ns - t1_ns - took_ns);
	n->direct = apart_ns > -SAME_CLOCK_NS && apart_ns < SAME_CLOCK_NS;
	return n->direct;
}

/* Whether this one is quicker than the quickest so far. */
static bool is_quicker(const struct dvmm_neighbour *n, u64 mult, u64 t1_ns, u64 t2_cycles)
{
	s64 took_ns = dvmm_span_ns(mult, n->quickest_cycles, t2_cycles);

	return (s64)(t1_ns - n->quickest_ns) > took_ns;
}

static void note_sync(struct dvmm_neighbour *n, const struct dvmm_port_id *master, u64 mult,
		      u64 t1_ns, u64 t2_cycles)
{
	if (!dvmm_port_id_equal(&n->from, master))
		forget_syncs(n);
	if (!n->syncs) {
		n->from = *master;
		n->first_cycles = t2_cycles;
		n->first_round = n->rounds;
	}
	if (!n->syncs || is_quicker(n, mult, t1_ns, t2_cycles)) {
		n->quickest_ns = t1_ns;
		n->quickest_cycles = t2_cycles;
	}
	n->syncs++;
}

/*
 * Load is over after a while; who is late for longer has changed his mind about what time
 * it is, and contradicts himself.
 */
static void allow_for_load(struct dvmm_neighbour *n, const struct dvmm_estimator *e,
			   struct dvmm_exchange *x)
{
	s64 span_ns = dvmm_span_ns(rate(e), n->prompt.t2_cycles, x->t2_cycles);
	u64 drift_ns = part_ns(max(span_ns, 0LL), dvmm_estimator_drift_ppb(e));
	s64 early_ns = (s64)(x->t1_ns - n->prompt.t1_ns - span_ns);

	if (!n->prompt.t1_ns || early_ns >= -(s64)drift_ns || n->late >= LATE_MAX) {
		n->prompt = *x;
		n->late = 0;
		return;
	}
	n->late++;
	x->t4_ns = max(x->t4_ns, n->prompt.t4_ns + span_ns + drift_ns);
}

/* As far as the rate is not known, another may have been the quickest. */
bool dvmm_neighbour_sync(struct dvmm_neighbour *n, const struct dvmm_port_id *master,
			 const struct dvmm_estimator *e, u64 t1_ns, u64 t2_cycles,
			 struct dvmm_exchange *x)
{
	u64 round_trip_ns, doubt_ns;
	s64 span_ns;

	if (n->crowded || !n->rounds)
		return false;
	if (n->direct && dvmm_port_id_equal(&n->id, master))
		return false;
	note_sync(n, master, rate(e), t1_ns, t2_cycles);
	if (n->syncs < 1U << DVMM_NEIGHBOUR_SYNCS_LOG)
		return false;
	n->syncs = 0;
	round_trip_ns = shortest_ns(n, max(n->rounds - n->first_round, 1U));
	span_ns = dvmm_span_ns(rate(e), n->first_cycles, t2_cycles);
	doubt_ns = part_ns(max(span_ns, 0LL), min_t(u64, 4 * e->now.skew_error_ppb,
						    DVMM_SKEW_UNKNOWN_PPB));
	*x = (struct dvmm_exchange) {
		.t1_ns = n->quickest_ns, .t2_cycles = n->quickest_cycles,
		.t3_cycles = n->quickest_cycles, .t4_ns = n->quickest_ns + round_trip_ns + doubt_ns,
	};
	allow_for_load(n, e, x);
	return true;
}
