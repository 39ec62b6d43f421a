/* SPDX-License-Identifier: GPL-2.0 */
/* A program without a system, 32 bits, started by multiboot at serve(): registers, serial line, vectors. */
#ifndef DVMM_GUEST_MULTIBOOT_H
#define DVMM_GUEST_MULTIBOOT_H

#include <stdint.h>

#define COM 0x3f8

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

struct frame;
#define HANDLER __attribute__((interrupt)) static void

__attribute__((used)) static u8 stack[16384];
asm(".section .multiboot, \"a\"\n"
    ".long 0x1badb002, 0, -0x1badb002\n"
    ".text\n"
    ".globl start\n"
    "start: cli; cld; movl $stack + 16384, %esp; call serve\n");

static inline u64 tsc(void)
{
	u64 value;

	asm volatile("lfence; rdtsc; lfence" : "=A"(value) : : "memory");
	return value;
}

static inline void out8(uint16_t port, u8 value)
{
	asm volatile("outb %1, %0" : : "Nd"(port), "a"(value) : "memory");
}

static inline u8 in8(uint16_t port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 in32(uint16_t port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 read32(u32 at)
{
	u32 value;

	asm volatile("movl (%1), %0" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static inline void write32(u32 at, u32 value)
{
	asm volatile("movl %1, (%0)" : : "r"(at), "r"(value) : "memory");
}

static inline void write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "A"(value) : "memory");
}

static void put(char c)
{
	while (!(in8(COM + 5) & 0x20))
		;
	out8(COM, c);
}

static void put_text(const char *text)
{
	while (*text)
		put(*text++);
}

/* In hexadecimal, which takes no division of 64 bits. */
static void put_number(u64 value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put("0123456789abcdef"[value >> shift & 15]);
	put(' ');
}

static struct {
	uint16_t low, selector, flags, high;
} __attribute__((packed)) idt[256];

static void on(u32 vector, void (*handler)(struct frame *))
{
	idt[vector].low = (u32)handler;
	idt[vector].selector = 8;
	idt[vector].flags = 0x8e00;
	idt[vector].high = (u32)handler >> 16;
}

/* All vectors go to @otherwise until on() says something else. */
static void vectors_start(void (*otherwise)(struct frame *))
{
	static u64 gdt[3] = { 0, 0x00cf9b000000ffff, 0x00cf93000000ffff };
	struct {
		uint16_t limit;
		u32 base;
	} __attribute__((packed)) g = { sizeof(gdt) - 1, (u32)gdt }, i = { sizeof(idt) - 1, (u32)idt };

	for (u32 vector = 0; vector < 256; vector++)
		on(vector, otherwise);
	asm volatile("lgdt %0; lidt %1; ljmp $8, $1f; 1: movl $16, %%eax;"
		     "movl %%eax, %%ds; movl %%eax, %%es; movl %%eax, %%ss"
		     : : "m"(g), "m"(i) : "eax", "memory");
}

#endif
