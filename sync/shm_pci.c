// SPDX-License-Identifier: GPL-2.0
/*
 * The memory behind an ivshmem device: found, mapped, and no more. No driver is bound to
 * it and its region is not requested, for others may use other parts of it: with
 * CONFIG_IO_STRICT_DEVMEM user space could not map a region that is taken.
 */
#include <linux/io.h>
#include <linux/pci.h>

#include "shm_pci.h"

#define IVSHMEM_VENDOR 0x1af4
#define IVSHMEM_DEVICE 0x1110
#define IVSHMEM_BAR 2

static struct pci_dev *find_first(void)
{
	struct pci_dev *dev = pci_get_device(IVSHMEM_VENDOR, IVSHMEM_DEVICE, NULL);

	if (!dev)
		pr_err("shm=auto: no ivshmem device (1af4:1110) on this host; see 'lspci -nn'\n");
	return dev;
}

static struct pci_dev *find_at(const char *where)
{
	u32 domain, bus, device, function;
	struct pci_dev *dev;

	if (sscanf(where, "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4) {
		pr_err("shm=%s: must be auto, or a PCI address as in 0000:00:05.0\n", where);
		return NULL;
	}
	dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(device, function));
	if (dev && dev->vendor == IVSHMEM_VENDOR && dev->device == IVSHMEM_DEVICE)
		return dev;
	pr_err("shm=%s: no ivshmem device (1af4:1110) there; see 'lspci -Dnn'\n", where);
	pci_dev_put(dev);
	return NULL;
}

/* A driver may do with the memory what it likes. */
static int check_device(struct pci_dev *dev, u64 offset, size_t size)
{
	u64 length = pci_resource_len(dev, IVSHMEM_BAR);

	if (dev->driver) {
		pr_err("shm=%s: in use by the driver %s; unbind it\n", pci_name(dev),
		       dev->driver->name);
		return -EBUSY;
	}
	if (!PAGE_ALIGNED(offset)) {
		pr_err("shm_offset=%llu: must be a multiple of %lu\n", offset, PAGE_SIZE);
		return -EINVAL;
	}
	if (offset > length || length - offset < size) {
		pr_err("shm=%s: is of %llu bytes; %zu from shm_offset=%llu on are needed\n",
		       pci_name(dev), length, size, offset);
		return -ENOSPC;
	}
	return 0;
}

/* Ordinary memory of the machine that runs all of us: cached. */
static int map(struct dvmm_shm_area *area, u64 offset, size_t size)
{
	resource_size_t start = pci_resource_start(area->dev, IVSHMEM_BAR);
	int ret = pci_enable_device(area->dev);

	if (!ret) {
		area->memory = memremap(start + offset, size, MEMREMAP_WB);
		if (area->memory)
			return 0;
		pci_disable_device(area->dev);
		ret = -ENOMEM;
	}
	pr_err("shm=%s: cannot be mapped (error %d)\n", pci_name(area->dev), ret);
	return ret;
}

int dvmm_shm_map(struct dvmm_shm_area *area, const char *where, u64 offset, size_t size)
{
	int ret;

	area->dev = strcmp(where, "auto") ? find_at(where) : find_first();
	if (!area->dev)
		return -ENODEV;
	ret = check_device(area->dev, offset, size) ?: map(area, offset, size);
	if (ret)
		pci_dev_put(area->dev);
	return ret;
}

void dvmm_shm_unmap(struct dvmm_shm_area *area)
{
	memunmap(area->memory);
	pci_disable_device(area->dev);
	pci_dev_put(area->dev);
}
