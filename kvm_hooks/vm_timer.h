/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timers of a VM's virtual devices: one queue, one thread per VM.
 *
 * A device embeds a struct dvmm_timer for each interrupt it has, and tells it which series
 * follows whenever a register changes. When a tick is due, the thread calls fire():
 *
 *	static enum dvmm_tick_outcome fire(struct dvmm_timer *timer, u64 now_ns)
 *	{
 *		struct foo *foo = container_of(timer, struct foo, timer);
 *
 *		dvmm_foo_fire(&foo->core, now_ns);
 *		return dvmm_irq_pulse(timer->vm, DVMM_DEVICE_FOO, timer->gsi);
 *	}
 *
 *	static int foo_write(struct kvm_vcpu *vcpu, struct kvm_io_device *io, gpa_t addr,
 *			     int len, const void *val)
 *	{
 *		struct dvmm_range *range = container_of(io, struct dvmm_range, io);
 *		struct foo *foo = container_of(range->vdev, struct foo, vdev);
 *		struct dvmm_vm *vm = range->vdev->vm;
 *		struct dvmm_series series;
 *		u64 now_ns;
 *
 *		dvmm_timers_lock(vm);
 *		now_ns = dvmm_vm_now_ns(vm);
 *		dvmm_foo_write(&foo->core, addr, ..., now_ns);
 *		series = dvmm_foo_series(&foo->core, now_ns);
 *		dvmm_timer_program(&foo->timer, &series, now_ns);
 *		dvmm_timers_unlock(vm);
 *		return 0;
 *	}
 *
 * Take now_ns after the lock: what is told to a timer must not go back.
 */
#ifndef DVMM_VM_TIMER_H
#define DVMM_VM_TIMER_H

#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>

#include "share.h"
#include "tick.h"

struct dvmm_vm;

/* No GSI: acknowledgments come from the device (dvmm_timer_acked()), or not at all. */
#define DVMM_NO_GSI U32_MAX

/**
 * struct dvmm_timer - one interrupt of a virtual device
 * @fire: a tick is due: change registers, raise the line, say what became of it. In the
 *	thread, lock held. It must not program this timer: what follows it is the series.
 * @vm: whose it is
 * @device: of which device
 * @index: which one of the device's
 * @gsi: where it raises edges, so that the guest's EOI there acknowledges them; or
 *	DVMM_NO_GSI. The device may change it, with the lock held.
 * @tick: what is due
 * @node: on the VM's list
 */
struct dvmm_timer {
	enum dvmm_tick_outcome (*fire)(struct dvmm_timer *timer, u64 now_ns);
	struct dvmm_vm *vm;
	enum dvmm_timer_device device;
	u32 index;
	u32 gsi;
	struct dvmm_tick tick;
	struct list_head node;
};

/**
 * struct dvmm_timers - all timers of a VM
 * @list: of struct dvmm_timer; complete before the VM's descriptor is returned
 * @lock: protects all registers and timers of the VM's virtual devices. In process
 *	context; KVM's irqchip locks are taken within.
 * @arm_lock: protects what follows; within @lock, and in the hrtimer's interrupt
 * @hrtimer: fires at or before @deadline_ns
 * @deadline_ns: machine time at which the thread has something to do, or DVMM_NEVER
 * @armed_ns: the deadline that @hrtimer was started for
 * @rest_until_ns: host's monotonic time before which the thread is not woken
 * @stopped: the VM is being destroyed
 * @share: what the thread may work, by the host's monotonic time
 * @rests: how often it had worked more
 * @worker: the thread
 * @work: all it does
 */
struct dvmm_timers {
	struct list_head list;
	spinlock_t lock; /* registers and timers of all devices */
	raw_spinlock_t arm_lock;
	struct hrtimer hrtimer;
	u64 deadline_ns;
	u64 armed_ns;
	u64 rest_until_ns;
	bool stopped;
	struct dvmm_share share;
	u64 rests;
	struct kthread_worker *worker;
	struct kthread_work work;
};

/* May not sleep between the two. */
void dvmm_timers_lock(struct dvmm_vm *vm) __acquires(vm);
void dvmm_timers_unlock(struct dvmm_vm *vm) __releases(vm);

/*
 * Give @timer to @vm, when the device is created. fire, device, index and gsi are set.
 * Its policy is what the parameter of the device says.
 */
void dvmm_timer_add(struct dvmm_vm *vm, struct dvmm_timer *timer);

/*
 * What follows is @series: see dvmm_tick_program(). May be called after any access to
 * the device; what runs already is left alone. Lock held.
 */
void dvmm_timer_program(struct dvmm_timer *timer, const struct dvmm_series *series, u64 now_ns);

/*
 * Nothing follows, and nothing is pending: the machine or the device was reset. Lock held.
 * Return: whether anything was pending.
 */
bool dvmm_timer_reset(struct dvmm_timer *timer, u64 now_ns);

/*
 * The guest has taken the interrupt in flight: for devices that know by themselves, as
 * where a status is read or cleared. Lock held.
 */
void dvmm_timer_acked(struct dvmm_timer *timer, u64 now_ns);

/* The guest acknowledged @gsi. In a vCPU's context; takes the lock. */
void dvmm_timers_gsi_acked(struct dvmm_vm *vm, u32 gsi);

/* Let the thread look at what was unmasked, when it has rested. Any context. */
void dvmm_timers_wake(struct dvmm_vm *vm);

/* All timers of @device come under @policy. May sleep. */
void dvmm_timers_set_policy(struct dvmm_vm *vm, enum dvmm_timer_device device,
			    enum dvmm_tick_policy policy);

/* What became of @timer's ticks until now. Takes the lock. */
void dvmm_timer_snapshot(struct dvmm_timer *timer, struct dvmm_tick *tick);

/* Before the first dvmm_timer_add(). */
void dvmm_timers_init(struct dvmm_vm *vm);

/* After the last one: create the thread, if there is a timer. May sleep; 0 or an error. */
int __must_check dvmm_timers_start(struct dvmm_vm *vm);

/* Once, before any VM and after all. May sleep; 0 or an error. */
int __must_check dvmm_timers_module_init(void);
void dvmm_timers_module_exit(void);

/* No fire() runs after this returns, and none begins. May sleep; not in the thread. */
void dvmm_timers_stop(struct dvmm_vm *vm);

#endif
