/* SPDX-License-Identifier: GPL-2.0 */
/* What a bare machine's program needs: registers, interrupts, words. See bare.h. */
#ifndef DVMM_TEST_BARE_GUEST_H
#define DVMM_TEST_BARE_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"

#define LAPIC 0xfee00000ULL
#define IOAPIC 0xfec00000ULL
#define LAPIC_EOI 0x0b0
#define LAPIC_SPURIOUS 0x0f0

typedef uint64_t u64;
typedef uint32_t u32;

static struct bare_call *call;

static inline u64 tsc(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static inline u32 read32(u64 at)
{
	u32 value;

	asm volatile("movl (%1), %0" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static inline void write32(u64 at, u32 value)
{
	asm volatile("movl %1, (%0)" : : "r"(at), "r"(value) : "memory");
}

static inline u64 read64(u64 at)
{
	u64 value;

	asm volatile("movq (%1), %0" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static inline void write64(u64 at, u64 value)
{
	asm volatile("movq %1, (%0)" : : "r"(at), "r"(value) : "memory");
}

static inline void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %1, %0" : : "d"(port), "a"(value) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

static inline void out32(uint16_t port, u32 value)
{
	asm volatile("outl %1, %0" : : "d"(port), "a"(value) : "memory");
}

static inline u32 in32(uint16_t port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

/* Until the next interrupt; one that is pending comes at once. */
static inline void halt(void)
{
	asm volatile("sti; hlt; cli" : : : "memory");
}

/* Let in what is pending. */
static inline void breathe(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

static inline void say(const char *name, u64 value)
{
	u32 i;

	if (call->words == BARE_WORDS)
		return;
	for (i = 0; name[i] && i < sizeof(call->word[0].name) - 1; i++)
		call->word[call->words].name[i] = name[i];
	call->word[call->words].value = value;
	call->words++;
}

/* ns that @ticks of the TSC take, rounded down */
static inline u64 tsc_ns(u64 ticks)
{
	return ticks / call->khz * 1000000 + ticks % call->khz * 1000000 / call->khz;
}

static struct {
	uint16_t low, selector, flags, middle;
	u32 high, reserved;
} __attribute__((packed)) idt[256];

static inline void on_interrupt(u32 vector, void (*handler)(void))
{
	u64 at = (u64)handler;

	idt[vector].low = at;
	idt[vector].selector = 8;
	idt[vector].flags = 0x8e00;
	idt[vector].middle = at >> 16;
	idt[vector].high = at >> 32;
}

/* Segments as the vCPU has them already, where interrupts look for theirs. */
static inline void interrupts_start(void)
{
	static u64 gdt[3] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff };
	struct {
		uint16_t limit;
		u64 base;
	} __attribute__((packed)) g = { sizeof(gdt) - 1, (u64)gdt }, i = { sizeof(idt) - 1, (u64)idt };

	asm volatile("lgdt %0; lidt %1" : : "m"(g), "m"(i) : "memory");
	write32(LAPIC + LAPIC_SPURIOUS, 0x1ff);
}

static inline void eoi(void)
{
	write32(LAPIC + LAPIC_EOI, 0);
}

static inline void ioapic_write(u32 reg, u32 value)
{
	write32(IOAPIC, reg);
	write32(IOAPIC + 0x10, value);
}

#define IOAPIC_LEVEL (1U << 15)
#define IOAPIC_MASKED (1U << 16)

static inline void ioapic_route(u32 pin, u32 low)
{
	ioapic_write(0x10 + 2 * pin + 1, 0);
	ioapic_write(0x10 + 2 * pin, low);
}

/* Save what C may use, call @name##_c(), go back. */
#define HANDLER(name)						\
	void name(void);					\
	asm(#name ": push %rax; push %rcx; push %rdx; push %rsi; push %rdi;"		\
	    "push %r8; push %r9; push %r10; push %r11; cld; call " #name "_c;"		\
	    "pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi; pop %rdx;"	\
	    "pop %rcx; pop %rax; iretq");						\
	__attribute__((used)) void name##_c(void)

#endif
