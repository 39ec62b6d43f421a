/* SPDX-License-Identifier: GPL-2.0 */
/* The time of day that a guest of ours is told. */
#ifndef DVMM_VM_WALLCLOCK_H
#define DVMM_VM_WALLCLOCK_H

#include "vm.h"

/*
 * UTC as the cluster knows it, in ns since 1970, when the guest's TSC reads @tsc. May
 * sleep.
 */
u64 dvmm_vm_utc_ns(const struct dvmm_vm *vm, u64 tsc);

/* Write the wall clock to guest physical @where, after KVM has. May sleep. */
void dvmm_vm_wallclock_write(struct dvmm_vm *vm, gpa_t where);

#endif
