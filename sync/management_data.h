/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a port shows of itself: the dataFields of IEEE 1588-2019 15.5.3, by managementId.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_MANAGEMENT_DATA_H
#define DVMM_MANAGEMENT_DATA_H

#include "port.h"

/* NULL_MANAGEMENT: may be read, set and commanded, to no effect. */
#define DVMM_MANAGEMENT_NULL 0x0000

/**
 * dvmm_management_get() - the value of a managementId
 * @id: managementId (table 59)
 * @data: has room for DVMM_MANAGEMENT_DATA_MAX bytes
 *
 * Return: the length of what is in @data now, even; or a negative enum
 * dvmm_management_error: not known, or not to be had here or now.
 */
int __must_check dvmm_management_get(struct dvmm_port *p, u16 id, u8 *data);

#endif
