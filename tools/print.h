/* SPDX-License-Identifier: GPL-2.0 */
/* A status for people, and for programs. Knows nothing of netlink. */
#ifndef DVMMCTL_PRINT_H
#define DVMMCTL_PRINT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "client.h"

/* What bound_ns and guest_bound_ns are while no bound can be given. */
#define NO_BOUND (~(__u64)0)

#define IDENTITY_MAX sizeof("001122.fffe.334455")
#define SUMMARY_MAX 96

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* "slave", "synchronised"; "unknown" for one of a later version. */
const char *role_name(__u32 role);
const char *state_name(__u32 state);
const char *reference_state_name(__u32 state);
const char *stamps_name(__u32 stamps);

/* Zeros stand for no clock at all. */
bool is_nobody(const __u8 id[DVMM_IDENTITY_LEN]);

/* "001122.fffe.334455", as pmc of linuxptp writes it. */
void format_identity(char text[IDENTITY_MAX], const __u8 id[DVMM_IDENTITY_LEN]);

/* "slave of 001122.fffe.334455, synchronised" */
void summary(char text[SUMMARY_MAX], const struct dvmm_status *status);

/* Aligned, one line per thing to know. */
void print_status(FILE *out, const struct dvmm_status *status);

/* One line about an event seen at @when. */
void print_event(FILE *out, const struct timespec *when, const struct dvmm_status *status);

/* A time series: its header, and one row of it. */
void print_series_header(FILE *out);
void print_series(FILE *out, const struct dvmm_status *status);

/* One JSON object and a newline; @pretty: one member per line. */
void print_json(FILE *out, const struct dvmm_status *status, bool pretty);

#endif
