// SPDX-License-Identifier: GPL-2.0
/* The VMs that live on cluster time: attached, kept on their line, detached. */
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "clock.h"
#include "netlink.h"
#include "resolve.h"
#include "vm.h"
#include "vm_device.h"
#include "vm_kvmclock.h"
#include "vm_lapic.h"
#include "vm_line.h"

/* Lines are looked at so often, and more often where they drift faster. */
#define LOOK_MAX_NS 10000000
#define LOOK_MIN_NS 1000000
#define LAG_WANTED_NS 250

/* Protects the lists, the statistics, and the life of what is on the lists. */
static DEFINE_MUTEX(vms_lock);
static LIST_HEAD(vms);
static LIST_HEAD(dead_vms);	/* destroyed by KVM, to be freed by the line thread */

static struct {
	u32 vms;
	u64 line_changes;
	u64 lag_ns;		/* the largest of late, fading */
	u64 drift_ppb;		/* the largest at the last look */
	u64 looked_cycles;	/* host counter then */
} stats;

static struct task_struct *line_thread;
static DECLARE_WAIT_QUEUE_HEAD(line_wait);

/*
 * KVM destroys the VM: no vCPU runs any more. The line thread frees what is
 * left and drops the module reference, so that the module is not gone while
 * this runs: it ends in a jump to mutex_unlock(), and before that the thread
 * cannot get at the VM.
 */
static void lifetime_destructor(struct kvm_io_device *dev)
{
	struct dvmm_vm *vm = container_of(dev, struct dvmm_vm, lifetime);

	dvmm_vm_lapic_stop(vm->kvm);
	dvmm_timers_stop(vm);
	mutex_lock(&vms_lock);
	vm->kvm = NULL;
	list_move(&vm->node, &dead_vms);
	mutex_unlock(&vms_lock);
}

const struct kvm_io_device_ops dvmm_vm_lifetime_ops = {
	.destructor = lifetime_destructor,
};

static struct dvmm_vm *vm_alloc(struct kvm *kvm)
{
	struct dvmm_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	struct dvmm_clock_view view;

	if (!vm)
		return NULL;
	dvmm_clock_read(&view);
	kvm_iodevice_init(&vm->lifetime, &dvmm_vm_lifetime_ops);
	raw_spin_lock_init(&vm->lock);
	seqcount_raw_spinlock_init(&vm->line_seq, &vm->lock);
	vm->pid = task_tgid_nr(current);
	get_task_comm(vm->comm, current->group_leader);
	vm->kvm = kvm;
	vm->rule.epoch_ns = view.cluster.epoch_ns;
	vm->rule.khz = view.cluster.tsc_khz;
	return vm;
}

/*
 * Whether KVM would take @khz for a guest's frequency and leave its TSC to us. A CPU that
 * does not scale is taken for one of @khz if it is near that (tsc_tolerance_ppm).
 */
static bool kvm_takes(u32 khz)
{
	u32 host_khz = dvmm_host_khz();

	return dvmm_kvm_info.scaling.scales || abs((s64)khz - host_khz) <= host_khz / 4000;
}

/* Make @vm findable from its struct kvm, and let its vCPUs default to its frequency. */
static int vm_bind(struct dvmm_vm *vm)
{
	struct kvm *kvm = vm->kvm;
	int ret = -EEXIST;

	mutex_lock(&kvm->slots_lock);
	if (!dvmm_vm_of(kvm))
		ret = dvmm_vdevs_register(vm);
	if (!ret) {
		ret = dvmm_kvm(kvm_io_bus_register_dev)(kvm, KVM_VIRTIO_CCW_NOTIFY_BUS,
							0, 1, &vm->lifetime);
		if (ret)
			dvmm_vdevs_unregister(vm);
	}
	mutex_unlock(&kvm->slots_lock);
	if (!ret)
		dvmm_vm_kvmclock_init(vm);
	if (!ret && kvm_takes(vm->rule.khz))
		WRITE_ONCE(kvm->arch.default_tsc_khz, vm->rule.khz);
	return ret;
}

int dvmm_vm_attach(struct kvm *kvm)
{
	struct dvmm_vm *vm = vm_alloc(kvm);
	int ret;

	if (!vm)
		return -ENOMEM;
	ret = dvmm_vm_draw(vm);
	if (ret)
		goto err_free;
	ret = dvmm_vdevs_create(vm);
	if (ret)
		goto err_free;
	mutex_lock(&vms_lock);
	ret = vm_bind(vm);
	if (ret)
		goto err_unlock;
	__module_get(THIS_MODULE);
	list_add(&vm->node, &vms);
	stats.vms++;
	mutex_unlock(&vms_lock);
	wake_up(&line_wait);
	dvmm_netlink_event();
	return 0;

err_unlock:
	mutex_unlock(&vms_lock);
	dvmm_timers_stop(vm);
	dvmm_vdevs_free(vm);
err_free:
	kfree(vm);
	return ret;
}

/* The mirror of dvmm_vm_attach(), in the line thread. */
static bool bury_dead(void)
{
	struct dvmm_vm *vm, *next;
	bool any;

	lockdep_assert_held(&vms_lock);
	any = !list_empty(&dead_vms);
	list_for_each_entry_safe(vm, next, &dead_vms, node) {
		list_del(&vm->node);
		dvmm_vdevs_free(vm);
		kfree(vm);
		stats.vms--;
		dvmm_clock_release();
		module_put(THIS_MODULE);
	}
	return any;
}

static void account(const struct dvmm_retarget *worst, u32 changes)
{
	stats.line_changes += changes;
	stats.lag_ns = max(worst->lag_ns, stats.lag_ns - stats.lag_ns / 128);
	stats.drift_ppb = worst->drift_ppb;
	stats.looked_cycles = dvmm_host_cycles();
}

/* Look at every VM's line. Returns when to look again, in ns from now. */
static u64 look_at_lines(void)
{
	struct dvmm_retarget one, worst = {};
	struct dvmm_vm *vm;
	u32 changes = 0;

	lockdep_assert_held(&vms_lock);
	list_for_each_entry(vm, &vms, node) {
		one = dvmm_vm_retarget(vm);
		changes += one.changed;
		worst.lag_ns = max(worst.lag_ns, one.lag_ns);
		worst.drift_ppb = max(worst.drift_ppb, one.drift_ppb);
	}
	account(&worst, changes);
	return clamp_t(u64, div64_u64(LAG_WANTED_NS * NSEC_PER_SEC, worst.drift_ppb + 1),
		       LOOK_MIN_NS, LOOK_MAX_NS);
}

static bool something_to_do(void)
{
	return kthread_should_stop() || !list_empty_careful(&vms) ||
	       !list_empty_careful(&dead_vms);
}

static int line_thread_fn(void *unused)
{
	ktime_t pause;
	bool buried;

	while (!kthread_should_stop()) {
		wait_event_interruptible(line_wait, something_to_do());
		mutex_lock(&vms_lock);
		buried = bury_dead();
		pause = ns_to_ktime(look_at_lines());
		mutex_unlock(&vms_lock);
		if (buried)
			dvmm_netlink_event();
		set_current_state(TASK_INTERRUPTIBLE);
		if (kthread_should_stop())
			__set_current_state(TASK_RUNNING);
		else
			schedule_hrtimeout(&pause, HRTIMER_MODE_REL);
	}
	return 0;
}

/* What the lines have been off of late, or may be by now if the thread was held up. */
static u64 step_lag_ns(void)
{
	s64 age = dvmm_host_cycles() - stats.looked_cycles;
	u64 age_ns;

	lockdep_assert_held(&vms_lock);
	if (!stats.vms)
		return 0;
	/* the host counter may have been put back meanwhile */
	age_ns = dvmm_mult_ns(dvmm_mult_from_khz(dvmm_host_khz()), max(age, 0LL));
	return max(stats.lag_ns, mul_u64_u64_div_u64(age_ns, stats.drift_ppb, DVMM_PPB));
}

void dvmm_vm_stats(struct dvmm_vm_stats *out)
{
	mutex_lock(&vms_lock);
	out->vms = stats.vms;
	out->line_changes = stats.line_changes;
	out->step_lag_ns = step_lag_ns();
	mutex_unlock(&vms_lock);
}

int dvmm_vm_for_each(int (*fn)(struct dvmm_vm *vm, void *data), void *data)
{
	struct dvmm_vm *vm;
	int ret = 0;

	mutex_lock(&vms_lock);
	list_for_each_entry(vm, &vms, node) {
		ret = fn(vm, data);
		if (ret)
			break;
	}
	mutex_unlock(&vms_lock);
	return ret;
}

int dvmm_vm_init(void)
{
	int ret = dvmm_timers_module_init();

	if (ret)
		return ret;
	line_thread = kthread_run(line_thread_fn, NULL, "dvmm-line");
	if (IS_ERR(line_thread)) {
		dvmm_timers_module_exit();
		return PTR_ERR(line_thread);
	}
	sched_set_fifo_low(line_thread);
	return 0;
}

void dvmm_vm_exit(void)
{
	kthread_stop(line_thread);
	dvmm_timers_module_exit();
}
