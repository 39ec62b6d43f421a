/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a clock may truthfully say of its quality: IEEE 1588-2019 7.6.2.5 (clockClass,
 * table 4) and 7.6.2.6 (clockAccuracy, table 5).
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_QUALITY_H
#define DVMM_QUALITY_H

#include "wire.h"

/* clockClass, of those that a host of ours may have. */
enum dvmm_clock_class {
	DVMM_CLASS_DEGRADED_PTP = 187,	/* lost a reference of class 6 or 7; may be a slave */
	DVMM_CLASS_DEGRADED_ARB = 193,	/* the same of class 13 or 14 */
	DVMM_CLASS_DEFAULT = 248,
	DVMM_CLASS_SLAVE_ONLY = 255,
};

#define DVMM_ACCURACY_UNKNOWN 0xfe

/* Not computed (7.6.3.3): nobody here has a better clock to compare with for so long. */
#define DVMM_VARIANCE_UNKNOWN 0xffff

/**
 * dvmm_quality_class() - the clockClass of a host that goes on without its reference
 * @lost: the clockClass of what was lost
 *
 * Never 6 or 7, nor 13 or 14: those are not for a clock that was slave to another in
 * its domain. The standard's degradation alternative B is for one that may be.
 */
u8 dvmm_quality_class(u8 lost);

/**
 * dvmm_quality_accuracy() - the clockAccuracy of an error of at most @error_ns
 * @before: what was told last
 *
 * It becomes worse at once, and better only where half of it would do, so that an error
 * at the edge of two does not make it change all the time. U64_MAX: unknown.
 */
u8 dvmm_quality_accuracy(u64 error_ns, u8 before);

/* The error, in ns, rounded up, that an @accuracy stands for; U64_MAX if none is known. */
u64 dvmm_quality_error_ns(u8 accuracy);

#endif
