// SPDX-License-Identifier: GPL-2.0
/*
 * What the cheapest exits of a guest cost: CPUID, which KVM answers by itself,
 * and a write to port 0x80, which goes out to QEMU where KVM has no device.
 *
 * The port is written through /dev/port, at the cost of a system call: TCG's
 * SVM takes a task state segment that was marked busy by KVM for one without
 * an I/O bitmap, and ends a program that has no more than ioperm().
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <unistd.h>

#include "batch.h"

#define DELAY_PORT	0x80

static int ports;

static void do_cpuid(uint64_t count)
{
	while (count--) {
		uint32_t a = 0, b, c = 0, d;

		asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	}
}

static void do_pio(uint64_t count)
{
	while (count--)
		if (pwrite(ports, "", 1, DELAY_PORT) != 1)
			error(1, errno, "/dev/port");
}

int main(int argc, char **argv)
{
	uint64_t total = batch_total(argc, argv, 10000);

	ports = open("/dev/port", O_WRONLY);
	if (ports < 0)
		error(1, errno, "/dev/port");
	batch_measure("cpuid", do_cpuid, total);
	batch_measure("pio", do_pio, total);
	return 0;
}
