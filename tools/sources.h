/* SPDX-License-Identifier: GPL-2.0 */
/* The time sources of the host, for people and for programs. */
#ifndef DVMMCTL_SOURCES_H
#define DVMMCTL_SOURCES_H

#include <stdio.h>

#include "client.h"

/* A table, one line per source. */
void print_sources(FILE *out, const struct dvmm_source_list *list);

/* A JSON array with one object per source. */
void print_sources_json(FILE *out, const struct dvmm_source_list *list);

#endif
