/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a network driver says of its time stamps.
 *
 * v6.11, 2111375b85ad: struct kernel_ethtool_ts_info took the place of the one that is
 * shared with user space.
 */
#ifndef DVMM_COMPAT_TS_INFO_H
#define DVMM_COMPAT_TS_INFO_H

#include <linux/ethtool.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define dvmm_ts_info ethtool_ts_info
#else
#define dvmm_ts_info kernel_ethtool_ts_info
#endif

#endif
