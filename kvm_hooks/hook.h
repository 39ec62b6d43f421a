/* SPDX-License-Identifier: GPL-2.0 */
/* The one hook in KVM's run loop: the way into the guest. */
#ifndef DVMM_HOOK_H
#define DVMM_HOOK_H

/* Divert KVM's static call, and put it back. KVM must be pinned and resolved. */
void dvmm_hook_install(void);
void dvmm_hook_remove(void);

#endif
