/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a guest's firmware has put the chipset's power management ports, as told from the
 * writes to PCI configuration space that it does it with. Pure.
 *
 * Intel 82371AB (PIIX4), 7.1.10 and 7.1.25: device 1, function 3, PMBASE at 40h, PMREGMISC
 * at 80h. Intel ICH9, 13.1.9 and 13.1.10: device 31, function 0, PMBASE at 40h, ACPI_CNTL
 * at 44h.
 */
#ifndef DVMM_PMBASE_H
#define DVMM_PMBASE_H

#include "dvmm_pure.h"

/* CONFIG_ADDRESS and CONFIG_DATA, 4 ports each (PCI 3.0, 3.2.2.3.2). */
#define DVMM_PCI_ADDRESS 0xcf8
#define DVMM_PCI_DATA 0xcfc

#define DVMM_CHIPSETS 2

/**
 * struct dvmm_pmbase - what was written
 * @address: to CONFIG_ADDRESS
 * @chipset: to PMBASE and to the register that enables it, of either chipset
 */
struct dvmm_pmbase {
	u32 address;
	struct {
		u16 base;
		u8 enable;
	} chipset[DVMM_CHIPSETS];
};

/* @len bytes, 1, 2 or 4, were written to @port. */
void dvmm_pmbase_write(struct dvmm_pmbase *pmbase, u16 port, u32 len, u32 value);

/* The first of the ports, or 0 while they are nowhere. */
u16 dvmm_pmbase_of(const struct dvmm_pmbase *pmbase);

#endif
