// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <error.h>
#include <stdbool.h>
#include <sys/random.h>

#include "oracle.h"

#define POLL_US		1000
/* A sample whose parties never ran at the same time is worth another try. */
#define MOST_WINDOWS	10
#define NO_MORE_SAMPLES	UINT64_MAX

/* x86 shows stores in program order; hold the compiler to it, too. */
#define barrier()	asm volatile("" : : : "memory")

void oracle_init(struct oracle *oracle, const struct oracle_config *config,
		 struct oracle_memory *memory)
{
	uint64_t ticks_per_ms = tsc_ticks_per_ms();

	*oracle = (struct oracle){
		.config = *config,
		.mine = &memory->half[config->role],
		.theirs = &memory->half[!config->role],
		.ticks_per_ms = ticks_per_ms,
		.window_ticks = config->window_us * ticks_per_ms / 1000,
		.aim_ticks = config->aim_ns * ticks_per_ms / 1000000,
		.last = tsc_read(),
	};
}

static void show_up(struct oracle *oracle)
{
	uint64_t nonce;

	if (getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce))
		error(1, errno, "getrandom");
	oracle->mine->partner = 0;
	oracle->mine->interval_us = oracle->config.interval_us;
	oracle->mine->sample = 0;
	oracle->mine->message.seq = 0;
	barrier();
	oracle->mine->nonce = nonce | 1;
}

enum oracle_status oracle_meet(struct oracle *oracle)
{
	uint64_t give_up = monotonic_ns() + oracle->config.wait_us * 1000;
	bool known;

	show_up(oracle);
	do {
		/* In this order: one who knows me has set its nonce before. */
		known = oracle->theirs->partner == oracle->mine->nonce;
		oracle->mine->partner = oracle->theirs->nonce;
		if (known)
			return ORACLE_OK;
		sleep_us(POLL_US);
	} while (monotonic_ns() < give_up);
	return ORACLE_NO_PARTNER;
}

/* Wait, mostly asleep, until the partner's counter @word has reached @value. */
static enum oracle_status poll_partner(struct oracle *oracle,
				       volatile uint64_t *word, uint64_t value,
				       uint64_t patience_us)
{
	uint64_t give_up = monotonic_ns() + patience_us * 1000;

	while (*word < value) {
		if (oracle->theirs->nonce != oracle->mine->partner)
			return ORACLE_REPLACED;
		if (monotonic_ns() > give_up)
			return ORACLE_SILENT;
		sleep_us(POLL_US);
	}
	return ORACLE_OK;
}

/* Hot for the length of a sample: one who sleeps is late for the next, too. */
static enum oracle_status await_message(struct oracle *oracle)
{
	volatile uint64_t *seq = &oracle->theirs->message.seq;
	uint64_t begin = tsc_read();

	do {
		for (int spins = 0; spins < 1000; spins++)
			if (*seq >= oracle->seq)
				return ORACLE_OK;
	} while (tsc_read() - begin < oracle->window_ticks);
	return poll_partner(oracle, seq, oracle->seq, oracle->config.silence_us);
}

static void send_message(struct oracle *oracle, uint64_t stamp)
{
	oracle->mine->message.stamp = stamp;
	barrier();
	oracle->mine->message.seq = oracle->seq;
}

/* Bookkeeping of a read; never between a read and its message. */
static void account_own(struct oracle *oracle, uint64_t now)
{
	tsc_order_check(&oracle->own, oracle->last, now);
	oracle->last = now;
}

static enum oracle_status make_exchange(struct oracle *oracle,
					struct oracle_exchange *exchange)
{
	enum oracle_status status;

	oracle->seq++;
	exchange->a1 = tsc_read();
	send_message(oracle, exchange->a1);
	status = await_message(oracle);
	exchange->a2 = tsc_read();
	exchange->b = oracle->theirs->message.stamp;
	account_own(oracle, exchange->a1);
	account_own(oracle, exchange->a2);
	if (!status)
		tsc_order_check(&oracle->cross, exchange->b, exchange->a2);
	return status;
}

static uint64_t round_trip(const struct oracle_exchange *exchange)
{
	return exchange->a2 - exchange->a1;
}

/* Tell the follower what came out, and that the sample is over. */
static void close_sample(struct oracle *oracle,
			 const struct oracle_exchange *best, uint64_t exchanges)
{
	oracle->mine->best.a1 = best->a1;
	oracle->mine->best.b = best->b;
	oracle->mine->best.a2 = best->a2;
	oracle->mine->exchanges = exchanges;
	oracle->seq++;
	send_message(oracle, 0);
}

static enum oracle_status spin_window(struct oracle *oracle,
				      struct oracle_exchange *best,
				      uint64_t *exchanges)
{
	struct oracle_exchange exchange;
	uint64_t start = tsc_read();
	enum oracle_status status;

	do {
		status = make_exchange(oracle, &exchange);
		if (status)
			return status;
		if (round_trip(&exchange) < round_trip(best))
			*best = exchange;
		(*exchanges)++;
	} while (exchange.a2 - start < oracle->window_ticks);
	return ORACLE_OK;
}

static enum oracle_status lead(struct oracle *oracle,
			       struct oracle_exchange *best,
			       uint64_t *exchanges)
{
	enum oracle_status status;

	for (int windows = 0; windows < MOST_WINDOWS; windows++) {
		/* Those who have slept are the first to be let run again. */
		if (windows)
			sleep_us(oracle->config.window_us * 2);
		status = spin_window(oracle, best, exchanges);
		if (status)
			return status;
		if (round_trip(best) / 2 <= oracle->aim_ticks)
			break;
	}
	close_sample(oracle, best, *exchanges);
	return ORACLE_OK;
}

static enum oracle_status follow(struct oracle *oracle,
				 struct oracle_exchange *best,
				 uint64_t *exchanges)
{
	enum oracle_status status;
	uint64_t now, received;

	for (;;) {
		oracle->seq++;
		status = await_message(oracle);
		now = tsc_read();
		received = oracle->theirs->message.stamp;
		if (status || !received)
			break;
		send_message(oracle, now);
		account_own(oracle, now);
		tsc_order_check(&oracle->cross, received, now);
	}
	*best = oracle->theirs->best;
	*exchanges = oracle->theirs->exchanges;
	return status;
}

/* Both parties rest between two samples, and meet again for the next one. */
static enum oracle_status rendezvous(struct oracle *oracle)
{
	bool leads = oracle->config.role == ORACLE_LEADER;
	uint64_t number = oracle->mine->sample + 1;
	uint64_t rest_us = leads ? oracle->config.interval_us :
				   oracle->theirs->interval_us;
	enum oracle_status status;

	if (number > 1)
		sleep_us(rest_us);
	if (leads)
		oracle->mine->sample = number;
	status = poll_partner(oracle, &oracle->theirs->sample, number,
			      oracle->config.silence_us + rest_us);
	if (!status && oracle->theirs->sample == NO_MORE_SAMPLES)
		return ORACLE_ENDED;
	oracle->mine->sample = number;
	return status;
}

enum oracle_status oracle_sample(struct oracle *oracle,
				 struct oracle_sample *sample)
{
	bool leads = oracle->config.role == ORACLE_LEADER;
	enum oracle_status status = rendezvous(oracle);
	struct oracle_exchange best = { .a2 = UINT64_MAX };
	uint64_t middle;

	sample->exchanges = 0;
	if (!status)
		status = leads ? lead(oracle, &best, &sample->exchanges) :
				 follow(oracle, &best, &sample->exchanges);
	if (status)
		return status;
	middle = best.a1 + round_trip(&best) / 2;
	sample->tsc = leads ? middle : best.b;
	sample->difference = leads ? best.b - middle : middle - best.b;
	sample->resolution = (round_trip(&best) + 1) / 2;
	return ORACLE_OK;
}

void oracle_end(struct oracle *oracle)
{
	oracle->mine->sample = NO_MORE_SAMPLES;
}
