/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What we use of KVM, found by name in the running kernel.
 *
 * KVM exports little to foreign modules, and from 7.1 on next to nothing, so
 * nothing of it is linked: symbols are resolved at load, checked against what
 * the module was built for, and called through static calls. Those are direct
 * calls, hence also allowed to functions whose ENDBR was sealed (IBT).
 */
#ifndef DVMM_RESOLVE_H
#define DVMM_RESOLVE_H

#include <linux/kvm_host.h>
#include <linux/static_call.h>

#include "line.h"

/* Functions of kvm.ko that no header declares (arch/x86/kvm/x86.c, lapic.c, hyperv.c). */
void kvm_vcpu_write_tsc_offset(struct kvm_vcpu *vcpu, u64 l1_offset);
void kvm_vcpu_write_tsc_multiplier(struct kvm_vcpu *vcpu, u64 l1_multiplier);
void pvclock_update_vm_gtod_copy(struct kvm *kvm);
void kvm_setup_guest_pvclock(struct kvm_vcpu *vcpu, struct gfn_to_pfn_cache *cache,
			     unsigned int offset);
void start_sw_timer(struct kvm_lapic *apic);
bool start_hv_timer(struct kvm_lapic *apic);
void kvm_lapic_switch_to_hv_timer(struct kvm_vcpu *vcpu);
enum hrtimer_restart apic_timer_fn(struct hrtimer *timer);
void advance_periodic_target_expiration(struct kvm_lapic *apic);
int kvm_lapic_reg_read(struct kvm_lapic *apic, u32 offset, int len, void *data);
int kvm_lapic_reg_write(struct kvm_lapic *apic, u32 reg, u32 value);
void kvm_apic_nmi_wd_deliver(struct kvm_vcpu *vcpu);
void kvm_hv_setup_tsc_page(struct kvm *kvm, struct pvclock_vcpu_time_info *info);
void get_kvmclock(struct kvm *kvm, struct kvm_clock_data *data);

/* Every function of kvm.ko that we call, as dvmm_kvm(name)(arguments). */
DECLARE_STATIC_CALL(dvmm_file_is_kvm, file_is_kvm);
DECLARE_STATIC_CALL(dvmm_kvm_apic_nmi_wd_deliver, kvm_apic_nmi_wd_deliver);
DECLARE_STATIC_CALL(dvmm_kvm_get_kvm_safe, kvm_get_kvm_safe);
DECLARE_STATIC_CALL(dvmm_kvm_io_bus_register_dev, kvm_io_bus_register_dev);
DECLARE_STATIC_CALL(dvmm_kvm_io_bus_unregister_dev, kvm_io_bus_unregister_dev);
DECLARE_STATIC_CALL(dvmm_kvm_make_all_cpus_request, kvm_make_all_cpus_request);
DECLARE_STATIC_CALL(dvmm_kvm_lapic_switch_to_hv_timer, kvm_lapic_switch_to_hv_timer);
DECLARE_STATIC_CALL(dvmm_kvm_put_kvm, kvm_put_kvm);
DECLARE_STATIC_CALL(dvmm_kvm_read_guest, kvm_read_guest);
DECLARE_STATIC_CALL(dvmm_kvm_read_l1_tsc, kvm_read_l1_tsc);
DECLARE_STATIC_CALL(dvmm_kvm_register_irq_ack_notifier, kvm_register_irq_ack_notifier);
DECLARE_STATIC_CALL(dvmm_kvm_register_irq_mask_notifier, kvm_register_irq_mask_notifier);
DECLARE_STATIC_CALL(dvmm_kvm_send_userspace_msi, kvm_send_userspace_msi);
DECLARE_STATIC_CALL(dvmm_kvm_set_irq, kvm_set_irq);
DECLARE_STATIC_CALL(dvmm_kvm_vcpu_write_tsc_multiplier, kvm_vcpu_write_tsc_multiplier);
DECLARE_STATIC_CALL(dvmm_kvm_vcpu_write_tsc_offset, kvm_vcpu_write_tsc_offset);
DECLARE_STATIC_CALL(dvmm_kvm_write_guest, kvm_write_guest);

#define dvmm_kvm(name) static_call(dvmm_##name)

/**
 * struct dvmm_vendor - the seam between SVM and VMX
 * @name: what kvm_x86_ops.name says
 * @apicv_tells_edges: where it virtualises the local APIC, EOIs of edges still exit if
 *	somebody wants to know of them: VMX's EOI-exit bitmap. SVM's AVIC has none
 * @prepare_switch: its op of that name, as symbols; the first that exists
 */
struct dvmm_vendor {
	const char *name;
	bool apicv_tells_edges;
	const char *prepare_switch[2];
};

/**
 * struct dvmm_kvm_info - KVM as it was found
 * @vendor: kvm-amd or kvm-intel
 * @scaling: what the CPU can do to a guest's TSC
 * @prepare_key: KVM's static call of prepare_switch_to_guest
 * @prepare_tramp: its trampoline
 * @prepare_orig: the vendor's function
 */
struct dvmm_kvm_info {
	const struct dvmm_vendor *vendor;
	struct dvmm_scaling scaling;
	struct static_call_key *prepare_key;
	void *prepare_tramp;
	void *prepare_orig;
};

extern struct dvmm_kvm_info dvmm_kvm_info __ro_after_init;

/* The address of @symbol, of the kernel or a module, or NULL after one line in the log. */
void *dvmm_need(const char *symbol);

/* Find and check everything, or say in one line what differs. KVM must be pinned. */
int dvmm_resolve(void);

#endif
