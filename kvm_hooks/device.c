// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/dvmm/kvm: /dev/kvm, whose VMs live on cluster time.
 *
 * Every ioctl goes to the real KVM, so that VM descriptors are KVM's own and
 * VFIO, vhost, irqfd and migration see nothing unusual. Two are looked at:
 * KVM_CREATE_VM attaches the VM before its descriptor is returned, and
 * KVM_GET_SUPPORTED_CPUID offers an invariant TSC, which cluster time is.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "clock.h"
#include "device.h"
#include "resolve.h"
#include "vm.h"

static unsigned int lock_timeout = 60;
module_param(lock_timeout, uint, 0644);
MODULE_PARM_DESC(lock_timeout, "seconds that KVM_CREATE_VM waits for synchronisation (default 60)");

static struct file *kvm_file;	/* /dev/kvm, open as long as the module is loaded */

typedef long (*ioctl_fn)(struct file *filp, unsigned int cmd, unsigned long arg);

static int attach_fd(int fd)
{
	struct file *file = fget(fd);
	int ret = -EBADF;

	/* Another thread may have put anything at @fd meanwhile. */
	if (file && dvmm_kvm(file_is_kvm)(file))
		ret = dvmm_vm_attach(file->private_data);
	if (file)
		fput(file);
	return ret;
}

static long create_vm(ioctl_fn forward, unsigned long type)
{
	long fd;
	int ret;

	ret = dvmm_clock_hold(lock_timeout);
	if (ret == -ETIMEDOUT)
		pr_err("no VM created: not synchronised after %u s; see dvmmctl status\n",
		       lock_timeout);
	if (ret)
		return ret;

	fd = forward(kvm_file, KVM_CREATE_VM, type);
	if (fd < 0)
		goto err_release;
	ret = attach_fd(fd);
	if (!ret)
		return fd;
	close_fd(fd);
	fd = ret;
err_release:
	dvmm_clock_release();
	return fd;
}

#define CPUID_APM_LEAF 0x80000007	/* Advanced Power Management Information */
#define CPUID_APM_INVARIANT_TSC BIT(8)	/* in EDX */

/* @nent is what KVM filled in, at most what user space made room for. */
static long offer_invariant_tsc(struct kvm_cpuid_entry2 __user *entries, u32 nent)
{
	struct kvm_cpuid_entry2 entry;
	u32 i;

	for (i = 0; i < nent; i++) {
		if (copy_from_user(&entry, &entries[i], sizeof(entry)))
			return -EFAULT;
		if (entry.function != CPUID_APM_LEAF)
			continue;
		entry.edx |= CPUID_APM_INVARIANT_TSC;
		return copy_to_user(&entries[i], &entry, sizeof(entry)) ? -EFAULT : 0;
	}
	return 0;
}

static long get_supported_cpuid(ioctl_fn forward, unsigned long arg)
{
	struct kvm_cpuid2 __user *user = (void __user *)arg;
	long ret = forward(kvm_file, KVM_GET_SUPPORTED_CPUID, arg);
	u32 nent;

	if (ret)
		return ret;
	if (get_user(nent, &user->nent))
		return -EFAULT;
	return offer_invariant_tsc(user->entries, nent);
}

static long forward_ioctl(ioctl_fn forward, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KVM_CREATE_VM:
		return create_vm(forward, arg);
	case KVM_GET_SUPPORTED_CPUID:
		return get_supported_cpuid(forward, arg);
	default:
		return forward(kvm_file, cmd, arg);
	}
}

static long device_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return forward_ioctl(kvm_file->f_op->unlocked_ioctl, cmd, arg);
}

static long device_compat_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (!kvm_file->f_op->compat_ioctl)
		return -ENOTTY;
	return forward_ioctl(kvm_file->f_op->compat_ioctl, cmd, arg);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = device_compat_ioctl,
	.llseek = noop_llseek,
};

/* As /dev/kvm is now: distributions give it to group kvm. */
static char *devnode(DVMM_DEVNODE_CONST struct device *dev, umode_t *mode,
		     kuid_t *uid, kgid_t *gid)
{
	const struct inode *inode = file_inode(kvm_file);

	if (mode)
		*mode = inode->i_mode & 0777;
	if (gid)
		*gid = inode->i_gid;
	return kasprintf(GFP_KERNEL, "dvmm/kvm");
}

static const struct device_type device_type = { .name = "dvmm", .devnode = devnode };

static void device_release(struct device *dev)
{
	kfree(dev);
}

static struct class *device_class;
static struct device *device;
static struct cdev cdev;
static dev_t devt;

static int add_device(void)
{
	int ret;

	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device_initialize(device);
	device->class = device_class;
	device->type = &device_type;
	device->devt = devt;
	device->release = device_release;
	cdev_init(&cdev, &device_fops);
	ret = dev_set_name(device, "dvmm_kvm");
	if (!ret)
		ret = cdev_device_add(&cdev, device);
	if (ret)
		put_device(device);
	return ret;
}

int dvmm_device_init(void)
{
	int ret = alloc_chrdev_region(&devt, 0, 1, "dvmm");

	if (ret)
		return ret;
	device_class = dvmm_class_create("dvmm");
	if (IS_ERR(device_class)) {
		ret = PTR_ERR(device_class);
		goto err_region;
	}
	ret = add_device();
	if (ret)
		goto err_class;
	return 0;

err_class:
	class_destroy(device_class);
err_region:
	unregister_chrdev_region(devt, 1);
	return ret;
}

void dvmm_device_exit(void)
{
	cdev_device_del(&cdev, device);
	put_device(device);
	class_destroy(device_class);
	unregister_chrdev_region(devt, 1);
}

int dvmm_device_pin_kvm(void)
{
	kvm_file = filp_open("/dev/kvm", O_RDWR, 0);
	if (IS_ERR(kvm_file)) {
		pr_err("cannot open /dev/kvm (%ld): load kvm-amd or kvm-intel first\n",
		       PTR_ERR(kvm_file));
		return -ENODEV;	/* insmod takes ENOENT for a missing symbol */
	}
	if (kvm_file->f_op->unlocked_ioctl &&
	    kvm_file->f_op->unlocked_ioctl(kvm_file, KVM_GET_API_VERSION, 0) == KVM_API_VERSION)
		return 0;
	pr_err("/dev/kvm is not KVM of API version %d\n", KVM_API_VERSION);
	dvmm_device_unpin_kvm();
	return -ENODEV;
}

void dvmm_device_unpin_kvm(void)
{
	filp_close(kvm_file, NULL);
}
