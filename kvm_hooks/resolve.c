// SPDX-License-Identifier: GPL-2.0
/* Finding KVM's unexported symbols, and refusing a KVM we were not built for. */
#include <linux/kprobes.h>
#include <linux/utsname.h>

#include <kvm/iodev.h>

#include "btf_check.h"
#include "resolve.h"
#include "layout.h"	/* asserts on the types of the headers above */

DEFINE_STATIC_CALL_NULL(dvmm_file_is_kvm, file_is_kvm);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_apic_nmi_wd_deliver, kvm_apic_nmi_wd_deliver);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_get_kvm_safe, kvm_get_kvm_safe);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_io_bus_register_dev, kvm_io_bus_register_dev);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_io_bus_unregister_dev, kvm_io_bus_unregister_dev);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_lapic_switch_to_hv_timer, kvm_lapic_switch_to_hv_timer);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_make_all_cpus_request, kvm_make_all_cpus_request);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_put_kvm, kvm_put_kvm);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_read_guest, kvm_read_guest);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_read_l1_tsc, kvm_read_l1_tsc);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_register_irq_ack_notifier, kvm_register_irq_ack_notifier);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_register_irq_mask_notifier, kvm_register_irq_mask_notifier);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_send_userspace_msi, kvm_send_userspace_msi);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_set_irq, kvm_set_irq);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_vcpu_write_tsc_multiplier, kvm_vcpu_write_tsc_multiplier);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_vcpu_write_tsc_offset, kvm_vcpu_write_tsc_offset);
DEFINE_STATIC_CALL_NULL(dvmm_kvm_write_guest, kvm_write_guest);

#define KVM_CALL(name) \
	{ #name, &STATIC_CALL_KEY(dvmm_##name), &STATIC_CALL_TRAMP(dvmm_##name) }

struct kvm_call {
	const char *symbol;
	struct static_call_key *key;
	void *tramp;
};

static const struct kvm_call kvm_calls[] __initconst = {
	KVM_CALL(file_is_kvm),
	KVM_CALL(kvm_apic_nmi_wd_deliver),
	KVM_CALL(kvm_get_kvm_safe),
	KVM_CALL(kvm_io_bus_register_dev),
	KVM_CALL(kvm_io_bus_unregister_dev),
	KVM_CALL(kvm_lapic_switch_to_hv_timer),
	KVM_CALL(kvm_make_all_cpus_request),
	KVM_CALL(kvm_put_kvm),
	KVM_CALL(kvm_read_guest),
	KVM_CALL(kvm_read_l1_tsc),
	KVM_CALL(kvm_register_irq_ack_notifier),
	KVM_CALL(kvm_register_irq_mask_notifier),
	KVM_CALL(kvm_send_userspace_msi),
	KVM_CALL(kvm_set_irq),
	KVM_CALL(kvm_vcpu_write_tsc_multiplier),
	KVM_CALL(kvm_vcpu_write_tsc_offset),
	KVM_CALL(kvm_write_guest),
};

struct dvmm_kvm_info dvmm_kvm_info __ro_after_init;

static const struct dvmm_vendor vendors[] = {
	{ "kvm_amd", false, { "svm_prepare_switch_to_guest" } },
	{ "kvm_intel", true, { "vt_prepare_switch_to_guest", "vmx_prepare_switch_to_guest" } },
};

/*
 * A kprobe looks its symbol up for us. On data the registration fails, but the
 * address has been filled in by then.
 */
static void * __init lookup(const char *symbol)
{
	struct kprobe kp = { .symbol_name = symbol, .flags = KPROBE_FLAG_DISABLED };

	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
	return kp.addr;
}

void * __init dvmm_need(const char *symbol)
{
	void *addr = lookup(symbol);

	if (!addr)
		pr_err("this kernel has no %s: rebuild dvmm_time for %s\n",
		       symbol, init_utsname()->release);
	return addr;
}

static const struct dvmm_btf_item layout[] __initconst = { DVMM_LAYOUT };

static int __init resolve_calls(void)
{
	void *addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(kvm_calls); i++) {
		addr = dvmm_need(kvm_calls[i].symbol);
		if (!addr)
			return -ENODEV;
		__static_call_update(kvm_calls[i].key, kvm_calls[i].tramp, addr);
	}
	return 0;
}

static int __init resolve_caps(void)
{
	const void *caps = dvmm_need("kvm_caps");
	struct dvmm_scaling *scaling = &dvmm_kvm_info.scaling;

	if (!caps)
		return -ENODEV;
	scaling->scales = *(const bool *)(caps + DVMM_kvm_caps_has_tsc_control);
	scaling->frac_bits = *(const u8 *)(caps + DVMM_kvm_caps_tsc_scaling_ratio_frac_bits);
	scaling->max_ratio = *(const u64 *)(caps + DVMM_kvm_caps_max_tsc_scaling_ratio);
	if (scaling->frac_bits != 32 && scaling->frac_bits != 48) {
		pr_err("kvm_caps: %u TSC fraction bits, 32 or 48 expected\n", scaling->frac_bits);
		return -EINVAL;
	}
	return 0;
}

static const struct dvmm_vendor * __init find_vendor(void)
{
	const struct kvm_x86_ops *ops = dvmm_need("kvm_x86_ops");
	int i;

	if (!ops)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(vendors); i++)
		if (ops->name && !strcmp(ops->name, vendors[i].name))
			return &vendors[i];
	pr_err("KVM's vendor module is %s: kvm_amd or kvm_intel expected\n",
	       ops->name ?: "absent");
	return NULL;
}

static int __init resolve_hook(void)
{
	struct dvmm_kvm_info *info = &dvmm_kvm_info;
	const struct dvmm_vendor *vendor = info->vendor;
	int i;

	info->prepare_key = dvmm_need("__SCK__kvm_x86_prepare_switch_to_guest");
	info->prepare_tramp = dvmm_need("__SCT__kvm_x86_prepare_switch_to_guest");
	if (!info->prepare_key || !info->prepare_tramp)
		return -ENODEV;
	info->prepare_orig = READ_ONCE(info->prepare_key->func);
	for (i = 0; i < ARRAY_SIZE(vendor->prepare_switch) && vendor->prepare_switch[i]; i++)
		if (info->prepare_orig && info->prepare_orig == lookup(vendor->prepare_switch[i]))
			return 0;
	pr_err("kvm_x86_prepare_switch_to_guest leads to %pS, not to %s: is another module attached to KVM?\n",
	       info->prepare_orig, vendor->prepare_switch[0]);
	return -EBUSY;
}

int __init dvmm_resolve(void)
{
	int ret = dvmm_btf_check(layout, ARRAY_SIZE(layout));

	if (ret)
		return ret;
	dvmm_kvm_info.vendor = find_vendor();
	if (!dvmm_kvm_info.vendor)
		return -ENODEV;
	ret = resolve_calls();
	if (!ret)
		ret = resolve_caps();
	if (!ret)
		ret = resolve_hook();
	return ret;
}
