/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that the oracle's two parties share. */
#ifndef DVMM_GUEST_WINDOW_H
#define DVMM_GUEST_WINDOW_H

#include <stddef.h>

/**
 * window_map() - map shared memory
 * @path: a file of at least @size bytes; NULL for the BAR of the first
 *	  ivshmem-plain device, which is found in sysfs and enabled
 * @size: how much to map
 *
 * Ends the program with one line where that is not possible.
 */
void *window_map(const char *path, size_t size);

#endif
