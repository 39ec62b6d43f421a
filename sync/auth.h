/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Messages that prove where and when they are from: the AUTHENTICATION TLV (IEEE
 * 1588-2019 14.16, immediate security processing of 16.14) with HMAC-SHA256-128, and a
 * TLV of our own in front of it that makes each message the only one of its kind.
 *
 * The standard's own sequenceId wraps after 68 minutes of 16 Sync a second, and starts
 * anew with its sender; the sequenceNo of the AUTHENTICATION TLV is left for later
 * editions, and linuxptp refuses messages that have one. So each of our messages bears
 * a number of 64 bits that its sender never used before, nor after a restart: it starts
 * as the sender's time of day in nanoseconds and goes up by one with each message. A
 * response tells, besides, which request it answers: one of this very minute, so that
 * nobody synchronises to a recording, whatever it missed before.
 *
 * The integrity check covers the whole message, correctionField included: there are no
 * transparent clocks where keys are used.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_AUTH_H
#define DVMM_AUTH_H

#include "wire.h"

/* Keys accepted at a time: the old, the new, and room. */
#define DVMM_AUTH_KEYS 4

/* ICV of HMAC-SHA256-128 (16.14.4): the first half of HMAC-SHA256. */
#define DVMM_AUTH_ICV_LEN 16

/* Senders whose numbers are remembered; the one silent longest makes room. */
#define DVMM_AUTH_SENDERS 64

/* What sealing adds to a message. */
#define DVMM_AUTH_LEN 56

/* Why a message was refused; negative from dvmm_auth_open(). */
enum dvmm_auth_error {
	DVMM_AUTH_NONE = 1,	/* bears no AUTHENTICATION TLV */
	DVMM_AUTH_FORM,		/* one that is not the last, or not of this form */
	DVMM_AUTH_KEY,		/* of another spp, or by a key not known here */
	DVMM_AUTH_ICV,		/* forged or altered */
	DVMM_AUTH_REPLAY,	/* seen before, or too old to tell; or answers nothing asked */
	DVMM_AUTH_ERRORS
};

/**
 * struct dvmm_auth_keys - what is accepted, and used
 * @spp: security parameters pointer (14.16.3), the same on all hosts
 * @count: keys; 0: nothing is sealed, and nothing is asked of what comes
 * @id: their keyID (14.16.5), not 0; the first is used to send
 */
struct dvmm_auth_keys {
	u8 spp;
	u32 count;
	u32 id[DVMM_AUTH_KEYS];
};

/**
 * typedef dvmm_auth_mac - an ICV
 * @slot: index of the key in struct dvmm_auth_keys
 *
 * Return: 0 with the first DVMM_AUTH_ICV_LEN bytes of HMAC-SHA256 of @buf in @icv, or
 * -errno.
 */
typedef int (*dvmm_auth_mac)(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv);

/**
 * struct dvmm_auth_sender - what is known of the numbers of one sender under one key
 * @heard: when it was heard last, in messages opened; 0 in an unused record
 * @number: the highest that came, and @seen: bit n: (@number - n) came
 * @sequence, @sequences: of a sender without numbers: the last sequenceId by
 *	messageType, if its bit is set
 * @heard_cycles: when it was heard last, in cycles
 */
struct dvmm_auth_sender {
	struct dvmm_port_id id;
	u32 key_id;
	u64 heard;
	u64 heard_cycles;
	u64 number;
	u64 seen;
	u16 sequences;
	u16 sequence[16];
};

/**
 * struct dvmm_auth
 * @number: of the next message sent
 * @forget_cycles: a sender without numbers that was silent for so long starts anew
 * @opened: messages let in
 */
struct dvmm_auth {
	struct dvmm_auth_keys keys;
	dvmm_auth_mac mac;
	void *ctx;
	u64 number;
	u64 forget_cycles;
	u64 opened;
	struct dvmm_auth_sender sender[DVMM_AUTH_SENDERS];
};

/*
 * @start: a number that this host's have never reached: its time of day in ns. @mac may
 * be NULL as long as there are no keys.
 */
void dvmm_auth_init(struct dvmm_auth *auth, dvmm_auth_mac mac, void *ctx, u64 start,
		    u64 forget_cycles);

static inline bool dvmm_auth_required(const struct dvmm_auth *auth)
{
	return auth->keys.count;
}

/**
 * dvmm_auth_seal() - make a message prove itself
 * @buf: holds a message of *@len bytes, as encoded, in @room bytes
 * @answers: number of the request it is a response to (struct dvmm_msg), or 0
 *
 * Return: 0, with *@len grown by DVMM_AUTH_LEN; -EMSGSIZE; or what the MAC returned.
 */
int __must_check dvmm_auth_seal(struct dvmm_auth *auth, u8 *buf, size_t room, size_t *len,
				u64 answers);

/**
 * dvmm_auth_open() - may this message be believed?
 * @msg: the message as decoded from @buf; @msg->number is set
 * @buf: the same on the wire
 * @self: who is asking
 * @now: host counter
 *
 * Return: 0, or a negative enum dvmm_auth_error; then @msg must not be looked at.
 */
int __must_check dvmm_auth_open(struct dvmm_auth *auth, struct dvmm_msg *msg, const u8 *buf,
				const struct dvmm_port_id *self, u64 now);

#endif
