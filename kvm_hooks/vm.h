/* SPDX-License-Identifier: GPL-2.0 */
/* The VMs that live on cluster time: attached, kept on their line, detached. */
#ifndef DVMM_VM_H
#define DVMM_VM_H

#include <linux/kvm_host.h>
#include <kvm/iodev.h>

#include "line.h"
#include "vm_irq.h"
#include "vm_timer.h"

/**
 * struct dvmm_vm - a VM on cluster time
 * @lifetime: a device on a bus that x86 guests cannot reach. KVM finds it for
 *	us from struct kvm, and calls its destructor when the VM ends.
 * @kvm: the VM; NULL once KVM has destroyed it
 * @rule: how its TSC follows from cluster time
 * @line: what every vCPU must have when it enters the guest. Changed only while
 *	all vCPUs are out of guest mode (vm_line.c), read without a lock.
 * @line_seq: for readers outside guest mode, of @line and @rule together
 * @kvmclock_tsc: where in the TSC the pages of kvmclock begin; changed as KVM's master clock
 * @started: whether a vCPU has run, which settles @rule
 * @lock: protects changes of @rule, @line and @started. Taken with interrupts
 *	enabled: its holder waits for other CPUs to answer an IPI.
 * @node: on the list of VMs, under that list's mutex
 * @pid: the process that created it
 * @comm: its name
 * @vdevs: its virtual devices
 * @ranges: where they are reached
 * @timers: their timers
 * @acks: for each GSI, whether timers are told of the guest's EOIs
 * @unmasked: GSIs of these that the guest has unmasked, for the timers' thread
 * @put_work: drops the last reference to @kvm, which the timers' thread must not
 */
struct dvmm_vm {
	struct kvm_io_device lifetime;
	struct kvm *kvm;
	struct dvmm_tsc_rule rule;
	struct dvmm_line line;
	u64 kvmclock_tsc;
	bool started;
	raw_spinlock_t lock;
	seqcount_raw_spinlock_t line_seq;
	struct list_head node;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	struct list_head vdevs;
	struct list_head ranges;
	struct dvmm_timers timers;
	struct dvmm_irq_ack acks[DVMM_IRQ_GSIS];
	unsigned long unmasked;
	struct work_struct put_work;
};

/**
 * struct dvmm_vm_stats - for status reports
 * @vms: attached now
 * @line_changes: since load, over all VMs
 * @step_lag_ns: how far a guest TSC may be from the cluster clock
 */
struct dvmm_vm_stats {
	u32 vms;
	u64 line_changes;
	u64 step_lag_ns;
};

/* May sleep. */
void dvmm_vm_stats(struct dvmm_vm_stats *stats);

/*
 * Call @fn for each VM until it returns something else than 0, which is returned. VMs stay
 * while it runs; it may sleep, and must not call this or dvmm_vm_stats(). May sleep.
 */
int dvmm_vm_for_each(int (*fn)(struct dvmm_vm *vm, void *data), void *data);

/**
 * dvmm_vm_attach() - put @kvm on cluster time until it is destroyed
 *
 * The caller holds the clock (dvmm_clock_hold()) and a reference to @kvm; on
 * success the hold passes to the VM. May sleep.
 * Return: 0; -EEXIST; -ENOMEM; -ERANGE where this CPU cannot give the guest the
 * cluster's rate (and one line in the log).
 */
int __must_check dvmm_vm_attach(struct kvm *kvm);

extern const struct kvm_io_device_ops dvmm_vm_lifetime_ops;

/*
 * The VM of ours that @kvm is, or NULL. The caller is one of its vCPUs on its
 * way into the guest (kvm->srcu is held), or otherwise keeps @kvm alive.
 */
static inline struct dvmm_vm *dvmm_vm_of(struct kvm *kvm)
{
	struct kvm_io_bus *bus = rcu_dereference_check(kvm->buses[KVM_VIRTIO_CCW_NOTIFY_BUS], 1);

	if (likely(!bus || !bus->dev_count))
		return NULL;
	if (unlikely(bus->range[0].dev->ops != &dvmm_vm_lifetime_ops))
		return NULL;
	return container_of(bus->range[0].dev, struct dvmm_vm, lifetime);
}

/* The same for a caller that only knows that @kvm stays alive, and so long does the VM. */
static inline struct dvmm_vm *dvmm_vm_find(struct kvm *kvm)
{
	int idx = srcu_read_lock(&kvm->srcu);
	struct dvmm_vm *vm = dvmm_vm_of(kvm);

	srcu_read_unlock(&kvm->srcu, idx);
	return vm;
}

int dvmm_vm_init(void);
void dvmm_vm_exit(void);

#endif
