/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cluster clock: this host's estimate of cluster time, with its error bound.
 *
 * One writer (the sync engine), any number of lock-free readers, NMI included.
 */
#ifndef DVMM_CLOCK_H
#define DVMM_CLOCK_H

#include "segment.h"
#include <uapi/linux/dvmm.h>

/**
 * struct dvmm_cluster - what all hosts of a cluster agree on
 * @id: random, drawn by the first grandmaster; 0 while none is known
 * @epoch_ns: cluster time at which every guest TSC reads zero
 * @tsc_khz: guest TSC ticks per cluster millisecond, exactly
 */
struct dvmm_cluster {
	u64 id;
	u64 epoch_ns;
	u32 tsc_khz;
};

/**
 * struct dvmm_clock_view - one consistent reading of everything about the clock
 * @segment: host counter to cluster time
 * @cluster: what the cluster agreed on
 * @bound_cycles: host counter at which @bound_ns held
 * @bound_ns: |error| of the clock there was at most this
 * @bound_growth_ppb: and may have grown by this since
 * @state: UNSYNCHRONISED, SYNCHRONISED or HOLDOVER
 */
struct dvmm_clock_view {
	struct dvmm_segment segment;
	struct dvmm_cluster cluster;
	u64 bound_cycles;
	u64 bound_ns;
	u32 bound_growth_ppb;
	enum dvmm_state state;
};

/* The error bound of @view when the host counter reads @cycles, in ns. */
u64 dvmm_clock_bound_ns(const struct dvmm_clock_view *view, u64 cycles);

/*
 * The host counter, ordered after all earlier loads: the TSC, or what goes on in its
 * place while it is wrong (timebase.h). Any context.
 */
u64 dvmm_host_cycles(void);

/* Slower counters resolve time too coarsely, and overflow dvmm_segment.mult. */
#define DVMM_HOST_KHZ_MIN 100000

/* The host counter's nominal frequency, in kHz. */
u32 dvmm_host_khz(void);

/* A consistent view of the clock. Any context, NMI included; never waits. */
void dvmm_clock_read(struct dvmm_clock_view *view);

/**
 * dvmm_clock_publish() - let readers see @view
 *
 * For the one writer. A publish is never a step: of @view's segment only the rate
 * counts, and the rest is set so that it meets the present one now. May sleep.
 */
void dvmm_clock_publish(struct dvmm_clock_view *view);

/**
 * dvmm_clock_step() - the same where the new view may be anywhere
 *
 * May sleep. Return: 0, or -EBUSY while a VM is attached (nothing changed).
 */
int __must_check dvmm_clock_step(const struct dvmm_clock_view *view);

/**
 * dvmm_clock_hold() - wait until the clock may be shown to a guest, and forbid steps
 * @timeout_s: how long to wait, in seconds
 *
 * Undone by dvmm_clock_release(). May sleep.
 * Return: 0; -ETIMEDOUT; -ERESTARTSYS on a signal.
 */
int __must_check dvmm_clock_hold(unsigned int timeout_s);
void dvmm_clock_release(void);

/* Whether anyone holds it just now. Any context. */
bool dvmm_clock_held(void);

int dvmm_clock_init(void);

#endif
