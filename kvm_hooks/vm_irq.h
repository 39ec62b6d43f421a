/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupts of a VM's virtual devices, by KVM's own routing. */
#ifndef DVMM_VM_IRQ_H
#define DVMM_VM_IRQ_H

#include <linux/kvm_host.h>

#include "tick.h"

struct dvmm_vm;

/* Those of an IOAPIC. */
#define DVMM_IRQ_GSIS 24

/**
 * struct dvmm_irq_ack - who wants to know of a guest's EOI
 * @notifier: KVM's
 * @mask_notifier: KVM's, of when the guest masks and unmasks the GSI
 * @vm: whose
 * @claimed: somebody registers them, or has: once
 * @registered: they are, until the VM ends
 */
struct dvmm_irq_ack {
	struct kvm_irq_ack_notifier notifier;
	struct kvm_irq_mask_notifier mask_notifier;
	struct dvmm_vm *vm;
	bool claimed;
	bool registered;
};

/**
 * dvmm_irq_pulse() - an edge on @gsi
 *
 * Each device has a line of its own to each GSI, which are ORed as KVM does it. Process
 * context, the device's lock may be held.
 * Return: DVMM_TICK_UNHEARD where it is masked everywhere or leads nowhere;
 * DVMM_TICK_REFUSED where the one before is still in the PIC; DVMM_TICK_SENT where the
 * guest's EOI will be told to timers with this gsi, and DVMM_TICK_DONE where not.
 */
enum dvmm_tick_outcome dvmm_irq_pulse(struct dvmm_vm *vm, enum dvmm_timer_device device, u32 gsi);

/* @device's line to @gsi, as a level. Context as above. */
void dvmm_irq_level(struct dvmm_vm *vm, enum dvmm_timer_device device, u32 gsi, bool level);

/*
 * A message: 32 bits of address and of data, from the guest. Context as above.
 * Return: DVMM_TICK_DONE, or DVMM_TICK_UNHEARD where it reaches nobody.
 */
enum dvmm_tick_outcome dvmm_irq_msi(struct dvmm_vm *vm, u32 address, u32 data);

/* Does KVM have PIC and IOAPIC in this VM? It may not have them yet. Any context. */
bool dvmm_irq_has_irqchip(struct dvmm_vm *vm);

/*
 * What was in flight on a GSI that the guest has unmasked since is no more: it may have sat
 * in a PIC that the guest left for the IOAPIC. Tells the timers; takes their lock.
 */
void dvmm_irq_settle_unmasked(struct dvmm_vm *vm);

/* EOIs of @gsi are to be told to timers, from now on. May sleep; no lock of a device held. */
void dvmm_irq_want_acks(struct dvmm_vm *vm, u32 gsi);

#endif
