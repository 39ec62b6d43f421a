// SPDX-License-Identifier: GPL-2.0
/* The body of Management messages and its TLV. */
#include "wire_bytes.h"
#include "wire_management.h"

/* tlvType (table 52). */
#define TLV_MANAGEMENT 0x0001
#define TLV_MANAGEMENT_ERROR_STATUS 0x0002

/* Offsets in the body (table 56). */
enum {
	AT_TARGET = 0,
	AT_STARTING_HOPS = PORT_ID_LEN,
	AT_HOPS,
	AT_ACTION,
	AT_TLV = DVMM_MANAGEMENT_BODY_LEN,
	AT_VALUE = AT_TLV + DVMM_TLV_HEADER_LEN,
};

enum {
	ID_LEN = 2,
	/* two ids, and a reserved field; displayData may follow */
	ERROR_LEN = 8,
};

static size_t put_tlv(u8 *body, const struct dvmm_management *m)
{
	size_t len = ID_LEN + m->len;

	put_be(body + AT_TLV, 2, TLV_MANAGEMENT);
	put_be(body + AT_TLV + 2, 2, len);
	put_be(body + AT_VALUE, 2, m->id);
	if (m->len)
		memcpy(body + AT_VALUE + ID_LEN, m->data, m->len);
	return DVMM_TLV_HEADER_LEN + len;
}

static size_t put_error(u8 *body, const struct dvmm_management *m)
{
	put_be(body + AT_TLV, 2, TLV_MANAGEMENT_ERROR_STATUS);
	put_be(body + AT_TLV + 2, 2, ERROR_LEN);
	put_be(body + AT_VALUE, 2, m->error);
	put_be(body + AT_VALUE + 2, 2, m->id);
	return DVMM_TLV_HEADER_LEN + ERROR_LEN;
}

size_t dvmm_wire_put_management(u8 *body, const struct dvmm_management *m)
{
	put_port_id(body + AT_TARGET, &m->target);
	body[AT_STARTING_HOPS] = m->starting_hops;
	body[AT_HOPS] = m->hops;
	body[AT_ACTION] = m->action;
	if (!m->has_id)
		return 0;
	return m->error ? put_error(body, m) : put_tlv(body, m);
}

/* actionField is the lower half of its octet. */
void dvmm_wire_get_management(const u8 *body, struct dvmm_management *m)
{
	get_port_id(body + AT_TARGET, &m->target);
	m->starting_hops = body[AT_STARTING_HOPS];
	m->hops = body[AT_HOPS];
	m->action = body[AT_ACTION] & 0xf;
}

static int get_tlv(const u8 *value, size_t len, struct dvmm_management *m)
{
	if (len < ID_LEN)
		return -DVMM_WIRE_TLV;
	m->id = (u16)get_be(value, 2);
	return 0;
}

/* managementErrorId 0 is reserved, and would make it look like the other TLV. */
static int get_error(const u8 *value, size_t len, struct dvmm_management *m)
{
	if (len < ERROR_LEN)
		return -DVMM_WIRE_TLV;
	m->error = (u16)get_be(value, 2);
	m->id = (u16)get_be(value + 2, 2);
	return m->error ? 0 : -DVMM_WIRE_VALUE;
}

int dvmm_wire_get_management_tlv(u16 type, const u8 *value, size_t len, struct dvmm_management *m)
{
	if (type != TLV_MANAGEMENT && type != TLV_MANAGEMENT_ERROR_STATUS)
		return 0;
	if (m->has_id)
		return -DVMM_WIRE_TLV;
	m->has_id = true;
	return type == TLV_MANAGEMENT ? get_tlv(value, len, m) : get_error(value, len, m);
}
