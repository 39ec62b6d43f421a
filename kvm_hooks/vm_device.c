// SPDX-License-Identifier: GPL-2.0
/* The virtual devices of a VM: created with it, on its buses first, freed after it. */
#include <linux/slab.h>

#include "resolve.h"
#include "vm.h"
#include "vm_device.h"

static int (*const creators[])(struct dvmm_vm *vm) = {
	dvmm_pmtimer_create,
	dvmm_pit_create,
	dvmm_rtc_create,
	dvmm_hpet_create,
};

void *dvmm_vdev_alloc(struct dvmm_vm *vm, size_t size)
{
	struct dvmm_vdev *vdev = kzalloc(size, GFP_KERNEL_ACCOUNT);

	if (!vdev)
		return NULL;
	vdev->vm = vm;
	list_add_tail(&vdev->node, &vm->vdevs);
	return vdev;
}

void dvmm_range_add(struct dvmm_vdev *vdev, struct dvmm_range *range,
		    const struct kvm_io_device_ops *ops, enum kvm_bus bus, gpa_t addr, int len)
{
	kvm_iodevice_init(&range->io, ops);
	range->bus = bus;
	range->addr = addr;
	range->len = len;
	range->vdev = vdev;
	list_add_tail(&range->node, &vdev->vm->ranges);
}

static int create_all(struct dvmm_vm *vm)
{
	int ret = 0;
	int i;

	for (i = 0; !ret && i < ARRAY_SIZE(creators); i++)
		ret = creators[i](vm);
	return ret;
}

int dvmm_vdevs_create(struct dvmm_vm *vm)
{
	int ret;

	INIT_LIST_HEAD(&vm->vdevs);
	INIT_LIST_HEAD(&vm->ranges);
	dvmm_timers_init(vm);
	ret = create_all(vm);
	if (!ret)
		ret = dvmm_timers_start(vm);
	if (ret)
		dvmm_vdevs_free(vm);
	return ret;
}

static void unregister_before(struct dvmm_vm *vm, struct dvmm_range *range)
{
	list_for_each_entry_continue_reverse(range, &vm->ranges, node)
		dvmm_kvm(kvm_io_bus_unregister_dev)(vm->kvm, range->bus, &range->io);
}

int dvmm_vdevs_register(struct dvmm_vm *vm)
{
	struct dvmm_range *range;
	int ret;

	list_for_each_entry(range, &vm->ranges, node) {
		ret = dvmm_kvm(kvm_io_bus_register_dev)(vm->kvm, range->bus, range->addr,
							range->len, &range->io);
		if (ret) {
			unregister_before(vm, range);
			return ret;
		}
	}
	return 0;
}

void dvmm_vdevs_unregister(struct dvmm_vm *vm)
{
	unregister_before(vm, list_entry(&vm->ranges, struct dvmm_range, node));
}

void dvmm_vdevs_free(struct dvmm_vm *vm)
{
	struct dvmm_vdev *vdev, *next;

	list_for_each_entry_safe(vdev, next, &vm->vdevs, node)
		kfree(vdev);
}
