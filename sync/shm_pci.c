// SPDX-License-Identifier: GPL-2.0
/* The memory behind an ivshmem device: no driver is bound to it, for it may have other users. */
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
		pr_err("shm=%s: must be auto, a PCI address as in 0000:00:05.0, or a physical one and a length as in 0x1080000000+16M\n",
		       where);
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
static int enable(struct pci_dev *dev)
{
	int ret = -EBUSY;

	if (dev->driver) {
		pr_err("shm=%s: in use by the driver %s; unbind it\n", pci_name(dev),
		       dev->driver->name);
		return ret;
	}
	ret = pci_enable_device(dev);
	if (ret)
		pr_err("shm=%s: cannot be enabled (error %d)\n", pci_name(dev), ret);
	return ret;
}

int dvmm_shm_pci_get(const char *where, struct pci_dev **dev, struct dvmm_shm_range *range)
{
	int ret;

	*dev = strcmp(where, "auto") ? find_at(where) : find_first();
	if (!*dev)
		return -ENODEV;
	ret = enable(*dev);
	if (ret) {
		pci_dev_put(*dev);
		return ret;
	}
	range->start = pci_resource_start(*dev, IVSHMEM_BAR);
	range->length = pci_resource_len(*dev, IVSHMEM_BAR);
	return 0;
}

void dvmm_shm_pci_put(struct pci_dev *dev)
{
	if (!dev)
		return;
	pci_disable_device(dev);
	pci_dev_put(dev);
}
