// SPDX-License-Identifier: GPL-2.0
/*
 * The one hook in KVM's run loop: the way into the guest.
 *
 * KVM calls prepare_switch_to_guest() through a static call, from one place
 * (vcpu_enter_guest()), with preemption off. Diverting it costs a direct call.
 */
#include <linux/rcupdate.h>

#include "hook.h"
#include "resolve.h"
#include "vm.h"
#include "vm_line.h"

#define PREPARE_SWITCH (((struct kvm_x86_ops *)NULL)->prepare_switch_to_guest)

/* The vendor's own function, called as KVM would call it. */
DEFINE_STATIC_CALL_NULL(vendor_prepare_switch, *PREPARE_SWITCH);

static void prepare_switch_to_guest(struct kvm_vcpu *vcpu)
{
	struct dvmm_vm *vm = dvmm_vm_of(vcpu->kvm);

	static_call(vendor_prepare_switch)(vcpu);
	if (vm)
		dvmm_vm_apply(vm, vcpu);
}

void dvmm_hook_install(void)
{
	const struct dvmm_kvm_info *info = &dvmm_kvm_info;

	static_call_update(vendor_prepare_switch, info->prepare_orig);
	__static_call_update(info->prepare_key, info->prepare_tramp,
			     prepare_switch_to_guest);
}

void dvmm_hook_remove(void)
{
	const struct dvmm_kvm_info *info = &dvmm_kvm_info;

	__static_call_update(info->prepare_key, info->prepare_tramp, info->prepare_orig);
	/* The hook runs with preemption off: once this returns, nobody is in it. */
	synchronize_rcu();
}
