/* SPDX-License-Identifier: GPL-2.0 */
/* Quantities as people write them: 60us, 50ppm, 3%, 20s. */
#ifndef SIM_UNITS_H
#define SIM_UNITS_H

#include "dvmm_pure.h"

/* What a quantity is of. Times are in ns, ratios in ppb. */
#define SIM_TIME 't'
#define SIM_RATIO 'r'
#define SIM_NUMBER 'n'

/* Read all of @word; false if it is no such quantity. */
bool sim_units_read(const char *word, char kind, double *value);

/* The other way round. */
void sim_units_write(char *buf, size_t size, char kind, double value);

/* "a time, such as 60us" */
const char *sim_units_example(char kind);

#endif
