/* SPDX-License-Identifier: GPL-2.0 */
/* The module parameters of synchronisation. */
#ifndef DVMM_PARAMS_H
#define DVMM_PARAMS_H

#include "port.h"
#include "stamps.h"

/*
 * What the user asked for, checked; identity, host_khz, utc_offset_s and address are
 * not touched. Return: 0, or -EINVAL after one line in the log that says what is wrong.
 */
int __must_check dvmm_params_get(struct dvmm_port_config *config);

/* The interface's name as given; empty if none was. */
const char *dvmm_params_iface(void);

/* Return: 0, or -EINVAL after one line in the log that says what is wrong. */
int __must_check dvmm_params_stamps(enum dvmm_stamps_choice *choice);

/* Which device's memory the hosts share, and where in it our part begins. */
const char *dvmm_params_shm(u64 *offset);

#endif
