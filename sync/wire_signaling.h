/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The body of Signaling (IEEE 1588-2019 13.12), and the one TLV of it that is heeded: the
 * message interval request of IEEE 802.1AS-2011 10.5.4.3, which ptp4l sends and heeds
 * in any profile. Unicast negotiation (1588-2019 16.1) is not spoken.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_WIRE_SIGNALING_H
#define DVMM_WIRE_SIGNALING_H

#include "wire.h"

/* What is between the header and the TLV. */
#define DVMM_SIGNALING_BODY_LEN 10

/* Write body and TLV. Return: the length of the TLV. */
size_t dvmm_wire_put_signaling(u8 *body, const struct dvmm_signaling *s);

void dvmm_wire_get_signaling(const u8 *body, struct dvmm_signaling *s);

/*
 * Take in a TLV's value; of several requests the last counts, others are skipped. Return:
 * 0 or a negative enum dvmm_wire_error.
 */
int __must_check dvmm_wire_get_signaling_tlv(u16 type, const u8 *value, size_t len,
					     struct dvmm_signaling *s);

#endif
