// SPDX-License-Identifier: GPL-2.0
/* Takes one of KVM's functions, as a livepatch does, and does nothing with it. */
#include <linux/ftrace.h>
#include <linux/module.h>

static char *function = "start_sw_timer";
module_param(function, charp, 0);

static void notrace nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			    struct ftrace_regs *fregs)
{
}

static struct ftrace_ops ops = { .func = nothing, .flags = FTRACE_OPS_FL_IPMODIFY };

static int __init taker_init(void)
{
	int ret = ftrace_set_filter(&ops, function, strlen(function), 0);

	return ret ?: register_ftrace_function(&ops);
}

static void __exit taker_exit(void)
{
	unregister_ftrace_function(&ops);
	ftrace_free_filter(&ops);
}

module_init(taker_init);
module_exit(taker_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Takes one of KVM's functions, for a test");
