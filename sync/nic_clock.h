/* SPDX-License-Identifier: GPL-2.0 */
/* The PTP hardware clock of a network interface, which is read and nothing else. */
#ifndef DVMM_NIC_CLOCK_H
#define DVMM_NIC_CLOCK_H

#include "dvmm_pure.h"

struct dvmm_nic_clock;

/**
 * dvmm_nic_clock_open() - the clock that interface @ifindex stamps by
 * @index: where N of its /dev/ptpN goes
 *
 * May sleep. Return: ERR_PTR(-EOPNOTSUPP) where the interface does not stamp both what it
 * sends and what it receives, or by a clock that cannot be found, as a PHY's; or -errno.
 */
struct dvmm_nic_clock *__must_check dvmm_nic_clock_open(int ifindex, int *index);

/* May sleep. */
void dvmm_nic_clock_close(struct dvmm_nic_clock *clock);

/*
 * Read it: it showed *@ns between host counters *@before and *@after. May sleep.
 * Return: 0, or -errno; -ENODEV once it is gone.
 */
int __must_check dvmm_nic_clock_read(struct dvmm_nic_clock *clock, u64 *ns, u64 *before,
				     u64 *after);

#endif
