// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the host's counters.
 *
 * An unbound work item does it, on whatever CPU there is: a CPU may go offline between
 * two rounds. Interrupts are off around a reading and its two of the TSC, and of a few
 * the shortest counts.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "counters.h"
#include "hardware.h"
#include "host_cycles.h"
#include "sync.h"

/* Readings of one counter in a round. */
#define TRIES 3

static struct workqueue_struct *queue;
static struct delayed_work round_work;
static struct dvmm_source_info infos[DVMM_SOURCES];

/* Protects the keeping, and writers of the timebase. */
static DEFINE_MUTEX(keeping_lock);
static struct dvmm_sources keeping;

/* @read becomes this reading if it took less than @best_cycles. Return: the lesser. */
static u64 read_once(enum dvmm_source_id id, struct dvmm_source_read *read, u64 best_cycles)
{
	unsigned long flags;
	u64 before, value, took;

	local_irq_save(flags);
	before = dvmm_hardware_tsc();
	value = dvmm_hardware_read(id);
	took = dvmm_hardware_tsc() - before;
	local_irq_restore(flags);
	if (took >= best_cycles)
		return best_cycles;
	read->tsc = before + took / 2;
	read->value = id == DVMM_SOURCE_TSC ? read->tsc : value;
	return took;
}

static void read_round(struct dvmm_source_read *read)
{
	int i, try;

	for (i = 0; i < DVMM_SOURCES; i++) {
		u64 took = U64_MAX;

		if (!infos[i].hz)
			continue;
		for (try = 0; try < TRIES; try++)
			took = read_once(i, &read[i], took);
		read[i].half_ns = dvmm_sources_half_ns(infos, i, took);
	}
}

static const char *const names[DVMM_SOURCES] = {
	"TSC", "HPET", "ACPI PM timer", "kernel's raw clock",
};

static const char *const faults[] = {
	"is right", "jumped", "stopped", "changed its rate",
};

static void tell(const struct dvmm_sources_verdict *verdict)
{
	int i;

	if (!verdict->accused)
		pr_warn_ratelimited("two of this host's counters parted by up to %llu ns, and there is no majority to say which is wrong\n",
				    verdict->off_ns);
	for (i = 0; i < DVMM_SOURCES; i++)
		if (verdict->fault[i])
			pr_warn_ratelimited("this host's %s %s: it is off the others by up to %llu ns\n",
					    names[i], faults[verdict->fault[i]],
					    verdict->off_ns);
}

static void tell_replaced(enum dvmm_source_id before, enum dvmm_source_id now)
{
	if (before == now)
		return;
	if (now == DVMM_SOURCE_TSC)
		pr_info("time is kept by this host's TSC again\n");
	else
		pr_warn("time is kept by this host's %s in place of its TSC\n", names[now]);
}

static struct dvmm_disturbance look(void)
{
	struct dvmm_source_read read[DVMM_SOURCES] = { 0 };
	struct dvmm_sources_verdict verdict;
	struct dvmm_disturbance found;
	struct dvmm_timebase timebase;
	enum dvmm_source_id before;

	lockdep_assert_held(&keeping_lock);
	read_round(read);
	verdict = dvmm_sources_round(&keeping, read);
	dvmm_host_timebase(&timebase);
	before = timebase.source;
	found = dvmm_timebase_round(&timebase, &keeping, &verdict);
	if (before != DVMM_SOURCE_TSC || timebase.source != before)
		dvmm_host_set_timebase(&timebase);
	if (verdict.found)
		tell(&verdict);
	tell_replaced(before, timebase.source);
	return found;
}

static void do_round(struct work_struct *work)
{
	struct dvmm_disturbance found;
	bool agree, sound;

	mutex_lock(&keeping_lock);
	found = look();
	agree = !dvmm_sources_suspect(&keeping);
	sound = dvmm_sources_sound(&keeping);
	mutex_unlock(&keeping_lock);
	if (found.step_ns)
		dvmm_sync_disturbed(found.step_ns, found.rate_ppb);
	dvmm_sync_counters(agree, sound);
	queue_delayed_work(queue, &round_work, HZ / DVMM_SOURCES_HZ);
}

void dvmm_counters_snapshot(struct dvmm_sources *sources, enum dvmm_source_id *in_use)
{
	struct dvmm_timebase timebase;

	mutex_lock(&keeping_lock);
	*sources = keeping;
	dvmm_host_timebase(&timebase);
	*in_use = timebase.source;
	mutex_unlock(&keeping_lock);
}

/*
 * Asleep, a counter may go on, stop or begin anew; the kernel knows to a second how long
 * it was. No time is promised then until it has been measured anew.
 */
static struct {
	u64 cycles;
	u64 boottime_ns;
} asleep;

static void catch_up(void)
{
	u64 ns = ktime_get_boottime_ns() - asleep.boottime_ns;
	u64 passed = mul_u64_u64_div_u64(ns, dvmm_host_khz(), USEC_PER_SEC);
	s64 missing = asleep.cycles + passed - dvmm_host_cycles();
	struct dvmm_timebase timebase;

	if (abs(missing) < dvmm_host_khz() * 1000LL)
		return;
	dvmm_host_timebase(&timebase);
	dvmm_timebase_shift(&timebase, missing);
	dvmm_host_set_timebase(&timebase);
	pr_warn("this host's counter did not go on while the host was asleep\n");
}

static void fall_asleep(void)
{
	dvmm_sync_suspend();
	asleep.cycles = dvmm_host_cycles();
	asleep.boottime_ns = ktime_get_boottime_ns();
}

static void wake_up_again(void)
{
	mutex_lock(&keeping_lock);
	catch_up();
	dvmm_sources_resume(&keeping);
	mutex_unlock(&keeping_lock);
	dvmm_sync_disturbed(U64_MAX, 0);
}

static int on_sleep(struct notifier_block *block, unsigned long event, void *unused)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		fall_asleep();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
		wake_up_again();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block sleep_notifier = { .notifier_call = on_sleep };

static int start_rounds(void)
{
	int ret;

	queue = alloc_workqueue("dvmm_counters", WQ_UNBOUND | WQ_HIGHPRI | WQ_FREEZABLE, 1);
	if (!queue)
		return -ENOMEM;
	ret = register_pm_notifier(&sleep_notifier);
	if (ret) {
		destroy_workqueue(queue);
		return ret;
	}
	INIT_DELAYED_WORK(&round_work, do_round);
	queue_delayed_work(queue, &round_work, 0);
	return 0;
}

int dvmm_counters_init(void)
{
	int ret;

	dvmm_hardware_find(infos);
	dvmm_sources_init(&keeping, infos);
	ret = start_rounds();
	if (ret)
		dvmm_hardware_release();
	return ret;
}

void dvmm_counters_exit(void)
{
	unregister_pm_notifier(&sleep_notifier);
	cancel_delayed_work_sync(&round_work);
	destroy_workqueue(queue);
	dvmm_hardware_release();
}
