// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of KVM that ours stand in for, by ftrace as livepatch does it.
 *
 * Nothing here asks who calls: a test of the caller would take a tail call of the
 * original for a call of ours, and the other way round.
 */
#include <linux/rcupdate.h>

#include <asm/nops.h>

#include "body.h"
#include "resolve.h"
#include "vm_ioctl.h"

static struct dvmm_body *const bodies[] = {
	&dvmm_body_kvm_arch_vm_ioctl,
};

static void notrace divert(unsigned long ip, unsigned long parent_ip,
			   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct dvmm_body *body = container_of(ops, struct dvmm_body, ops);

	ftrace_regs_set_instruction_pointer(fregs, (unsigned long)body->hook);
}

/* A nop, or a call while somebody traces it. Behind an ENDBR, if there is one. */
static bool __init is_fentry(const u8 *site)
{
	static const u8 nop[] __initconst = { BYTES_NOP5 };

	return *site == CALL_INSN_OPCODE || !memcmp(site, nop, sizeof(nop));
}

static int __init find(struct dvmm_body *body)
{
	const u8 *site = dvmm_need(body->symbol);

	if (!site)
		return -ENODEV;
	if (!is_fentry(site)) {
		pr_err("KVM's %s() does not begin as ftrace would have it: is CONFIG_FUNCTION_TRACER off?\n",
		       body->symbol);
		return -ENODEV;
	}
	body->entry = (unsigned long)site;
	__static_call_update(body->key, body->tramp, (void *)site + MCOUNT_INSN_SIZE);
	return 0;
}

static int __init take(struct dvmm_body *body)
{
	int ret;

	body->ops.func = divert;
	body->ops.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	ret = ftrace_set_filter_ip(&body->ops, body->entry, 0, 0);
	if (!ret)
		ret = register_ftrace_function(&body->ops);
	if (ret == -EBUSY)
		pr_err("KVM's %s() is taken by another: unload the livepatch or module that replaces it\n",
		       body->symbol);
	else if (ret)
		pr_err("KVM's %s() cannot be diverted (%d): is kernel.ftrace_enabled 0?\n",
		       body->symbol, ret);
	if (ret)
		ftrace_free_filter(&body->ops);
	return ret;
}

static void give_back(struct dvmm_body *body)
{
	unregister_ftrace_function(&body->ops);
	ftrace_free_filter(&body->ops);
}

/*
 * Unregistering has waited for every task that was preempted on the way into ours.
 * Whoever is in one of ours for a VM of ours keeps that VM, hence the module, alive; the
 * rest have left by a tail call, or are in an interrupt.
 */
static void give_back_first(unsigned int count)
{
	while (count)
		give_back(bodies[--count]);
	synchronize_rcu();
}

int __init dvmm_body_install(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(bodies); i++)
		ret = find(bodies[i]);
	for (i = 0; !ret && i < ARRAY_SIZE(bodies); i++)
		ret = take(bodies[i]);
	if (ret)
		give_back_first(i ? i - 1 : 0);
	return ret;
}

void dvmm_body_remove(void)
{
	give_back_first(ARRAY_SIZE(bodies));
}
