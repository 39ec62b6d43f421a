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

#include <linux/ftrace.h>
#include <linux/static_call.h>

/**
 * struct dvmm_body - one such function
 * @symbol: its name; its prototype is checked by layout.list
 * @hook: ours
 * @key: static call of its body, see DVMM_BODY()
 * @tramp: trampoline of the same
 */
struct dvmm_body {
	const char *symbol;
	void *hook;
	struct static_call_key *key;
	void *tramp;
};

/**
 * DVMM_BODY() - let our_@name() stand in for KVM's @name(), and define dvmm_body_@name
 *
 * @name must be declared; this declares ours, static and of the same type. It reaches the
 * original as dvmm_body(@name)(arguments), and may do so at any time, in any context
 * that KVM calls it in. For a VM that is not of ours it ends in that call, as a tail call: a
 * thread may sleep below, and the module may be gone when it wakes up.
 */
#define DVMM_BODY(name)							\
	static typeof(name) our_##name;					\
	DEFINE_STATIC_CALL_NULL(dvmm_call_##name, name);		\
	struct dvmm_body dvmm_body_##name = {				\
		.symbol = #name,					\
		.hook = our_##name,					\
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
