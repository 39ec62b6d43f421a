// SPDX-License-Identifier: GPL-2.0
/* The body of Signaling messages and its TLV. */
#include "wire_bytes.h"
#include "wire_org.h"
#include "wire_signaling.h"

/* Offsets in the TLV's value. */
enum {
	ORG_LEN = 6,
	AT_PDELAY = ORG_LEN,
	AT_SYNC,
	AT_ANNOUNCE,
	/* flags, and two reserved octets */
	REQUEST_LEN = ORG_LEN + 6,
};

/* organizationId of IEEE 802.1, organizationSubType 2. */
static const u8 interval_request[ORG_LEN] = { 0x00, 0x80, 0xc2, 0x00, 0x00, 0x02 };

size_t dvmm_wire_put_signaling(u8 *body, const struct dvmm_signaling *s)
{
	u8 *tlv = body + DVMM_SIGNALING_BODY_LEN, *value = tlv + DVMM_TLV_HEADER_LEN;

	put_port_id(body, &s->target);
	if (!s->has_intervals)
		return 0;
	put_be(tlv, 2, DVMM_TLV_ORGANIZATION_EXTENSION);
	put_be(tlv + 2, 2, REQUEST_LEN);
	memcpy(value, interval_request, ORG_LEN);
	value[AT_PDELAY] = (u8)s->intervals.pdelay;
	value[AT_SYNC] = (u8)s->intervals.sync;
	value[AT_ANNOUNCE] = (u8)s->intervals.announce;
	return DVMM_TLV_HEADER_LEN + REQUEST_LEN;
}

void dvmm_wire_get_signaling(const u8 *body, struct dvmm_signaling *s)
{
	get_port_id(body, &s->target);
}

int dvmm_wire_get_signaling_tlv(u16 type, const u8 *value, size_t len, struct dvmm_signaling *s)
{
	if (type != DVMM_TLV_ORGANIZATION_EXTENSION || len < ORG_LEN ||
	    memcmp(value, interval_request, ORG_LEN))
		return 0;
	if (len < REQUEST_LEN)
		return -DVMM_WIRE_TLV;
	s->has_intervals = true;
	s->intervals.pdelay = (s8)value[AT_PDELAY];
	s->intervals.sync = (s8)value[AT_SYNC];
	s->intervals.announce = (s8)value[AT_ANNOUNCE];
	return 0;
}
