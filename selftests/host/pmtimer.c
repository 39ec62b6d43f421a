// SPDX-License-Identifier: GPL-2.0
/*
 * pmtimer DEVICE KHZ SECONDS: the ACPI PM timer of a VM of a few instructions, without any
 * monitor's. It must be where PMBASE says and nowhere else, and read what the TSC, of KHZ
 * exactly, says at that moment.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vm.h"

#define EXIT_PORT 0x10
#define AT_OUT 0x400
#define AT_IN 0x420

#define PM_HZ 3579545
#define MASK_24 0xffffff

#define ICH9_PMBASE 0x8000f840
#define ICH9_ACPI_CNTL 0x8000f844
#define PIIX4_PMBASE 0x80000b40
#define PIIX4_PMREGMISC 0x80000b80

/* out %eax,%dx; then say so */
static const uint8_t code_out[] = { 0x66, 0xef, 0xe6, EXIT_PORT };

/* rdtsc; esi = eax; edi = edx; dx = bx; in %dx,%eax; ecx = eax; rdtsc; say so */
static const uint8_t code_in[] = {
	0x0f, 0x31, 0x66, 0x89, 0xc6, 0x66, 0x89, 0xd7, 0x89, 0xda, 0x66, 0xed, 0x66, 0x89, 0xc1,
	0x0f, 0x31, 0xe6, EXIT_PORT,
};

struct sample {
	uint64_t before, after;	/* TSC */
	uint32_t value;
	int passed_on;		/* to the monitor, which has nothing there */
};

static int failures;

static void check(int holds, const char *what)
{
	printf("%sok %s\n", holds ? "" : "not ", what);
	failures += !holds;
}

/* The monitor's part: nothing is anywhere, as all ones. */
static void answer(struct kvm_run *run)
{
	if (run->exit_reason != KVM_EXIT_IO)
		die("unexpected exit %u", run->exit_reason);
	if (run->io.direction == KVM_EXIT_IO_IN)
		memset((char *)run + run->io.data_offset, 0xff, run->io.size * run->io.count);
}

static int run(struct vm *vm, uint16_t ip, struct kvm_regs *regs)
{
	struct vcpu *vcpu = &vm->vcpu[0];
	int passed_on = 0;

	regs->rip = ip;
	regs->rflags = 2;
	if (ioctl(vcpu->fd, KVM_SET_REGS, regs))
		die("KVM_SET_REGS");
	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			if (errno != EINTR && errno != EAGAIN)
				die("KVM_RUN");
			continue;
		}
		answer(vcpu->run);
		if (vcpu->run->io.port == EXIT_PORT)
			break;
		passed_on++;
	}
	if (ioctl(vcpu->fd, KVM_GET_REGS, regs))
		die("KVM_GET_REGS");
	return passed_on;
}

static int out(struct vm *vm, uint16_t port, uint32_t value)
{
	struct kvm_regs regs = { .rdx = port, .rax = value };

	return run(vm, AT_OUT, &regs);
}

static struct sample in(struct vm *vm, uint16_t port)
{
	struct kvm_regs regs = { .rbx = port };
	struct sample s = {};

	s.passed_on = run(vm, AT_IN, &regs);
	s.before = regs.rdi << 32 | (uint32_t)regs.rsi;
	s.value = regs.rcx;
	s.after = (regs.rdx & 0xffffffff) << 32 | (uint32_t)regs.rax;
	return s;
}

/* Both writes must reach the monitor, too. */
static int configure(struct vm *vm, uint32_t address, uint32_t value)
{
	return out(vm, 0xcf8, address) == 1 && out(vm, 0xcfc, value) == 1;
}

static int present(struct vm *vm, uint16_t port)
{
	struct sample s = in(vm, port);

	return !s.passed_on && s.value <= MASK_24;
}

static void test_followed(struct vm *vm)
{
	check(!present(vm, 0x608) && !present(vm, 0xb008), "nowhere before PMBASE is written");
	check(configure(vm, PIIX4_PMBASE, 0x601), "PCI writes reach the monitor");
	check(!present(vm, 0x608), "nor before it is enabled");
	configure(vm, PIIX4_PMREGMISC, 1);
	check(present(vm, 0x608) && !present(vm, 0xb008), "PIIX4: at 0x608 alone");
	configure(vm, PIIX4_PMBASE, 0xb001);
	check(!present(vm, 0x608) && present(vm, 0xb008), "moved to 0xb008");
	configure(vm, PIIX4_PMREGMISC, 0);
	check(!present(vm, 0x608) && !present(vm, 0xb008), "nowhere once disabled");
	configure(vm, ICH9_PMBASE, 0x601);
	configure(vm, ICH9_ACPI_CNTL, 0x80);
	check(present(vm, 0x608) && !present(vm, 0xb008), "ICH9: at 0x608 alone");
	check(!out(vm, 0x608, 0x1234), "a write is taken and does nothing");
}

static uint64_t ticks_at(uint64_t tsc, uint64_t khz)
{
	uint64_t ns = (unsigned __int128)tsc * 1000000 / khz;

	return (unsigned __int128)ns * PM_HZ / 1000000000;
}

/* Between what the TSC says before and after, to the tick: is it? */
static int agrees(const struct sample *s, uint64_t khz)
{
	uint64_t low = ticks_at(s->before, khz), high = ticks_at(s->after, khz);

	return ((s->value - low) & MASK_24) <= high - low;
}

static void test_time(struct vm *vm, uint64_t khz, uint64_t seconds)
{
	uint64_t wrong = 0, samples = 0, first = 0, cost = ~0ULL;
	struct sample s;

	do {
		s = in(vm, 0x608);
		first = first ?: s.before;
		wrong += !agrees(&s, khz);
		if (s.after - s.before < cost)
			cost = s.after - s.before;
		samples++;
	} while (s.after - first < seconds * khz * 1000);
	printf("# %llu samples, %llu wrong; a read takes %llu ticks of the TSC\n",
	       (long long)samples, (long long)wrong, (long long)cost);
	check(!wrong && samples > 100 * seconds, "every sample is what the TSC says");
}

int main(int argc, char **argv)
{
	struct vm vm;

	if (argc != 4)
		die("usage: pmtimer DEVICE KHZ SECONDS");
	vm_create(&vm, argv[1], 1);
	memcpy(vm.memory + AT_OUT, code_out, sizeof(code_out));
	memcpy(vm.memory + AT_IN, code_in, sizeof(code_in));
	test_followed(&vm);
	test_time(&vm, strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	vm_destroy(&vm);
	return failures ? 1 : 0;
}
