// SPDX-License-Identifier: GPL-2.0
/* The counters that a host has. */
#include <linux/acpi.h>
#include <linux/io.h>
#include <linux/timekeeping.h>

#include "hardware.h"

#define PM_TIMER_HZ 3579545

/* IA-PC HPET 1.0a, 2.3: capabilities, with the period in fs above, and the main counter. */
#define HPET_CAPABILITIES 0x000
#define HPET_COUNTER 0x0f0
#define HPET_SPACE 0x100
#define HPET_PERIOD_MAX_FS 100000000
#define HPET_CONFIG 0x010
#define HPET_ENABLED BIT(0)
#define FS_PER_SEC 1000000000000000ULL

static void __iomem *hpet;
static acpi_io_address pm_port;

u64 dvmm_hardware_read(enum dvmm_source_id id)
{
	switch (id) {
	case DVMM_SOURCE_HPET:
		return readl(hpet + HPET_COUNTER);
	case DVMM_SOURCE_PM_TIMER:
		return inl(pm_port);
	case DVMM_SOURCE_RAW:
		return ktime_get_raw_fast_ns();
	default:
		return dvmm_hardware_tsc();
	}
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
static void look_at_hpet(struct dvmm_source_info *info)
{
	u32 period_fs = readl(hpet + HPET_CAPABILITIES + 4);

	if (!period_fs || period_fs > HPET_PERIOD_MAX_FS)
		return;
	if (!(readl(hpet + HPET_CONFIG) & HPET_ENABLED))
		return;
	info->hz = div_u64(FS_PER_SEC + period_fs / 2, period_fs);
	info->bits = 32;
	info->votes = true;
}

static void find_hpet(struct dvmm_source_info *info)
{
	u64 address = hpet_address();

	if (!address)
		return;
	hpet = ioremap(address, HPET_SPACE);
	if (hpet)
		look_at_hpet(info);
}

static void find_pm_timer(struct dvmm_source_info *info)
{
	if (acpi_disabled)
		return;
	pm_port = acpi_gbl_FADT.xpm_timer_block.address;
	if (acpi_gbl_FADT.xpm_timer_block.space_id != ACPI_ADR_SPACE_SYSTEM_IO || !pm_port)
		pm_port = acpi_gbl_FADT.pm_timer_block;
	if (!pm_port || pm_port > U16_MAX)
		return;
	info->hz = PM_TIMER_HZ;
	info->bits = acpi_gbl_FADT.flags & ACPI_FADT_32BIT_TIMER ? 32 : 24;
	info->votes = true;
}

/*
 * What the kernel's clock is derived from, it does not tell modules; nearly always it is
 * one of the other three. A voice of its own would count one of them twice.
 */
static const struct dvmm_source_info kernel_clock = { NSEC_PER_SEC, 64, false };

void dvmm_hardware_find(struct dvmm_source_info *infos)
{
	infos[DVMM_SOURCE_TSC] = (struct dvmm_source_info){ (u64)tsc_khz * 1000, 64, true };
	infos[DVMM_SOURCE_RAW] = kernel_clock;
	find_hpet(&infos[DVMM_SOURCE_HPET]);
	find_pm_timer(&infos[DVMM_SOURCE_PM_TIMER]);
}

void dvmm_hardware_release(void)
{
	if (hpet)
		iounmap(hpet);
	hpet = NULL;
}
