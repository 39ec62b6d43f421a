// SPDX-License-Identifier: GPL-2.0
/*
 * pit DEVICE KHZ SECONDS: the PIT of a VM of a few instructions. It serves once it was created,
 * counts what the TSC, of KHZ exactly, says to the tick, interrupts as often as it should and
 * never early, and is saved and restored.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ports.h"

#define HZ 1193182

static struct vm vm;
static uint64_t khz;

static uint64_t tick(uint64_t tsc)
{
	return ticks_of_tsc(tsc, khz, HZ);
}

/*
 * The control word and both bytes; the load follows the last one's tick. Interrupts of what
 * ran before, and one by the control word itself, are not counted.
 */
static struct access program(int channel, int mode, uint16_t count)
{
	port_out(&vm, 0x43, channel << 6 | 0x30 | mode << 1);
	if (!channel) {
		usleep(2000);
		pic_set_up(&vm, 0);
	}
	port_out(&vm, 0x40 + channel, count);
	return port_out(&vm, 0x40 + channel, count >> 8);
}

static void test_created(void)
{
	struct kvm_pit_config config = {};
	struct kvm_pit_state2 state;

	check(port_in(&vm, 0x40).passed_on && port_out(&vm, 0x61, 0).passed_on,
	      "no PIT before one is created");
	check(ioctl(vm.fd, KVM_GET_PIT2, &state) && errno == ENXIO, "nor a state");
	check(!ioctl(vm.fd, KVM_CREATE_PIT2, &config), "KVM_CREATE_PIT2");
	check(ioctl(vm.fd, KVM_CREATE_PIT2, &config) && errno == EEXIST, "only once");
	check(!port_in(&vm, 0x40).passed_on && !port_in(&vm, 0x61).passed_on, "then it serves");
}

/* Which tick it was loaded at must be the same one, whatever is read. */
static void test_time(uint64_t seconds)
{
	struct access a = program(2, 2, 0);
	uint64_t low = tick(a.before) + 1, high = tick(a.after) + 1, first = a.after;
	uint64_t samples = 0, wrong = 0;

	do {
		uint64_t from = low;
		uint16_t count;
		int64_t off;

		a = port_out(&vm, 0x43, 0x80);
		count = port_in(&vm, 0x42).value;
		count |= port_in(&vm, 0x42).value << 8;
		if (tick(a.after) - tick(a.before) > 10000)	/* no use where it may have wrapped */
			continue;
		off = (int16_t)(tick(a.before) + count - from);
		if (off > 0)
			low = from + off;
		off += tick(a.after) - tick(a.before);
		if (from + off < high)
			high = from + off;
		wrong += low > high;
		samples++;
	} while (a.after - first < seconds * khz * 1000);
	printf("# %llu samples, %llu wrong\n", (long long)samples, (long long)wrong);
	check(!wrong && samples > 100 * seconds, "its count is what the TSC says, to the tick");
}

/* OUT and the refresh bit of port 0x61. */
static void test_port_61(void)
{
	int high = 0, refresh = 0, i;

	program(2, 3, 100);
	for (i = 0; i < 2000; i++) {
		uint8_t value = port_in(&vm, 0x61).value;

		high += !!(value & 0x20);
		refresh += !!(value & 0x10);
	}
	printf("# OUT was high %d times, the refresh bit %d, of 2000\n", high, refresh);
	check(high > 200 && high < 1800 && refresh > 200 && refresh < 1800, "port 0x61 is alive");
}

/*
 * How many of @irqs interrupts, the first of which is due at the tick @due, are early; @late:
 * by how many ticks the last is late.
 */
static unsigned int count_early(uint64_t due, uint16_t period, unsigned int irqs, int64_t *late)
{
	static uint64_t tsc[IRQS_MAX];
	unsigned int i, early = 0;

	wait_for_irqs(&vm, 0, irqs, tsc, NULL);
	for (i = 0; i < irqs; i++) {
		*late = tick(tsc[i]) - (due + (uint64_t)i * period);
		early += *late < 0;
	}
	return early;
}

/* Missed ticks are caught up with: where they are not, in the end, some were lost. */
static void test_periodic(int mode, uint16_t count, unsigned int irqs)
{
	struct access a = program(0, mode, count);
	uint64_t low = tick(a.before) + 1 + count;
	unsigned int early = 0, total = 0, rounds = 0;
	int64_t late, worst = 0;

	do {
		early += count_early(low + (uint64_t)total * count, count, irqs, &late);
		total += irqs;
		if (late > worst)
			worst = late;
	} while (late >= count + HZ / 1000 && ++rounds < 10);
	printf("# mode %d, %u Hz: %u interrupts, %u early, late by %lld us at times, %lld in the end\n",
	       mode, HZ / count, total, early, (long long)worst * 1000000 / HZ,
	       (long long)late * 1000000 / HZ);
	check(!early, "no interrupt of them is early");
	check(late < count + HZ / 1000, "and none is lost");
}

static void test_one_shot(int mode, unsigned int times)
{
	unsigned int i, early = 0;
	uint64_t tsc;

	for (i = 0; i < times; i++) {
		uint16_t count = 10 + (i * 7919) % 30000;
		struct access a = program(0, mode, count);

		wait_for_irqs(&vm, 0, 1, &tsc, NULL);
		early += tick(tsc) < tick(a.before) + 1 + count + (mode == 4);
	}
	printf("# mode %d: %u shots, %u early\n", mode, times, early);
	check(!early, "no shot is early");
}

/* As QEMU stops and continues: the phase must be the one it had. */
static void test_saved(void)
{
	struct kvm_pit_state2 state;
	struct access a = program(0, 2, 50000);
	uint64_t low = tick(a.before) + 1, high = tick(a.after) + 1, at[3];
	int i, wrong = 0;

	for (i = 0; i < 20; i++) {
		wrong += !!ioctl(vm.fd, KVM_GET_PIT2, &state);
		wrong += state.channels[0].count != 50000 || state.channels[0].mode != 2;
		wrong += !!ioctl(vm.fd, KVM_SET_PIT2, &state);
	}
	check(!wrong, "KVM_GET_PIT2 and KVM_SET_PIT2");
	a = port_out(&vm, 0x43, 0);
	at[0] = port_in(&vm, 0x40).value;
	at[0] |= port_in(&vm, 0x40).value << 8;
	at[1] = (tick(a.before) - high) % 50000;
	at[2] = tick(a.after) - low - (tick(a.before) - high);
	check((50000 - at[0] + 2 * 50000 - at[1] + 20) % 50000 <= at[2] + 40, "keep its phase");
	memset(&state, 0xff, sizeof(state));
	check(!ioctl(vm.fd, KVM_SET_PIT2, &state), "any state is taken");
	port_in(&vm, 0x40), port_in(&vm, 0x42), port_in(&vm, 0x61);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		die("usage: pit DEVICE KHZ SECONDS");
	khz = strtoull(argv[2], NULL, 0);
	ports_create(&vm, argv[1]);
	test_created();
	port_out(&vm, 0x61, 1);
	test_time(strtoull(argv[3], NULL, 0));
	test_port_61();
	test_periodic(2, 1193, 2000);
	test_periodic(3, 11931, 200);
	test_one_shot(0, 50);
	test_one_shot(4, 50);
	test_saved();
	vm_destroy(&vm);
	return failures ? 1 : 0;
}
