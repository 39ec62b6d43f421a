// SPDX-License-Identifier: GPL-2.0
/* PTP messages on the wire. All fields are big-endian (IEEE 1588-2019 13.2). */
#include "wire_bytes.h"
#include "wire_management.h"
#include "wire_org.h"
#include "wire_signaling.h"

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

/*
 * The bodies: originTimestamp first in all of them (13.5 to 13.11) but those of Signaling
 * and Management.
 */
enum {
	AT_TIME = HEADER_LEN,
	TIME_LEN = 10,
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

#define PTP_VERSION_2 2
#define PTP_VERSION_2_1 0x12
#define SECONDS_MAX (S64_MAX / DVMM_NSEC_PER_SEC)

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

size_t dvmm_wire_body_len(u8 type)
{
	switch (type) {
	case DVMM_MSG_SYNC:
	case DVMM_MSG_DELAY_REQ:
	case DVMM_MSG_FOLLOW_UP:
		return AT_TIME + TIME_LEN;
	case DVMM_MSG_DELAY_RESP:
	case DVMM_MSG_PDELAY_REQ:
	case DVMM_MSG_PDELAY_RESP:
	case DVMM_MSG_PDELAY_RESP_FOLLOW_UP:
		return AT_REQUESTER + PORT_ID_LEN;
	case DVMM_MSG_ANNOUNCE:
		return ANNOUNCE_LEN;
	case DVMM_MSG_MANAGEMENT:
		return HEADER_LEN + DVMM_MANAGEMENT_BODY_LEN;
	case DVMM_MSG_SIGNALING:
		return HEADER_LEN + DVMM_SIGNALING_BODY_LEN;
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
	case DVMM_MSG_MANAGEMENT:
		return 4;
	default:
		return 5;
	}
}

size_t dvmm_wire_length(const u8 *buf)
{
	return get_be(buf + AT_LENGTH, 2);
}

void dvmm_wire_set_length(u8 *buf, size_t len)
{
	put_be(buf + AT_LENGTH, 2, len);
}

static void put_header(u8 *buf, const struct dvmm_msg *msg, size_t len)
{
	buf[AT_TYPE] = msg->type;
	buf[AT_VERSION] = PTP_VERSION_2_1;
	dvmm_wire_set_length(buf, len);
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

/* The requesting port, and two TLVs. */
static size_t put_delay_resp(u8 *buf, const struct dvmm_msg *msg)
{
	size_t len = dvmm_wire_put_steering(buf + AT_REQUESTER + PORT_ID_LEN, &msg->steering);

	put_port_id(buf + AT_REQUESTER, &msg->requester);
	return len + dvmm_wire_put_peer(buf + AT_REQUESTER + PORT_ID_LEN + len, &msg->peer);
}

static size_t put_pdelay_follow_up(u8 *buf, const struct dvmm_msg *msg)
{
	put_port_id(buf + AT_REQUESTER, &msg->requester);
	return dvmm_wire_put_opinion(buf + AT_REQUESTER + PORT_ID_LEN, &msg->opinion);
}

static size_t put_announce_body(u8 *buf, const struct dvmm_announce *a)
{
	put_announce(buf, a);
	return a->has_cluster ? dvmm_wire_put_cluster(buf + ANNOUNCE_LEN, &a->cluster) : 0;
}

/* Return: the length of what is there beyond the body. */
static size_t put_rest(u8 *buf, const struct dvmm_msg *msg)
{
	switch (msg->type) {
	case DVMM_MSG_ANNOUNCE:
		return put_announce_body(buf, &msg->announce);
	case DVMM_MSG_DELAY_RESP:
		return put_delay_resp(buf, msg);
	case DVMM_MSG_FOLLOW_UP:
		return dvmm_wire_put_steering(buf + AT_TIME + TIME_LEN, &msg->steering);
	case DVMM_MSG_PDELAY_RESP:
		put_port_id(buf + AT_REQUESTER, &msg->requester);
		return 0;
	case DVMM_MSG_PDELAY_RESP_FOLLOW_UP:
		return put_pdelay_follow_up(buf, msg);
	case DVMM_MSG_SIGNALING:
		return dvmm_wire_put_signaling(buf + HEADER_LEN, &msg->signaling);
	case DVMM_MSG_MANAGEMENT:
		return dvmm_wire_put_management(buf + HEADER_LEN, &msg->management);
	default:
		return 0;
	}
}

size_t dvmm_wire_encode(const struct dvmm_msg *msg, u8 *buf)
{
	size_t len;

	memset(buf, 0, DVMM_WIRE_TX_MAX);
	put_time(buf + AT_TIME, msg->time_ns);
	len = dvmm_wire_body_len(msg->type) + put_rest(buf, msg);
	put_header(buf, msg, len);
	return len;
}

/* One TLV's value; those not known are skipped (14.2.2). */
static int get_tlv(u16 type, const u8 *value, size_t len, struct dvmm_msg *msg)
{
	if (msg->type == DVMM_MSG_MANAGEMENT)
		return dvmm_wire_get_management_tlv(type, value, len, &msg->management);
	if (msg->type == DVMM_MSG_SIGNALING)
		return dvmm_wire_get_signaling_tlv(type, value, len, &msg->signaling);
	return type == DVMM_TLV_ORGANIZATION_EXTENSION ? dvmm_wire_get_org(value, len, msg) : 0;
}

/* lengthField is even (14.1.1). */
static int get_tlvs(const u8 *p, size_t left, struct dvmm_msg *msg)
{
	while (left) {
		u16 type, len;
		int ret;

		if (left < DVMM_TLV_HEADER_LEN)
			return -DVMM_WIRE_TLV;
		type = (u16)get_be(p, 2);
		len = (u16)get_be(p + 2, 2);
		p += DVMM_TLV_HEADER_LEN;
		left -= DVMM_TLV_HEADER_LEN;
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
	body = dvmm_wire_body_len(buf[AT_TYPE] & 0xf);
	if (!body)
		return -DVMM_WIRE_TYPE;
	if (len < body)
		return -DVMM_WIRE_SHORT;
	claimed = dvmm_wire_length(buf);
	return claimed < body || claimed > len ? -DVMM_WIRE_LENGTH : 0;
}

static bool may_carry_tlvs(enum dvmm_msg_type type)
{
	return type == DVMM_MSG_ANNOUNCE || type == DVMM_MSG_FOLLOW_UP ||
	       type == DVMM_MSG_DELAY_RESP || type == DVMM_MSG_PDELAY_RESP_FOLLOW_UP ||
	       type == DVMM_MSG_MANAGEMENT || type == DVMM_MSG_SIGNALING;
}

static int get_body(const u8 *buf, struct dvmm_msg *msg)
{
	if (msg->type == DVMM_MSG_MANAGEMENT) {
		dvmm_wire_get_management(buf + HEADER_LEN, &msg->management);
		return 0;
	}
	if (msg->type == DVMM_MSG_SIGNALING) {
		dvmm_wire_get_signaling(buf + HEADER_LEN, &msg->signaling);
		return 0;
	}
	if (dvmm_msg_is_response(msg->type))
		get_port_id(buf + AT_REQUESTER, &msg->requester);
	if (msg->type == DVMM_MSG_ANNOUNCE)
		get_announce(buf, &msg->announce);
	return get_time(buf + AT_TIME, &msg->time_ns);
}

int dvmm_wire_decode(struct dvmm_msg *msg, const u8 *buf, size_t len)
{
	int ret = check_frame(buf, len);
	size_t body;

	if (ret)
		return ret;
	memset(msg, 0, sizeof(*msg));
	get_header(buf, msg);
	ret = get_body(buf, msg);
	if (ret || !may_carry_tlvs(msg->type))
		return ret;
	body = dvmm_wire_body_len(msg->type);
	return get_tlvs(buf + body, dvmm_wire_length(buf) - body, msg);
}
