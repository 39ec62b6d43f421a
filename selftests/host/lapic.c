// SPDX-License-Identifier: GPL-2.0
/*
 * The LAPIC timer of a small guest, by the guest's own TSC.
 *
 * usage: lapic DEVICE TSC_KHZ short ARMINGS
 *        lapic DEVICE TSC_KHZ deadline|oneshot|periodic MS
 *
 * short: ARMINGS each of deadline and one-shot, log-uniform from 1 us to 100 ms, half of
 * them waited for in HLT and half in a loop; then what else there is. Otherwise one wait,
 * or as many periods of 10 ms. Prints a line for each mode. A TSC_KHZ of 0 is KVM's.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vm.h"

#define VECTOR 0x40
#define CODE 0x1000
#define DATA 0x2000
#define STAMPS 0x3000
#define STACK 0xf000
#define TICKS_MAX 4096

#define MSR_X2APIC_SVR 0x80f
#define MSR_X2APIC_LVTT 0x832
#define MSR_X2APIC_TMICT 0x838
#define MSR_X2APIC_TMCCT 0x839
#define MSR_X2APIC_TDCR 0x83e
#define MSR_TSC_DEADLINE 0x6e0
#define TDCR_1 0xb
#define TDCR_16 0x3

#define ONE_SHOT 0
#define PERIODIC (1 << 17)
#define TSC_DEADLINE (2 << 17)

#define MIN_NS 1e3
#define MAX_NS 1e8
#define PERIOD_NS 10000000

/* In %edi:%ebx ticks, or in %ebx count, in %esi the interrupts to wait for, %ebp != 0 does not halt. */
extern const uint8_t guest_code[], guest_one_shot[], guest_handler[], guest_end[];
asm(".pushsection .rodata\n"
    ".code16\n"
    "guest_code:\n"		/* TSC deadline */
    "	rdtsc\n"
    "	addl %ebx, %eax\n"
    "	adcl %edi, %edx\n"
    "	movl %eax, 0x2000\n"
    "	movl %edx, 0x2004\n"
    "	movl $0x6e0, %ecx\n"
    "	wrmsr\n"
    "	jmp wait\n"
    "guest_one_shot:\n"		/* and periodic */
    "	rdtsc\n"
    "	movl %eax, 0x2000\n"
    "	movl %edx, 0x2004\n"
    "	movl %ebx, %eax\n"
    "	xorl %edx, %edx\n"
    "	movl $0x838, %ecx\n"
    "	wrmsr\n"
    "wait:\n"
    "	testl %ebp, %ebp\n"
    "	jnz busy\n"
    "halt:\n"
    "	cli\n"
    "	cmpl %esi, 0x2010\n"
    "	jae done\n"
    "	sti\n"
    "	hlt\n"
    "	jmp halt\n"
    "busy:\n"
    "	sti\n"
    "1:	cmpl %esi, 0x2010\n"
    "	jb 1b\n"
    "done:\n"
    "	cli\n"
    "	outb %al, $0x10\n"
    "guest_handler:\n"
    "	pushl %eax\n"
    "	pushl %ecx\n"
    "	pushl %edx\n"
    "	pushl %edi\n"
    "	rdtsc\n"
    "	movl 0x2010, %edi\n"
    "	movl %eax, 0x3000(,%edi,8)\n"
    "	movl %edx, 0x3004(,%edi,8)\n"
    "	incl 0x2010\n"
    "	movl $0x80b, %ecx\n"	/* EOI */
    "	xorl %eax, %eax\n"
    "	xorl %edx, %edx\n"
    "	wrmsr\n"
    "	popl %edi\n"
    "	popl %edx\n"
    "	popl %ecx\n"
    "	popl %eax\n"
    "	iret\n"
    "guest_end:\n"
    ".code64\n"
    ".popsection\n");

static struct vm vm;
static double khz;

static uint64_t stamp(unsigned int number)
{
	uint64_t tsc;

	memcpy(&tsc, vm.memory + STAMPS + 8 * number, sizeof(tsc));
	return tsc;
}

static void offer_deadline(int fd)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;
	uint32_t i;

	cpuid.head.nent = 256;
	if (ioctl(fd, KVM_GET_CPUID2, &cpuid))
		die("KVM_GET_CPUID2");
	for (i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function == 1)
			cpuid.entries[i].ecx |= 1 << 24 | 1 << 21;
	if (ioctl(fd, KVM_SET_CPUID2, &cpuid))
		die("KVM_SET_CPUID2");
}

static void enable_x2apic(int fd)
{
	struct kvm_sregs sregs;

	if (ioctl(fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.apic_base |= 1 << 10 | 1 << 11;
	sregs.ss.base = 0;
	sregs.ss.selector = 0;
	if (ioctl(fd, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

static void start_machine(const char *path)
{
	uint16_t vector[2] = { CODE + (guest_handler - guest_code), 0 };

	vm_create(&vm, path, 0);
	if (ioctl(vm.fd, KVM_CREATE_IRQCHIP))
		die("KVM_CREATE_IRQCHIP");
	vm_add_vcpu(&vm);
	offer_deadline(vm.vcpu[0].fd);
	enable_x2apic(vm.vcpu[0].fd);
	memcpy(vm.memory + CODE, guest_code, guest_end - guest_code);
	memcpy(vm.memory + 4 * VECTOR, vector, sizeof(vector));
	guest_wrmsr(&vm, 0, MSR_X2APIC_SVR, 0x1ff);
}

/* A count that is left would run on in another mode. */
static void set_mode(uint32_t mode, uint32_t divide)
{
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 0);
	guest_wrmsr(&vm, 0, MSR_X2APIC_LVTT, mode | VECTOR);
	guest_wrmsr(&vm, 0, MSR_X2APIC_TDCR, divide);
}

/* Arm, wait for @interrupts; returns the TSC that the guest put into DATA. */
static uint64_t arm(const uint8_t *code, uint64_t value, uint32_t interrupts, bool busy)
{
	struct kvm_regs regs = { .rbx = (uint32_t)value, .rdi = value >> 32, .rsi = interrupts,
				 .rbp = busy, .rsp = STACK };
	uint64_t tsc;

	memset(vm.memory + DATA, 0, 0x20);
	guest_run(&vm, 0, CODE + (code - guest_code), &regs);
	memcpy(&tsc, vm.memory + DATA, sizeof(tsc));
	return tsc;
}

static double random_ns(void)
{
	return MIN_NS * pow(MAX_NS / MIN_NS, drand48());
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* @late: by how many ns each came after its deadline; sorted here. */
static void report(const char *mode, double *late, unsigned int count)
{
	unsigned int early = 0;

	qsort(late, count, sizeof(*late), ascending);
	while (early < count && late[early] < 0)
		early++;
	printf("%s armings=%u early=%u early_ns=%.0f p50_ns=%.0f p99_ns=%.0f max_ns=%.0f\n", mode,
	       count, early, early ? -late[0] : 0, late[count / 2], late[count * 99 / 100],
	       late[count - 1]);
}

/* @ns is how long, or 0 for at random. */
static void test_deadline(unsigned int armings, double ns)
{
	double late[armings];
	unsigned int i;

	set_mode(TSC_DEADLINE, TDCR_1);
	for (i = 0; i < armings; i++) {
		uint64_t ticks = (ns ?: random_ns()) * khz / 1e6;
		uint64_t deadline = arm(guest_code, ticks, 1, i & 1);

		late[i] = (int64_t)(stamp(0) - deadline) * 1e6 / khz;
	}
	report("deadline", late, armings);
}

/* The guest's start is from before it wrote the count, so this is lenient by an exit. */
static void test_one_shot(unsigned int armings, double ns)
{
	double late[armings];
	unsigned int i;

	set_mode(ONE_SHOT, TDCR_16);
	for (i = 0; i < armings; i++) {
		uint32_t count = (ns ?: random_ns()) / 16 + 1;
		uint64_t start = arm(guest_one_shot, count, 1, i & 1);

		late[i] = (int64_t)(stamp(0) - start) * 1e6 / khz - 16.0 * count;
	}
	report("oneshot", late, armings);
}

static double min_late(const double *late, unsigned int from, unsigned int to)
{
	double min = late[from];

	while (++from < to)
		if (late[from] < min)
			min = late[from];
	return min;
}

/*
 * Early is a tick that makes more of them than periods have passed. If the grid drifts it is
 * between the least late of the first quarter and of the last.
 */
static void test_periodic(unsigned int ticks)
{
	unsigned int i, early = 0, lost;
	static double late[TICKS_MAX];
	uint64_t start, number = 0;

	set_mode(PERIODIC, TDCR_1);
	start = arm(guest_one_shot, PERIOD_NS, ticks, false);
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 0);
	for (i = 0; i < ticks; i++) {
		double since = (stamp(i) - start) * 1e6 / khz;

		number = since / PERIOD_NS;
		late[i] = since - (double)number * PERIOD_NS;
		early += number < i + 1;
	}
	lost = number - ticks;
	printf("periodic ticks=%u early=%u lost=%u first_ns=%.0f drift_ns=%.0f\n", ticks,
	       early, lost, min_late(late, 0, ticks / 4),
	       min_late(late, ticks * 3 / 4, ticks) - min_late(late, 0, ticks / 4));
}

/* What the current count says is between what the guest's TSC says before and after. */
static void test_count(unsigned int looks)
{
	const uint64_t initial = 4000000000;
	uint64_t start, armed, before, after, count, wrong = 0;
	unsigned int i;

	guest_wrmsr(&vm, 0, MSR_X2APIC_LVTT, 1 << 16 | VECTOR);
	guest_wrmsr(&vm, 0, MSR_X2APIC_TDCR, TDCR_1);
	start = guest_rdtsc(&vm, 0);
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, initial);
	armed = guest_rdtsc(&vm, 0);
	for (i = 0; i < looks; i++) {
		before = guest_rdtsc(&vm, 0);
		count = guest_rdmsr(&vm, 0, MSR_X2APIC_TMCCT);
		after = guest_rdtsc(&vm, 0);
		/* gone by at least what passed since it was armed, at most since before that */
		wrong += initial - count + 2 < (before - armed) * 1e6 / khz ||
			initial - count > (after - start) * 1e6 / khz + 2;
	}
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 0);
	printf("count looks=%u wrong=%" PRIu64 " ms=%.0f\n", looks, wrong,
	       (after - start) / khz);
}

/* A one-shot timer goes on as if nothing was when the guest moves its TSC. */
static void test_moved(void)
{
	int64_t moves[] = { 1LL << 40, -(1LL << 33) };
	uint64_t before, after, gone, wrong = 0;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 2000000000);
		before = guest_rdmsr(&vm, 0, MSR_X2APIC_TMCCT);
		guest_wrmsr(&vm, 0, MSR_IA32_TSC_ADJUST, moves[i]);
		after = guest_rdmsr(&vm, 0, MSR_X2APIC_TMCCT);
		gone = before - after;
		wrong += !after || after >= before || gone > 1000000000;
	}
	guest_wrmsr(&vm, 0, MSR_IA32_TSC_ADJUST, 0);
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 0);
	printf("moved wrong=%" PRIu64 "\n", wrong);
}

/* Nor when a monitor has reset the TSC and sets all registers as they were. */
static void test_restored(void)
{
	uint64_t before, after, wrong = 0;
	struct kvm_lapic_state state;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 2000000000);
		before = guest_rdmsr(&vm, 0, MSR_X2APIC_TMCCT);
		if (ioctl(vm.vcpu[0].fd, KVM_GET_LAPIC, &state))
			die("KVM_GET_LAPIC");
		host_wrmsr(&vm, 0, MSR_IA32_TSC, i ? 1ULL << 60 : 0);
		if (ioctl(vm.vcpu[0].fd, KVM_SET_LAPIC, &state))
			die("KVM_SET_LAPIC");
		after = guest_rdmsr(&vm, 0, MSR_X2APIC_TMCCT);
		wrong += !after || after >= before || before - after > 1000000000;
	}
	guest_wrmsr(&vm, 0, MSR_X2APIC_TMICT, 0);
	printf("restored wrong=%" PRIu64 "\n", wrong);
}

static void test(const char *what, unsigned int number)
{
	if (!strcmp(what, "deadline"))
		return test_deadline(1, number * 1e6);
	if (!strcmp(what, "oneshot"))
		return test_one_shot(1, number * 1e6);
	if (!strcmp(what, "periodic"))
		return test_periodic(number * 1e6 / PERIOD_NS);
	test_deadline(number, 0);
	test_one_shot(number, 0);
	test_count(500);
	test_moved();
	test_restored();
}

int main(int argc, char **argv)
{
	unsigned int number;

	number = argc == 5 ? atoi(argv[4]) : 0;
	if (number < 40 || number > 30000) {
		fprintf(stderr, "usage: lapic DEVICE TSC_KHZ short|deadline|oneshot|periodic NUMBER\n");
		return 2;
	}
	khz = atof(argv[2]);
	setbuf(stdout, NULL);
	start_machine(argv[1]);
	if (!khz)
		khz = ioctl(vm.vcpu[0].fd, KVM_GET_TSC_KHZ);
	test(argv[3], number);
	vm_destroy(&vm);
	return 0;
}
