// SPDX-License-Identifier: GPL-2.0
/* DVMM_CMD_SOURCES: a dump, one message for each counter that the host has. */
#include <linux/slab.h>

#include "counters.h"
#include "netlink_sources.h"

#include <uapi/linux/dvmm.h>

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DVMM_SOURCE_A_PAD);
}

static int put_stability(struct sk_buff *skb, const struct dvmm_allan *allan)
{
	return put_u64(skb, DVMM_SOURCE_A_ADEV_1S, dvmm_allan_deviation(allan, 0)) ?:
	       put_u64(skb, DVMM_SOURCE_A_ADEV_10S, dvmm_allan_deviation(allan, 1)) ?:
	       put_u64(skb, DVMM_SOURCE_A_ADEV_100S, dvmm_allan_deviation(allan, 2));
}

static int put_source(struct sk_buff *skb, const struct dvmm_source *source, u32 id,
		      bool in_use)
{
	return nla_put_u32(skb, DVMM_SOURCE_A_KIND, id) ?:
	       put_u64(skb, DVMM_SOURCE_A_HZ, source->info.hz) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_BITS, source->info.bits) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_READ_ERROR_NS, source->last.half_ns) ?:
	       nla_put_s32(skb, DVMM_SOURCE_A_SKEW_PPB, source->skew_ppb) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_SKEW_ERROR_PPB, source->skew_error_ppb) ?:
	       put_stability(skb, &source->allan) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_FAULT, source->fault) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_FAULTS, source->faults) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_VOTES, source->info.votes) ?:
	       nla_put_u32(skb, DVMM_SOURCE_A_IN_USE, in_use);
}

static int put_message(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct dvmm_source *source, u32 id, bool in_use)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				genl_dumpit_info(cb)->family, NLM_F_MULTI, DVMM_CMD_SOURCES);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = put_source(skb, source, id, in_use);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* cb->args[0]: the source to begin with. One that finds no room comes in the next part. */
int dvmm_nl_sources_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dvmm_sources *sources = kmalloc(sizeof(*sources), GFP_KERNEL);

	enum dvmm_source_id in_use;

	if (!sources)
		return -ENOMEM;
	dvmm_counters_snapshot(sources, &in_use);
	for (; cb->args[0] < DVMM_SOURCES; cb->args[0]++) {
		const struct dvmm_source *source = &sources->source[cb->args[0]];

		if (source->info.hz &&
		    put_message(skb, cb, source, cb->args[0], cb->args[0] == in_use))
			break;
	}
	kfree(sources);
	return skb->len;
}
