/* SPDX-License-Identifier: GPL-2.0 */
/* Between port.c (timers), port_role.c (who leads), port_rx.c and port_tx.c. */
#ifndef DVMM_PORT_INTERNAL_H
#define DVMM_PORT_INTERNAL_H

#include "port.h"

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

void dvmm_port_arm(struct dvmm_port *p, enum dvmm_timer timer, u64 when);
void dvmm_port_disarm(struct dvmm_port *p, enum dvmm_timer timer);

/* Random, below @ns. */
u64 dvmm_port_random_ns(struct dvmm_port *p, u64 ns);

/* The state decision event (9.2.6.9): look whether there is someone (else) to follow. */
void dvmm_port_decide(struct dvmm_port *p, u64 now);

/* ANNOUNCE_RECEIPT_TIMEOUT_EXPIRES (9.2.6.12): our master is gone. */
void dvmm_port_receipt_timeout(struct dvmm_port *p, u64 now);

u64 dvmm_port_announce_timeout_ns(const struct dvmm_port *p);

/* Wait anew for it. */
void dvmm_port_expect_announce(struct dvmm_port *p, u64 now);

void dvmm_port_fault(struct dvmm_port *p, u64 now);
void dvmm_port_fault_cleared(struct dvmm_port *p, u64 now);

/* Ask the leader every 2^@log seconds, and expect to hear from it so often. */
void dvmm_port_set_pace(struct dvmm_port *p, s8 log);

/* The clock has taken in an exchange: is the port in step now? */
void dvmm_port_calibrate(struct dvmm_port *p);

/* Our own data set, D0 (9.3.4, table 29). */
void dvmm_port_own_dataset(const struct dvmm_port *p, struct dvmm_dataset *ds);

/* @why is an enum dvmm_wire_error or dvmm_drop. */
void dvmm_port_drop(struct dvmm_port *p, int why);

bool dvmm_port_input(struct dvmm_port *p, const struct dvmm_address *from, const u8 *buf,
		     size_t len, u64 cycles, u64 now);
void dvmm_port_input_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

void dvmm_port_send_announce(struct dvmm_port *p, u64 now);
void dvmm_port_send_sync(struct dvmm_port *p, u64 now);
void dvmm_port_send_follow_up(struct dvmm_port *p, u64 cycles);
void dvmm_port_send_delay_req(struct dvmm_port *p);
void dvmm_port_send_delay_resp(struct dvmm_port *p, const struct dvmm_msg *req, u64 cycles);

#endif
