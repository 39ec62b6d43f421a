// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that hosts share. Its region is not requested, for others may use other parts
 * of it: with CONFIG_IO_STRICT_DEVMEM user space could not map a region that is taken.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "shm_area.h"
#include "shm_pci.h"

static int parse(struct dvmm_shm_range *range, const char *where)
{
	const char *length;
	char *end;

	range->start = memparse(where, &end);
	length = *end == '+' ? end + 1 : end;
	range->length = memparse(length, &end);
	if (length > where + 1 && length[-1] == '+' && end != length && !*end &&
	    PAGE_ALIGNED(range->start) && range->start + range->length > range->start)
		return 0;
	pr_err("shm=%s: must be auto, a PCI address as in 0000:00:05.0, or a physical one and a length as in 0x1080000000+16M\n",
	       where);
	return -EINVAL;
}

/* Nor must it be somewhere below a resource, as hot-plugged memory is. */
static bool has_ram(u64 start, size_t size)
{
	u64 address;

	for (address = start; address < start + size; address += PAGE_SIZE)
		if (page_is_ram(PHYS_PFN(address)))
			return true;
	return false;
}

static bool is_there(u64 start, size_t size)
{
	return (start + size - 1) >> boot_cpu_data.x86_phys_bits == 0 &&
	       region_intersects(start, size, IORESOURCE_MEM, IORES_DESC_NONE) == REGION_INTERSECTS;
}

/* What firmware and devices claim may be memory; what nobody claims is nothing. */
static int check_memory(const char *where, u64 start, size_t size)
{
	if (has_ram(start, size)) {
		pr_err("shm=%s: is this kernel's own memory; see 'System RAM' in /proc/iomem\n",
		       where);
		return -EBUSY;
	}
	if (is_there(start, size))
		return 0;
	pr_err("shm=%s: there is no memory; see /proc/iomem\n", where);
	return -ENXIO;
}

static int find(struct dvmm_shm_area *area, struct dvmm_shm_range *range, const char *where)
{
	area->dev = NULL;
	return strchr(where, '+') ? parse(range, where) :
				    dvmm_shm_pci_get(where, &area->dev, range);
}

static int check_size(const struct dvmm_shm_range *range, const char *where, u64 offset,
		      size_t size)
{
	if (!PAGE_ALIGNED(offset)) {
		pr_err("shm_offset=%llu: must be a multiple of %lu\n", offset, PAGE_SIZE);
		return -EINVAL;
	}
	if (offset > range->length || range->length - offset < size) {
		pr_err("shm=%s: is of %llu bytes; %zu from shm_offset=%llu on are needed\n",
		       where, range->length, size, offset);
		return -ENOSPC;
	}
	return 0;
}

/* Ordinary memory of what all of us run on: cached. */
static int map(struct dvmm_shm_area *area, const char *where, u64 start, size_t size)
{
	area->memory = memremap(start, size, MEMREMAP_WB);
	if (area->memory)
		return 0;
	pr_err("shm=%s: cannot be mapped\n", where);
	return -ENOMEM;
}

int dvmm_shm_map(struct dvmm_shm_area *area, const char *where, u64 offset, size_t size)
{
	struct dvmm_shm_range range;
	int ret = find(area, &range, where);
	u64 start;

	if (ret)
		return ret;
	start = range.start + offset;
	ret = check_size(&range, where, offset, size);
	if (!ret && !area->dev)
		ret = check_memory(where, start, size);
	ret = ret ?: map(area, where, start, size);
	if (ret)
		dvmm_shm_pci_put(area->dev);
	return ret;
}

void dvmm_shm_unmap(struct dvmm_shm_area *area)
{
	memunmap(area->memory);
	dvmm_shm_pci_put(area->dev);
}
