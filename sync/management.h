/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Management (IEEE 1588-2019 clause 15): anyone may look, nobody may change anything.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_MANAGEMENT_H
#define DVMM_MANAGEMENT_H

#include "port.h"

/*
 * Answer @req, a Management message, if it asks this port for something: to all where it
 * went to all, to its sender where that one asked by unicast. @now: host counter.
 */
void dvmm_management_answer(struct dvmm_port *p, const struct dvmm_msg *req, u64 now);

#endif
