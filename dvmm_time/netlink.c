// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family "dvmm": status on request, and the same status
 * multicast at each change.
 *
 * An event carries the whole status, not a difference: a listener that missed
 * one loses nothing but the moment, and one that overran its buffer, or for
 * which no event could be built, is told so (ENOBUFS) and asks again.
 */
#include <linux/mutex.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "clock.h"
#include "netlink.h"
#include "netlink_sources.h"
#include "netlink_timers.h"
#include "phc.h"
#include "sync.h"
#include "vm.h"

/* Orders events, so that the last one sent is the newest; guards dvmm_nl_up. */
static DEFINE_MUTEX(dvmm_nl_lock);
static bool dvmm_nl_up;

static struct genl_family dvmm_nl_family;

/* A bound that cannot be given is U64_MAX, and stays so. */
static u64 dvmm_nl_guest_bound(u64 bound_ns, u64 step_lag_ns)
{
	return bound_ns > U64_MAX - step_lag_ns ? U64_MAX
						: bound_ns + step_lag_ns;
}

static int dvmm_nl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DVMM_A_PAD);
}

static int dvmm_nl_put_s64(struct sk_buff *skb, int attr, s64 value)
{
	return nla_put_s64(skb, attr, value, DVMM_A_PAD);
}

static int dvmm_nl_put_state(struct sk_buff *skb,
			     const struct dvmm_sync_status *sync)
{
	return nla_put_u32(skb, DVMM_A_ROLE, sync->role) ?:
	       nla_put_u32(skb, DVMM_A_STATE, sync->state) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_STATE_AGE_NS, sync->state_age_ns) ?:
	       nla_put(skb, DVMM_A_IDENTITY, sizeof(sync->identity),
		       sync->identity) ?:
	       nla_put(skb, DVMM_A_GRANDMASTER, sizeof(sync->grandmaster),
		       sync->grandmaster) ?:
	       nla_put_string(skb, DVMM_A_IFACE, sync->iface) ?:
	       nla_put_string(skb, DVMM_A_REASON, sync->reason);
}

static int dvmm_nl_put_sync(struct sk_buff *skb,
			    const struct dvmm_sync_status *sync)
{
	return dvmm_nl_put_s64(skb, DVMM_A_OFFSET_NS, sync->offset_ns) ?:
	       dvmm_nl_put_s64(skb, DVMM_A_SKEW_PPB, sync->skew_ppb) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_PATH_DELAY_NS,
			       sync->path_delay_ns) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_RX, sync->rx) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_RX_DROPPED, sync->rx_dropped) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_TX, sync->tx);
}

static int dvmm_nl_put_drop(struct sk_buff *skb, const char *reason, u64 count)
{
	struct nlattr *nest = nla_nest_start(skb, DVMM_A_DROP);
	int err = nest ? 0 : -EMSGSIZE;

	if (!err)
		err = nla_put_string(skb, DVMM_DROP_A_REASON, reason) ?:
		      nla_put_u64_64bit(skb, DVMM_DROP_A_COUNT, count, DVMM_DROP_A_PAD);
	if (!err)
		nla_nest_end(skb, nest);
	return err;
}

static int dvmm_nl_put_security(struct sk_buff *skb,
				const struct dvmm_sync_status *sync)
{
	int err = nla_put_u32(skb, DVMM_A_AUTH_KEY, sync->auth_key);
	u32 i;

	for (i = 0; !err && i < sync->drops; i++)
		err = dvmm_nl_put_drop(skb, sync->drop[i].name, sync->drop[i].count);
	return err;
}

static int dvmm_nl_put_reference(struct sk_buff *skb,
				 const struct dvmm_sync_status *sync)
{
	return nla_put_u32(skb, DVMM_A_CLOCK_CLASS, sync->clock_class) ?:
	       nla_put_u32(skb, DVMM_A_CLOCK_ACCURACY, sync->clock_accuracy) ?:
	       nla_put_u32(skb, DVMM_A_REFERENCE_STATE, sync->reference_state) ?:
	       nla_put(skb, DVMM_A_REFERENCE, sizeof(sync->reference),
		       sync->reference) ?:
	       dvmm_nl_put_s64(skb, DVMM_A_REFERENCE_OFFSET_NS,
			       sync->reference_offset_ns) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_REFERENCE_BOUND_NS,
			       sync->reference_bound_ns);
}

static int dvmm_nl_put_peers(struct sk_buff *skb,
			     const struct dvmm_sync_status *sync)
{
	return nla_put_u32(skb, DVMM_A_PEERS, sync->peers) ?:
	       dvmm_nl_put_s64(skb, DVMM_A_CLOSURE_NS, sync->closure_ns);
}

/* All that it takes to tell cluster time of any other reading of the counter. */
static int dvmm_nl_put_time(struct sk_buff *skb, const struct dvmm_segment *seg,
			    u64 cycles)
{
	return dvmm_nl_put_u64(skb, DVMM_A_TIME_NS,
			       dvmm_segment_ns(seg, cycles)) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_TIME_CYCLES, cycles) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_TIME_MULT, seg->mult);
}

static int dvmm_nl_put_stamps(struct sk_buff *skb,
			      const struct dvmm_sync_status *sync)
{
	return nla_put_u32(skb, DVMM_A_STAMPS, sync->stamps) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_STAMPS_HARDWARE,
			       sync->stamps_hardware) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_STAMPS_SOFTWARE,
			       sync->stamps_software) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_STAMPS_IMPOSSIBLE,
			       sync->stamps_impossible) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_STAMP_ERROR_NS,
			       sync->stamp_error_ns) ?:
	       nla_put_s32(skb, DVMM_A_NIC_PHC, sync->nic_phc);
}

static int dvmm_nl_put_clock(struct sk_buff *skb, u64 step_lag_ns)
{
	struct dvmm_clock_view view;
	u64 cycles, bound_ns;

	dvmm_clock_read(&view);
	cycles = dvmm_host_cycles();
	bound_ns = dvmm_clock_bound_ns(&view, cycles);
	return dvmm_nl_put_u64(skb, DVMM_A_CLUSTER_ID, view.cluster.id) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_EPOCH_NS, view.cluster.epoch_ns) ?:
	       nla_put_u32(skb, DVMM_A_TSC_KHZ, view.cluster.tsc_khz) ?:
	       dvmm_nl_put_time(skb, &view.segment, cycles) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_BOUND_NS, bound_ns) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_GUEST_BOUND_NS,
			       dvmm_nl_guest_bound(bound_ns, step_lag_ns));
}

static int dvmm_nl_put_host(struct sk_buff *skb,
			    const struct dvmm_vm_stats *vms)
{
	return nla_put_u32(skb, DVMM_A_VMS, vms->vms) ?:
	       dvmm_nl_put_u64(skb, DVMM_A_LINE_CHANGES, vms->line_changes) ?:
	       nla_put_s32(skb, DVMM_A_PHC_INDEX, dvmm_phc_index());
}

static int dvmm_nl_put_status(struct sk_buff *skb)
{
	struct dvmm_sync_status sync;
	struct dvmm_vm_stats vms;

	dvmm_sync_status(&sync);
	dvmm_vm_stats(&vms);
	return dvmm_nl_put_state(skb, &sync) ?:
	       dvmm_nl_put_sync(skb, &sync) ?:
	       dvmm_nl_put_security(skb, &sync) ?:
	       dvmm_nl_put_reference(skb, &sync) ?:
	       dvmm_nl_put_peers(skb, &sync) ?:
	       dvmm_nl_put_stamps(skb, &sync) ?:
	       dvmm_nl_put_clock(skb, vms.step_lag_ns) ?:
	       dvmm_nl_put_host(skb, &vms);
}

/* One message of @cmd with the status of now. */
static struct sk_buff *dvmm_nl_message(u8 cmd, u32 portid, u32 seq)
{
	struct sk_buff *skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	void *hdr;
	int err;

	if (!skb)
		return ERR_PTR(-ENOMEM);
	hdr = genlmsg_put(skb, portid, seq, &dvmm_nl_family, 0, cmd);
	err = hdr ? dvmm_nl_put_status(skb) : -EMSGSIZE;
	if (err) {
		nlmsg_free(skb);
		return ERR_PTR(err);
	}
	genlmsg_end(skb, hdr);
	return skb;
}

static int dvmm_nl_status_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg = dvmm_nl_message(DVMM_CMD_STATUS,
					      info->snd_portid, info->snd_seq);

	return IS_ERR(msg) ? PTR_ERR(msg) : genlmsg_reply(msg, info);
}

static void dvmm_nl_send_event(void)
{
	struct sk_buff *msg = dvmm_nl_message(DVMM_CMD_EVENT, 0, 0);

	if (IS_ERR(msg))
		genl_set_err(&dvmm_nl_family, &init_net, 0, 0, -ENOBUFS);
	else
		genlmsg_multicast(&dvmm_nl_family, msg, 0, 0, GFP_KERNEL);
}

void dvmm_netlink_event(void)
{
	mutex_lock(&dvmm_nl_lock);
	if (dvmm_nl_up && genl_has_listeners(&dvmm_nl_family, &init_net, 0))
		dvmm_nl_send_event();
	mutex_unlock(&dvmm_nl_lock);
}

/* A status takes no attributes: refuse any, so that a later version may. */
static const struct nla_policy dvmm_nl_no_attributes[] = {
	[DVMM_A_PAD] = { .type = NLA_REJECT },
};

static const struct genl_ops dvmm_nl_ops[] = {
	{
		.cmd = DVMM_CMD_STATUS,
		.doit = dvmm_nl_status_doit,
		.policy = dvmm_nl_no_attributes,
		.maxattr = ARRAY_SIZE(dvmm_nl_no_attributes) - 1,
	},
	{
		.cmd = DVMM_CMD_SOURCES,
		.dumpit = dvmm_nl_sources_dumpit,
		.policy = dvmm_nl_no_attributes,
		.maxattr = ARRAY_SIZE(dvmm_nl_no_attributes) - 1,
	},
	{
		.cmd = DVMM_CMD_TIMERS,
		.dumpit = dvmm_nl_timers_dumpit,
		.policy = dvmm_nl_no_attributes,
		.maxattr = ARRAY_SIZE(dvmm_nl_no_attributes) - 1,
	},
	{
		.cmd = DVMM_CMD_TIMER_POLICY,
		.flags = GENL_ADMIN_PERM,
		.doit = dvmm_nl_timer_policy_doit,
		.policy = dvmm_nl_timer_policy,
		.maxattr = ARRAY_SIZE(dvmm_nl_timer_policy) - 1,
	},
};

static const struct genl_multicast_group dvmm_nl_groups[] = {
	{ .name = DVMM_GENL_MCGRP_EVENTS },
};

static struct genl_family dvmm_nl_family __ro_after_init = {
	.name = DVMM_GENL_NAME,
	.version = DVMM_GENL_VERSION,
	.module = THIS_MODULE,
	/* A status may wait for the engine: not under everybody's genl_mutex. */
	.parallel_ops = true,
	.ops = dvmm_nl_ops,
	.n_ops = ARRAY_SIZE(dvmm_nl_ops),
	.mcgrps = dvmm_nl_groups,
	.n_mcgrps = ARRAY_SIZE(dvmm_nl_groups),
};

static void dvmm_nl_set_up(bool up)
{
	mutex_lock(&dvmm_nl_lock);
	dvmm_nl_up = up;
	mutex_unlock(&dvmm_nl_lock);
}

int __init dvmm_netlink_init(void)
{
	int err = genl_register_family(&dvmm_nl_family);

	if (!err)
		dvmm_nl_set_up(true);
	return err;
}

/* The group's number may be another family's once this returns: no event after. */
void dvmm_netlink_exit(void)
{
	dvmm_nl_set_up(false);
	genl_unregister_family(&dvmm_nl_family);
}
