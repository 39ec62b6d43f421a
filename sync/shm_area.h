/* SPDX-License-Identifier: GPL-2.0 */
/* The memory that hosts share, wherever it is: mapped, and no more. */
#ifndef DVMM_SHM_AREA_H
#define DVMM_SHM_AREA_H

#include <linux/types.h>

struct pci_dev;

/**
 * struct dvmm_shm_area - mapped memory
 * @dev: the ivshmem device it is behind, held while it is mapped; NULL for none
 * @memory: of as many bytes as were asked for
 */
struct dvmm_shm_area {
	struct pci_dev *dev;
	void *memory;
};

/*
 * Map @size bytes from @offset on of @where: "0x1080000000+16M", a physical address and a
 * length, for memory that the platform shares, as a CXL window; or what is told in
 * shm_pci.h. Nothing is reserved: others may use other parts of it. May sleep.
 * Return: 0, or -errno after one line in the log that says what is wrong.
 */
int __must_check dvmm_shm_map(struct dvmm_shm_area *area, const char *where, u64 offset,
			      size_t size);

/* May sleep. */
void dvmm_shm_unmap(struct dvmm_shm_area *area);

#endif
