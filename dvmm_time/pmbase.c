// SPDX-License-Identifier: GPL-2.0
/* Where a guest's firmware has put the power management ports. */
#include "pmbase.h"

#define ADDRESS_ENABLE 0x80000000U
#define ADDRESS_FUNCTION 0x00ffff00U	/* bus, device, function */
#define ADDRESS_REGISTER 0x000000fcU

#define PMBASE 0x40	/* and 41h; what is above is 0 */

static const struct chipset {
	u32 function;		/* as in ADDRESS_FUNCTION */
	u8 enable_register;
	u8 enable_bit;
	u16 base_mask;
} chipsets[DVMM_CHIPSETS] = {
	{ (1 << 3 | 3) << 8, 0x80, 0x01, 0xffc0 },	/* PIIX4: PMIOSE */
	{ (31 << 3 | 0) << 8, 0x44, 0x80, 0xff80 },	/* ICH9: ACPI_EN */
};

static void write_byte(struct dvmm_pmbase *pmbase, int i, u32 reg, u8 value)
{
	u16 *base = &pmbase->chipset[i].base;

	if (reg == PMBASE)
		*base = (*base & 0xff00) | value;
	else if (reg == PMBASE + 1)
		*base = (u16)((*base & 0x00ff) | value << 8);
	else if (reg == chipsets[i].enable_register)
		pmbase->chipset[i].enable = value;
}

static void write_data(struct dvmm_pmbase *pmbase, u32 offset, u32 len, u32 value)
{
	u32 reg = (pmbase->address & ADDRESS_REGISTER) + offset, at;
	int i;

	for (i = 0; i < DVMM_CHIPSETS; i++) {
		if ((pmbase->address & ADDRESS_FUNCTION) != chipsets[i].function)
			continue;
		for (at = 0; at < len && offset + at < 4; at++)
			write_byte(pmbase, i, reg + at, (u8)(value >> (8 * at)));
	}
}

/* Only 32 bits at once go to CONFIG_ADDRESS: its other ports are other registers, too. */
void dvmm_pmbase_write(struct dvmm_pmbase *pmbase, u16 port, u32 len, u32 value)
{
	if (port == DVMM_PCI_ADDRESS && len == 4)
		pmbase->address = value;
	else if (port >= DVMM_PCI_DATA && port < DVMM_PCI_DATA + 4 &&
		 pmbase->address & ADDRESS_ENABLE)
		write_data(pmbase, port - DVMM_PCI_DATA, len, value);
}

u16 dvmm_pmbase_of(const struct dvmm_pmbase *pmbase)
{
	int i;

	for (i = 0; i < DVMM_CHIPSETS; i++)
		if (pmbase->chipset[i].enable & chipsets[i].enable_bit &&
		    pmbase->chipset[i].base & chipsets[i].base_mask)
			return pmbase->chipset[i].base & chipsets[i].base_mask;
	return 0;
}
