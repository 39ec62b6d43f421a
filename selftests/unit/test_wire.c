// SPDX-License-Identifier: GPL-2.0
/* wire.c: round trips, refusals, and bytes that nobody meant. */
#include "unit.h"
#include "wire.h"

static const enum dvmm_msg_type types[] = {
	DVMM_MSG_SYNC, DVMM_MSG_DELAY_REQ, DVMM_MSG_FOLLOW_UP, DVMM_MSG_DELAY_RESP,
	DVMM_MSG_ANNOUNCE, DVMM_MSG_PDELAY_REQ, DVMM_MSG_PDELAY_RESP,
	DVMM_MSG_PDELAY_RESP_FOLLOW_UP, DVMM_MSG_MANAGEMENT,
};

static void fill(void *p, size_t len)
{
	u8 *byte = p;

	while (len--)
		*byte++ = (u8)unit_random();
}

static void any_cluster(struct dvmm_announce *a)
{
	a->has_cluster = unit_random() & 1;
	if (!a->has_cluster)
		return;
	a->cluster.cluster.id = unit_random() | 1;
	a->cluster.cluster.epoch_ns = unit_random() >> 1;
	a->cluster.cluster.tsc_khz = 10000 + unit_random() % 15990001;
	a->cluster.inherited_ns = unit_random();
	a->cluster.rate_error_ppm = (u16)unit_random();
	a->cluster.log_request = (s8)unit_random();
	a->cluster.held = unit_random() & 1;
	a->cluster.refused = unit_random() & 1;
}

static void any_announce(struct dvmm_announce *a)
{
	a->utc_offset_s = (s16)unit_random();
	a->priority1 = (u8)unit_random();
	a->quality.class = (u8)unit_random();
	a->quality.accuracy = (u8)unit_random();
	a->quality.variance = (u16)unit_random();
	a->priority2 = (u8)unit_random();
	fill(a->grandmaster, sizeof(a->grandmaster));
	a->steps_removed = (u16)unit_random();
	a->time_source = (u8)unit_random();
	any_cluster(a);
}

static void any_port_id(struct dvmm_port_id *id)
{
	fill(id->clock, sizeof(id->clock));
	id->port = (u16)unit_random();
}

static void any_opinion(struct dvmm_wire_opinion *o)
{
	o->cluster_id = unit_random() % 4 ? unit_random() | 1 : 0;
	if (!o->cluster_id)
		return;
	fill(o->leader, sizeof(o->leader));
	o->ns = (s64)unit_random() / 2;
	o->ppb = unit_random() % 12000001 - 6000000;
	o->error_ns = (u32)unit_random();
}

static void any_peer(struct dvmm_wire_peer *peer)
{
	if (unit_random() % 4 == 0)
		return;
	any_port_id(&peer->id);
	peer->address.scope = DVMM_TO_ONE;
	fill(peer->address.host, sizeof(peer->address.host));
}

/* Data are only sent, never read. */
static void any_management(struct dvmm_management *m)
{
	any_port_id(&m->target);
	m->starting_hops = (u8)unit_random();
	m->hops = (u8)unit_random();
	m->action = unit_random() & 0xf;
	m->has_id = unit_random() & 1;
	if (!m->has_id)
		return;
	m->id = (u16)unit_random();
	m->error = unit_random() & 1 ? (u16)unit_random() : 0;
}

static void any_message(struct dvmm_msg *msg, enum dvmm_msg_type type)
{
	memset(msg, 0, sizeof(*msg));
	msg->type = type;
	msg->domain = (u8)unit_random();
	msg->flags = (u16)unit_random();
	msg->correction = (s64)unit_random();
	any_port_id(&msg->source);
	msg->sequence = (u16)unit_random();
	msg->log_interval = (s8)unit_random();
	if (type == DVMM_MSG_MANAGEMENT)
		return any_management(&msg->management);
	msg->time_ns = unit_random() % (S64_MAX - 2 * DVMM_NSEC_PER_SEC);
	if (type == DVMM_MSG_DELAY_RESP || type == DVMM_MSG_PDELAY_RESP ||
	    type == DVMM_MSG_PDELAY_RESP_FOLLOW_UP)
		any_port_id(&msg->requester);
	if (type == DVMM_MSG_DELAY_RESP)
		any_peer(&msg->peer);
	if (type == DVMM_MSG_PDELAY_RESP_FOLLOW_UP)
		any_opinion(&msg->opinion);
	if (type == DVMM_MSG_DELAY_RESP || type == DVMM_MSG_FOLLOW_UP) {
		msg->steering.ppb = unit_random() % 200001 - 100000;
		msg->steering.ns = (s64)unit_random() / 32;
		msg->steering.slew_ppb = (s32)(unit_random() % 20001) * 10 - 100000;
	}
	if (type == DVMM_MSG_ANNOUNCE)
		any_announce(&msg->announce);
}

/* In a heap block of exactly that length, so that ASan sees one byte too far. */
static int decode(struct dvmm_msg *msg, const u8 *buf, size_t len)
{
	u8 *exact = malloc(len ?: 1);
	int ret;

	memcpy(exact, buf, len);
	ret = dvmm_wire_decode(msg, exact, len);
	free(exact);
	return ret;
}

static void round_trip(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg in, out;
	int i;

	for (i = 0; i < 100000; i++) {
		size_t len;

		any_message(&in, types[i % ARRAY_SIZE(types)]);
		len = dvmm_wire_encode(&in, buf);
		CHECK(len <= sizeof(buf));
		CHECK_EQ(decode(&out, buf, len), 0);
		CHECK(!memcmp(&in, &out, sizeof(in)));
	}
}

/* Against bytes written down from the standard, not from the encoder. */
static void known_bytes(void)
{
	static const u8 want[] = {
		0x08, 0x12, 0x00, 0x46, 0x07, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x02, 0x00, 0x5e, 0xff, 0xfe, 0x10, 0x20, 0x30, 0x00, 0x01,
		0x12, 0x34, 0x02, 0xfc,
		0x00, 0x00, 0x65, 0x53, 0xf1, 0x00, 0x07, 0x5b, 0xcd, 0x15,
		0x00, 0x03, 0x00, 0x16, 0x02, 0x44, 0x56, 0x4d, 0x4d, 0x02,
		0x01, 0x00, 0xf6, 0x3c, 0xff, 0xff, 0x3c, 0xb0,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x12, 0xd6, 0x87,
	};
	struct dvmm_msg msg = {
		.type = DVMM_MSG_FOLLOW_UP,
		.domain = 7,
		.correction = (5 << 16) + (1 << 15),
		.source = { { 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x10, 0x20, 0x30 }, 1 },
		.sequence = 0x1234,
		.log_interval = -4,
		.time_ns = 1700000000123456789ULL,
		.steering = { .ns = 1234567, .ppb = -50000, .slew_ppb = -25000 },
	};
	u8 buf[DVMM_WIRE_TX_MAX];

	CHECK_EQ(dvmm_wire_encode(&msg, buf), sizeof(want));
	CHECK(!memcmp(buf, want, sizeof(want)));
}

static size_t announce(u8 *buf)
{
	struct dvmm_msg msg;

	do
		any_message(&msg, DVMM_MSG_ANNOUNCE);
	while (!msg.announce.has_cluster);
	return dvmm_wire_encode(&msg, buf);
}

#define REFUSED(buf, len, error)					\
	do {								\
		struct dvmm_msg msg_;					\
		CHECK_EQ(decode(&msg_, buf, len), -(error));		\
	} while (0)

static void every_cut_is_refused(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	size_t i, len, cut;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		any_message(&msg, types[i]);
		len = dvmm_wire_encode(&msg, buf);
		for (cut = 0; cut < len; cut++) {
			int ret = decode(&msg, buf, cut);

			CHECK(ret == -DVMM_WIRE_SHORT || ret == -DVMM_WIRE_LENGTH);
		}
	}
}

static void header_lies(void)
{
	u8 good[DVMM_WIRE_TX_MAX], buf[DVMM_WIRE_TX_MAX];
	size_t len = announce(good);

#define LIE(at, value, error)						\
	do {								\
		memcpy(buf, good, sizeof(buf));				\
		buf[at] = (value);					\
		REFUSED(buf, len, error);				\
	} while (0)
	LIE(1, 1, DVMM_WIRE_VERSION);		/* PTPv1 */
	LIE(1, 0x23, DVMM_WIRE_VERSION);
	LIE(0, 0x1b, DVMM_WIRE_PROFILE);	/* 802.1AS */
	LIE(0, 0x04, DVMM_WIRE_TYPE);		/* reserved */
	LIE(2, 0xff, DVMM_WIRE_LENGTH);		/* longer than the datagram */
	LIE(3, 63, DVMM_WIRE_LENGTH);		/* shorter than its body */
	LIE(3, 0, DVMM_WIRE_LENGTH);
	LIE(3, 65, DVMM_WIRE_TLV);		/* one byte of a TLV */
	LIE(3, 67, DVMM_WIRE_TLV);
	LIE(40, 0x3c, DVMM_WIRE_TIME);		/* 0x3b9aca00 and more ns */
	LIE(34, 1, DVMM_WIRE_TIME);		/* seconds beyond 2^40 */
#undef LIE
}

static void nanoseconds_end_at_a_billion(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg = { .type = DVMM_MSG_SYNC, .time_ns = 999999999 };
	size_t len = dvmm_wire_encode(&msg, buf);

	CHECK_EQ(decode(&msg, buf, len), 0);
	CHECK_EQ(msg.time_ns, 999999999);
	buf[42] = 0xca;
	buf[43] = 0;
	REFUSED(buf, len, DVMM_WIRE_TIME);
}

/* An odd lengthField is refused even where it would fit (14.1.1). */
static void odd_tlv_is_refused(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t len = announce(buf);

	buf[len] = 0;
	buf[3]++;
	buf[67]++;
	REFUSED(buf, len + 1, DVMM_WIRE_TLV);
}

static void steering_lies(void)
{
	struct dvmm_msg msg = { .type = DVMM_MSG_DELAY_RESP }, out;
	u8 buf[DVMM_WIRE_TX_MAX];

	msg.steering.ppb = -100000;
	msg.steering.ns = -S64_MAX / 32;
	CHECK_EQ(decode(&out, buf, dvmm_wire_encode(&msg, buf)), 0);
	msg.steering.ppb--;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
	msg.steering.ppb = 100001;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
	msg.steering.ppb = 0;
	msg.steering.slew_ppb = -200000;	/* from one end to the other */
	CHECK_EQ(decode(&out, buf, dvmm_wire_encode(&msg, buf)), 0);
	msg.steering.slew_ppb = 200010;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
	msg.steering.slew_ppb = 0;
	msg.steering.ns = S64_MIN;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
}

static void opinion_lies(void)
{
	struct dvmm_msg msg = { .type = DVMM_MSG_PDELAY_RESP_FOLLOW_UP }, out;
	u8 buf[DVMM_WIRE_TX_MAX];

	msg.opinion.cluster_id = 1;
	msg.opinion.ppb = 6000000;
	msg.opinion.ns = S64_MAX / 2;
	CHECK_EQ(decode(&out, buf, dvmm_wire_encode(&msg, buf)), 0);
	CHECK_EQ(out.opinion.ns, S64_MAX / 2);
	msg.opinion.ppb++;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
	msg.opinion.ppb = -6000001;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
	msg.opinion.ppb = 0;
	msg.opinion.ns = S64_MIN;
	REFUSED(buf, dvmm_wire_encode(&msg, buf), DVMM_WIRE_VALUE);
}

static void tlv_lies(void)
{
	u8 good[DVMM_WIRE_TX_MAX], buf[DVMM_WIRE_TX_MAX];
	size_t len = announce(good);
	struct dvmm_msg msg;

#define LIE(at, value, error)						\
	do {								\
		memcpy(buf, good, sizeof(buf));				\
		buf[at] = (value);					\
		REFUSED(buf, len, error);				\
	} while (0)
	LIE(67, 48, DVMM_WIRE_TLV);		/* past the message */
	LIE(66, 0xff, DVMM_WIRE_TLV);
	LIE(67, 44, DVMM_WIRE_TLV);		/* too short: half a TLV follows */
	LIE(78, 0xff, DVMM_WIRE_VALUE);	/* 4 GHz times a thousand */
	LIE(90, 0xff, DVMM_WIRE_VALUE);	/* an epoch after 2262 */
#undef LIE
	memcpy(buf, good, sizeof(buf));
	memset(buf + 82, 0, 8);			/* cluster id 0 */
	REFUSED(buf, len, DVMM_WIRE_VALUE);
	memcpy(buf, good, sizeof(buf));
	memset(buf + 78, 0, 4);			/* a guest TSC that stands still */
	REFUSED(buf, len, DVMM_WIRE_VALUE);
	memcpy(buf, good, sizeof(buf));
	buf[69]++;				/* somebody else's organisation */
	CHECK_EQ(decode(&msg, buf, len), 0);
	CHECK(!msg.announce.has_cluster);
}

/* What a newer version appends is passed over, and so are other TLVs and padding. */
static void unknown_is_skipped(void)
{
	static const u8 path_trace[] = { 0, 8, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	u8 buf[2 * DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	size_t len = announce(buf);

	memcpy(buf + len, path_trace, sizeof(path_trace));
	CHECK_EQ(decode(&msg, buf, len + 6), 0);	/* padding */
	CHECK(msg.announce.has_cluster);
	buf[3] += sizeof(path_trace);
	CHECK_EQ(decode(&msg, buf, len + sizeof(path_trace)), 0);
	CHECK(msg.announce.has_cluster);
	buf[67] += sizeof(path_trace);			/* version 2, longer */
	buf[74] = 2;
	CHECK_EQ(decode(&msg, buf, len + sizeof(path_trace)), 0);
	CHECK(msg.announce.has_cluster);
}

/* Nothing read that is not there (ASan), nothing accepted that breaks a promise. */
static void mutations(void)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	int i, accepted = 0;

	for (i = 0; i < 500000; i++) {
		size_t len;
		int flips = 1 + unit_random() % 4;

		any_message(&msg, types[i % ARRAY_SIZE(types)]);
		len = dvmm_wire_encode(&msg, buf);
		while (flips--)
			buf[unit_random() % len] = (u8)unit_random();
		if (unit_random() % 4 == 0)
			len = unit_random() % (len + 1);
		if (decode(&msg, buf, len))
			continue;
		accepted++;
		CHECK(msg.time_ns <= S64_MAX);
		CHECK(!msg.announce.has_cluster || msg.announce.cluster.cluster.id);
	}
	CHECK(accepted > 1000);
}

static const struct unit_test tests[] = {
	TEST(round_trip),
	TEST(known_bytes),
	TEST(every_cut_is_refused),
	TEST(header_lies),
	TEST(nanoseconds_end_at_a_billion),
	TEST(odd_tlv_is_refused),
	TEST(steering_lies),
	TEST(opinion_lies),
	TEST(tlv_lies),
	TEST(unknown_is_skipped),
	TEST(mutations),
};

UNIT_MAIN(tests)
