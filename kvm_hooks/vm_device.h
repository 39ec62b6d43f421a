/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual devices of a VM: created with it, on its buses before any of KVM's or
 * QEMU's, freed after it (Documentation/devices.rst).
 *
 * KVM asks the devices of a bus in the order in which they were registered. One that
 * returns -EOPNOTSUPP is passed by, so that QEMU's own serves.
 */
#ifndef DVMM_VM_DEVICE_H
#define DVMM_VM_DEVICE_H

#include <linux/kvm_host.h>
#include <kvm/iodev.h>

struct dvmm_vm;

/**
 * struct dvmm_vdev - a virtual device; embed it as the first member
 * @vm: whose it is
 * @node: on the VM's list
 */
struct dvmm_vdev {
	struct dvmm_vm *vm;
	struct list_head node;
};

/**
 * struct dvmm_range - where a device is reached; embed one for each
 * @io: with its ops' read() and write(), called by vCPUs with kvm->srcu held. They may
 *	take the lock of the VM's timers, and must not change buses. No destructor.
 * @bus: KVM_PIO_BUS or KVM_MMIO_BUS
 * @addr: first port or guest physical address
 * @len: how many; accesses that reach beyond do not come here
 * @vdev: whose it is
 * @node: on the VM's list
 */
struct dvmm_range {
	struct kvm_io_device io;
	enum kvm_bus bus;
	gpa_t addr;
	int len;
	struct dvmm_vdev *vdev;
	struct list_head node;
};

/*
 * A new device of @vm: @size zeroed bytes, which begin with its struct dvmm_vdev and are
 * freed with the VM, or NULL. May sleep.
 */
void *dvmm_vdev_alloc(struct dvmm_vm *vm, size_t size);

/* While the device is created. @ops must live as long as the module. */
void dvmm_range_add(struct dvmm_vdev *vdev, struct dvmm_range *range,
		    const struct kvm_io_device_ops *ops, enum kvm_bus bus, gpa_t addr, int len);

/**
 * dvmm_vdevs_create() - all devices of a new VM, and their timers' thread
 *
 * Nothing runs yet, and no bus knows of them. May sleep.
 * Return: 0, or an error after everything has been freed.
 */
int __must_check dvmm_vdevs_create(struct dvmm_vm *vm);

/* Put them on the buses, all or none. kvm->slots_lock held. Return: 0 or KVM's error. */
int __must_check dvmm_vdevs_register(struct dvmm_vm *vm);

/* And off them again, while nobody knows of the VM. kvm->slots_lock held. */
void dvmm_vdevs_unregister(struct dvmm_vm *vm);

/* KVM has forgotten them, or never knew them; timers are stopped. */
void dvmm_vdevs_free(struct dvmm_vm *vm);

/*
 * Each kind of device: allocate it, add its ranges and timers (dvmm_timer_add()).
 * Return: 0, also where VMs are to have none, or an error.
 */
int __must_check dvmm_pmtimer_create(struct dvmm_vm *vm);
int __must_check dvmm_pit_create(struct dvmm_vm *vm);
int __must_check dvmm_rtc_create(struct dvmm_vm *vm);
int __must_check dvmm_hpet_create(struct dvmm_vm *vm);

#endif
