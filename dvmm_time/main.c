// SPDX-License-Identifier: GPL-2.0
/* dvmm_time: one time for a cluster of KVM hosts and all their guests. */
#include <linux/module.h>

#include "body.h"
#include "clock.h"
#include "counters.h"
#include "device.h"
#include "hook.h"
#include "netlink.h"
#include "phc.h"
#include "resolve.h"
#include "sync.h"
#include "vm.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init attach_to_kvm(void)
{
	int ret = dvmm_device_pin_kvm();

	if (ret)
		return ret;
	ret = dvmm_resolve();
	if (ret)
		goto err_unpin;
	ret = dvmm_vm_init();
	if (ret)
		goto err_unpin;
	ret = dvmm_body_install();
	if (ret)
		goto err_vm;
	dvmm_hook_install();
	return 0;

err_vm:
	dvmm_vm_exit();
err_unpin:
	dvmm_device_unpin_kvm();
	return ret;
}

static void detach_from_kvm(void)
{
	dvmm_hook_remove();
	dvmm_body_remove();
	dvmm_vm_exit();
	dvmm_device_unpin_kvm();
}

static int __init dvmm_init(void)
{
	int ret;

	ret = dvmm_clock_init();
	if (ret)
		return ret;
	ret = dvmm_counters_init();
	if (ret)
		return ret;
	ret = attach_to_kvm();
	if (ret)
		goto err_counters;
	ret = dvmm_netlink_init();
	if (ret)
		goto err_detach;
	ret = dvmm_sync_init();
	if (ret)
		goto err_netlink;
	ret = dvmm_phc_init();
	if (ret)
		goto err_sync;
	ret = dvmm_device_init();
	if (ret)
		goto err_phc;
	return 0;

err_phc:
	dvmm_phc_exit();
err_sync:
	dvmm_sync_exit();
err_netlink:
	dvmm_netlink_exit();
err_detach:
	detach_from_kvm();
err_counters:
	dvmm_counters_exit();
	return ret;
}

static void __exit dvmm_exit(void)
{
	dvmm_device_exit();
	dvmm_phc_exit();
	dvmm_sync_exit();
	dvmm_netlink_exit();
	detach_from_kvm();
	dvmm_counters_exit();
}

module_init(dvmm_init);
module_exit(dvmm_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("One time for a cluster of KVM hosts and all their guests");
