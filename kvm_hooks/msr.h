/* SPDX-License-Identifier: GPL-2.0 */
/* What vCPUs of ours write to MSRs that have to do with time. */
#ifndef DVMM_MSR_H
#define DVMM_MSR_H

#include <linux/kvm_host.h>

#include "body.h"

DECLARE_STATIC_CALL(dvmm_call_kvm_set_msr_common, kvm_set_msr_common);

extern struct dvmm_body dvmm_body_kvm_set_msr_common;

#endif
