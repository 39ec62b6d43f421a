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
#include "msr.h"
#include "resolve.h"
#include "vm_ioctl.h"
#include "vm_kvmclock.h"
#include "vm_lapic.h"

/* Looked for from the front: what is called often comes first. */
static struct dvmm_body *const bodies[] = {
	&dvmm_body_kvm_lapic_reg_write,
	&dvmm_body_kvm_set_msr_common,
	&dvmm_body_start_hv_timer,
	&dvmm_body_start_sw_timer,
	&dvmm_body_apic_timer_fn,
	&dvmm_body_advance_periodic_target_expiration,
	&dvmm_body_kvm_lapic_reg_read,
	&dvmm_body_kvm_setup_guest_pvclock,
	&dvmm_body_kvm_hv_setup_tsc_page,
	&dvmm_body_get_kvmclock,
	&dvmm_body_pvclock_update_vm_gtod_copy,
	&dvmm_body_kvm_arch_vm_ioctl,
};

/* Their fentry sites, in the same order. */
static unsigned long entries[ARRAY_SIZE(bodies)] __ro_after_init;

static void notrace divert(unsigned long ip, unsigned long parent_ip,
			   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(entries); i++)
		if (entries[i] == ip)
			break;
	if (!WARN_ON_ONCE(i == ARRAY_SIZE(entries)))
		ftrace_regs_set_instruction_pointer(fregs, (unsigned long)bodies[i]->hook);
}

/* One for all of them: each costs a grace period of tasks when it is unregistered. */
static struct ftrace_ops diversion = {
	.func = divert,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

/* A nop, or a call while somebody traces it. Behind an ENDBR, if there is one. */
static bool __init is_fentry(const u8 *site)
{
	static const u8 nop[] __initconst = { BYTES_NOP5 };

	return *site == CALL_INSN_OPCODE || !memcmp(site, nop, sizeof(nop));
}

static int __init find(const struct dvmm_body *body, unsigned long *entry)
{
	const u8 *site = dvmm_need(body->symbol);

	if (!site)
		return -ENODEV;
	if (!is_fentry(site)) {
		pr_err("KVM's %s() does not begin as ftrace would have it: is CONFIG_FUNCTION_TRACER off?\n",
		       body->symbol);
		return -ENODEV;
	}
	*entry = (unsigned long)site;
	__static_call_update(body->key, body->tramp, (void *)site + MCOUNT_INSN_SIZE);
	return 0;
}

/* @ops only once: its filter is not to be used again after it was freed. */
static int __init take(struct ftrace_ops *ops, unsigned long *entry, unsigned int count)
{
	int ret = 0;

	while (!ret && count--)
		ret = ftrace_set_filter_ip(ops, *entry++, 0, 0);
	if (!ret)
		ret = register_ftrace_function(ops);
	if (ret)
		ftrace_free_filter(ops);
	return ret;
}

static void give_back(struct ftrace_ops *ops)
{
	unregister_ftrace_function(ops);
	ftrace_free_filter(ops);
}

/* Which one it is, ftrace does not say: try each. NULL if none is, any more. */
static const char * __init taken(void)
{
	static struct ftrace_ops ops[ARRAY_SIZE(bodies)];
	int i;

	for (i = 0; i < ARRAY_SIZE(bodies); i++) {
		ops[i].func = divert;
		ops[i].flags = FTRACE_OPS_FL_IPMODIFY;
		if (take(&ops[i], &entries[i], 1))
			return bodies[i]->symbol;
		give_back(&ops[i]);
	}
	return NULL;
}

int __init dvmm_body_install(void)
{
	const char *symbol = NULL;
	int i, ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(bodies); i++)
		ret = find(bodies[i], &entries[i]);
	if (ret)
		return ret;
	ret = take(&diversion, entries, ARRAY_SIZE(entries));
	if (ret == -EBUSY)
		symbol = taken();
	if (symbol)
		pr_err("KVM's %s() is taken by another: unload the livepatch or module that replaces it\n",
		       symbol);
	else if (ret)
		pr_err("KVM's functions cannot be diverted (%d): is kernel.ftrace_enabled 0?\n",
		       ret);
	return ret;
}

/*
 * Unregistering waits for every task that was preempted on the way into ours. Whoever is in
 * one of ours for a VM of ours keeps that VM, hence the module, alive; the rest have left
 * by a tail call, or are in an interrupt.
 */
void dvmm_body_remove(void)
{
	give_back(&diversion);
	synchronize_rcu();
}
