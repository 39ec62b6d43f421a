// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "window.h"

#define PCI_DEVICES	"/sys/bus/pci/devices/*"
#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110

static char *attribute_path(const char *device, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", device, name) < 0)
		error(1, errno, "asprintf");
	return path;
}

static bool attribute_is(const char *device, const char *name, unsigned int want)
{
	char *path = attribute_path(device, name);
	FILE *file = fopen(path, "r");
	unsigned int value;
	bool same = file && fscanf(file, "%x", &value) == 1 && value == want;

	if (file)
		fclose(file);
	free(path);
	return same;
}

/* Without a driver nothing else turns on the decoding of the device's BARs. */
static void enable_device(const char *device)
{
	char *path = attribute_path(device, "enable");
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		error(1, errno, "%s", path);
	close(fd);
	free(path);
}

static char *find_bar(void)
{
	char *bar = NULL;
	glob_t devices;

	if (glob(PCI_DEVICES, 0, NULL, &devices))
		error(1, 0, "no PCI devices in sysfs");
	for (size_t i = 0; i < devices.gl_pathc && !bar; i++) {
		const char *device = devices.gl_pathv[i];

		if (!attribute_is(device, "vendor", IVSHMEM_VENDOR) ||
		    !attribute_is(device, "device", IVSHMEM_DEVICE))
			continue;
		enable_device(device);
		bar = attribute_path(device, "resource2");
	}
	globfree(&devices);
	return bar;
}

static void *map_file(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat status;
	void *window;

	if (fd < 0 || fstat(fd, &status))
		error(1, errno, "%s", path);
	if ((size_t)status.st_size < size)
		error(1, 0, "%s: smaller than %zu bytes", path, size);
	window = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (window == MAP_FAILED)
		error(1, errno, "%s", path);
	close(fd);
	return window;
}

void *window_map(const char *path, size_t size)
{
	char *bar = path ? NULL : find_bar();
	void *window;

	if (!path && !bar)
		error(1, 0, "no ivshmem-plain device (1af4:1110)");
	window = map_file(path ? path : bar, size);
	free(bar);
	return window;
}
