/* SPDX-License-Identifier: GPL-2.0 */
/* The clocks of a virtual machine besides its TSC, read at their hardware. */
#ifndef DVMM_GUEST_CLOCKS_H
#define DVMM_GUEST_CLOCKS_H

#include <stdint.h>

/**
 * struct clock_source - a counter that counts up
 * @name: as on the command line
 * @find: sets @hz and @bits; ends the program where the machine has none
 * @read: its @bits bits
 * @hz: ticks in a second
 * @bits: its width
 */
struct clock_source {
	const char *name;
	void (*find)(struct clock_source *source);
	uint64_t (*read)(void);
	uint64_t hz;
	uint32_t bits;
};

/* The one of that name; ends the program where there is none. Found already. */
struct clock_source *clock_source_named(const char *name);

#endif
