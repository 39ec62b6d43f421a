/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/dvmm/kvm: /dev/kvm, whose VMs live on cluster time. */
#ifndef DVMM_DEVICE_H
#define DVMM_DEVICE_H

/* Open /dev/kvm and keep it: pins kvm.ko and the vendor module. */
int dvmm_device_pin_kvm(void);
void dvmm_device_unpin_kvm(void);

int dvmm_device_init(void);
void dvmm_device_exit(void);

#endif
