// SPDX-License-Identifier: GPL-2.0
/* auth.c: what is sealed opens, once; nothing else does. */
#include <nettle/hmac.h>

#include "auth.h"
#include "mac.h"
#include "unit.h"

static const enum dvmm_msg_type types[] = {
	DVMM_MSG_SYNC, DVMM_MSG_DELAY_REQ, DVMM_MSG_FOLLOW_UP, DVMM_MSG_DELAY_RESP,
	DVMM_MSG_ANNOUNCE, DVMM_MSG_PDELAY_REQ, DVMM_MSG_PDELAY_RESP,
	DVMM_MSG_PDELAY_RESP_FOLLOW_UP, DVMM_MSG_MANAGEMENT,
};

static const struct dvmm_port_id alice = { { 1, 2, 3, 0xff, 0xfe, 4, 5, 6 }, 1 };
static const struct dvmm_port_id bob = { { 1, 2, 3, 0xff, 0xfe, 4, 5, 7 }, 1 };

static int mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	struct dvmm_auth *auth = ctx;

	return unit_mac(&auth->keys.id[slot], slot, buf, len, icv);
}

/* Numbers are of the time of day. */
#define START 1700000000000000000ULL

static void init(struct dvmm_auth *auth, u64 start, u32 key)
{
	dvmm_auth_init(auth, mac, auth, start, 1000);
	auth->keys = (struct dvmm_auth_keys) { .spp = 3, .count = 1, .id = { key } };
}

static struct dvmm_msg message(enum dvmm_msg_type type, u16 sequence)
{
	return (struct dvmm_msg) {
		.type = type, .source = alice, .requester = bob, .sequence = sequence,
		.time_ns = 1700000000123456789ULL,
	};
}

static size_t seal(struct dvmm_auth *auth, const struct dvmm_msg *msg, u8 *buf)
{
	size_t len = dvmm_wire_encode(msg, buf);
	size_t plain = len;

	CHECK_EQ(dvmm_auth_seal(auth, buf, DVMM_WIRE_TX_MAX, &len, msg->answers), 0);
	CHECK_EQ(len, plain + DVMM_AUTH_LEN);
	CHECK_EQ(dvmm_wire_length(buf), len);
	return len;
}

/* As Bob; 0 or the reason. */
static int open_at(struct dvmm_auth *auth, const u8 *buf, size_t len, u64 now)
{
	struct dvmm_msg msg;

	if (dvmm_wire_decode(&msg, buf, len))
		return -1000;
	return -dvmm_auth_open(auth, &msg, buf, &bob, now);
}

static int open_(struct dvmm_auth *auth, const u8 *buf, size_t len)
{
	return open_at(auth, buf, len, 5);
}

/* Figure 53 and 16.14.4, byte by byte. */
static void is_what_the_standard_says(void)
{
	struct hmac_sha256_ctx hmac;
	u8 buf[DVMM_WIRE_TX_MAX], key[32], icv[16], *tlv = buf + 44 + 30;
	struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);
	struct dvmm_auth a;

	init(&a, START, 7);
	CHECK_EQ(seal(&a, &msg, buf), 100);
	CHECK(!memcmp(tlv, "\x80\x09\x00\x16\x03\x00\x00\x00\x00\x07", 10));
	memset(key, 7, sizeof(key));
	hmac_sha256_set_key(&hmac, sizeof(key), key);
	hmac_sha256_update(&hmac, 84, buf);
	hmac_sha256_digest(&hmac, sizeof(icv), icv);
	CHECK(!memcmp(tlv + 10, icv, sizeof(icv)));
}

static void no_bit_can_be_changed(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t i, bit, len, opened = 0;

	init(&a, START, 7);
	init(&b, START - 5, 7);
	b.number = START + 1;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct dvmm_msg msg = message(types[i], 1);

		msg.answers = START;
		len = seal(&a, &msg, buf);
		for (bit = 0; bit < 8 * len; bit++) {
			buf[bit / 8] ^= 1 << bit % 8;
			CHECKF(open_(&b, buf, len), "type %d, bit %zu", types[i], bit);
			buf[bit / 8] ^= 1 << bit % 8;
		}
		opened += !open_(&b, buf, len);
	}
	CHECK_EQ(opened, ARRAY_SIZE(types));
}

static void reasons(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_ANNOUNCE, 1);
	u8 buf[DVMM_WIRE_TX_MAX + 8], *tlv;
	struct dvmm_auth a, b;
	size_t len = dvmm_wire_encode(&msg, buf);

	init(&a, START, 7);
	init(&b, START, 7);
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_NONE);
	len = seal(&a, &msg, buf);
	tlv = buf + len - 26;
	b.keys.spp = 4;
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_KEY);
	b.keys.spp = 3;
	b.keys.id[0] = 8;
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_KEY);
	b.keys.id[0] = 7;
	buf[40] ^= 1;
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_ICV);
	buf[40] ^= 1;
	tlv[5] = 1;			/* RES; sequenceNo; disclosedKey */
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_FORM);
	tlv[5] = 0;
	memset(buf + len, 0, 4);	/* a TLV behind, which nothing protects */
	dvmm_wire_set_length(buf, len + 4);
	CHECK_EQ(open_(&b, buf, len + 4), DVMM_AUTH_FORM);
	dvmm_wire_set_length(buf, len);
	CHECK_EQ(open_(&b, buf, len), 0);
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_REPLAY);
}

static void no_room_no_seal(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a;
	size_t len = dvmm_wire_encode(&msg, buf);

	init(&a, START, 7);
	CHECK_EQ(dvmm_auth_seal(&a, buf, len + DVMM_AUTH_LEN - 1, &len, 0), -EMSGSIZE);
	CHECK_EQ(len, 44);
	CHECK_EQ(dvmm_auth_seal(&a, buf, len + DVMM_AUTH_LEN, &len, 0), 0);
}

/* With every TLV that a message can have. */
static void the_longest_messages_fit(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t i, len;

	init(&a, START, 7);
	init(&b, START, 7);
	b.number = START + 1;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct dvmm_msg msg = message(types[i], 1);

		msg.answers = START;
		msg.announce.has_cluster = true;
		msg.announce.cluster.cluster = (struct dvmm_cluster) { .id = 1, .tsc_khz = 2900000 };
		msg.peer.id = alice;
		msg.opinion.cluster_id = 1;
		len = seal(&a, &msg, buf);
		CHECK_EQ(open_(&b, buf, len), 0);
	}
}

/* Against a list of all that came: once each, and anything within 64 of the newest. */
static void any_order_but_once(void)
{
	static u8 buf[600][DVMM_WIRE_TX_MAX];
	static bool came[600];
	struct dvmm_auth a, b;
	size_t i, len, accepted = 0;
	int newest = -1, n;

	memset(came, 0, sizeof(came));
	init(&a, START, 7);
	init(&b, START, 7);
	for (i = 0; i < ARRAY_SIZE(buf); i++) {
		struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);

		len = seal(&a, &msg, buf[i]);
	}
	for (i = 0; i < 6000; i++) {
		bool expected;

		n = (int)(i / 10) + (int)(unit_random() % 200) - 100;
		if (n < 0 || n >= (int)ARRAY_SIZE(buf))
			continue;
		expected = !came[n] && newest - n < 64;
		CHECKF(!open_(&b, buf[n], len) == expected, "%d after %d", n, newest);
		came[n] |= expected;
		accepted += expected;
		newest = max(newest, n);
	}
	CHECK_IN(accepted, 100, 599);
}

/* A sender that restarts goes on above; a receiver that does begins with what it hears. */
static void restarts(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);
	u8 old[DVMM_WIRE_TX_MAX], new[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t len;

	init(&a, START, 7);
	init(&b, START, 7);
	len = seal(&a, &msg, old);
	CHECK_EQ(open_(&b, old, len), 0);
	init(&a, START + 1000000000, 7);
	seal(&a, &msg, new);
	CHECK_EQ(open_(&b, new, len), 0);
	CHECK_EQ(open_(&b, old, len), DVMM_AUTH_REPLAY);
	init(&b, START, 7);
	CHECK_EQ(open_(&b, new, len), 0);
	CHECK_EQ(open_(&b, old, len), DVMM_AUTH_REPLAY);
	/* whose clock was set back: not before a new key */
	init(&a, START - 1000000000, 7);
	seal(&a, &msg, new);
	CHECK_EQ(open_(&b, new, len), DVMM_AUTH_REPLAY);
	init(&a, START - 1000000000, 8);
	b.keys.count = 2;
	b.keys.id[1] = 8;
	seal(&a, &msg, new);
	CHECK_EQ(open_(&b, new, len), 0);
}

/* A response is one to a request of ours, lately; one to others is not looked into. */
static void responses_answer_us(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_DELAY_RESP, 1);
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t len;

	init(&a, START, 7);
	init(&b, START + 999, 7);
	b.number += 5000;
	msg.answers = b.number - 1;
	len = seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), 0);
	msg.answers = b.number - 4096;
	seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), 0);
	msg.answers = b.number;			/* not asked yet */
	seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_REPLAY);
	msg.answers = b.number - 4097;		/* too old to still wait for it */
	seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_REPLAY);
	msg.answers = 0;
	msg.requester = alice;
	seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), 0);
}

/* As linuxptp sends it: the standard's TLV only, right behind the body. */
static size_t seal_plain(struct dvmm_auth *auth, const struct dvmm_msg *msg, u8 *buf)
{
	size_t len = dvmm_wire_encode(msg, buf);

	memcpy(buf + len, "\x80\x09\x00\x16\x03\x00\x00\x00\x00\x07", 10);
	dvmm_wire_set_length(buf, len + 26);
	unit_mac(&auth->keys.id[0], 0, buf, len + 10, buf + len + 10);
	return len + 26;
}

static void senders_of_the_standard_only(void)
{
	static const u16 sequences[] = { 65000, 65001, 65535, 3, 32000 };
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	struct dvmm_auth b;
	size_t i, len;

	init(&b, START, 7);
	for (i = 0; i < ARRAY_SIZE(sequences); i++) {
		msg = message(DVMM_MSG_SYNC, sequences[i]);
		len = seal_plain(&b, &msg, buf);
		CHECK_EQ(open_(&b, buf, len), 0);
		CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_REPLAY);
		msg.type = DVMM_MSG_FOLLOW_UP;
		len = seal_plain(&b, &msg, buf);
		CHECK_EQ(open_(&b, buf, len), 0);
	}
	msg = message(DVMM_MSG_SYNC, 1);	/* restarted, or replayed */
	len = seal_plain(&b, &msg, buf);
	CHECK_EQ(open_at(&b, buf, len, 5 + 1000), DVMM_AUTH_REPLAY);
	CHECK_EQ(open_at(&b, buf, len, 5 + 1001), 0);
	CHECK_EQ(open_at(&b, buf, len, 3), DVMM_AUTH_REPLAY);	/* a clock put back */
}

/* Nobody can take the number off, and one who has numbers is not believed without. */
static void numbers_cannot_be_left_out(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t len;

	init(&a, START, 7);
	init(&b, START, 7);
	len = seal(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), 0);
	msg.sequence = 2;
	len = seal_plain(&a, &msg, buf);
	CHECK_EQ(open_(&b, buf, len), DVMM_AUTH_REPLAY);
}

/* Many senders: those heard lately keep their records. */
static void records_are_bounded(void)
{
	struct dvmm_msg msg = message(DVMM_MSG_SYNC, 1);
	u8 buf[DVMM_WIRE_TX_MAX], replay[DVMM_WIRE_TX_MAX];
	struct dvmm_auth a, b;
	size_t len;
	int i;

	init(&a, START, 7);
	init(&b, START, 7);
	len = seal(&a, &msg, replay);
	CHECK_EQ(open_(&b, replay, len), 0);
	for (i = 0; i < 1000; i++) {
		msg.source.port = (u16)(2 + i);
		seal(&a, &msg, buf);
		CHECK_EQ(open_(&b, buf, len), 0);
		CHECK_EQ(open_(&b, replay, len), DVMM_AUTH_REPLAY);
		msg.source.port = 1;
		seal(&a, &msg, buf);
		CHECK_EQ(open_(&b, buf, len), 0);
	}
}

/* Sealed by a member, and whatever else it likes: nothing is read past the end. */
static void any_bytes(void)
{
	struct dvmm_auth a;
	int i;

	init(&a, START, 7);
	for (i = 0; i < 300000; i++) {
		size_t len = 34 + unit_random() % 160, n;
		u8 *buf = malloc(len);

		for (n = 0; n < len; n++)
			buf[n] = (u8)(unit_random() % 4 ? 0 : unit_random());
		buf[0] = types[unit_random() % ARRAY_SIZE(types)];
		buf[1] = 2;
		dvmm_wire_set_length(buf, len);
		open_(&a, buf, len);
		free(buf);
	}
}

static const struct unit_test tests[] = {
	TEST(is_what_the_standard_says),
	TEST(no_bit_can_be_changed),
	TEST(reasons),
	TEST(no_room_no_seal),
	TEST(the_longest_messages_fit),
	TEST(any_order_but_once),
	TEST(restarts),
	TEST(responses_answer_us),
	TEST(senders_of_the_standard_only),
	TEST(numbers_cannot_be_left_out),
	TEST(records_are_bounded),
	TEST(any_bytes),
};

UNIT_MAIN(tests)
