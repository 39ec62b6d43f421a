/* SPDX-License-Identifier: GPL-2.0 */
/* The PIT of a VM, in place of KVM's own (Documentation/pit.rst). */
#ifndef DVMM_VM_PIT_H
#define DVMM_VM_PIT_H

#include "pit.h"
#include "vm_device.h"
#include "vm_timer.h"

/**
 * struct dvmm_vpit - registers, interrupt, and where they are reached
 * @vdev: on the VM's list
 * @core: the registers, under the VM's timers lock
 * @created: user space asked for a PIT in the kernel; until then QEMU's serves
 * @kvm_replaced: user space says that its HPET has IRQ 0 (KVM_PIT_FLAGS_HPET_LEGACY)
 * @hpet_replaced: ours has
 * @timer: IRQ 0
 * @counters: ports 0x40 to 0x43
 * @port_61: port 0x61
 */
struct dvmm_vpit {
	struct dvmm_vdev vdev;
	struct dvmm_pit core;
	bool created;
	bool kvm_replaced;
	bool hpet_replaced;
	struct dvmm_timer timer;
	struct dvmm_range counters;
	struct dvmm_range port_61;
};

/* The PIT of @vm, or NULL. It lives as long as @vm. Any context. */
struct dvmm_vpit *dvmm_vpit_of(struct dvmm_vm *vm);

/* Registers were changed: what follows them now. Timers lock held. */
void dvmm_vpit_changed(struct dvmm_vpit *pit, u64 now_ns);

/*
 * The HPET takes IRQ 0 over, or gives it back (IA-PC HPET 1.0a, 2.3.5 legacy replacement).
 * The counters go on. Timers lock held.
 */
void dvmm_vpit_replace(struct dvmm_vm *vm, bool replaced, u64 now_ns);

#endif
