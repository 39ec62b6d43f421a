/* SPDX-License-Identifier: GPL-2.0 */
/* DVMM_CMD_TIMERS and DVMM_CMD_TIMER_POLICY. */
#ifndef DVMM_NETLINK_TIMERS_H
#define DVMM_NETLINK_TIMERS_H

#include <net/genetlink.h>

#include <uapi/linux/dvmm.h>

extern const struct nla_policy dvmm_nl_timer_policy[DVMM_TIMER_A_POLICY + 1];

int dvmm_nl_timers_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int dvmm_nl_timer_policy_doit(struct sk_buff *skb, struct genl_info *info);

#endif
