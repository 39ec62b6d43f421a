// SPDX-License-Identifier: GPL-2.0
/* TLVs of our own. */
#include "wire_bytes.h"
#include "wire_org.h"

enum {
	ORG_LEN = 6,
	OURS_VERSION = 1,
	CLUSTER_TLV_LEN = ORG_LEN + 44,
	CLUSTER_FLAG_HELD = 1,
	CLUSTER_FLAG_REFUSED = 2,
	STEERING_TLV_LEN = ORG_LEN + 16,
	OPINION_TLV_LEN = ORG_LEN + 40,
	PEER_TLV_LEN = ORG_LEN + 28,
};

/*
 * organizationId: unicast, locally administered, so that it is nobody's OUI; then the
 * organizationSubType. The data begin with version and flags. A later version may
 * append fields, so a longer TLV is read as far as it is known.
 */
static const u8 cluster_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 1 };
static const u8 steering_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 2 };
static const u8 opinion_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 3 };
static const u8 peer_org[ORG_LEN] = { 0x02, 'D', 'V', 'M', 'M', 4 };

/* Guests at 10 MHz to 16 GHz; anything else is an accident or an attack. */
#define TSC_KHZ_MIN 10000
#define TSC_KHZ_MAX 16000000

/* As far as a leader can be steered (DVMM_ADJFINE_MAX_PPB), which in 100 years is 2^58 ns. */
#define STEERING_PPB_MAX 100000
#define STEERING_NS_MAX (S64_MAX / 32)

/* In 16 bits. */
#define SLEW_UNIT_PPB 10

/* Two counters whose nominal rates are wrong as far as is believed (DVMM_SKEW_MAX_PPB). */
#define OPINION_PPB_MAX 6000000
#define OPINION_NS_MAX (S64_MAX / 2)

/* Return: where the data go. */
static u8 *put_tlv(u8 *tlv, const u8 *org, size_t len)
{
	put_be(tlv, 2, DVMM_TLV_ORGANIZATION_EXTENSION);
	put_be(tlv + 2, 2, len);
	memcpy(tlv + DVMM_TLV_HEADER_LEN, org, ORG_LEN);
	tlv[DVMM_TLV_HEADER_LEN + ORG_LEN] = OURS_VERSION;
	return tlv + DVMM_TLV_HEADER_LEN + ORG_LEN;
}

size_t dvmm_wire_put_cluster(u8 *tlv, const struct dvmm_wire_cluster *c)
{
	u8 *data = put_tlv(tlv, cluster_org, CLUSTER_TLV_LEN);

	data[1] = (c->held ? CLUSTER_FLAG_HELD : 0) | (c->refused ? CLUSTER_FLAG_REFUSED : 0);
	put_be(data + 2, 2, c->rate_error_ppm);
	put_be(data + 4, 4, c->cluster.tsc_khz);
	put_be(data + 8, 8, c->cluster.id);
	put_be(data + 16, 8, c->cluster.epoch_ns);
	put_be(data + 24, 8, c->inherited_ns);
	memcpy(data + 32, c->predecessor, sizeof(c->predecessor));
	data[40] = c->log_request;
	return DVMM_TLV_HEADER_LEN + CLUSTER_TLV_LEN;
}

size_t dvmm_wire_put_steering(u8 *tlv, const struct dvmm_wire_steering *steering)
{
	u8 *data = put_tlv(tlv, steering_org, STEERING_TLV_LEN);

	put_be(data + 2, 2, (u16)(steering->slew_ppb / SLEW_UNIT_PPB));
	put_be(data + 4, 4, (u32)steering->ppb);
	put_be(data + 8, 8, steering->ns);
	return DVMM_TLV_HEADER_LEN + STEERING_TLV_LEN;
}

size_t dvmm_wire_put_opinion(u8 *tlv, const struct dvmm_wire_opinion *o)
{
	u8 *data;

	if (!o->cluster_id)
		return 0;
	data = put_tlv(tlv, opinion_org, OPINION_TLV_LEN);
	put_be(data + 4, 4, o->error_ns);
	put_be(data + 8, 8, o->cluster_id);
	memcpy(data + 16, o->leader, sizeof(o->leader));
	put_be(data + 24, 8, o->ns);
	put_be(data + 32, 4, (u32)o->ppb);
	return DVMM_TLV_HEADER_LEN + OPINION_TLV_LEN;
}

static bool is_nobody(const struct dvmm_port_id *id)
{
	static const struct dvmm_port_id nobody;

	return !memcmp(id->clock, nobody.clock, sizeof(nobody.clock));
}

size_t dvmm_wire_put_peer(u8 *tlv, const struct dvmm_wire_peer *peer)
{
	u8 *data;

	if (is_nobody(&peer->id))
		return 0;
	data = put_tlv(tlv, peer_org, PEER_TLV_LEN);
	put_port_id(data + 2, &peer->id);
	memcpy(data + 12, peer->address.host, sizeof(peer->address.host));
	return DVMM_TLV_HEADER_LEN + PEER_TLV_LEN;
}

static int get_cluster(const u8 *data, struct dvmm_announce *a)
{
	struct dvmm_wire_cluster *c = &a->cluster;

	c->held = data[1] & CLUSTER_FLAG_HELD;
	c->refused = data[1] & CLUSTER_FLAG_REFUSED;
	c->rate_error_ppm = (u16)get_be(data + 2, 2);
	c->cluster.tsc_khz = (u32)get_be(data + 4, 4);
	c->cluster.id = get_be(data + 8, 8);
	c->cluster.epoch_ns = get_be(data + 16, 8);
	c->inherited_ns = get_be(data + 24, 8);
	memcpy(c->predecessor, data + 32, sizeof(c->predecessor));
	c->log_request = (s8)data[40];
	if (!c->cluster.id || c->cluster.epoch_ns > S64_MAX)
		return -DVMM_WIRE_VALUE;
	if (c->cluster.tsc_khz < TSC_KHZ_MIN || c->cluster.tsc_khz > TSC_KHZ_MAX)
		return -DVMM_WIRE_VALUE;
	a->has_cluster = true;
	return 0;
}

static int get_steering(const u8 *data, struct dvmm_wire_steering *steering)
{
	steering->slew_ppb = (s16)get_be(data + 2, 2) * SLEW_UNIT_PPB;
	steering->ppb = (s32)get_be(data + 4, 4);
	steering->ns = (s64)get_be(data + 8, 8);
	if (steering->ppb < -STEERING_PPB_MAX || steering->ppb > STEERING_PPB_MAX)
		return -DVMM_WIRE_VALUE;
	if (abs(steering->slew_ppb) > 2 * STEERING_PPB_MAX)
		return -DVMM_WIRE_VALUE;
	if (steering->ns < -STEERING_NS_MAX || steering->ns > STEERING_NS_MAX)
		return -DVMM_WIRE_VALUE;
	return 0;
}

static int get_opinion(const u8 *data, struct dvmm_wire_opinion *o)
{
	o->error_ns = (u32)get_be(data + 4, 4);
	o->cluster_id = get_be(data + 8, 8);
	memcpy(o->leader, data + 16, sizeof(o->leader));
	o->ns = (s64)get_be(data + 24, 8);
	o->ppb = (s32)get_be(data + 32, 4);
	if (!o->cluster_id || o->ppb < -OPINION_PPB_MAX || o->ppb > OPINION_PPB_MAX)
		return -DVMM_WIRE_VALUE;
	if (o->ns < -OPINION_NS_MAX || o->ns > OPINION_NS_MAX)
		return -DVMM_WIRE_VALUE;
	return 0;
}

static int get_peer(const u8 *data, struct dvmm_wire_peer *peer)
{
	get_port_id(data + 2, &peer->id);
	peer->address.scope = DVMM_TO_ONE;
	memcpy(peer->address.host, data + 12, sizeof(peer->address.host));
	return is_nobody(&peer->id) ? -DVMM_WIRE_VALUE : 0;
}

static bool is_ours(const u8 *value, size_t len, const u8 *org, size_t min_len)
{
	return len >= min_len && !memcmp(value, org, ORG_LEN) && value[ORG_LEN] >= OURS_VERSION;
}

int dvmm_wire_get_org(const u8 *value, size_t len, struct dvmm_msg *msg)
{
	const u8 *data = value + ORG_LEN;

	switch (msg->type) {
	case DVMM_MSG_ANNOUNCE:
		if (is_ours(value, len, cluster_org, CLUSTER_TLV_LEN))
			return get_cluster(data, &msg->announce);
		return 0;
	case DVMM_MSG_PDELAY_RESP_FOLLOW_UP:
		if (is_ours(value, len, opinion_org, OPINION_TLV_LEN))
			return get_opinion(data, &msg->opinion);
		return 0;
	case DVMM_MSG_DELAY_RESP:
		if (is_ours(value, len, peer_org, PEER_TLV_LEN))
			return get_peer(data, &msg->peer);
		fallthrough;
	default:
		if (is_ours(value, len, steering_org, STEERING_TLV_LEN))
			return get_steering(data, &msg->steering);
		return 0;
	}
}
