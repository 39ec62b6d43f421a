// SPDX-License-Identifier: GPL-2.0
/* PTP messages on the wire. All fields are big-endian (IEEE 1588-2019 13.2). */
#include "wire.h"

/* Offsets in the common header (13.3, table 35). */
enum {
	AT_TYPE = 0,
	AT_VERSION = 1,
	AT_LENGTH = 2,
	AT_DOMAIN = 4,
	AT_FLAGS = 6,
	AT_CORRECTION = 8,
	AT_SOURCE = 20,
	AT_SEQUENCE = 30,
	AT_CONTROL = 32,
	AT_LOG_INTERVAL = 33,
	HEADER_LEN = 34,
};

/* The bodies: originTimestamp first in all of them (13.5 to 13.8). */
enum {
	AT_TIME = HEADER_LEN,
	TIME_LEN = 10,
	PORT_ID_LEN = 10,
	AT_REQUESTER = AT_TIME + TIME_LEN,
	AT_UTC_OFFSET = 44,
	AT_PRIORITY1 = 47,
	AT_QUALITY = 48,
	AT_PRIORITY2 = 52,
	AT_GRANDMASTER = 53,
	AT_STEPS = 61,
	AT_TIME_SOURCE = 63,
	ANNOUNCE_LEN = 64,
};

/* TLVs: tlvType, lengthField, then the value (14.1). */
enum {
	TLV_HEADER_LEN = 4,
	TLV_ORGANIZATION_EXTENSION = 0x0003,
	ORG_LEN = 6,
	OURS_VERSION = 1,
	CLUSTER_TLV_LEN = ORG_LEN + 40,
	CLUSTER_FLAG_HELD = 1,
	STEERING_TLV_LEN = ORG_LEN + 16,
};

/*
 * organizationId: unicast, locally administered, so that it is nobody's OUI; then the
 * organizationSubType. The data begin with version and flags. A later version may
 * append fields, so a longer TLV is read as far as it is known.
 */
static const u8 cluster_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 1 };
static const u8 steering_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 2 };

/* Guests at 10 MHz to 16 GHz; anything else is an accident or an attack. */
#define TSC_KHZ_MIN 10000
#define TSC_KHZ_MAX 16000000

/* As far as a leader can be steered (DVMM_ADJFINE_MAX_PPB), which in 100 years is 2^58 ns. */
#define STEERING_PPB_MAX 100000
#define STEERING_NS_MAX (S64_MAX / 32)

#define PTP_VERSION_2 2
#define PTP_VERSION_2_1 0x12
#define SECONDS_MAX (S64_MAX / DVMM_NSEC_PER_SEC)

static u64 get_be(const u8 *p, size_t bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

static void put_be(u8 *p, size_t bytes, u64 value)
{
	while (bytes--) {
		p[bytes] = (u8)value;
		value >>= 8;
	}
}

static void put_time(u8 *p, u64 ns)
{
	u64 seconds = div64_u64(ns, DVMM_NSEC_PER_SEC);

	put_be(p, 6, seconds);
	put_be(p + 6, 4, ns - seconds * DVMM_NSEC_PER_SEC);
}

/* Timestamp (5.3.3): the nanoseconds member is always below 10^9. */
static int get_time(const u8 *p, u64 *ns)
{
	u64 seconds = get_be(p, 6), nanoseconds = get_be(p + 6, 4);

	if (seconds >= SECONDS_MAX || nanoseconds >= DVMM_NSEC_PER_SEC)
		return -DVMM_WIRE_TIME;
	*ns = seconds * DVMM_NSEC_PER_SEC + nanoseconds;
	return 0;
}

static void put_port_id(u8 *p, const struct dvmm_port_id *id)
{
	memcpy(p, id->clock, sizeof(id->clock));
	put_be(p + sizeof(id->clock), 2, id->port);
}

static void get_port_id(const u8 *p, struct dvmm_port_id *id)
{
	memcpy(id->clock, p, sizeof(id->clock));
	id->port = (u16)get_be(p + sizeof(id->clock), 2);
}

/* The length of a message without TLVs, or 0 for a type not spoken. */
static size_t body_len(u8 type)
{
	switch (type) {
	case DVMM_MSG_SYNC:
	case DVMM_MSG_DELAY_REQ:
	case DVMM_MSG_FOLLOW_UP:
		return AT_TIME + TIME_LEN;
	case DVMM_MSG_DELAY_RESP:
		return AT_REQUESTER + PORT_ID_LEN;
	case DVMM_MSG_ANNOUNCE:
		return ANNOUNCE_LEN;
	}
	return 0;
}

/* controlField (13.3.2.13): for hardware that still looks at it. */
static u8 control_field(enum dvmm_msg_type type)
{
	switch (type) {
	case DVMM_MSG_SYNC:
		return 0;
	case DVMM_MSG_DELAY_REQ:
		return 1;
	case DVMM_MSG_FOLLOW_UP:
		return 2;
	case DVMM_MSG_DELAY_RESP:
		return 3;
	default:
		return 5;
	}
}

static void put_header(u8 *buf, const struct dvmm_msg *msg, size_t len)
{
	buf[AT_TYPE] = msg->type;
	buf[AT_VERSION] = PTP_VERSION_2_1;
	put_be(buf + AT_LENGTH, 2, len);
	buf[AT_DOMAIN] = msg->domain;
	put_be(buf + AT_FLAGS, 2, msg->flags);
	put_be(buf + AT_CORRECTION, 8, msg->correction);
	put_port_id(buf + AT_SOURCE, &msg->source);
	put_be(buf + AT_SEQUENCE, 2, msg->sequence);
	buf[AT_CONTROL] = control_field(msg->type);
	buf[AT_LOG_INTERVAL] = msg->log_interval;
}

static void put_announce(u8 *buf, const struct dvmm_announce *a)
{
	put_be(buf + AT_UTC_OFFSET, 2, a->utc_offset_s);
	buf[AT_PRIORITY1] = a->priority1;
	buf[AT_QUALITY] = a->quality.class;
	buf[AT_QUALITY + 1] = a->quality.accuracy;
	put_be(buf + AT_QUALITY + 2, 2, a->quality.variance);
	buf[AT_PRIORITY2] = a->priority2;
	memcpy(buf + AT_GRANDMASTER, a->grandmaster, sizeof(a->grandmaster));
	put_be(buf + AT_STEPS, 2, a->steps_removed);
	buf[AT_TIME_SOURCE] = a->time_source;
}

/* Return: where the data go. */
static u8 *put_tlv(u8 *tlv, const u8 *org, size_t len)
{
	put_be(tlv, 2, TLV_ORGANIZATION_EXTENSION);
	put_be(tlv + 2, 2, len);
	memcpy(tlv + TLV_HEADER_LEN, org, ORG_LEN);
	tlv[TLV_HEADER_LEN + ORG_LEN] = OURS_VERSION;
	return tlv + TLV_HEADER_LEN + ORG_LEN;
}

static size_t put_cluster(u8 *tlv, const struct dvmm_wire_cluster *c)
{
	u8 *data = put_tlv(tlv, cluster_org, CLUSTER_TLV_LEN);

	data[1] = c->held ? CLUSTER_FLAG_HELD : 0;
	put_be(data + 2, 2, c->rate_error_ppm);
	put_be(data + 4, 4, c->cluster.tsc_khz);
	put_be(data + 8, 8, c->cluster.id);
	put_be(data + 16, 8, c->cluster.epoch_ns);
	put_be(data + 24, 8, c->inherited_ns);
	memcpy(data + 32, c->predecessor, sizeof(c->predecessor));
	return TLV_HEADER_LEN + CLUSTER_TLV_LEN;
}

static size_t put_steering(u8 *tlv, const struct dvmm_wire_steering *steering)
{
	u8 *data = put_tlv(tlv, steering_org, STEERING_TLV_LEN);

	put_be(data + 4, 4, (u32)steering->ppb);
	put_be(data + 8, 8, steering->ns);
	return TLV_HEADER_LEN + STEERING_TLV_LEN;
}

static size_t put_announce_body(u8 *buf, const struct dvmm_announce *a)
{
	put_announce(buf, a);
	return a->has_cluster ? put_cluster(buf + ANNOUNCE_LEN, &a->cluster) : 0;
}

/* Return: the length of what is there beyond the body. */
static size_t put_rest(u8 *buf, const struct dvmm_msg *msg)
{
	u8 *end = buf + body_len(msg->type);

	switch (msg->type) {
	case DVMM_MSG_ANNOUNCE:
		return put_announce_body(buf, &msg->announce);
	case DVMM_MSG_DELAY_RESP:
		put_port_id(buf + AT_REQUESTER, &msg->requester);
		return put_steering(end, &msg->steering);
	case DVMM_MSG_FOLLOW_UP:
		return put_steering(end, &msg->steering);
	default:
		return 0;
	}
}

size_t dvmm_wire_encode(const struct dvmm_msg *msg, u8 *buf)
{
	size_t len;

	memset(buf, 0, DVMM_WIRE_TX_MAX);
	put_time(buf + AT_TIME, msg->time_ns);
	len = body_len(msg->type) + put_rest(buf, msg);
	put_header(buf, msg, len);
	return len;
}

static int get_cluster(const u8 *data, struct dvmm_announce *a)
{
	struct dvmm_wire_cluster *c = &a->cluster;

	c->held = data[1] & CLUSTER_FLAG_HELD;
	c->rate_error_ppm = (u16)get_be(data + 2, 2);
	c->cluster.tsc_khz = (u32)get_be(data + 4, 4);
	c->cluster.id = get_be(data + 8, 8);
	c->cluster.epoch_ns = get_be(data + 16, 8);
	c->inherited_ns = get_be(data + 24, 8);
	memcpy(c->predecessor, data + 32, sizeof(c->predecessor));
	if (!c->cluster.id || c->cluster.epoch_ns > S64_MAX)
		return -DVMM_WIRE_VALUE;
	if (c->cluster.tsc_khz < TSC_KHZ_MIN || c->cluster.tsc_khz > TSC_KHZ_MAX)
		return -DVMM_WIRE_VALUE;
	a->has_cluster = true;
	return 0;
}

static int get_steering(const u8 *data, struct dvmm_wire_steering *steering)
{
	steering->ppb = (s32)get_be(data + 4, 4);
	steering->ns = (s64)get_be(data + 8, 8);
	if (steering->ppb < -STEERING_PPB_MAX || steering->ppb > STEERING_PPB_MAX)
		return -DVMM_WIRE_VALUE;
	if (steering->ns < -STEERING_NS_MAX || steering->ns > STEERING_NS_MAX)
		return -DVMM_WIRE_VALUE;
	return 0;
}

static bool is_ours(const u8 *value, size_t len, const u8 *org, size_t min_len)
{
	return len >= min_len && !memcmp(value, org, ORG_LEN) && value[ORG_LEN] >= OURS_VERSION;
}

/* One TLV's value; those not known, or not for this message, are skipped (14.2.2). */
static int get_tlv(u16 type, const u8 *value, size_t len, struct dvmm_msg *msg)
{
	if (type != TLV_ORGANIZATION_EXTENSION)
		return 0;
	if (msg->type == DVMM_MSG_ANNOUNCE) {
		if (is_ours(value, len, cluster_org, CLUSTER_TLV_LEN))
			return get_cluster(value + ORG_LEN, &msg->announce);
	} else if (is_ours(value, len, steering_org, STEERING_TLV_LEN)) {
		return get_steering(value + ORG_LEN, &msg->steering);
	}
	return 0;
}

/* lengthField is even (14.1.1). */
static int get_tlvs(const u8 *p, size_t left, struct dvmm_msg *msg)
{
	while (left) {
		u16 type, len;
		int ret;

		if (left < TLV_HEADER_LEN)
			return -DVMM_WIRE_TLV;
		type = (u16)get_be(p, 2);
		len = (u16)get_be(p + 2, 2);
		p += TLV_HEADER_LEN;
		left -= TLV_HEADER_LEN;
		if (len > left || len & 1)
			return -DVMM_WIRE_TLV;
		ret = get_tlv(type, p, len, msg);
		if (ret)
			return ret;
		p += len;
		left -= len;
	}
	return 0;
}

static void get_announce(const u8 *buf, struct dvmm_announce *a)
{
	a->utc_offset_s = (s16)get_be(buf + AT_UTC_OFFSET, 2);
	a->priority1 = buf[AT_PRIORITY1];
	a->quality.class = buf[AT_QUALITY];
	a->quality.accuracy = buf[AT_QUALITY + 1];
	a->quality.variance = (u16)get_be(buf + AT_QUALITY + 2, 2);
	a->priority2 = buf[AT_PRIORITY2];
	memcpy(a->grandmaster, buf + AT_GRANDMASTER, sizeof(a->grandmaster));
	a->steps_removed = (u16)get_be(buf + AT_STEPS, 2);
	a->time_source = buf[AT_TIME_SOURCE];
}

static void get_header(const u8 *buf, struct dvmm_msg *msg)
{
	msg->type = buf[AT_TYPE] & 0xf;
	msg->domain = buf[AT_DOMAIN];
	msg->flags = (u16)get_be(buf + AT_FLAGS, 2);
	msg->correction = (s64)get_be(buf + AT_CORRECTION, 8);
	get_port_id(buf + AT_SOURCE, &msg->source);
	msg->sequence = (u16)get_be(buf + AT_SEQUENCE, 2);
	msg->log_interval = (s8)buf[AT_LOG_INTERVAL];
}

/*
 * Whatever the sender claims, nothing past @len is looked at. A datagram may be
 * longer than its message (padding), never shorter.
 */
static int check_frame(const u8 *buf, size_t len)
{
	size_t body, claimed;

	if (len < HEADER_LEN)
		return -DVMM_WIRE_SHORT;
	if ((buf[AT_VERSION] & 0xf) != PTP_VERSION_2)
		return -DVMM_WIRE_VERSION;
	if (buf[AT_TYPE] >> 4)
		return -DVMM_WIRE_PROFILE;
	body = body_len(buf[AT_TYPE] & 0xf);
	if (!body)
		return -DVMM_WIRE_TYPE;
	if (len < body)
		return -DVMM_WIRE_SHORT;
	claimed = get_be(buf + AT_LENGTH, 2);
	return claimed < body || claimed > len ? -DVMM_WIRE_LENGTH : 0;
}

static bool may_carry_ours(enum dvmm_msg_type type)
{
	return type == DVMM_MSG_ANNOUNCE || type == DVMM_MSG_FOLLOW_UP ||
	       type == DVMM_MSG_DELAY_RESP;
}

int dvmm_wire_decode(struct dvmm_msg *msg, const u8 *buf, size_t len)
{
	int ret = check_frame(buf, len);
	size_t body;

	if (ret)
		return ret;
	memset(msg, 0, sizeof(*msg));
	get_header(buf, msg);
	ret = get_time(buf + AT_TIME, &msg->time_ns);
	if (ret || !may_carry_ours(msg->type))
		return ret;
	if (msg->type == DVMM_MSG_DELAY_RESP)
		get_port_id(buf + AT_REQUESTER, &msg->requester);
	if (msg->type == DVMM_MSG_ANNOUNCE)
		get_announce(buf, &msg->announce);
	body = body_len(msg->type);
	return get_tlvs(buf + body, get_be(buf + AT_LENGTH, 2) - body, msg);
}
