/* SPDX-License-Identifier: GPL-2.0 */
/* DVMM_CMD_SOURCES: the host's time sources, one message each. */
#ifndef DVMM_NETLINK_SOURCES_H
#define DVMM_NETLINK_SOURCES_H

#include <net/genetlink.h>

/* A dumpit: genl_small_ops and genl_ops alike. */
int dvmm_nl_sources_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

#endif
