/* SPDX-License-Identifier: GPL-2.0 */
/* A VM with KVM's interrupt controllers, whose ports are read and written by its own code. */
#ifndef DVMM_TEST_PORTS_H
#define DVMM_TEST_PORTS_H

#include "vm.h"

/**
 * struct access - one of a byte, by the guest
 * @before, @after: the guest's TSC
 * @value: what was read
 * @passed_on: no device in the kernel took it: it came to the monitor
 */
struct access {
	uint64_t before, after;
	uint8_t value;
	bool passed_on;
};

/* PIC and IOAPIC, no PIT; one vCPU. Failures of all of these end the program. */
void ports_create(struct vm *vm, const char *path);

struct access port_out(struct vm *vm, uint16_t port, uint8_t value);
struct access port_in(struct vm *vm, uint16_t port);

/* The PICs begin at vector 0x40 and pass on @irq alone. */
void pic_set_up(struct vm *vm, int irq);

/*
 * Run until @count interrupts of @irq, 0 or 8, have come, in HLT meanwhile: where their
 * handler begins is the TSC of each. That of IRQ 8 reads the RTC's register C, into @c.
 */
#define IRQS_MAX 6000
void wait_for_irqs(struct vm *vm, int irq, unsigned int count, uint64_t *tsc, uint8_t *c);

/* What a clock of @hz reads where the TSC, of @khz, reads @tsc: both were 0 together. */
uint64_t ticks_of_tsc(uint64_t tsc, uint64_t khz, uint64_t hz);

/* Print "ok" or "not ok", and count. */
void check(bool holds, const char *what);
extern int failures;

#endif
