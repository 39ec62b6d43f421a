// SPDX-License-Identifier: GPL-2.0
/*
 * The timers of a VM's virtual devices: one queue, one thread per VM.
 *
 * PIC and IOAPIC can be reached from process context only, so a thread delivers; one for
 * each VM, so that a guest's storm of interrupts is that guest's alone. An hrtimer wakes
 * it. Deadlines are in machine time, whose rate is not that of the host's clocks: the
 * timer is set early by so much that it cannot be late for that, and once it fires sets
 * itself for the rest.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "resolve.h"
#include "vm.h"
#include "vm_line.h"
#include "vm_policy.h"

/*
 * Up to here the timer is set for the deadline itself: rates differ by less than 0.1 %, or
 * 1 us. Beyond, it is set early by 2^-10 of the time.
 */
#define FINAL_NS NSEC_PER_MSEC
#define EARLY_SHIFT 10

/* Longer ones come by here in between, which keeps sums within a ktime. */
#define STAGE_MAX_NS (3600ULL * NSEC_PER_SEC)

static struct workqueue_struct *put_queue;

void dvmm_timers_lock(struct dvmm_vm *vm) __acquires(vm)
{
	spin_lock(&vm->timers.lock);
}

void dvmm_timers_unlock(struct dvmm_vm *vm) __releases(vm)
{
	spin_unlock(&vm->timers.lock);
}

static struct dvmm_vm *vm_of(struct dvmm_timers *timers)
{
	return container_of(timers, struct dvmm_vm, timers);
}

/* How long to wait, by a clock whose rate is not machine time's. */
static u64 stage_ns(u64 left_ns)
{
	left_ns = min(left_ns, STAGE_MAX_NS);
	return left_ns > FINAL_NS ? left_ns - (left_ns >> EARLY_SHIFT) : left_ns;
}

/* What was unmasked is to be looked at as soon as may be, and the deadline does not know. */
static u64 wanted_ns(struct dvmm_timers *timers)
{
	lockdep_assert_held(&timers->arm_lock);
	return READ_ONCE(vm_of(timers)->unmasked) ? 0 : timers->deadline_ns;
}

/* Set the timer for what is left until the thread is wanted. */
static void arm(struct dvmm_timers *timers)
{
	u64 wanted = wanted_ns(timers), now_ns, at;

	if (wanted == DVMM_NEVER || timers->stopped)
		return;
	now_ns = dvmm_vm_now_ns(vm_of(timers));
	at = ktime_get_ns() + stage_ns(wanted - min(now_ns, wanted));
	timers->armed_ns = wanted;
	hrtimer_start(&timers->hrtimer, ns_to_ktime(max(at, timers->rest_until_ns)),
		      HRTIMER_MODE_ABS_HARD);
}

static bool is_due(struct dvmm_timers *timers)
{
	return !timers->stopped && ktime_get_ns() >= timers->rest_until_ns &&
	       dvmm_vm_now_ns(vm_of(timers)) >= wanted_ns(timers);
}

/* Nothing is early: what has fired too soon is set again, for the rest. */
static enum hrtimer_restart fires(struct hrtimer *hrtimer)
{
	struct dvmm_timers *timers = container_of(hrtimer, struct dvmm_timers, hrtimer);
	unsigned long flags;

	raw_spin_lock_irqsave(&timers->arm_lock, flags);
	timers->armed_ns = DVMM_NEVER;
	if (is_due(timers))
		kthread_queue_work(timers->worker, &timers->work);
	else
		arm(timers);
	raw_spin_unlock_irqrestore(&timers->arm_lock, flags);
	return HRTIMER_NORESTART;
}

/* A deadline that is later than what is armed for need not be told: see fires(). */
static void set_deadline(struct dvmm_timers *timers, u64 deadline_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&timers->arm_lock, flags);
	timers->deadline_ns = deadline_ns;
	if (deadline_ns < timers->armed_ns)
		arm(timers);
	raw_spin_unlock_irqrestore(&timers->arm_lock, flags);
}

/* There are about forty timers at most, so the first one is looked for. */
static void reschedule(struct dvmm_timers *timers)
{
	struct dvmm_timer *timer;
	u64 first_ns = DVMM_NEVER;

	lockdep_assert_held(&timers->lock);
	list_for_each_entry(timer, &timers->list, node)
		first_ns = min(first_ns, dvmm_tick_next_ns(&timer->tick));
	set_deadline(timers, first_ns);
}

/* The rate of machine time has changed: what was set by the old one may be late. */
static int line_changed(struct notifier_block *listener, unsigned long unused, void *data)
{
	struct dvmm_vm *vm = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&vm->timers.arm_lock, flags);
	if (vm->timers.armed_ns != DVMM_NEVER)
		arm(&vm->timers);
	raw_spin_unlock_irqrestore(&vm->timers.arm_lock, flags);
	return NOTIFY_DONE;
}

static struct notifier_block line_listener = { .notifier_call = line_changed };

void dvmm_timer_add(struct dvmm_vm *vm, struct dvmm_timer *timer)
{
	timer->vm = vm;
	dvmm_tick_init(&timer->tick, dvmm_policy_of(timer->device), dvmm_policy_gap_ns());
	list_add_tail(&timer->node, &vm->timers.list);
}

void dvmm_timer_program(struct dvmm_timer *timer, const struct dvmm_series *series, u64 now_ns)
{
	lockdep_assert_held(&timer->vm->timers.lock);
	dvmm_tick_program(&timer->tick, series, now_ns);
	reschedule(&timer->vm->timers);
}

bool dvmm_timer_reset(struct dvmm_timer *timer, u64 now_ns)
{
	bool pending;

	lockdep_assert_held(&timer->vm->timers.lock);
	pending = dvmm_tick_reset(&timer->tick, now_ns);
	reschedule(&timer->vm->timers);
	return pending;
}

void dvmm_timer_acked(struct dvmm_timer *timer, u64 now_ns)
{
	lockdep_assert_held(&timer->vm->timers.lock);
	if (!timer->tick.in_flight)
		return;
	dvmm_tick_acked(&timer->tick, now_ns);
	reschedule(&timer->vm->timers);
}

void dvmm_timers_gsi_acked(struct dvmm_vm *vm, u32 gsi)
{
	struct dvmm_timer *timer;

	dvmm_timers_lock(vm);
	list_for_each_entry(timer, &vm->timers.list, node)
		if (timer->gsi == gsi)
			dvmm_timer_acked(timer, dvmm_vm_now_ns(vm));
	dvmm_timers_unlock(vm);
}

/* By the timer, which lets the thread rest: it is the guest that says how often. */
void dvmm_timers_wake(struct dvmm_vm *vm)
{
	struct dvmm_timers *timers = &vm->timers;
	unsigned long flags;

	raw_spin_lock_irqsave(&timers->arm_lock, flags);
	if (timers->armed_ns)
		arm(timers);
	raw_spin_unlock_irqrestore(&timers->arm_lock, flags);
}

void dvmm_timers_set_policy(struct dvmm_vm *vm, enum dvmm_timer_device device,
			    enum dvmm_tick_policy policy)
{
	struct dvmm_timer *timer;

	dvmm_timers_lock(vm);
	list_for_each_entry(timer, &vm->timers.list, node)
		if (timer->device == device)
			dvmm_tick_set_policy(&timer->tick, policy, dvmm_vm_now_ns(vm));
	reschedule(&vm->timers);
	dvmm_timers_unlock(vm);
}

void dvmm_timer_snapshot(struct dvmm_timer *timer, struct dvmm_tick *tick)
{
	dvmm_timers_lock(timer->vm);
	dvmm_tick_ready(&timer->tick, dvmm_vm_now_ns(timer->vm));
	*tick = timer->tick;
	dvmm_timers_unlock(timer->vm);
}

/* One tick of one timer, if one is ready: what more there is waits for the next round. */
static void serve(struct dvmm_timer *timer)
{
	struct dvmm_vm *vm = timer->vm;
	u64 now_ns;

	dvmm_irq_want_acks(vm, READ_ONCE(timer->gsi));
	dvmm_timers_lock(vm);
	now_ns = dvmm_vm_now_ns(vm);
	if (dvmm_tick_ready(&timer->tick, now_ns))
		dvmm_tick_settle(&timer->tick, now_ns, timer->fire(timer, now_ns));
	dvmm_timers_unlock(vm);
}

/* A storm of interrupts must not keep the CPU from everybody else. */
static void rest(struct dvmm_timers *timers, u64 begin_ns)
{
	u64 end_ns = ktime_get_ns();
	u64 rest_until_ns = dvmm_share_rest(&timers->share, begin_ns, end_ns);

	if (rest_until_ns == end_ns)
		return;
	WRITE_ONCE(timers->rests, timers->rests + 1);
	raw_spin_lock_irq(&timers->arm_lock);
	timers->rest_until_ns = rest_until_ns;
	raw_spin_unlock_irq(&timers->arm_lock);
}

/* What the guest did while the thread worked has woken it again, before it was to rest. */
static bool must_rest(struct dvmm_timers *timers)
{
	bool resting;

	raw_spin_lock_irq(&timers->arm_lock);
	resting = ktime_get_ns() < timers->rest_until_ns;
	if (resting)
		arm(timers);
	raw_spin_unlock_irq(&timers->arm_lock);
	return resting;
}

/* The last reference is not ours to drop: the end of the VM waits for this thread's. */
static void put_kvm(struct dvmm_vm *vm)
{
	if (!refcount_dec_not_one(&vm->kvm->users_count))
		queue_work(put_queue, &vm->put_work);
}

static void put_work_fn(struct work_struct *work)
{
	struct kvm *kvm = container_of(work, struct dvmm_vm, put_work)->kvm;

	dvmm_kvm(kvm_put_kvm)(kvm);
}

/*
 * KVM frees a VM's interrupt routing before it tells us that the VM ends. Only with a
 * reference is there any.
 */
static void work_fn(struct kthread_work *work)
{
	struct dvmm_timers *timers = container_of(work, struct dvmm_timers, work);
	struct dvmm_vm *vm = vm_of(timers);
	u64 begin_ns = ktime_get_ns();
	struct dvmm_timer *timer;
	bool alive;

	if (must_rest(timers))
		return;
	alive = dvmm_kvm(kvm_get_kvm_safe)(vm->kvm);
	if (!alive)
		return;
	dvmm_irq_settle_unmasked(vm);
	list_for_each_entry(timer, &timers->list, node)
		serve(timer);
	rest(timers, begin_ns);
	dvmm_timers_lock(vm);
	reschedule(timers);
	dvmm_timers_unlock(vm);
	put_kvm(vm);
}

void dvmm_timers_init(struct dvmm_vm *vm)
{
	struct dvmm_timers *timers = &vm->timers;

	INIT_LIST_HEAD(&timers->list);
	spin_lock_init(&timers->lock);
	raw_spin_lock_init(&timers->arm_lock);
	timers->deadline_ns = DVMM_NEVER;
	timers->armed_ns = DVMM_NEVER;
	dvmm_hrtimer_setup(&timers->hrtimer, fires, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	kthread_init_work(&timers->work, work_fn);
	INIT_WORK(&vm->put_work, put_work_fn);
}

int dvmm_timers_start(struct dvmm_vm *vm)
{
	struct kthread_worker *worker;

	if (list_empty(&vm->timers.list))
		return 0;
	worker = kthread_create_worker(0, "dvmm-timer/%d", vm->pid);
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	sched_set_fifo(worker->task);
	vm->timers.worker = worker;
	return 0;
}

void dvmm_timers_stop(struct dvmm_vm *vm)
{
	struct dvmm_timers *timers = &vm->timers;

	raw_spin_lock_irq(&timers->arm_lock);
	timers->stopped = true;
	raw_spin_unlock_irq(&timers->arm_lock);
	hrtimer_cancel(&timers->hrtimer);
	if (timers->worker)
		kthread_destroy_worker(timers->worker);
}

int dvmm_timers_module_init(void)
{
	put_queue = alloc_workqueue("dvmm-put", 0, 0);
	if (!put_queue)
		return -ENOMEM;
	dvmm_line_listen(&line_listener);
	return 0;
}

void dvmm_timers_module_exit(void)
{
	dvmm_line_unlisten(&line_listener);
	destroy_workqueue(put_queue);
}
