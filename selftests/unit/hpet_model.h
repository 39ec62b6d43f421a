/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An HPET that ticks, written from IA-PC HPET 1.0a and nothing else: registers as they
 * stand, and a step of 10 ns. Interrupts are delivered as they come.
 */
#ifndef HPET_MODEL_H
#define HPET_MODEL_H

#include "dvmm_pure.h"

struct model {
	u64 counter;
	u32 general;
	u32 status;
	u32 timers;
	struct {
		u64 comparator, adds, fsb;
		bool level, enabled, periodic, set, narrow, fsb_enabled;
		u32 route;
	} timer[32];
	void (*interrupt)(u32 n);
};

static inline void model_reset(struct model *m, u32 timers, void (*interrupt)(u32 n))
{
	u32 n;

	memset(m, 0, sizeof(*m));
	m->timers = timers;
	m->interrupt = interrupt;
	for (n = 0; n < timers; n++)
		m->timer[n].comparator = ~0ULL;
}

/* -1: nobody hears of it; -2: a message; or the input of the I/O APIC, 0 for the 8254's */
static inline int model_route(const struct model *m, u32 n)
{
	if (m->general == 0 || m->general == 2 || !m->timer[n].enabled)
		return -1;
	if (m->timer[n].fsb_enabled)
		return -2;
	if (m->general == 3 && n < 2)
		return n ? 8 : 0;
	return m->timer[n].route >= 16 && m->timer[n].route <= 23 ? (int)m->timer[n].route : -1;
}

static inline u32 model_lines(const struct model *m)
{
	u32 lines = 0, n;

	for (n = 0; n < m->timers; n++)
		if (m->status >> n & 1 && m->timer[n].level && model_route(m, n) >= 0)
			lines |= 1U << model_route(m, n);
	return lines;
}

static inline void model_match(struct model *m, u32 n)
{
	if (m->timer[n].level && model_route(m, n) != -2)
		m->status |= 1U << n;
	if (model_route(m, n) != -1)
		m->interrupt(n);
	if (!m->timer[n].periodic)
		return;
	m->timer[n].comparator += m->timer[n].adds;
	if (m->timer[n].narrow)
		m->timer[n].comparator %= 1ULL << 32;
}

static inline void model_step(struct model *m)
{
	u32 n;

	if (m->general % 2 == 0)
		return;
	m->counter++;
	for (n = 0; n < m->timers; n++) {
		if (m->timer[n].narrow ? (u32)m->counter == (u32)m->timer[n].comparator
				       : m->counter == m->timer[n].comparator)
			model_match(m, n);
	}
}

/* So many steps, of which those in which nothing can happen are taken in one. */
static inline void model_run(struct model *m, u64 steps)
{
	u64 quiet, ahead;
	u32 n;

	while (steps && m->general % 2) {
		quiet = steps;
		for (n = 0; n < m->timers && quiet > 1; n++) {
			ahead = m->timer[n].comparator - m->counter;
			if (m->timer[n].narrow)
				ahead %= 1ULL << 32;
			if (ahead && ahead - 1 < quiet)
				quiet = ahead - 1;
			else if (!ahead && m->timer[n].narrow && quiet > U32_MAX)
				quiet = U32_MAX;
		}
		m->counter += quiet > 64 ? quiet - 1 : 0;
		steps -= quiet > 64 ? quiet - 1 : 0;
		model_step(m);
		steps--;
	}
}

static inline u64 model_read_timer(const struct model *m, u32 n, u32 reg)
{
	u64 config = 0x00ff000000008030;

	if (n >= m->timers)
		return 0;
	if (reg == 0x08)
		return m->timer[n].comparator;
	if (reg == 0x10)
		return m->timer[n].fsb;
	if (reg)
		return 0;
	config += m->timer[n].level * 2 + m->timer[n].enabled * 4 + m->timer[n].periodic * 8;
	config += m->timer[n].set * 64 + m->timer[n].narrow * 256 + m->timer[n].route * 512;
	return config + m->timer[n].fsb_enabled * 16384;
}

static inline u64 model_read(const struct model *m, u32 offset)
{
	switch (offset) {
	case 0x000:
		return 0x009896808086a001 + (m->timers - 1) * 256;
	case 0x010:
		return m->general;
	case 0x020:
		return m->status;
	case 0x0f0:
		return m->counter;
	}
	return offset < 0x100 ? 0 : model_read_timer(m, (offset - 0x100) / 32, offset % 32);
}

static inline void model_write_timer_config(struct model *m, u32 n, u32 value)
{
	u32 route = value / 512 % 32;

	m->timer[n].level = value & 2;
	m->timer[n].enabled = value & 4;
	m->timer[n].periodic = value & 8;
	m->timer[n].set = value & 64 && value & 8;
	m->timer[n].narrow = value & 256;
	m->timer[n].fsb_enabled = value & 16384;
	if (route == 0 || (route >= 16 && route <= 23))
		m->timer[n].route = route;
	if (m->timer[n].narrow) {
		m->timer[n].comparator = (u32)m->timer[n].comparator;
		m->timer[n].adds = (u32)m->timer[n].adds;
	}
}

static inline void set_half(u64 *reg, bool upper, u32 value)
{
	if (upper)
		*reg = (u64)value << 32 | (u32)*reg;
	else
		*reg = *reg >> 32 << 32 | value;
}

/* @halves: 1: the lower is written, 2: the upper, 3: both in one write */
static inline void model_write_comparator(struct model *m, u32 n, u32 halves, u64 value)
{
	bool direct = !m->timer[n].periodic || m->timer[n].set;

	if (m->timer[n].narrow)
		halves &= 1;
	if (halves & 1 && direct)
		set_half(&m->timer[n].comparator, false, value);
	if (halves & 1)
		set_half(&m->timer[n].adds, false, value);
	if (halves & 2 && direct)
		set_half(&m->timer[n].comparator, true, value >> 32);
	if (halves & 2)
		set_half(&m->timer[n].adds, true, value >> 32);
	if (halves)
		m->timer[n].set = false;
}

static inline void model_write_timer(struct model *m, u32 offset, u32 halves, u64 value)
{
	u32 n = (offset - 0x100) / 32;

	if (n >= m->timers)
		return;
	if (offset % 32 == 0 && halves & 1)
		model_write_timer_config(m, n, value);
	if (offset % 32 == 8)
		model_write_comparator(m, n, halves, value);
	if (offset % 32 == 16 && halves & 1)
		set_half(&m->timer[n].fsb, false, value);
	if (offset % 32 == 16 && halves & 2)
		set_half(&m->timer[n].fsb, true, value >> 32);
}

static inline void model_write(struct model *m, u32 offset, u32 halves, u64 value)
{
	if (offset >= 0x100)
		model_write_timer(m, offset, halves, value);
	if (offset == 0x010 && halves & 1)
		m->general = value & 3;
	if (offset == 0x020 && halves & 1)
		m->status &= ~value;
	if (offset == 0x0f0 && halves & 1 && m->general % 2 == 0)
		set_half(&m->counter, false, value);
	if (offset == 0x0f0 && halves & 2 && m->general % 2 == 0)
		set_half(&m->counter, true, value >> 32);
}

#endif
