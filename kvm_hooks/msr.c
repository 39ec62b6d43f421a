// SPDX-License-Identifier: GPL-2.0
/* What vCPUs of ours write to MSRs that have to do with time. */
#include <linux/kvm_para.h>

#include "msr.h"
#include "vm_lapic.h"
#include "vm_wallclock.h"

DVMM_BODY(kvm_set_msr_common);

static int set_wall_clock(struct dvmm_vm *vm, struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	int ret = dvmm_body(kvm_set_msr_common)(vcpu, msr);

	if (!ret && msr->data)
		dvmm_vm_wallclock_write(vm, msr->data);
	return ret;
}

static int our_kvm_set_msr_common(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	struct dvmm_vm *vm;

	switch (msr->index) {
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_WALL_CLOCK_NEW:
		vm = dvmm_vm_find(vcpu->kvm);
		if (vm)
			return set_wall_clock(vm, vcpu, msr);
		break;
	case MSR_IA32_TSC:
	case MSR_IA32_TSC_ADJUST:
		vm = dvmm_vm_find(vcpu->kvm);
		if (vm)
			return dvmm_vm_lapic_write_tsc(vm, vcpu, msr);
		break;
	}
	return dvmm_body(kvm_set_msr_common)(vcpu, msr);
}
