// SPDX-License-Identifier: GPL-2.0
/* A VM of a few instructions. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm.h"

#define MEMORY_SIZE 0x10000
#define EXIT_PORT 0x10

/* Each snippet begins at a multiple of SNIPPET_SIZE and ends by an OUT. */
#define SNIPPET_SIZE 32
enum snippet { SNIPPET_RDTSC, SNIPPET_RDMSR, SNIPPET_WRMSR, SNIPPET_MANY, SNIPPETS };

static const uint8_t code[SNIPPETS][SNIPPET_SIZE] = {
	[SNIPPET_RDTSC] = { 0x0f, 0x31, 0xe6, EXIT_PORT },	/* rdtsc; out %al,$port */
	[SNIPPET_RDMSR] = { 0x0f, 0x32, 0xe6, EXIT_PORT },	/* rdmsr */
	[SNIPPET_WRMSR] = { 0x0f, 0x30, 0xe6, EXIT_PORT },	/* wrmsr */
	[SNIPPET_MANY] = {
		0x0f, 0x31,			/* 0: rdtsc */
		0x66, 0x49,			/* 2: dec %ecx */
		0x75, 0xfa,			/* 4: jnz 0b */
		0xe6, EXIT_PORT,
	},
};

void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(error));
	exit(1);
}

static void add_memory(struct vm *vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY_SIZE };

	vm->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (vm->memory == MAP_FAILED)
		die("mmap");
	memcpy(vm->memory, code, sizeof(code));
	region.userspace_addr = (uintptr_t)vm->memory;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
}

void vm_create(struct vm *vm, const char *path, int vcpus)
{
	memset(vm, 0, sizeof(*vm));
	vm->device = open(path, O_RDWR | O_CLOEXEC);
	if (vm->device < 0)
		die("%s", path);
	vm->fd = ioctl(vm->device, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		die("KVM_CREATE_VM");
	add_memory(vm);
	while (vm->vcpus < vcpus)
		vm_add_vcpu(vm);
}

/* What a guest may see of the host's CPU: KVM wants TSC_ADJUST to be among it. */
static void set_cpuid(struct vm *vm, struct vcpu *vcpu)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;

	cpuid.head.nent = 256;
	if (ioctl(vm->device, KVM_GET_SUPPORTED_CPUID, &cpuid))
		die("KVM_GET_SUPPORTED_CPUID");
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, &cpuid))
		die("KVM_SET_CPUID2");
}

static void enter_segment_zero(struct vcpu *vcpu)
{
	struct kvm_sregs sregs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		die("KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		die("KVM_SET_SREGS");
}

void vm_add_vcpu(struct vm *vm)
{
	struct vcpu *vcpu = &vm->vcpu[vm->vcpus];
	int size = ioctl(vm->device, KVM_GET_VCPU_MMAP_SIZE, 0);

	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, vm->vcpus++);
	if (vcpu->fd < 0 || size < 0)
		die("KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		die("mmap of a vCPU");
	set_cpuid(vm, vcpu);
	enter_segment_zero(vcpu);
}

void vm_destroy(struct vm *vm)
{
	int size = ioctl(vm->device, KVM_GET_VCPU_MMAP_SIZE, 0);

	while (vm->vcpus) {
		munmap(vm->vcpu[--vm->vcpus].run, size);
		close(vm->vcpu[vm->vcpus].fd);
	}
	munmap(vm->memory, MEMORY_SIZE);
	close(vm->fd);
	close(vm->device);
}

void guest_run(struct vm *vm, int cpu, uint16_t ip, struct kvm_regs *regs)
{
	struct vcpu *vcpu = &vm->vcpu[cpu];

	regs->rip = ip;
	regs->rflags = 2;
	if (ioctl(vcpu->fd, KVM_SET_REGS, regs))
		die("KVM_SET_REGS");
	while (ioctl(vcpu->fd, KVM_RUN, 0))
		if (errno != EINTR && errno != EAGAIN)
			die("KVM_RUN");
	if (vcpu->run->exit_reason != KVM_EXIT_IO || vcpu->run->io.port != EXIT_PORT) {
		errno = 0;
		die("unexpected exit %u", vcpu->run->exit_reason);
	}
	if (ioctl(vcpu->fd, KVM_GET_REGS, regs))
		die("KVM_GET_REGS");
}

static void run(struct vm *vm, int cpu, enum snippet snippet, struct kvm_regs *regs)
{
	guest_run(vm, cpu, snippet * SNIPPET_SIZE, regs);
}

static uint64_t edx_eax(const struct kvm_regs *regs)
{
	return regs->rdx << 32 | (uint32_t)regs->rax;
}

uint64_t guest_rdtsc(struct vm *vm, int cpu)
{
	struct kvm_regs regs = {};

	run(vm, cpu, SNIPPET_RDTSC, &regs);
	return edx_eax(&regs);
}

uint64_t guest_rdmsr(struct vm *vm, int cpu, uint32_t msr)
{
	struct kvm_regs regs = { .rcx = msr };

	run(vm, cpu, SNIPPET_RDMSR, &regs);
	return edx_eax(&regs);
}

void guest_wrmsr(struct vm *vm, int cpu, uint32_t msr, uint64_t value)
{
	struct kvm_regs regs = { .rcx = msr, .rax = (uint32_t)value, .rdx = value >> 32 };

	run(vm, cpu, SNIPPET_WRMSR, &regs);
}

void guest_rdtsc_many(struct vm *vm, int cpu, uint32_t count)
{
	struct kvm_regs regs = { .rcx = count };

	run(vm, cpu, SNIPPET_MANY, &regs);
}

struct one_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

uint64_t host_rdmsr(struct vm *vm, int cpu, uint32_t msr)
{
	struct one_msr one = { .head.nmsrs = 1, .entry.index = msr };

	if (ioctl(vm->vcpu[cpu].fd, KVM_GET_MSRS, &one) != 1)
		die("KVM_GET_MSRS");
	return one.entry.data;
}

void host_wrmsr(struct vm *vm, int cpu, uint32_t msr, uint64_t value)
{
	struct one_msr one = { .head.nmsrs = 1, .entry = { .index = msr, .data = value } };

	if (ioctl(vm->vcpu[cpu].fd, KVM_SET_MSRS, &one) != 1)
		die("KVM_SET_MSRS");
}

/* The descriptor in KVM's binary statistics whose name is @name. */
static void find_stat(int fd, const struct kvm_stats_header *header, const char *name,
		      uint64_t *value)
{
	size_t size = sizeof(struct kvm_stats_desc) + header->name_size;
	struct kvm_stats_desc *desc = malloc(size);
	uint32_t i;

	for (i = 0; desc && i < header->num_desc; i++) {
		if (pread(fd, desc, size, header->desc_offset + i * size) != (ssize_t)size)
			die("KVM statistics");
		if (strcmp(desc->name, name))
			continue;
		if (pread(fd, value, sizeof(*value), header->data_offset + desc->offset) !=
		    sizeof(*value))
			die("KVM statistics");
		free(desc);
		return;
	}
	errno = ENOENT;
	die("KVM statistics: %s", name);
}

uint64_t vcpu_exits(struct vm *vm, int cpu)
{
	int fd = ioctl(vm->vcpu[cpu].fd, KVM_GET_STATS_FD, 0);
	struct kvm_stats_header header;
	uint64_t exits;

	if (fd < 0 || read(fd, &header, sizeof(header)) != sizeof(header))
		die("KVM_GET_STATS_FD");
	find_stat(fd, &header, "exits", &exits);
	close(fd);
	return exits;
}
