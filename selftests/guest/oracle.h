/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle: how far apart are the TSCs of two parties that share memory?
 *
 * The leader reads its TSC (a1) and writes it; the follower sees that, reads
 * its own (b) and answers; the leader sees the answer and reads again (a2).
 * b was read between a1 and a2, so the follower is ahead of the leader by
 * b - (a1 + a2) / 2, and that is wrong by (a2 - a1) / 2 at the very most,
 * whatever the two machines were doing. The quickest of many such exchanges
 * makes a sample. Nothing but memory and RDTSC is trusted.
 */
#ifndef DVMM_GUEST_ORACLE_H
#define DVMM_GUEST_ORACLE_H

#include <stdint.h>

#include "tsc.h"

enum oracle_role { ORACLE_LEADER, ORACLE_FOLLOWER };

/* Also the exit status of the program. */
enum oracle_status {
	ORACLE_OK = 0,
	ORACLE_NO_PARTNER = 2,	/* nobody came */
	ORACLE_SILENT = 3,	/* the partner stopped answering */
	ORACLE_REPLACED = 4,	/* somebody else took the partner's place */
	ORACLE_ENDED = 5,	/* the leader has had enough: for the follower */
};

struct oracle_exchange {
	uint64_t a1;
	uint64_t b;
	uint64_t a2;
};

/**
 * struct oracle_half - what one party writes and the other reads
 * @nonce: drawn at random by each run of a party: memory left by an earlier
 *	   run is not taken for the partner, nor a successor for itself
 * @partner: the nonce that this party has last seen its partner use
 * @interval_us: the leader's pause between samples
 * @sample: number of the sample that this party is ready for
 * @best: the quickest exchange of the last sample, from the leader
 * @exchanges: and out of how many
 * @stamp: the TSC read for message @seq; 0 where it ends a sample
 * @seq: number of the last message, written last
 *
 * Messages have a cache line to themselves.
 */
struct oracle_half {
	uint64_t nonce;
	uint64_t partner;
	uint64_t interval_us;
	uint64_t sample;
	struct oracle_exchange best;
	uint64_t exchanges;
	struct {
		uint64_t stamp;
		uint64_t seq;
	} message __attribute__((aligned(64)));
} __attribute__((aligned(128)));

struct oracle_memory {
	struct oracle_half half[2];
};

/**
 * struct oracle_config - what a party is told
 * @role: who asks and who answers
 * @wait_us: how long to wait for the partner to come
 * @silence_us: how long the partner may be silent before it is given up
 * @interval_us: from one sample to the next, the leader's counts
 * @window_us: how long a sample is taken: both parties spin meanwhile
 * @aim_ns: a sample that does not resolve this is tried again
 */
struct oracle_config {
	enum oracle_role role;
	uint64_t wait_us;
	uint64_t silence_us;
	uint64_t interval_us;
	uint64_t window_us;
	uint64_t aim_ns;
};

/**
 * struct oracle - one party
 * @ticks_per_ms: of its own TSC
 * @window_ticks: @config.window_us in them
 * @aim_ticks: @config.aim_ns in them
 * @seq: number of the last message of either party
 * @last: the last own read
 * @own: this party's consecutive reads, of which none may go back
 * @cross: the partner's stamp, and the own read after it was received: on
 *	   TSCs that are equal, none goes back
 */
struct oracle {
	struct oracle_config config;
	volatile struct oracle_half *mine;
	volatile struct oracle_half *theirs;
	uint64_t ticks_per_ms;
	uint64_t window_ticks;
	uint64_t aim_ticks;
	uint64_t seq;
	uint64_t last;
	struct tsc_order own;
	struct tsc_order cross;
};

/**
 * struct oracle_sample - one measurement
 * @tsc: this party's TSC when it was made
 * @difference: the partner's TSC less this party's, in ticks
 * @resolution: |error| of @difference is at most this, in ticks
 * @exchanges: how many were made, of which this was the quickest
 */
struct oracle_sample {
	uint64_t tsc;
	int64_t difference;
	uint64_t resolution;
	uint64_t exchanges;
};

void oracle_init(struct oracle *oracle, const struct oracle_config *config,
		 struct oracle_memory *memory);

/* Find the partner; either may come first. */
enum oracle_status oracle_meet(struct oracle *oracle);

/* Take the next sample, together with the partner. */
enum oracle_status oracle_sample(struct oracle *oracle,
				 struct oracle_sample *sample);

/* For the leader: let the follower go. */
void oracle_end(struct oracle *oracle);

#endif
