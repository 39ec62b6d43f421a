/* SPDX-License-Identifier: GPL-2.0 */
/* The cluster clock as a PTP hardware clock, /dev/ptpN. */
#ifndef DVMM_PHC_H
#define DVMM_PHC_H

int dvmm_phc_init(void);
void dvmm_phc_exit(void);

/* N of /dev/ptpN, or -1. Any time. */
int dvmm_phc_index(void);

#endif
