// SPDX-License-Identifier: GPL-2.0
/*
 * bare DEVICE PROGRAM TEST KHZ ARGUMENT SECONDS: run a flat binary on a bare machine; print
 * what it says as "bare name=value ...", and the CPU time that all this took. One that has
 * not come to its end after so many seconds is ended, which is no failure.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bare.h"

#define LARGE_PAGE 0x200000ULL
#define PAGE 0x1000ULL
#define TSC_DEADLINE (1U << 24)

struct machine {
	int device, vm, vcpu;
	struct kvm_run *run;
	uint8_t *memory;
};

static int must(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

/* The lower 4 GB at their own addresses: a PML4, a PDPT, four page directories. */
static void map_all(uint8_t *memory)
{
	uint64_t *table = (uint64_t *)(memory + BARE_TABLES), i;

	table[0] = (BARE_TABLES + PAGE) | 3;
	for (i = 0; i < 4; i++)
		table[512 + i] = (BARE_TABLES + (2 + i) * PAGE) | 3;
	for (i = 0; i < 4 * 512; i++)
		table[1024 + i] = i * LARGE_PAGE | 0x83;
}

static void load(struct machine *m, const char *program)
{
	struct kvm_userspace_memory_region region = { .memory_size = BARE_MEMORY };
	int fd = must(open(program, O_RDONLY), program);

	m->memory = mmap(NULL, BARE_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->memory == MAP_FAILED)
		err(1, "mmap");
	map_all(m->memory);
	must(read(fd, m->memory + BARE_START, BARE_MEMORY - BARE_START), program);
	close(fd);
	region.userspace_addr = (uintptr_t)m->memory;
	must(ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

static void create(struct machine *m, const char *device)
{
	struct kvm_pit_config pit = {};

	m->device = must(open(device, O_RDWR | O_CLOEXEC), device);
	m->vm = must(ioctl(m->device, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	must(ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000), "KVM_SET_TSS_ADDR");
	must(ioctl(m->vm, KVM_CREATE_IRQCHIP, 0), "KVM_CREATE_IRQCHIP");
	must(ioctl(m->vm, KVM_CREATE_PIT2, &pit), "KVM_CREATE_PIT2");
	m->vcpu = must(ioctl(m->vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	m->run = mmap(NULL, ioctl(m->device, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		      MAP_SHARED, m->vcpu, 0);
	if (m->run == MAP_FAILED)
		err(1, "mmap of the vCPU");
}

static void set_cpuid(struct machine *m)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;
	uint32_t i;

	cpuid.head.nent = 256;
	must(ioctl(m->device, KVM_GET_SUPPORTED_CPUID, &cpuid), "KVM_GET_SUPPORTED_CPUID");
	/* KVM has it with its local APIC, and leaves it to user space to say so */
	for (i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function == 1)
			cpuid.entries[i].ecx |= TSC_DEADLINE;
	must(ioctl(m->vcpu, KVM_SET_CPUID2, &cpuid), "KVM_SET_CPUID2");
}

static struct kvm_segment segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.limit = 0xffffffff, .selector = selector, .type = type, .present = 1, .s = 1,
		.g = 1, .l = type == 11, .db = type != 11,
	};
}

static void enter_long_mode(struct machine *m)
{
	struct kvm_regs regs = {
		.rip = BARE_START, .rsp = BARE_STACK, .rdi = BARE_CALL, .rflags = 2,
	};
	struct kvm_sregs sregs;

	must(ioctl(m->vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = segment(8, 11);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment(16, 3);
	sregs.cr0 = 0x80000001 | 0x20;
	sregs.cr3 = BARE_TABLES;
	sregs.cr4 = 0x20;
	sregs.efer = 0x500;
	must(ioctl(m->vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	must(ioctl(m->vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/* The signal only has to end KVM_RUN; it comes again, lest it come just before. */
static void over(int signal)
{
	(void)signal;
}

static void end_after(long seconds)
{
	struct sigaction action = { .sa_handler = over };
	struct itimerspec when = { .it_value.tv_sec = seconds, .it_interval.tv_nsec = 100000000 };
	timer_t timer;

	sigaction(SIGALRM, &action, NULL);
	must(timer_create(CLOCK_MONOTONIC, NULL, &timer), "timer_create");
	must(timer_settime(timer, 0, &when, NULL), "timer_settime");
}

/* Returns whether the program came to its end. */
static int run(struct machine *m)
{
	for (;;) {
		if (ioctl(m->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR)
				return 0;
			if (errno != EAGAIN)
				err(1, "KVM_RUN");
			continue;
		}
		if (m->run->exit_reason == KVM_EXIT_IO && m->run->io.port == BARE_EXIT_PORT)
			return 1;
		/* what nobody has: reads zeros */
		if (m->run->exit_reason == KVM_EXIT_MMIO || m->run->exit_reason == KVM_EXIT_IO)
			continue;
		errx(1, "unexpected exit %u", m->run->exit_reason);
	}
}

static void report(const struct bare_call *call, int ended)
{
	struct rusage usage;
	uint64_t i;

	getrusage(RUSAGE_SELF, &usage);
	printf("bare ended=%d cpu_ms=%ld", ended,
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	for (i = 0; i < call->words && i < BARE_WORDS; i++)
		printf(" %.24s=%lld", call->word[i].name, (long long)call->word[i].value);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct machine m = {};
	struct bare_call *call;

	if (argc != 7)
		errx(1, "usage: bare DEVICE PROGRAM TEST KHZ ARGUMENT SECONDS");
	create(&m, argv[1]);
	load(&m, argv[2]);
	set_cpuid(&m);
	enter_long_mode(&m);
	call = (struct bare_call *)(m.memory + BARE_CALL);
	call->test = strtoull(argv[3], NULL, 0);
	call->khz = strtoull(argv[4], NULL, 0);
	call->argument = strtoull(argv[5], NULL, 0);
	end_after(strtol(argv[6], NULL, 0));
	report(call, run(&m));
	return 0;
}
