// SPDX-License-Identifier: GPL-2.0
/* Interrupts of a VM's virtual devices, by KVM's own routing. */
#include "resolve.h"
#include "vm.h"

/*
 * KVM ORs the lines of up to 64 sources at each pin of PIC and IOAPIC. Its own count up
 * from 0, ours down from 63: nothing need be asked for.
 */
static int source_of(enum dvmm_timer_device device)
{
	return BITS_PER_LONG - 1 - device;
}

static int set_line(struct dvmm_vm *vm, enum dvmm_timer_device device, u32 gsi, bool level)
{
	return dvmm_kvm(kvm_set_irq)(vm->kvm, source_of(device), gsi, level, false);
}

static bool edges_exit(struct dvmm_vm *vm)
{
	return dvmm_kvm_info.vendor->apicv_tells_edges ||
	       READ_ONCE(vm->kvm->arch.apicv_inhibit_reasons);
}

/* Elsewhere nobody tells us of an EOI: it is local APIC and user space that know of it. */
static bool acks_come(struct dvmm_vm *vm, u32 gsi)
{
	return gsi < DVMM_IRQ_GSIS && READ_ONCE(vm->acks[gsi].registered) &&
	       dvmm_irq_has_irqchip(vm) && edges_exit(vm);
}

enum dvmm_tick_outcome dvmm_irq_pulse(struct dvmm_vm *vm, enum dvmm_timer_device device, u32 gsi)
{
	int reached = set_line(vm, device, gsi, true);

	set_line(vm, device, gsi, false);
	if (reached < 0)
		return DVMM_TICK_UNHEARD;
	if (!acks_come(vm, gsi))
		return DVMM_TICK_DONE;
	return reached ? DVMM_TICK_SENT : DVMM_TICK_REFUSED;
}

void dvmm_irq_level(struct dvmm_vm *vm, enum dvmm_timer_device device, u32 gsi, bool level)
{
	set_line(vm, device, gsi, level);
}

enum dvmm_tick_outcome dvmm_irq_msi(struct dvmm_vm *vm, u32 address, u32 data)
{
	struct kvm_msi msi = { .address_lo = address, .data = data };

	return dvmm_kvm(kvm_send_userspace_msi)(vm->kvm, &msi) < 0 ? DVMM_TICK_UNHEARD
								    : DVMM_TICK_DONE;
}

bool dvmm_irq_has_irqchip(struct dvmm_vm *vm)
{
	/* KVM stores it after PIC and IOAPIC, with a release. */
	return smp_load_acquire(&vm->kvm->arch.irqchip_mode) == KVM_IRQCHIP_KERNEL;
}

static void acked(struct kvm_irq_ack_notifier *notifier)
{
	struct dvmm_irq_ack *ack = container_of(notifier, struct dvmm_irq_ack, notifier);

	dvmm_timers_gsi_acked(ack->vm, notifier->gsi);
}

/* KVM holds the lock of PIC or IOAPIC, which ours is taken outside of: leave it to the thread. */
static void mask_changed(struct kvm_irq_mask_notifier *notifier, bool masked)
{
	struct dvmm_irq_ack *ack = container_of(notifier, struct dvmm_irq_ack, mask_notifier);

	if (masked)
		return;
	set_bit(ack->notifier.gsi, &ack->vm->unmasked);
	dvmm_timers_wake(ack->vm);
}

void dvmm_irq_settle_unmasked(struct dvmm_vm *vm)
{
	unsigned long gsis = xchg(&vm->unmasked, 0);
	u32 gsi;

	for_each_set_bit(gsi, &gsis, DVMM_IRQ_GSIS)
		dvmm_timers_gsi_acked(vm, gsi);
}

/*
 * Never undone while the VM lives: that would wait for all readers of its routing, and a
 * GSI that had a timer may have one again. When KVM destroys the VM nobody walks the list.
 */
void dvmm_irq_want_acks(struct dvmm_vm *vm, u32 gsi)
{
	struct dvmm_irq_ack *ack;

	if (gsi >= DVMM_IRQ_GSIS)
		return;
	ack = &vm->acks[gsi];
	/* thread and ioctl may both come: on KVM's list twice would be a list without end */
	if (READ_ONCE(ack->claimed) || xchg(&ack->claimed, true))
		return;
	ack->vm = vm;
	ack->notifier.gsi = gsi;
	ack->notifier.irq_acked = acked;
	ack->mask_notifier.func = mask_changed;
	dvmm_kvm(kvm_register_irq_ack_notifier)(vm->kvm, &ack->notifier);
	dvmm_kvm(kvm_register_irq_mask_notifier)(vm->kvm, gsi, &ack->mask_notifier);
	WRITE_ONCE(ack->registered, true);
}
