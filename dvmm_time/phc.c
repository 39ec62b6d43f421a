// SPDX-License-Identifier: GPL-2.0
/*
 * The cluster clock as a PTP hardware clock, so that chrony, phc2sys, phc_ctl
 * and testptp can read it.
 *
 * An open /dev/ptpN does not pin this module: the file belongs to the PTP core,
 * and ptp_clock_info.owner is used for PPS only. It need not. Every call on the
 * file or on its clockid runs under a read lock of the core's posix clock;
 * ptp_clock_unregister() takes that lock for writing and marks the clock dead,
 * so once it returns no callback below runs or ever will, and old descriptors
 * get ENODEV. The core's object itself lives until the last of them is closed.
 */
#include <linux/module.h>
#include <linux/ptp_clock_kernel.h>

#include "clock.h"
#include "host_cycles.h"
#include "phc.h"
#include "sync.h"

static struct ptp_clock *dvmm_phc;
static int dvmm_phc_number = -1; /* apart, for those who ask while it goes */

/*
 * Whether @view held all the time since it was read. Without this test a reader
 * that is preempted between its view and its counter reading would go on along
 * a line that others have left, and two readers might see time go back.
 */
static bool dvmm_phc_holds(const struct dvmm_clock_view *view)
{
	struct dvmm_clock_view now;

	dvmm_clock_read(&now);
	return now.segment.base_cycles == view->segment.base_cycles &&
	       now.state == view->state;
}

/*
 * A PHC has no flag for "do not believe me", only errors. Callers skip a failed
 * reading; they would steer by a wrong one.
 */
static int dvmm_phc_believable(const struct dvmm_clock_view *view)
{
	return view->state == DVMM_STATE_UNSYNCHRONISED ? -ENODATA : 0;
}

static int dvmm_phc_gettimex64(struct ptp_clock_info *info,
			       struct timespec64 *ts,
			       struct ptp_system_timestamp *sts)
{
	struct dvmm_clock_view view;
	u64 cycles;

	do {
		dvmm_clock_read(&view);
		ptp_read_system_prets(sts);
		cycles = dvmm_host_cycles();
		ptp_read_system_postts(sts);
	} while (!dvmm_phc_holds(&view));
	*ts = ns_to_timespec64(dvmm_segment_ns(&view.segment, cycles));
	return dvmm_phc_believable(&view);
}

static int dvmm_phc_getcrosststamp(struct ptp_clock_info *info,
				   struct system_device_crosststamp *stamp)
{
	struct dvmm_clock_view view;
	u64 cycles;
	int err;

	do {
		dvmm_clock_read(&view);
		err = dvmm_host_crosststamp(&cycles, stamp);
		if (err)
			return err;
	} while (!dvmm_phc_holds(&view));
	stamp->device = ns_to_ktime(dvmm_segment_ns(&view.segment, cycles));
	return dvmm_phc_believable(&view);
}

/*
 * @scaled_ppm is parts per million in units of 2^-16: 1000 / 2^16 = 125 / 2^13
 * ppb. It comes from user space; the PTP core compares it with max_adj only
 * after a multiplication that wraps around, so it may be anything here.
 */
static int dvmm_phc_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	const long max = DVMM_ADJFINE_MAX_PPB * 8192L / 125;

	if (scaled_ppm > max || scaled_ppm < -max)
		return -ERANGE;
	return dvmm_sync_adjfine(DIV_ROUND_CLOSEST(scaled_ppm * 125, 8192));
}

/* Guests live on this clock, on every host: it is slewed, never stepped. */
static int dvmm_phc_adjtime(struct ptp_clock_info *info, s64 delta)
{
	return -EOPNOTSUPP;
}

static int dvmm_phc_settime64(struct ptp_clock_info *info,
			      const struct timespec64 *ts)
{
	return -EOPNOTSUPP;
}

/* A clock only: no pins, no time stamps of outside events, no PPS. */
static int dvmm_phc_enable(struct ptp_clock_info *info,
			   struct ptp_clock_request *request, int on)
{
	return -EOPNOTSUPP;
}

static struct ptp_clock_info dvmm_phc_info = {
	.owner = THIS_MODULE,
	.name = "dvmm",
	.max_adj = DVMM_ADJFINE_MAX_PPB,
	.gettimex64 = dvmm_phc_gettimex64,
	.getcrosststamp = dvmm_phc_getcrosststamp,
	.adjfine = dvmm_phc_adjfine,
	.adjtime = dvmm_phc_adjtime,
	.settime64 = dvmm_phc_settime64,
	.enable = dvmm_phc_enable,
};

/* No parent: the cluster is nobody's device. NULL is a kernel without PHCs. */
int __init dvmm_phc_init(void)
{
	struct ptp_clock *phc = ptp_clock_register(&dvmm_phc_info, NULL);

	if (IS_ERR_OR_NULL(phc))
		return PTR_ERR_OR_ZERO(phc);
	dvmm_phc = phc;
	WRITE_ONCE(dvmm_phc_number, ptp_clock_index(phc));
	return 0;
}

void dvmm_phc_exit(void)
{
	WRITE_ONCE(dvmm_phc_number, -1);
	if (dvmm_phc)
		ptp_clock_unregister(dvmm_phc);
}

int dvmm_phc_index(void)
{
	return READ_ONCE(dvmm_phc_number);
}
