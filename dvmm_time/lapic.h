/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timer of a local APIC by its guest's TSC: KVM has the registers, here is when.
 * Intel SDM volume 3, 11.5.4 "APIC Timer"; AMD APM volume 2, 16.4.1.
 *
 * A deadline is a value of the TSC in all three modes. One-shot and periodic count at a
 * GHz, as KVM's do. Pure: compiles unchanged in user space.
 */
#ifndef DVMM_LAPIC_H
#define DVMM_LAPIC_H

#include "dvmm_pure.h"

/* A deadline is not waited for longer in one go. */
#define DVMM_LAPIC_WAIT_MAX_NS 3600000000000ULL

/* A wait of more than this is made in two stages. */
#define DVMM_LAPIC_STAGED_NS 1000000

/*
 * From @tsc until the TSC of @khz reads @deadline, in ns, rounded up; 0 if it does; at most
 * DVMM_LAPIC_WAIT_MAX_NS.
 */
u64 dvmm_lapic_left_ns(u64 deadline, u64 tsc, u32 khz);

/*
 * How long to wait by the host's clock before looking again, with @left_ns to go: a little
 * less than that where the wait is long, as the two clocks may differ by up to 0.1 %. What
 * remains is then so short that the difference does not matter, and is waited for by at
 * most 0.13 us longer.
 */
u64 dvmm_lapic_wait_ns(u64 left_ns);

/**
 * dvmm_lapic_next() - the deadline that follows @deadline, which @tsc has reached
 * @deadline, @tsc: without what the guest wrote to its TSC
 * @period_ns: above 0
 *
 * On the grid of periods, to the ns and without drift for a TSC of 1 GHz and more, to a
 * tick a period for slower ones. Of those that @tsc has passed already the last one: what
 * real hardware merges in IRR is merged here.
 */
u64 dvmm_lapic_next(u64 deadline, u64 tsc, u64 period_ns, u32 khz);

/* The current count with @left_ns to go of @period_ns, both in ns; @divide is 1 to 128. */
u32 dvmm_lapic_count(u64 left_ns, u64 period_ns, u32 divide);

#endif
