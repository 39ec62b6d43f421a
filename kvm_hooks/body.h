/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of KVM that ours stand in for, by ftrace as livepatch does it.
 *
 * Every call is diverted, whoever calls, and ours calls on to the original's
 * body, behind its fentry site. So there is no recursion to be told from a call,
 * and a tail call between two diverted functions is seen like any other.
 */
#ifndef DVMM_BODY_H
#define DVMM_BODY_H

#include <linux/build_bug.h>
#include <linux/ftrace.h>
#include <linux/static_call.h>

/**
 * struct dvmm_body - one such function
 * @symbol: its name; its prototype is checked by layout.list
 * @hook: ours
 * @key: static call of its body, see DVMM_BODY()
 * @tramp: trampoline of the same
 * @ops: what ftrace knows of it
 * @entry: its fentry site
 */
struct dvmm_body {
	const char *symbol;
	void *hook;
	struct static_call_key *key;
	void *tramp;
	struct ftrace_ops ops;
	unsigned long entry;
};

/**
 * DVMM_BODY() - let @ours stand in for KVM's @name(), and define dvmm_body_@name
 *
 * @name must be declared, and @ours of the very same type. @ours reaches the original as
 * dvmm_body(@name)(arguments), and may do so at any time, in any context that KVM
 * calls it in. For a VM that is not of ours it ends in that call, as a tail call: a
 * thread may sleep below, and the module may be gone when it wakes up.
 */
#define DVMM_BODY(name, ours)						\
	DEFINE_STATIC_CALL_NULL(dvmm_call_##name, name);		\
	struct dvmm_body dvmm_body_##name = {				\
		.symbol = #name,					\
		.hook = (ours) + BUILD_BUG_ON_ZERO(!__same_type(ours, name)), \
		.key = &STATIC_CALL_KEY(dvmm_call_##name),		\
		.tramp = &STATIC_CALL_TRAMP(dvmm_call_##name),		\
	}

#define dvmm_body(name) static_call(dvmm_call_##name)

/*
 * Divert all of them, or say in one line which cannot be. KVM must be pinned and
 * checked. May sleep.
 */
int dvmm_body_install(void);

/* Put all back. Once this returns, no thread is in a function of ours any more. May sleep. */
void dvmm_body_remove(void);

#endif
