// SPDX-License-Identifier: GPL-2.0
/* Quantities as people write them. */
#include <math.h>
#include <stdio.h>

#include "units.h"

/* Of each kind, in falling order. */
static const struct {
	const char *name;
	char kind;
	double of_it;
} units[] = {
	{ "d", SIM_TIME, 86400e9 }, { "h", SIM_TIME, 3600e9 }, { "min", SIM_TIME, 60e9 },
	{ "s", SIM_TIME, 1e9 }, { "ms", SIM_TIME, 1e6 }, { "us", SIM_TIME, 1e3 },
	{ "ns", SIM_TIME, 1 },
	{ "%", SIM_RATIO, 1e7 }, { "ppm", SIM_RATIO, 1e3 }, { "ppb", SIM_RATIO, 1 },
	{ "", SIM_NUMBER, 1 },
};

static bool plain(const char *word)
{
	return word[strspn(word, "0123456789.+-")] != 'x' && strchr("0123456789.+-", *word);
}

bool sim_units_read(const char *word, char kind, double *value)
{
	double number;
	char *unit;
	size_t i;

	if (!*word || !plain(word))
		return false;
	number = strtod(word, &unit);
	if (unit == word || !isfinite(number))
		return false;
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].kind == kind && !strcmp(unit, units[i].name)) {
			*value = number * units[i].of_it;
			return fabs(*value) < 1e18;
		}
	return false;
}

static bool fits(size_t i, char kind, double value)
{
	return units[i].kind == kind && fabs(value) >= units[i].of_it && *units[i].name != '%' &&
	       units[i].of_it <= 1e9;
}

void sim_units_write(char *buf, size_t size, char kind, double value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (fits(i, kind, value)) {
			snprintf(buf, size, "%.4g%s", value / units[i].of_it, units[i].name);
			return;
		}
	snprintf(buf, size, "%.4g", value);
}

const char *sim_units_example(char kind)
{
	switch (kind) {
	case SIM_TIME:
		return "a time, such as 60us";
	case SIM_RATIO:
		return "a ratio, such as 50ppm or 3%";
	default:
		return "a number";
	}
}
