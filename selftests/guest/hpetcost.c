// SPDX-License-Identifier: GPL-2.0
/* What it costs to read the HPET's counter, in TSC ticks. Linux lets root map its registers. */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>

#include "batch.h"

#define COUNTER (0xf0 / 4)

static volatile uint32_t *hpet;

static void do_read(uint64_t count)
{
	while (count--)
		(void)hpet[COUNTER];
}

int main(int argc, char **argv)
{
	uint64_t total = batch_total(argc, argv, 10000);
	int fd = open("/dev/hpet", O_RDONLY);

	if (fd < 0)
		error(1, errno, "/dev/hpet");
	hpet = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (hpet == MAP_FAILED)
		error(1, errno, "/dev/hpet");
	batch_measure("hpet", do_read, total);
	return 0;
}
