/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kvmclock: nanoseconds from a guest's TSC, by the arithmetic that KVM's guests have
 * (Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_SYSTEM_TIME_NEW).
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_KVMCLOCK_H
#define DVMM_KVMCLOCK_H

#include "dvmm_pure.h"

/**
 * struct dvmm_kvmclock_rate - ns per tick: mul * 2^(shift - 32)
 * @mul: 2^31 and above, so right to 0.24 ppb
 * @shift: to the left if above zero, else ticks lose so many bits on the right
 */
struct dvmm_kvmclock_rate {
	u32 mul;
	s8 shift;
};

/**
 * struct dvmm_kvmclock_page - what a guest is told: @system_ns when its TSC reads @tsc
 */
struct dvmm_kvmclock_page {
	u64 tsc;
	u64 system_ns;
};

/* For a TSC of @khz: 1 to DVMM_TSC_KHZ_MAX. */
struct dvmm_kvmclock_rate dvmm_kvmclock_rate(u32 khz);

/* The ns that a guest gets for @ticks, below 2^63 ns (292 years). */
u64 dvmm_kvmclock_ns(const struct dvmm_kvmclock_rate *rate, u64 ticks);

/**
 * dvmm_kvmclock_page() - a page of a clock that reads @offset_ns at TSC 0
 *
 * @near: where about in the TSC the page begins. Whatever it is: at a TSC that is behind
 * both, two pages of one rate and offset are at most 1 ns apart.
 */
struct dvmm_kvmclock_page dvmm_kvmclock_page(const struct dvmm_kvmclock_rate *rate,
					     u64 near, u64 offset_ns);

#endif
