// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the host's counters.
 *
 * An unbound work item does it, on whatever CPU there is: a CPU may go offline between
 * two rounds. Interrupts are off around a reading and its two of the TSC, and of a few
 * the shortest counts.
 */
#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <asm/tsc.h>

#include "clock.h"
#include "counters.h"

/* Readings of one counter in a round. */
#define TRIES 3

#define PM_TIMER_HZ 3579545

/* IA-PC HPET 1.0a, 2.3: capabilities, with the period in fs above, and the main counter. */
#define HPET_CAPABILITIES 0x000
#define HPET_COUNTER 0x0f0
#define HPET_SPACE 0x100
#define HPET_PERIOD_MAX_FS 100000000
#define HPET_CONFIG 0x010
#define HPET_ENABLED BIT(0)
#define FS_PER_SEC 1000000000000000ULL

static struct workqueue_struct *queue;
static struct delayed_work round_work;
static void __iomem *hpet;
static acpi_io_address pm_port;
static struct dvmm_source_info infos[DVMM_SOURCES];

/* Protects the keeping. */
static DEFINE_MUTEX(keeping_lock);
static struct dvmm_sources keeping;

static u64 read_counter(enum dvmm_source_id id)
{
	switch (id) {
	case DVMM_SOURCE_HPET:
		return readl(hpet + HPET_COUNTER);
	case DVMM_SOURCE_PM_TIMER:
		return inl(pm_port);
	case DVMM_SOURCE_RAW:
		return ktime_get_raw_ns();
	default:
		return rdtsc_ordered();
	}
}

/* @read becomes this reading if it took less than @best_cycles. Return: the lesser. */
static u64 read_once(enum dvmm_source_id id, struct dvmm_source_read *read, u64 best_cycles)
{
	unsigned long flags;
	u64 before, value, took;

	local_irq_save(flags);
	before = rdtsc_ordered();
	value = read_counter(id);
	took = rdtsc_ordered() - before;
	local_irq_restore(flags);
	if (took >= best_cycles)
		return best_cycles;
	read->tsc = before + took / 2;
	read->value = id == DVMM_SOURCE_TSC ? read->tsc : value;
	return took;
}

/* Half the time it took, and a tick; rounded up. */
static u32 half_ns(u64 took_cycles, u64 hz)
{
	u64 ns = div_u64(min_t(u64, took_cycles, U32_MAX) * USEC_PER_SEC, dvmm_host_khz());

	return min_t(u64, ns / 2 + div64_u64(NSEC_PER_SEC, hz) + 2, U32_MAX);
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
		read[i].half_ns = half_ns(took, infos[i].hz);
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

static void do_round(struct work_struct *work)
{
	struct dvmm_source_read read[DVMM_SOURCES] = { 0 };
	struct dvmm_sources_verdict verdict;

	mutex_lock(&keeping_lock);
	read_round(read);
	verdict = dvmm_sources_round(&keeping, read);
	mutex_unlock(&keeping_lock);
	if (verdict.found)
		tell(&verdict);
	queue_delayed_work(queue, &round_work, HZ / DVMM_SOURCES_HZ);
}

void dvmm_counters_snapshot(struct dvmm_sources *sources)
{
	mutex_lock(&keeping_lock);
	*sources = keeping;
	mutex_unlock(&keeping_lock);
}

static u64 hpet_address(void)
{
	struct acpi_table_header *header;
	u64 address = 0;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_HPET, 0, &header)))
		return 0;
	if (header->length >= sizeof(struct acpi_table_hpet)) {
		const struct acpi_table_hpet *table = (void *)header;

		if (table->address.space_id == ACPI_ADR_SPACE_SYSTEM_MEMORY)
			address = table->address.address;
	}
	acpi_put_table(header);
	return address;
}

/*
 * One that the kernel left off does not count: it is not for us to start it. Of the main
 * counter the lower half is used, as by the kernel: many a bus tears 64 bits (2.4.7).
 */
static void look_at_hpet(void)
{
	u32 period_fs = readl(hpet + HPET_CAPABILITIES + 4);

	if (!period_fs || period_fs > HPET_PERIOD_MAX_FS)
		return;
	if (!(readl(hpet + HPET_CONFIG) & HPET_ENABLED))
		return;
	infos[DVMM_SOURCE_HPET].hz = div_u64(FS_PER_SEC + period_fs / 2, period_fs);
	infos[DVMM_SOURCE_HPET].bits = 32;
	infos[DVMM_SOURCE_HPET].votes = true;
}

static void find_hpet(void)
{
	u64 address = hpet_address();

	if (!address)
		return;
	hpet = ioremap(address, HPET_SPACE);
	if (hpet)
		look_at_hpet();
}

static void find_pm_timer(void)
{
	if (acpi_disabled)
		return;
	pm_port = acpi_gbl_FADT.xpm_timer_block.address;
	if (acpi_gbl_FADT.xpm_timer_block.space_id != ACPI_ADR_SPACE_SYSTEM_IO || !pm_port)
		pm_port = acpi_gbl_FADT.pm_timer_block;
	if (!pm_port || pm_port > U16_MAX)
		return;
	infos[DVMM_SOURCE_PM_TIMER].hz = PM_TIMER_HZ;
	infos[DVMM_SOURCE_PM_TIMER].bits = acpi_gbl_FADT.flags & ACPI_FADT_32BIT_TIMER ? 32 : 24;
	infos[DVMM_SOURCE_PM_TIMER].votes = true;
}

/*
 * What the kernel's clock is derived from, it does not tell modules; nearly always it is
 * one of the other three. A voice of its own would count one of them twice.
 */
static void find_kernel_clock(void)
{
	infos[DVMM_SOURCE_RAW] = (struct dvmm_source_info){ NSEC_PER_SEC, 64, false };
}

int dvmm_counters_init(void)
{
	infos[DVMM_SOURCE_TSC] = (struct dvmm_source_info){ (u64)dvmm_host_khz() * 1000, 64, true };
	find_hpet();
	find_pm_timer();
	find_kernel_clock();
	dvmm_sources_init(&keeping, infos);
	queue = alloc_workqueue("dvmm_counters", WQ_UNBOUND | WQ_FREEZABLE, 1);
	if (!queue) {
		if (hpet)
			iounmap(hpet);
		return -ENOMEM;
	}
	INIT_DELAYED_WORK(&round_work, do_round);
	queue_delayed_work(queue, &round_work, 0);
	return 0;
}

void dvmm_counters_exit(void)
{
	cancel_delayed_work_sync(&round_work);
	destroy_workqueue(queue);
	if (hpet)
		iounmap(hpet);
}
