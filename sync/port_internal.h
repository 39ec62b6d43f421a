/* SPDX-License-Identifier: GPL-2.0 */
/* Between port.c (timers), port_role.c (who leads), port_rx.c and port_tx.c. */
#ifndef DVMM_PORT_INTERNAL_H
#define DVMM_PORT_INTERNAL_H

#include "port.h"

/* timeSource INTERNAL_OSCILLATOR (table 6). */
#define DVMM_TIME_SOURCE_OSCILLATOR 0xa0

/* Intervals are 2^log seconds (7.7.2.1). */
static inline u64 dvmm_interval_ns(s8 log)
{
	return log < 0 ? DVMM_NSEC_PER_SEC >> -log : DVMM_NSEC_PER_SEC << log;
}

/* In units of the host counter; @ns up to a few years. */
static inline u64 dvmm_port_cycles(const struct dvmm_port *p, u64 ns)
{
	return mul_u64_u64_div_u64(ns, p->config.host_khz, 1000000);
}

/* logMessageInterval of requests, and of what is sent to one only (table 42). */
#define DVMM_LOG_INTERVAL_NONE 0x7f

static inline bool dvmm_port_is_slave(const struct dvmm_port *p)
{
	return p->state == DVMM_PORT_UNCALIBRATED || p->state == DVMM_PORT_SLAVE;
}

/* What a change of role leaves running. */
static const u32 __maybe_unused dvmm_timers_kept =
	1U << DVMM_TIMER_TICK | 1U << DVMM_TIMER_PDELAY;

void dvmm_port_arm(struct dvmm_port *p, enum dvmm_timer timer, u64 when);
void dvmm_port_disarm(struct dvmm_port *p, enum dvmm_timer timer);

/* Random, below @ns. */
u64 dvmm_port_random_ns(struct dvmm_port *p, u64 ns);

/* The state decision event (9.2.6.9): look whether there is someone (else) to follow. */
void dvmm_port_decide(struct dvmm_port *p, u64 now);

/* ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES (9.2.6.12): our master is gone. */
void dvmm_port_receipt_timeout(struct dvmm_port *p, u64 now);

/* With the patience that the past has taught. */
u64 dvmm_port_announce_timeout_ns(const struct dvmm_port *p);

/* What else hangs on it, after a change. */
void dvmm_port_set_timeouts(struct dvmm_port *p);

/* Wait anew for it. */
void dvmm_port_expect_announce(struct dvmm_port *p, u64 now);

void dvmm_port_fault(struct dvmm_port *p, u64 now);
void dvmm_port_fault_cleared(struct dvmm_port *p, u64 now);

/* Nobody wishes other intervals any more. */
void dvmm_port_pace_as_configured(struct dvmm_port *p);

/* Ask the leader every 2^@log seconds, and expect to hear from it so often. */
void dvmm_port_set_pace(struct dvmm_port *p, s8 log);

/* Neither follow nor lead: forget all masters, and listen. */
void dvmm_port_listen_again(struct dvmm_port *p, u64 now);

/* The clock has taken in an exchange: is the port in step now? */
void dvmm_port_calibrate(struct dvmm_port *p);

/*
 * What we announce, and compare with others: our own data set, D0 (9.3.4, table 29), or,
 * in step with a reference, that one's, a step farther on, as a boundary clock does.
 */
void dvmm_port_own_dataset(const struct dvmm_port *p, struct dvmm_dataset *ds);

/* timeSource of it (7.6.2.8). */
u8 dvmm_port_time_source(const struct dvmm_port *p);

void dvmm_port_reference_init(struct dvmm_port *p);

/*
 * A foreign Announce, @msg, was heard. Return: whether its sender may be our reference;
 * then it has been taken in.
 */
bool dvmm_port_reference_hear(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now);

/* Return: whether @msg, or the stamp, was part of an exchange with the reference. */
bool dvmm_port_reference_input(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles,
			       u64 now);
bool dvmm_port_reference_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

/* The exchange with it is complete. */
void dvmm_port_reference_exchanged(struct dvmm_port *p, u64 now);

/* Choose one, and, as leader, lead the cluster after it: now, and with every tick. */
void dvmm_port_reference_steer(struct dvmm_port *p, u64 now);
void dvmm_port_reference_tick(struct dvmm_port *p, u64 now);

/* From now on somebody else's time is kept. */
void dvmm_port_reference_forget(struct dvmm_port *p);

/* Whether a cluster had better not be founded yet, since a reference may be known soon. */
bool dvmm_port_reference_pending(const struct dvmm_port *p, u64 now);

/* What concerns it, and what we say of ourselves, of @status. */
void dvmm_port_reference_status(const struct dvmm_port *p, struct dvmm_sync_status *status,
				u64 now);

/* What a cluster is to be founded on: the reference's time, or else the host's TAI. */
struct dvmm_segment dvmm_port_reference_line(const struct dvmm_port *p, u64 now);

/* @why is an enum dvmm_wire_error or dvmm_drop. */
void dvmm_port_drop(struct dvmm_port *p, int why);

bool dvmm_port_input(struct dvmm_port *p, const struct dvmm_address *from, const u8 *buf,
		     size_t len, u64 cycles, u64 now);
void dvmm_port_input_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

/* The exchange with the leader is complete. */
void dvmm_port_exchanged(struct dvmm_port *p, u64 now);

/* What all messages of @type from us begin with. */
void dvmm_port_begin(struct dvmm_port *p, struct dvmm_msg *msg, enum dvmm_msg_type type);

/* Seal and send; see struct dvmm_port_ops for @key. Return: 0 or -errno. */
int dvmm_port_transmit(struct dvmm_port *p, const struct dvmm_address *to,
		       const struct dvmm_msg *msg, u32 *key);

/* Whether @to may be answered; what counts is when it asked, at @cycles. */
bool dvmm_port_may_answer(struct dvmm_port *p, const struct dvmm_address *to, u64 cycles);

void dvmm_port_send_announce(struct dvmm_port *p, u64 now);
void dvmm_port_send_sync(struct dvmm_port *p, u64 now);
void dvmm_port_send_follow_up(struct dvmm_port *p, u64 cycles);
void dvmm_port_send_delay_req(struct dvmm_port *p);
void dvmm_port_send_reference_req(struct dvmm_port *p);
void dvmm_port_send_delay_resp(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles);

/* port_probe.c: other slaves as second sources. */

/* Time by our own counter, which nobody steers; at stamps since the port was started. */
u64 dvmm_port_own_ns(const struct dvmm_port *p, u64 cycles);

/* As leader: whom the sender of @req may meet. */
struct dvmm_wire_peer dvmm_port_introduce(struct dvmm_port *p, const struct dvmm_msg *req,
					  u64 cycles);

/* As slave: the leader introduced somebody. */
void dvmm_port_meet(struct dvmm_port *p, const struct dvmm_wire_peer *who, u64 now);

void dvmm_port_start_probing(struct dvmm_port *p, u64 now);
void dvmm_port_probe(struct dvmm_port *p, u64 now);

/* A probe, an answer to ours, what follows it; or the stamp of one of these: if it was. */
void dvmm_port_probed(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles);
void dvmm_port_probe_answered(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles,
			      u64 now);
bool dvmm_port_probe_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

/*
 * How many @peers tell what the leader's time is, and by how much what they make of it is
 * more than the direct path does: the loop closure.
 */
void dvmm_port_closure(const struct dvmm_port *p, u32 *peers, s64 *closure_ns);

/* Ask all what the leader's time is, now that one has told something new. */
void dvmm_port_consult(struct dvmm_port *p, u64 now);

/* port_neighbour.c: the peer-to-peer delay mechanism. */

void dvmm_port_pdelay_req(struct dvmm_port *p);

/* An answer to ours, or what follows it; or the stamp of ours, if it was. */
void dvmm_port_pdelay_answered(struct dvmm_port *p, const struct dvmm_msg *msg, u64 cycles,
			       u64 now);
bool dvmm_port_pdelay_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

/* A Sync of the leader, or as leader of the reference, is complete with its time. */
void dvmm_port_neighbour_sync(struct dvmm_port *p, u64 now);

/* How often, at first, whose Sync come every 2^@log_sync seconds is measured. */
s8 dvmm_port_ask_log(const struct dvmm_port *p, s8 log_sync);

/* What is wrong with the link; NULL if nothing is. */
const char *dvmm_port_neighbour_reason(const struct dvmm_port *p);

/* port_signaling.c: other intervals. */

/* Somebody asks for them. */
void dvmm_port_wished(struct dvmm_port *p, const struct dvmm_msg *msg, u64 now);

/* The reference's @sync came: ask for them, if that was asked of us. */
void dvmm_port_wish(struct dvmm_port *p, const struct dvmm_msg *sync, u64 now);

/* port_verdict.c: is it the leader who is wrong, or we? */

/* The exchange with the leader that is complete, whatever becomes of it. */
void dvmm_port_witness(struct dvmm_port *p, int ret, u64 now);

/* Something about the leader cannot be. */
void dvmm_port_suspect(struct dvmm_port *p, u64 now);

/* The time to judge has come. */
void dvmm_port_judge(struct dvmm_port *p, u64 now);

/* No suspicion any more, of whoever leads: all starts anew. */
void dvmm_port_acquit(struct dvmm_port *p);

/* Whether @clock is a leader refused lately. */
bool dvmm_port_refuses(const struct dvmm_port *p, const u8 *clock, u64 now);

#endif
