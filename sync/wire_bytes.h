/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes and the pieces that messages share. All fields are big-endian (IEEE 1588-2019
 * 13.2).
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_WIRE_BYTES_H
#define DVMM_WIRE_BYTES_H

#include "wire.h"

#define PORT_ID_LEN 10

/* TLVs: tlvType, lengthField, then the value (14.1). */
#define DVMM_TLV_HEADER_LEN 4

static inline u64 get_be(const u8 *p, size_t bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | *p++;
	return value;
}

static inline void put_be(u8 *p, size_t bytes, u64 value)
{
	while (bytes--) {
		p[bytes] = (u8)value;
		value >>= 8;
	}
}

static inline void put_port_id(u8 *p, const struct dvmm_port_id *id)
{
	memcpy(p, id->clock, sizeof(id->clock));
	put_be(p + sizeof(id->clock), 2, id->port);
}

static inline void get_port_id(const u8 *p, struct dvmm_port_id *id)
{
	memcpy(id->clock, p, sizeof(id->clock));
	id->port = (u16)get_be(p + sizeof(id->clock), 2);
}

#endif
