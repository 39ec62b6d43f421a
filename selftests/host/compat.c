// SPDX-License-Identifier: GPL-2.0
/*
 * The device as a 32-bit program sees it: ioctl() by int $0x80, which enters the
 * kernel's compatibility path from a 64-bit program, too.
 *
 * usage: compat DEVICE
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR_IOCTL_32 54
#define ROOM 256

static int ioctl_32(int fd, unsigned int command, unsigned long argument)
{
	int result;

	asm volatile("int $0x80" : "=a"(result)
		     : "a"(NR_IOCTL_32), "b"(fd), "c"(command), "d"(argument)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static int complain(const char *what, int result)
{
	printf("%s: %d\n", what, result);
	return 1;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;
	struct kvm_cpuid2 *cpuid;
	int result, vm;
	unsigned int i;

	if (fd < 0)
		return complain("usage: compat DEVICE", fd);
	cpuid = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	result = ioctl_32(fd, KVM_GET_API_VERSION, 0);
	if (result != KVM_API_VERSION)
		return complain("KVM_GET_API_VERSION", result);
	vm = ioctl_32(fd, KVM_CREATE_VM, 0);
	if (vm < 0)
		return complain("KVM_CREATE_VM", vm);
	result = ioctl_32(vm, KVM_CREATE_VCPU, 0);
	if (result < 0)
		return complain("KVM_CREATE_VCPU", result);
	cpuid->nent = ROOM;
	result = ioctl_32(fd, KVM_GET_SUPPORTED_CPUID, (unsigned long)cpuid);
	if (result)
		return complain("KVM_GET_SUPPORTED_CPUID", result);
	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 0x80000007)
			printf("invariant_tsc=%u\n", cpuid->entries[i].edx >> 8 & 1);
	return 0;
}
