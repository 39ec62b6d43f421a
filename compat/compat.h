/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernels. Force-included before every source file, and
 * the only place that may know a kernel's version.
 */
#ifndef DVMM_COMPAT_H
#define DVMM_COMPAT_H

/* Before any header that prints. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "dvmm_time needs Linux 6.1 or newer"
#endif

/* v6.10, 2c92ca849fcc: __assign_str() lost its second argument. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define dvmm_assign_str(field, src) __assign_str(field, src)
#else
#define dvmm_assign_str(field, src) __assign_str(field)
#endif

/* v6.3, a9b12f8b4ec1: device_type.devnode() takes a const device. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define DVMM_DEVNODE_CONST
#else
#define DVMM_DEVNODE_CONST const
#endif

/* v6.4, 1aaba11da9aa: class_create() lost its module. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define dvmm_class_create(name) class_create(THIS_MODULE, name)
#else
#define dvmm_class_create(name) class_create(name)
#endif

/* v6.2, 94d095ffa0e1: the setters of struct ftrace_regs were renamed. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define ftrace_regs_set_instruction_pointer(fregs, ip) ftrace_instruction_pointer_set(fregs, ip)
#endif

/* v6.17: the mask notifier went to headers that are KVM's own. layout.list checks its size. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#include <linux/types.h>

struct kvm;
struct kvm_irq_mask_notifier {
	void (*func)(struct kvm_irq_mask_notifier *notifier, bool masked);
	int irq;
	struct hlist_node link;
};
void kvm_register_irq_mask_notifier(struct kvm *kvm, int irq,
				    struct kvm_irq_mask_notifier *notifier);
#endif

/* v6.13, 908a1d775422: hrtimer_setup() replaces hrtimer_init(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define dvmm_hrtimer_setup(timer, fn, clock, mode)	\
	do {						\
		hrtimer_init(timer, clock, mode);	\
		(timer)->function = (fn);		\
	} while (0)
#else
#define dvmm_hrtimer_setup(timer, fn, clock, mode) hrtimer_setup(timer, fn, clock, mode)
#endif

#endif
