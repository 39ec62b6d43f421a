// SPDX-License-Identifier: GPL-2.0
/*
 * Has QEMU's igb stamp what it receives, which it does once only as it is.
 *
 * usage: igbrx IFACE TYPE	until killed; TYPE is PTP's messageType
 *
 * An 82576 stamps event messages of all types, and the next one as soon as RXSTMPH has been
 * read, which is what Linux does. QEMU's stamps those of the one type in TSYNCRXCFG that
 * Linux leaves 0, and the next one when RXSATRH has been read. So that is written, and that
 * read as soon as a stamp has been there for two looks. Only on Ethernet (0x88F7).
 *
 * The kernel must have been booted with iomem=relaxed.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BAR_SIZE 0x20000
#define TSYNCRXCFG 0x5f50
#define TSYNCRXCTL 0xb620
#define TSYNCRXCTL_VALID 1
#define RXSTMPL 0xb624
#define RXSATRH 0xb630

/* Longer than the driver takes to read a stamp, shorter than between two Sync. */
#define LOOK_US 10000

static volatile uint32_t *map(const char *iface)
{
	char path[128];
	void *bar;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/resource0", iface);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	bar = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED) {
		perror("mmap (iomem=relaxed?)");
		exit(EXIT_FAILURE);
	}
	close(fd);
	return bar;
}

int main(int argc, char **argv)
{
	volatile uint32_t *bar;
	uint32_t before = 0, stamp;

	if (argc != 3) {
		fprintf(stderr, "usage: igbrx IFACE TYPE\n");
		return EXIT_FAILURE;
	}
	bar = map(argv[1]);
	for (;; usleep(LOOK_US)) {
		bar[TSYNCRXCFG / 4] = atoi(argv[2]) << 8;
		stamp = 0;
		if (bar[TSYNCRXCTL / 4] & TSYNCRXCTL_VALID)
			stamp = bar[RXSTMPL / 4];
		if (stamp && stamp == before)
			(void)bar[RXSATRH / 4];
		before = stamp;
	}
}
