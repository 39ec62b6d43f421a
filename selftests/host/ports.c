// SPDX-License-Identifier: GPL-2.0
/* A VM whose ports are read and written by its own code, and which counts interrupts. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "ports.h"

#define EXIT_PORT 0x10
#define VECTOR 0x40
#define AT_OUT 0x500
#define AT_IN 0x540
#define AT_WAIT 0x580
#define AT_HANDLER 0x600
#define AT_HANDLER_8 0x640
#define AT_TSC 0x1000
#define AT_C 0xe000
#define STACK 0xfff0

/* rdtsc; esi = eax; edi = edx; dx = cx; al = bl; out %al,%dx; rdtsc; say so */
static const uint8_t code_out[] = {
	0x0f, 0x31, 0x66, 0x89, 0xc6, 0x66, 0x89, 0xd7, 0x89, 0xca, 0x88, 0xd8, 0xee,
	0x0f, 0x31, 0xe6, EXIT_PORT,
};

/* rdtsc; esi = eax; edi = edx; dx = cx; in %dx,%al; bl = al; rdtsc; say so */
static const uint8_t code_in[] = {
	0x0f, 0x31, 0x66, 0x89, 0xc6, 0x66, 0x89, 0xd7, 0x89, 0xca, 0xec, 0x88, 0xc3,
	0x0f, 0x31, 0xe6, EXIT_PORT,
};

/* sti; 1: hlt; cmp %si,%di; jb 1b; cli; say so */
static const uint8_t code_wait[] = { 0xfb, 0xf4, 0x39, 0xf7, 0x72, 0xfb, 0xfa, 0xe6, EXIT_PORT };

/* rdtsc; (%di) = eax; 4(%di) = edx; di += 8; EOI; iret */
static const uint8_t code_handler[] = {
	0x0f, 0x31, 0x66, 0x89, 0x05, 0x66, 0x89, 0x55, 0x04, 0x83, 0xc7, 0x08,
	0xb0, 0x20, 0xe6, 0x20, 0xcf,
};

/* The same, with register C to (%bx), and bx += 1, and an EOI to both PICs. */
static const uint8_t code_handler_8[] = {
	0x0f, 0x31, 0x66, 0x89, 0x05, 0x66, 0x89, 0x55, 0x04, 0x83, 0xc7, 0x08,
	0xb0, 0x0c, 0xe6, 0x70, 0xe4, 0x71, 0x88, 0x07, 0x43,
	0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0xcf,
};

int failures;

void check(bool holds, const char *what)
{
	printf("%sok %s\n", holds ? "" : "not ", what);
	failures += !holds;
}

uint64_t ticks_of_tsc(uint64_t tsc, uint64_t khz, uint64_t hz)
{
	uint64_t ns = (unsigned __int128)tsc * 1000000 / khz;

	return (unsigned __int128)ns * hz / 1000000000;
}

static void set_vector(struct vm *vm, int vector, uint16_t ip)
{
	uint16_t entry[2] = { ip, 0 };

	memcpy(vm->memory + 4 * vector, entry, sizeof(entry));
}

void ports_create(struct vm *vm, const char *path)
{
	vm_create(vm, path, 0);
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP))
		die("KVM_CREATE_IRQCHIP");
	vm_add_vcpu(vm);
	memcpy(vm->memory + AT_OUT, code_out, sizeof(code_out));
	memcpy(vm->memory + AT_IN, code_in, sizeof(code_in));
	memcpy(vm->memory + AT_WAIT, code_wait, sizeof(code_wait));
	memcpy(vm->memory + AT_HANDLER, code_handler, sizeof(code_handler));
	memcpy(vm->memory + AT_HANDLER_8, code_handler_8, sizeof(code_handler_8));
	set_vector(vm, VECTOR, AT_HANDLER);
	set_vector(vm, VECTOR + 8, AT_HANDLER_8);
}

/* Until the code says that it has come to its end. The monitor has no devices: all ones. */
static bool run(struct vm *vm, struct kvm_regs *regs)
{
	struct vcpu *vcpu = &vm->vcpu[0];
	struct kvm_run *run = vcpu->run;
	bool passed_on = false;

	regs->rflags = 2;
	regs->rsp = STACK;
	if (ioctl(vcpu->fd, KVM_SET_REGS, regs))
		die("KVM_SET_REGS");
	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0)) {
			if (errno != EINTR && errno != EAGAIN)
				die("KVM_RUN");
			continue;
		}
		if (run->exit_reason != KVM_EXIT_IO)
			die("unexpected exit %u", run->exit_reason);
		if (run->io.port == EXIT_PORT)
			break;
		if (run->io.direction == KVM_EXIT_IO_IN)
			memset((char *)run + run->io.data_offset, 0xff, run->io.size);
		passed_on = true;
	}
	if (ioctl(vcpu->fd, KVM_GET_REGS, regs))
		die("KVM_GET_REGS");
	return passed_on;
}

static struct access access(struct vm *vm, uint16_t ip, uint16_t port, uint8_t value)
{
	struct kvm_regs regs = { .rip = ip, .rcx = port, .rbx = value };
	struct access a = { .passed_on = run(vm, &regs) };

	a.before = regs.rdi << 32 | (uint32_t)regs.rsi;
	a.after = regs.rdx << 32 | (uint32_t)regs.rax;
	a.value = regs.rbx;
	return a;
}

struct access port_out(struct vm *vm, uint16_t port, uint8_t value)
{
	return access(vm, AT_OUT, port, value);
}

struct access port_in(struct vm *vm, uint16_t port)
{
	return access(vm, AT_IN, port, 0);
}

void pic_set_up(struct vm *vm, int irq)
{
	uint16_t mask = ~(1 << irq | (irq >= 8 ? 1 << 2 : 0));

	port_out(vm, 0x20, 0x11);
	port_out(vm, 0x21, VECTOR);
	port_out(vm, 0x21, 4);
	port_out(vm, 0x21, 1);
	port_out(vm, 0xa0, 0x11);
	port_out(vm, 0xa1, VECTOR + 8);
	port_out(vm, 0xa1, 2);
	port_out(vm, 0xa1, 1);
	port_out(vm, 0x21, mask);
	port_out(vm, 0xa1, mask >> 8);
}

void wait_for_irqs(struct vm *vm, int irq, unsigned int count, uint64_t *tsc, uint8_t *c)
{
	struct kvm_regs regs = { .rip = AT_WAIT, .rdi = AT_TSC, .rsi = AT_TSC + 8 * count, .rbx = AT_C };

	if (count > IRQS_MAX)
		die("%u interrupts: at most %u", count, IRQS_MAX);
	run(vm, &regs);
	memcpy(tsc, vm->memory + AT_TSC, count * sizeof(*tsc));
	if (irq == 8)
		memcpy(c, vm->memory + AT_C, count);
}
