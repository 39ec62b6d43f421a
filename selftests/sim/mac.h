/* SPDX-License-Identifier: GPL-2.0 */
/* HMAC-SHA256-128 in user space, by nettle, as the kernel's crypto would do it. */
#ifndef UNIT_MAC_H
#define UNIT_MAC_H

#include "auth.h"

/* A dvmm_auth_mac: @ctx is the key's u32 id, from which its 32 bytes are made. */
int unit_mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv);

#endif
