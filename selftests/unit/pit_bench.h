/* SPDX-License-Identifier: GPL-2.0 */
/* A PIT on the bench: its ports, read and written at a pulse that the test counts itself. */
#ifndef PIT_BENCH_H
#define PIT_BENCH_H

#include "pit.h"
#include "unit.h"

static struct dvmm_pit pit;
static u64 tick;

static inline u64 now(void)
{
	return dvmm_ticks_ns(DVMM_PIT_HZ, tick);
}

static inline void power_on(void)
{
	tick = 1000;
	pit.tick = 0;
	dvmm_pit_init(&pit, now());
}

static inline bool write(unsigned int port, u8 value)
{
	return dvmm_pit_write(&pit, port, value, now());
}

static inline u8 read(unsigned int port)
{
	return dvmm_pit_read(&pit, port, now());
}

static inline void gate(bool level)
{
	dvmm_pit_write_61(&pit, level, now());
}

static inline bool out2(void)
{
	return dvmm_pit_read_61(&pit, now()) & 0x20;
}

static inline u8 status(unsigned int ch)
{
	write(3, 0xe0 | 2 << ch);
	return read(ch);
}

/* Two bytes by a latch. */
static inline u16 count(unsigned int ch)
{
	u8 low;

	write(3, ch << 6);
	low = read(ch);
	return low | read(ch) << 8;
}

static inline void load(unsigned int ch, u16 value)
{
	write(ch, value);
	write(ch, value >> 8);
}

enum { LATCH, LOW = 0x10, HIGH = 0x20, BOTH = 0x30, BCD = 1, READ_BACK = 0xc0 };
#define MODE(n) ((n) << 1)
#define CHANNEL(n) ((n) << 6)

#endif
