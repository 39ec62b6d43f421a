// SPDX-License-Identifier: GPL-2.0
/* The clocks of a virtual machine besides its TSC. */
#include <errno.h>
#include <error.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>

#include "clocks.h"

/* ACPI 6.5, table 5.9: FADT. */
#define FADT_PM_TMR_BLK 76
#define FADT_FLAGS 112
#define FADT_TMR_VAL_EXT (1 << 8)

static uint16_t pm_port;

static void ports_wanted(void)
{
	if (iopl(3))
		error(1, errno, "no access to ports");
}

static void pm_find(struct clock_source *source)
{
	uint8_t fadt[116] = {};
	uint32_t flags, block;
	FILE *file = fopen("/sys/firmware/acpi/tables/FACP", "r");

	if (!file || fread(fadt, sizeof(fadt), 1, file) != 1)
		error(1, errno, "no FADT");
	fclose(file);
	memcpy(&block, fadt + FADT_PM_TMR_BLK, sizeof(block));
	memcpy(&flags, fadt + FADT_FLAGS, sizeof(flags));
	ports_wanted();
	pm_port = block;
	source->hz = 3579545;
	source->bits = flags & FADT_TMR_VAL_EXT ? 32 : 24;
}

static uint64_t pm_read(void)
{
	return inl(pm_port);
}

static struct clock_source sources[] = {
	{ .name = "pm", .find = pm_find, .read = pm_read },
};

struct clock_source *clock_source_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strcmp(sources[i].name, name))
			continue;
		sources[i].find(&sources[i]);
		return &sources[i];
	}
	error(1, 0, "no clock %s", name);
	return NULL;
}
