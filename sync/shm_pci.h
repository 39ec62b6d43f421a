/* SPDX-License-Identifier: GPL-2.0 */
/* The memory behind an ivshmem device. */
#ifndef DVMM_SHM_PCI_H
#define DVMM_SHM_PCI_H

#include <linux/types.h>

struct pci_dev;

/**
 * struct dvmm_shm_area - mapped memory
 * @dev: held while it is mapped
 * @memory: of as many bytes as were asked for
 */
struct dvmm_shm_area {
	struct pci_dev *dev;
	void *memory;
};

/*
 * Map @size bytes from @offset on of BAR 2 of the ivshmem device at PCI address @where,
 * or of the first one for "auto". The device is shared with whoever uses another part of
 * it. May sleep. Return: 0, or -errno after one line in the log that says what is wrong.
 */
int __must_check dvmm_shm_map(struct dvmm_shm_area *area, const char *where, u64 offset,
			      size_t size);

/* May sleep. */
void dvmm_shm_unmap(struct dvmm_shm_area *area);

#endif
