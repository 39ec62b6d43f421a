/* SPDX-License-Identifier: GPL-2.0 */
/* A VM of a few instructions: a vCPU runs one snippet of real-mode code at a time. */
#ifndef DVMM_TEST_VM_H
#define DVMM_TEST_VM_H

#include <stdbool.h>
#include <stdint.h>

#define MSR_IA32_TSC 0x10
#define MSR_IA32_TSC_ADJUST 0x3b

#define VM_VCPUS_MAX 4

struct vcpu {
	int fd;
	struct kvm_run *run;
};

struct vm {
	int device;
	int fd;
	uint8_t *memory;
	struct vcpu vcpu[VM_VCPUS_MAX];
	int vcpus;
};

/* Print @format and errno, and exit with status 1. */
__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...);

/* Open KVM at @path and make a VM with @vcpus vCPUs; failures end the program. */
void vm_create(struct vm *vm, const char *path, int vcpus);
void vm_add_vcpu(struct vm *vm);
void vm_destroy(struct vm *vm);

struct kvm_regs;

/* Run real-mode code at @ip with @regs until its OUT to port 0x10; @regs as it leaves them. */
void guest_run(struct vm *vm, int cpu, uint16_t ip, struct kvm_regs *regs);

/* As the guest: RDTSC, RDMSR, WRMSR, and RDTSC @count times. */
uint64_t guest_rdtsc(struct vm *vm, int cpu);
uint64_t guest_rdmsr(struct vm *vm, int cpu, uint32_t msr);
void guest_wrmsr(struct vm *vm, int cpu, uint32_t msr, uint64_t value);
void guest_rdtsc_many(struct vm *vm, int cpu, uint32_t count);

/* As the virtual machine monitor: KVM_GET_MSRS, KVM_SET_MSRS. */
uint64_t host_rdmsr(struct vm *vm, int cpu, uint32_t msr);
void host_wrmsr(struct vm *vm, int cpu, uint32_t msr, uint64_t value);

/* KVM's own count of this vCPU's exits. */
uint64_t vcpu_exits(struct vm *vm, int cpu);

#endif
