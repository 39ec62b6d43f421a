/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The body of Management messages and its TLV: IEEE 1588-2019 15.4 and 15.5.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_WIRE_MANAGEMENT_H
#define DVMM_WIRE_MANAGEMENT_H

#include "wire.h"

/* From targetPortIdentity to the first TLV (figure 61). */
#define DVMM_MANAGEMENT_BODY_LEN 14

/*
 * Write @m, body and TLV, to @body, which is all zeros. Return: the TLV's length, header
 * included; 0 where there is none.
 */
size_t dvmm_wire_put_management(u8 *body, const struct dvmm_management *m);

/* Read the DVMM_MANAGEMENT_BODY_LEN bytes of @body, but no TLV. */
void dvmm_wire_get_management(const u8 *body, struct dvmm_management *m);

/*
 * Read a TLV that follows; those of other types are skipped. Return: 0 or a negative enum
 * dvmm_wire_error: there is only one in a message (15.4.1.8).
 */
int __must_check dvmm_wire_get_management_tlv(u16 type, const u8 *value, size_t len,
					      struct dvmm_management *m);

#endif
