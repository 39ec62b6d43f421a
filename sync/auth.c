// SPDX-License-Identifier: GPL-2.0
/* Messages that prove where and when they are from. */
#include "auth.h"
#include "wire_bytes.h"
#include "wire_org.h"

/* tlvType (table 52). */
#define TLV_AUTHENTICATION 0x8009

/* Requests that may still be waiting for their responses. */
#define REQUESTS_MAX 4096

/* Of struct dvmm_auth_sender's @seen. */
#define WINDOW 64

/* AUTHENTICATION TLV (figure 53), without disclosedKey, sequenceNo and RES. */
enum {
	AT_SPP = DVMM_TLV_HEADER_LEN,
	AT_INDICATORS = 5,
	AT_KEY_ID = 6,
	AT_ICV = 10,
	AUTH_TLV_LEN = AT_ICV + DVMM_AUTH_ICV_LEN,
};

/* The TLV of our own. */
enum {
	ORG_LEN = 6,
	AT_OURS = DVMM_TLV_HEADER_LEN + ORG_LEN,
	AT_NUMBER = AT_OURS + 4,
	AT_ANSWERS = AT_NUMBER + 8,
	NUMBER_TLV_LEN = AT_ANSWERS + 8,
};

static const u8 number_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 0x41 };

void dvmm_auth_init(struct dvmm_auth *auth, dvmm_auth_mac mac, void *ctx, u64 start,
		    u64 forget_cycles)
{
	memset(auth, 0, sizeof(*auth));
	auth->mac = mac;
	auth->ctx = ctx;
	auth->number = start ?: 1;
	auth->forget_cycles = forget_cycles;
}

static void put_number(u8 *tlv, u64 number, u64 answers)
{
	memset(tlv, 0, NUMBER_TLV_LEN);
	put_be(tlv, 2, DVMM_TLV_ORGANIZATION_EXTENSION);
	put_be(tlv + 2, 2, NUMBER_TLV_LEN - DVMM_TLV_HEADER_LEN);
	memcpy(tlv + DVMM_TLV_HEADER_LEN, number_org, ORG_LEN);
	tlv[AT_OURS] = 1;
	put_be(tlv + AT_NUMBER, 8, number);
	put_be(tlv + AT_ANSWERS, 8, answers);
}

static void put_auth(u8 *tlv, const struct dvmm_auth_keys *keys)
{
	put_be(tlv, 2, TLV_AUTHENTICATION);
	put_be(tlv + 2, 2, AUTH_TLV_LEN - DVMM_TLV_HEADER_LEN);
	tlv[AT_SPP] = keys->spp;
	tlv[AT_INDICATORS] = 0;
	put_be(tlv + AT_KEY_ID, 4, keys->id[0]);
}

int dvmm_auth_seal(struct dvmm_auth *auth, u8 *buf, size_t room, size_t *len, u64 answers)
{
	u8 *tlv = buf + *len + NUMBER_TLV_LEN;
	int ret;

	if (*len + DVMM_AUTH_LEN > room)
		return -EMSGSIZE;
	put_number(buf + *len, auth->number++, answers);
	put_auth(tlv, &auth->keys);
	dvmm_wire_set_length(buf, *len + DVMM_AUTH_LEN);
	ret = auth->mac(auth->ctx, 0, buf, *len + NUMBER_TLV_LEN + AT_ICV, tlv + AT_ICV);
	if (!ret)
		*len += DVMM_AUTH_LEN;
	return ret;
}

/* What a message says of itself: its AUTHENTICATION TLV, and our own. */
struct proof {
	const u8 *auth;
	u64 number;
	u64 answers;
};

static bool is_number(const u8 *tlv, size_t len)
{
	return get_be(tlv, 2) == DVMM_TLV_ORGANIZATION_EXTENSION && len >= NUMBER_TLV_LEN &&
	       !memcmp(tlv + DVMM_TLV_HEADER_LEN, number_org, ORG_LEN);
}

/* Whole, last, immediate, and nothing in it that this edition has no use for. */
static bool is_of_this_form(const u8 *tlv, size_t len, size_t left)
{
	return len == AUTH_TLV_LEN && left == len && !tlv[AT_INDICATORS];
}

static int note_tlv(const u8 *tlv, size_t len, size_t left, struct proof *proof)
{
	if (is_number(tlv, len)) {
		proof->number = get_be(tlv + AT_NUMBER, 8);
		proof->answers = get_be(tlv + AT_ANSWERS, 8);
		return proof->number ? 0 : -DVMM_AUTH_FORM;
	}
	if (get_be(tlv, 2) != TLV_AUTHENTICATION)
		return 0;
	proof->auth = tlv;
	return is_of_this_form(tlv, len, left) ? 0 : -DVMM_AUTH_FORM;
}

static int find_proof(const u8 *tlv, size_t left, struct proof *proof)
{
	size_t len;
	int ret;

	memset(proof, 0, sizeof(*proof));
	for (; left; tlv += len, left -= len) {
		if (left < DVMM_TLV_HEADER_LEN)
			return -DVMM_AUTH_FORM;
		len = DVMM_TLV_HEADER_LEN + get_be(tlv + 2, 2);
		if (len > left)
			return -DVMM_AUTH_FORM;
		ret = note_tlv(tlv, len, left, proof);
		if (ret)
			return ret;
	}
	return proof->auth ? 0 : -DVMM_AUTH_NONE;
}

/* Return: the slot of the key, or -DVMM_AUTH_KEY. */
static int find_key(const struct dvmm_auth_keys *keys, const u8 *tlv)
{
	u32 id = (u32)get_be(tlv + AT_KEY_ID, 4), slot;

	if (tlv[AT_SPP] != keys->spp)
		return -DVMM_AUTH_KEY;
	for (slot = 0; slot < keys->count; slot++)
		if (keys->id[slot] == id)
			return (int)slot;
	return -DVMM_AUTH_KEY;
}

/* All bytes are looked at, so that the time it takes does not tell how many are right. */
static bool icv_equal(const u8 *a, const u8 *b)
{
	u8 differ = 0;
	size_t i;

	for (i = 0; i < DVMM_AUTH_ICV_LEN; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

static int check_icv(struct dvmm_auth *auth, u32 slot, const u8 *buf, const u8 *tlv)
{
	const u8 *told = tlv + AT_ICV;
	u8 icv[DVMM_AUTH_ICV_LEN];

	if (auth->mac(auth->ctx, slot, buf, told - buf, icv))
		return -DVMM_AUTH_ICV;
	return icv_equal(icv, told) ? 0 : -DVMM_AUTH_ICV;
}

/* The record of that sender under that key: a new key makes all recordings useless. */
static struct dvmm_auth_sender *find_sender(struct dvmm_auth *auth, const struct dvmm_port_id *id,
					    u32 key_id)
{
	struct dvmm_auth_sender *s, *victim = auth->sender;

	for (s = auth->sender; s < auth->sender + DVMM_AUTH_SENDERS; s++) {
		if (s->heard && s->key_id == key_id && dvmm_port_id_equal(&s->id, id))
			return s;
		if (s->heard < victim->heard)
			victim = s;
	}
	memset(victim, 0, sizeof(*victim));
	victim->id = *id;
	victim->key_id = key_id;
	return victim;
}

/* A number is good once, and until WINDOW higher ones have come. */
static bool number_is_new(struct dvmm_auth_sender *s, u64 number)
{
	u64 ahead = number - s->number, behind = s->number - number;

	if (number > s->number) {
		s->seen = ahead < WINDOW ? s->seen << ahead | 1 : 1;
		s->number = number;
		return true;
	}
	if (behind >= WINDOW || s->seen >> behind & 1)
		return false;
	s->seen |= 1ULL << behind;
	return true;
}

/*
 * As good as it gets with senders of the standard only: upwards, at most half way round.
 * One that has restarted is heard again once it was silent for long enough.
 */
static bool sequence_is_new(const struct dvmm_auth *auth, struct dvmm_auth_sender *s,
			    const struct dvmm_msg *msg, u64 now)
{
	u16 bit = (u16)(1U << msg->type);

	if (dvmm_msg_is_answer(msg))
		return true;	/* the sequenceId is the request's */
	/* one heard in the future is one heard before the host counter was put right */
	if ((s64)(now - s->heard_cycles) > (s64)auth->forget_cycles)
		s->sequences = 0;
	if (s->sequences & bit && (s16)(msg->sequence - s->sequence[msg->type]) <= 0)
		return false;
	s->sequences |= bit;
	s->sequence[msg->type] = msg->sequence;
	return true;
}

/* A response to us answers what we asked lately. One to somebody else is not our affair. */
static bool answers_us(const struct dvmm_auth *auth, const struct dvmm_msg *msg, u64 answers,
		       const struct dvmm_port_id *self)
{
	if (!dvmm_msg_is_response(msg->type) || !dvmm_port_id_equal(&msg->requester, self))
		return true;
	return auth->number - answers - 1 < REQUESTS_MAX;
}

static int check_fresh(struct dvmm_auth *auth, const struct dvmm_msg *msg,
		       const struct proof *proof, u32 key_id, const struct dvmm_port_id *self,
		       u64 now)
{
	struct dvmm_auth_sender *s;

	if (proof->number && !answers_us(auth, msg, proof->answers, self))
		return -DVMM_AUTH_REPLAY;
	s = find_sender(auth, &msg->source, key_id);
	if (proof->number ? !number_is_new(s, proof->number)
			  : s->number || !sequence_is_new(auth, s, msg, now))
		return -DVMM_AUTH_REPLAY;
	s->heard = ++auth->opened;
	s->heard_cycles = now;
	return 0;
}

int dvmm_auth_open(struct dvmm_auth *auth, struct dvmm_msg *msg, const u8 *buf,
		   const struct dvmm_port_id *self, u64 now)
{
	size_t body = dvmm_wire_body_len(msg->type);
	struct proof proof;
	int ret, slot;

	ret = find_proof(buf + body, dvmm_wire_length(buf) - body, &proof);
	if (ret)
		return ret;
	slot = find_key(&auth->keys, proof.auth);
	if (slot < 0)
		return slot;
	ret = check_icv(auth, slot, buf, proof.auth);
	if (ret)
		return ret;
	msg->number = proof.number;
	return check_fresh(auth, msg, &proof, auth->keys.id[slot], self, now);
}
