/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The little that the pure cores need, in the kernel and in user space.
 *
 * A pure core takes time as an argument, calls no kernel service and uses no
 * floating point, so that the same .c file is the module's and the unit
 * tests'. This header is the only one it may include besides other pure ones.
 */
#ifndef DVMM_PURE_H
#define DVMM_PURE_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#else /* user space: unit tests, simulator, fuzzers */

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define U64_MAX UINT64_MAX
#define S64_MAX INT64_MAX
#define S64_MIN INT64_MIN
#define U32_MAX UINT32_MAX
#define U16_MAX UINT16_MAX
#define __must_check __attribute__((warn_unused_result))
#define __aligned(n) __attribute__((aligned(n)))
#define __maybe_unused __attribute__((unused))
#define fallthrough __attribute__((__fallthrough__))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define min(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define abs(v) ((v) < 0 ? -(v) : (v))
#define min_t(type, a, b) min((type)(a), (type)(b))
#define max_t(type, a, b) max((type)(a), (type)(b))

/* What the kernel's own do, for memory that others change at the same time. */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define cmpxchg(p, old, new) ({						\
	__typeof__(*(p)) seen_ = (old);					\
	__atomic_compare_exchange_n(p, &seen_, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	seen_; })

/* As the kernel's own: traps there, asserts here, where the quotient does not fit. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 c)
{
	unsigned __int128 q = (unsigned __int128)a * b / c;

	assert(!(q >> 64));
	return (u64)q;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline s64 div64_s64(s64 a, s64 b)
{
	return a / b;
}

#endif

/* For products of two 64-bit values. There is no 128-bit division in the kernel. */
typedef __int128 s128;
typedef unsigned __int128 u128;

#define DVMM_NSEC_PER_SEC 1000000000ULL
#define DVMM_PPB 1000000000LL

#endif
