/* SPDX-License-Identifier: GPL-2.0 */
/* The memory behind an ivshmem device. */
#ifndef DVMM_SHM_PCI_H
#define DVMM_SHM_PCI_H

#include <linux/types.h>

struct pci_dev;

/**
 * struct dvmm_shm_range - physical memory
 * @start: address of the first byte
 * @length: how many there are
 */
struct dvmm_shm_range {
	u64 start;
	u64 length;
};

/*
 * BAR 2 of the ivshmem device at PCI address @where, or of the first one for "auto": in
 * @range, enabled, as long as @dev is held. The device is shared with whoever uses another
 * part of it. May sleep. Return: 0, or -errno after one line in the log.
 */
int __must_check dvmm_shm_pci_get(const char *where, struct pci_dev **dev,
				  struct dvmm_shm_range *range);

/* NULL is none. May sleep. */
void dvmm_shm_pci_put(struct pci_dev *dev);

#endif
