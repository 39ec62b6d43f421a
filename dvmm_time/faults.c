// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the TSC as the module reads it, for tests. Parameters, to be written:
 *
 *	fault_jump=NS	it jumps by that, either way
 *	fault_ppb=PPB	from now on it goes faster by that than the real one; from
 *			-10^9, where it stands, to 10^9
 *	fault_unstable=1	the kernel finds it unstable, for good
 */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/seqlock.h>
#include <asm/tsc.h>

#include "faults.h"
#include "segment.h"

/* Where the real one read @since, @seen was seen. */
struct fault {
	u64 since;
	u64 seen;
	s64 ppb;
};

static struct {
	seqcount_latch_t latch;
	struct fault copy[2];
} faults = { .latch = SEQCNT_LATCH_ZERO(faults.latch) };

/* Serialises those who write parameters. */
static DEFINE_MUTEX(faults_lock);

/* Stamps may be older than the fault. */
static u64 seen(const struct fault *fault, u64 tsc)
{
	s64 passed = tsc - fault->since;

	if (passed < 0)
		return fault->seen + passed;
	if (fault->ppb < 0)
		return fault->seen + passed - mul_u64_u64_div_u64(passed, -fault->ppb, DVMM_PPB);
	return fault->seen + passed + mul_u64_u64_div_u64(passed, fault->ppb, DVMM_PPB);
}

u64 dvmm_fault_tsc(u64 tsc)
{
	struct fault fault;
	unsigned int seq;

	do {
		seq = raw_read_seqcount_latch(&faults.latch);
		fault = faults.copy[seq & 1];
	} while (read_seqcount_latch_retry(&faults.latch, seq));
	return seen(&fault, tsc);
}

static void inject(s64 jump_cycles, s64 ppb)
{
	u64 tsc = rdtsc_ordered();
	struct fault fault = {
		.since = tsc, .seen = dvmm_fault_tsc(tsc) + jump_cycles, .ppb = ppb,
	};

	lockdep_assert_held(&faults_lock);
	raw_write_seqcount_latch(&faults.latch);
	faults.copy[0] = fault;
	raw_write_seqcount_latch(&faults.latch);
	faults.copy[1] = fault;
}

static int set_jump(const char *value, const struct kernel_param *param)
{
	s64 ns, size;
	int ret = kstrtos64(value, 0, &ns);

	if (ret)
		return ret;
	size = mul_u64_u64_div_u64(abs(ns), tsc_khz, USEC_PER_SEC);
	mutex_lock(&faults_lock);
	inject(ns < 0 ? -size : size, faults.copy[0].ppb);
	mutex_unlock(&faults_lock);
	return 0;
}

static int set_ppb(const char *value, const struct kernel_param *param)
{
	s64 ppb;
	int ret = kstrtos64(value, 0, &ppb);

	if (ret)
		return ret;
	if (abs(ppb) > DVMM_PPB)
		return -ERANGE;
	mutex_lock(&faults_lock);
	inject(0, ppb);
	mutex_unlock(&faults_lock);
	return 0;
}

static int set_unstable(const char *value, const struct kernel_param *param)
{
	mark_tsc_unstable("a test");
	return 0;
}

static const struct kernel_param_ops jump_ops = { .set = set_jump };
static const struct kernel_param_ops ppb_ops = { .set = set_ppb };
static const struct kernel_param_ops unstable_ops = { .set = set_unstable };

module_param_cb(fault_jump, &jump_ops, NULL, 0200);
MODULE_PARM_DESC(fault_jump, "test builds: the TSC jumps by so many ns");
module_param_cb(fault_ppb, &ppb_ops, NULL, 0200);
MODULE_PARM_DESC(fault_ppb, "test builds: the TSC goes faster by so many ppb");
module_param_cb(fault_unstable, &unstable_ops, NULL, 0200);
MODULE_PARM_DESC(fault_unstable, "test builds: the kernel finds the TSC unstable");
