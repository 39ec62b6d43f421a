// SPDX-License-Identifier: GPL-2.0
/* The virtual timers of all VMs: a dump, one message for each; and their policies. */
#include "netlink_timers.h"
#include "vm.h"

const struct nla_policy dvmm_nl_timer_policy[] = {
	[DVMM_TIMER_A_PAD] = { .type = NLA_REJECT },
	[DVMM_TIMER_A_PID] = { .type = NLA_U32 },
	[DVMM_TIMER_A_COMM] = { .type = NLA_REJECT },
	[DVMM_TIMER_A_DEVICE] = NLA_POLICY_MAX(NLA_U32, DVMM_DEVICES - 1),
	[DVMM_TIMER_A_INDEX] = { .type = NLA_REJECT },
	[DVMM_TIMER_A_POLICY] = NLA_POLICY_MAX(NLA_U32, DVMM_TICK_POLICIES - 1),
};

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, DVMM_TIMER_A_PAD);
}

static int put_identity(struct sk_buff *skb, const struct dvmm_timer *timer,
			enum dvmm_tick_policy policy)
{
	return nla_put_u32(skb, DVMM_TIMER_A_PID, timer->vm->pid) ?:
	       nla_put_string(skb, DVMM_TIMER_A_COMM, timer->vm->comm) ?:
	       nla_put_u32(skb, DVMM_TIMER_A_DEVICE, timer->device) ?:
	       nla_put_u32(skb, DVMM_TIMER_A_INDEX, timer->index) ?:
	       nla_put_u32(skb, DVMM_TIMER_A_POLICY, policy);
}

static int put_counts(struct sk_buff *skb, const struct dvmm_tick *tick, u64 rests)
{
	const struct dvmm_tick_counts *counts = &tick->counts;

	return put_u64(skb, DVMM_TIMER_A_PROGRAMMED, counts->programmed) ?:
	       put_u64(skb, DVMM_TIMER_A_DELIVERED, counts->delivered) ?:
	       put_u64(skb, DVMM_TIMER_A_MERGED, counts->merged) ?:
	       put_u64(skb, DVMM_TIMER_A_DISCARDED, counts->discarded) ?:
	       put_u64(skb, DVMM_TIMER_A_PENDING, counts->pending) ?:
	       nla_put_u32(skb, DVMM_TIMER_A_IN_FLIGHT, tick->in_flight) ?:
	       put_u64(skb, DVMM_TIMER_A_HELD, counts->held) ?:
	       put_u64(skb, DVMM_TIMER_A_RESTS, rests) ?:
	       nla_put(skb, DVMM_TIMER_A_LATE, sizeof(counts->late), counts->late);
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	long at;	/* the timer that comes next, of all */
};

static int put_message(const struct dump *dump, struct dvmm_timer *timer)
{
	struct netlink_callback *cb = dump->cb;
	void *hdr = genlmsg_put(dump->skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				genl_dumpit_info(cb)->family, NLM_F_MULTI, DVMM_CMD_TIMERS);
	struct dvmm_tick tick;
	int err;

	if (!hdr)
		return -EMSGSIZE;
	dvmm_timer_snapshot(timer, &tick);
	err = put_identity(dump->skb, timer, tick.policy) ?:
	      put_counts(dump->skb, &tick, READ_ONCE(timer->vm->timers.rests));
	if (err)
		genlmsg_cancel(dump->skb, hdr);
	else
		genlmsg_end(dump->skb, hdr);
	return err;
}

/* cb->args[0]: the timer to begin with. One that finds no room comes in the next part. */
static int dump_vm(struct dvmm_vm *vm, void *data)
{
	struct dump *dump = data;
	struct dvmm_timer *timer;
	int err;

	list_for_each_entry(timer, &vm->timers.list, node) {
		if (dump->at++ < dump->cb->args[0])
			continue;
		err = put_message(dump, timer);
		if (err)
			return err;
		dump->cb->args[0]++;
	}
	return 0;
}

int dvmm_nl_timers_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb, .cb = cb };

	dvmm_vm_for_each(dump_vm, &dump);
	return skb->len;
}

struct wish {
	u32 pid;
	enum dvmm_timer_device device;
	enum dvmm_tick_policy policy;
	bool heard;
};

static int fulfil(struct dvmm_vm *vm, void *data)
{
	struct wish *wish = data;

	if (vm->pid != wish->pid)
		return 0;
	dvmm_timers_set_policy(vm, wish->device, wish->policy);
	wish->heard = true;
	return 0;
}

int dvmm_nl_timer_policy_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct wish wish = {};

	if (GENL_REQ_ATTR_CHECK(info, DVMM_TIMER_A_PID) ||
	    GENL_REQ_ATTR_CHECK(info, DVMM_TIMER_A_DEVICE) ||
	    GENL_REQ_ATTR_CHECK(info, DVMM_TIMER_A_POLICY))
		return -EINVAL;
	wish.pid = nla_get_u32(attrs[DVMM_TIMER_A_PID]);
	wish.device = nla_get_u32(attrs[DVMM_TIMER_A_DEVICE]);
	wish.policy = nla_get_u32(attrs[DVMM_TIMER_A_POLICY]);
	dvmm_vm_for_each(fulfil, &wish);
	return wish.heard ? 0 : -ENOENT;
}
