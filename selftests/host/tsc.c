// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest on the cluster device reads from its TSC, and what it must not.
 *
 * usage: tsc DEVICE [STOCK-DEVICE]	run the tests
 *        tsc --read DEVICE		one guest reads its TSC once
 *        tsc --hold DEVICE		keep a VM until killed
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

static const char *device, *stock;

#define MANY 1000000
#define FAR (1ULL << 40)

/* Within a second or so of one another, at any TSC frequency there is. */
static bool near(uint64_t a, uint64_t b)
{
	uint64_t distance = a > b ? a - b : b - a;

	return distance < 5000000000ULL;
}

/* Reads alternate between two vCPUs, of one VM or of two: never backwards. */
static bool interleaved(struct vm *a, int cpu_a, struct vm *b, int cpu_b)
{
	uint64_t last = 0, now;
	int i;

	for (i = 0; i < 200; i++) {
		now = i & 1 ? guest_rdtsc(b, cpu_b) : guest_rdtsc(a, cpu_a);
		if (now < last) {
			printf("# %llu after %llu\n", (unsigned long long)now,
			       (unsigned long long)last);
			return false;
		}
		last = now;
	}
	return near(guest_rdtsc(a, cpu_a), guest_rdtsc(b, cpu_b));
}

static bool two_vms_one_line(void)
{
	struct vm a, b;
	bool ok;

	vm_create(&a, device, 1);
	vm_create(&b, device, 1);
	ok = interleaved(&a, 0, &b, 0);
	vm_destroy(&a);
	vm_destroy(&b);
	return ok;
}

static bool late_vcpu_same_line(void)
{
	struct vm vm;
	bool ok;

	vm_create(&vm, device, 1);
	guest_rdtsc(&vm, 0);
	usleep(300000);
	vm_add_vcpu(&vm);
	ok = interleaved(&vm, 0, &vm, 1);
	vm_destroy(&vm);
	return ok;
}

static bool host_write_overridden(void)
{
	uint64_t before, after;
	struct vm vm;

	vm_create(&vm, device, 1);
	before = guest_rdtsc(&vm, 0);
	host_wrmsr(&vm, 0, MSR_IA32_TSC, before + FAR);
	after = guest_rdtsc(&vm, 0);
	vm_destroy(&vm);
	return after >= before && near(before, after);
}

/* What the virtual machine monitor reads is what the guest reads. */
static bool host_read_agrees(void)
{
	uint64_t before, host, after;
	struct vm vm;

	vm_create(&vm, device, 1);
	before = guest_rdtsc(&vm, 0);
	host = host_rdmsr(&vm, 0, MSR_IA32_TSC);
	after = guest_rdtsc(&vm, 0);
	vm_destroy(&vm);
	return before <= host && host <= after;
}

static bool guest_write_of(uint32_t msr, uint64_t value, uint64_t expected_adjust)
{
	uint64_t before, shifted, other, adjust;
	struct vm vm;

	vm_create(&vm, device, 2);
	before = guest_rdtsc(&vm, 0);
	guest_wrmsr(&vm, 0, msr, msr == MSR_IA32_TSC ? before + value : value);
	usleep(100000);		/* lines may change meanwhile: the shift stays */
	shifted = guest_rdtsc(&vm, 0);
	other = guest_rdtsc(&vm, 1);
	adjust = guest_rdmsr(&vm, 0, MSR_IA32_TSC_ADJUST);
	vm_destroy(&vm);
	return near(shifted, before + value) && near(other, before) &&
	       near(adjust, expected_adjust);
}

static bool guest_writes_tsc(void)
{
	return guest_write_of(MSR_IA32_TSC, FAR, FAR);
}

static bool guest_writes_adjust(void)
{
	return guest_write_of(MSR_IA32_TSC_ADJUST, FAR, FAR);
}

/* Host interrupts end a run now and then; a million RDTSCs must not. */
static bool no_rdtsc_exits(void)
{
	uint64_t exits;
	struct vm vm;

	vm_create(&vm, device, 1);
	guest_rdtsc_many(&vm, 0, 1000);
	exits = vcpu_exits(&vm, 0);
	guest_rdtsc_many(&vm, 0, MANY);
	exits = vcpu_exits(&vm, 0) - exits;
	printf("# %llu exits in %d RDTSCs\n", (unsigned long long)exits, MANY);
	vm_destroy(&vm);
	return exits < MANY / 100;
}

/* A VM made through the ordinary /dev/kvm, beside one of ours: its own TSC, from zero. */
static bool stock_untouched(void)
{
	uint64_t created, read, written;
	struct vm ours, theirs;

	vm_create(&ours, device, 1);
	guest_rdtsc(&ours, 0);
	vm_create(&theirs, stock, 1);
	created = guest_rdtsc(&theirs, 0);
	host_wrmsr(&theirs, 0, MSR_IA32_TSC, FAR);
	written = guest_rdtsc(&theirs, 0);
	usleep(100000);
	read = guest_rdtsc(&theirs, 0);
	vm_destroy(&theirs);
	vm_destroy(&ours);
	return near(created, 0) && near(written, FAR) && near(read, FAR) && read > written;
}

/* 100 lives, every third ended by SIGKILL with its vCPUs in the guest. */
static void live_once(bool until_killed)
{
	struct vm vm;

	vm_create(&vm, device, 2);
	do
		guest_rdtsc_many(&vm, 0, 10000);
	while (until_killed);
	guest_rdtsc(&vm, 1);
	vm_destroy(&vm);
}

static bool live_in_child(bool until_killed)
{
	pid_t child = fork();
	int status;

	if (!child) {
		live_once(until_killed);
		_exit(0);
	}
	if (until_killed) {
		usleep(30000);
		kill(child, SIGKILL);
	}
	if (waitpid(child, &status, 0) != child)
		return false;
	return until_killed ? WIFSIGNALED(status) : WIFEXITED(status) && !WEXITSTATUS(status);
}

static bool hundred_lives(void)
{
	int i;

	for (i = 0; i < 100; i++)
		if (!live_in_child(i % 3 == 0))
			return false;
	return true;
}

static const struct test {
	const char *name;
	bool (*run)(void);
	bool needs_stock;
} tests[] = {
	{ "two VMs are on one line", two_vms_one_line },
	{ "a vCPU added late is on the same line", late_vcpu_same_line },
	{ "a TSC written by user space is overridden", host_write_overridden },
	{ "user space reads the TSC that the guest reads", host_read_agrees },
	{ "a guest's write of IA32_TSC is honoured on its vCPU", guest_writes_tsc },
	{ "a guest's write of IA32_TSC_ADJUST is honoured on its vCPU", guest_writes_adjust },
	{ "a million RDTSCs cause no exits", no_rdtsc_exits },
	{ "a VM of the ordinary /dev/kvm is untouched", stock_untouched, true },
	{ "VMs are made and destroyed 100 times, some by SIGKILL", hundred_lives },
};

static int run_tests(void)
{
	int passed = 0, failed = 0, skipped = 0;
	unsigned int i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (tests[i].needs_stock && !stock) {
			printf("ok # SKIP %s: no stock device given\n", tests[i].name);
			skipped++;
		} else if (tests[i].run()) {
			printf("ok %s\n", tests[i].name);
			passed++;
		} else {
			printf("not ok %s\n", tests[i].name);
			failed++;
		}
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}

static int one_vm(bool hold)
{
	struct vm vm;

	vm_create(&vm, device, 1);
	printf("tsc=%llu\n", (unsigned long long)guest_rdtsc(&vm, 0));
	if (hold) {
		close(vm.device);	/* the VM alone must keep the module */
		printf("holding\n");
		pause();
	}
	vm_destroy(&vm);
	return 0;
}

int main(int argc, char **argv)
{
	bool read = argc == 3 && !strcmp(argv[1], "--read");
	bool hold = argc == 3 && !strcmp(argv[1], "--hold");

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: tsc DEVICE [STOCK-DEVICE] | --read DEVICE | --hold DEVICE\n");
		return 2;
	}
	setbuf(stdout, NULL);
	device = argv[read || hold ? 2 : 1];
	stock = read || hold ? NULL : argv[2];
	return read || hold ? one_vm(hold) : run_tests();
}
