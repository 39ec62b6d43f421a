/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What PTP does not carry: TLVs of our own, ORGANIZATION_EXTENSION (IEEE 1588-2019
 * 14.3), which everybody else skips. Documentation/protocol.rst has the tables.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_WIRE_ORG_H
#define DVMM_WIRE_ORG_H

#include "wire.h"

#define DVMM_TLV_ORGANIZATION_EXTENSION 0x0003

/* Write a TLV to @tlv. Return: its length, header included; 0 where there is none to tell. */
size_t dvmm_wire_put_cluster(u8 *tlv, const struct dvmm_wire_cluster *c);
size_t dvmm_wire_put_steering(u8 *tlv, const struct dvmm_wire_steering *steering);
size_t dvmm_wire_put_opinion(u8 *tlv, const struct dvmm_wire_opinion *o);
size_t dvmm_wire_put_peer(u8 *tlv, const struct dvmm_wire_peer *peer);

/*
 * Read the value of such a TLV into @msg; one that is not ours, or not for this message,
 * is skipped. Return: 0 or a negative enum dvmm_wire_error.
 */
int __must_check dvmm_wire_get_org(const u8 *value, size_t len, struct dvmm_msg *msg);

#endif
