/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine without firmware or system: one vCPU in long mode, memory mapped as it is, and
 * KVM's PIC, IOAPIC, local APIC and PIT. Its program is a flat binary, entered at BARE_START
 * with a struct bare_call; what it has to say it leaves there.
 */
#ifndef DVMM_TEST_BARE_H
#define DVMM_TEST_BARE_H

#include <stdint.h>

#define BARE_MEMORY 0x400000
#define BARE_TABLES 0x1000	/* page tables, six pages */
#define BARE_CALL 0x8000
#define BARE_STACK 0x90000
#define BARE_START 0x100000
#define BARE_EXIT_PORT 0x10
#define BARE_WORDS 32

/**
 * struct bare_call - what the program is to do, and has found
 * @test: which of its tests
 * @khz: exactly what its TSC counts in a millisecond
 * @argument: meaning depends on the test
 * @words: so many of @word are filled in
 * @word: by name
 */
struct bare_call {
	uint64_t test;
	uint64_t khz;
	uint64_t argument;
	uint64_t words;
	struct {
		char name[24];
		uint64_t value;
	} word[BARE_WORDS];
};

#endif
