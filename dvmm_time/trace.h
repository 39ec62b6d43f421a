/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints: events/dvmm in tracefs. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM dvmm

#if !defined(DVMM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define DVMM_TRACE_H

#include <linux/tracepoint.h>

/* A VM's line was changed: by so many ticks at the instant of change. */
TRACE_EVENT(dvmm_line,
	TP_PROTO(const void *vm, u64 ratio, u64 offset, s64 step),
	TP_ARGS(vm, ratio, offset, step),
	TP_STRUCT__entry(
		__field(const void *, vm)
		__field(u64, ratio)
		__field(u64, offset)
		__field(s64, step)
	),
	TP_fast_assign(
		__entry->vm = vm;
		__entry->ratio = ratio;
		__entry->offset = offset;
		__entry->step = step;
	),
	TP_printk("vm=%p ratio=%llx offset=%llx step_ticks=%lld", __entry->vm,
		  __entry->ratio, __entry->offset, __entry->step)
);

/* An exchange with the grandmaster was evaluated. */
TRACE_EVENT(dvmm_sync_sample,
	TP_PROTO(s64 offset_ns, u64 delay_ns, s64 skew_ppb, u64 bound_ns),
	TP_ARGS(offset_ns, delay_ns, skew_ppb, bound_ns),
	TP_STRUCT__entry(
		__field(s64, offset_ns)
		__field(u64, delay_ns)
		__field(s64, skew_ppb)
		__field(u64, bound_ns)
	),
	TP_fast_assign(
		__entry->offset_ns = offset_ns;
		__entry->delay_ns = delay_ns;
		__entry->skew_ppb = skew_ppb;
		__entry->bound_ns = bound_ns;
	),
	TP_printk("offset_ns=%lld delay_ns=%llu skew_ppb=%lld bound_ns=%llu",
		  __entry->offset_ns, __entry->delay_ns, __entry->skew_ppb,
		  __entry->bound_ns)
);

/* Its stamps: the master's clock, unsteered, and this host's counter. */
TRACE_EVENT(dvmm_exchange,
	TP_PROTO(u64 t1_ns, u64 t2_cycles, u64 t3_cycles, u64 t4_ns),
	TP_ARGS(t1_ns, t2_cycles, t3_cycles, t4_ns),
	TP_STRUCT__entry(
		__field(u64, t1_ns)
		__field(u64, t2_cycles)
		__field(u64, t3_cycles)
		__field(u64, t4_ns)
	),
	TP_fast_assign(
		__entry->t1_ns = t1_ns;
		__entry->t2_cycles = t2_cycles;
		__entry->t3_cycles = t3_cycles;
		__entry->t4_ns = t4_ns;
	),
	TP_printk("t1_ns=%llu t2_cycles=%llu t3_cycles=%llu t4_ns=%llu", __entry->t1_ns,
		  __entry->t2_cycles, __entry->t3_cycles, __entry->t4_ns)
);

/* This host's role or state changed (enum dvmm_role, enum dvmm_state). */
TRACE_EVENT(dvmm_state,
	TP_PROTO(u32 role, u32 state, const char *reason),
	TP_ARGS(role, state, reason),
	TP_STRUCT__entry(
		__field(u32, role)
		__field(u32, state)
		__string(reason, reason)
	),
	TP_fast_assign(
		__entry->role = role;
		__entry->state = state;
		dvmm_assign_str(reason, reason);
	),
	TP_printk("role=%u state=%u reason=%s", __entry->role, __entry->state,
		  __get_str(reason))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
