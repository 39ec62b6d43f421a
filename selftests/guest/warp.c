// SPDX-License-Identifier: GPL-2.0
/*
 * Does time go back from one CPU to the next? One thread on each CPU; a TSC
 * value is handed from one to the other through shared memory. Exit status 1
 * where it went back.
 */
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tsc.h"

#define MAX_CPUS	64

static const char usage[] =
	"usage: warp [--handovers N] [--cpus N] [--lock]\n"
	"  --handovers N    values handed over (10000000)\n"
	"  --cpus N         on CPUs 0 to N-1 (all that are online)\n"
	"  --lock           behind a spinlock, as Linux's check_tsc_warp():\n"
	"                   whoever gets it; else in turn, without a lock\n";

/**
 * struct hand - one thread
 * @last: its last read
 * @own: its consecutive reads
 * @cross: a value that it got from another thread, and its next read
 */
struct hand {
	pthread_t thread;
	int cpu;
	uint64_t last;
	struct tsc_order own;
	struct tsc_order cross;
} __attribute__((aligned(128)));

/* What all threads write: in one cache line, which travels with the value. */
static struct {
	uint64_t stamp;
	uint64_t turn;
	uint64_t next;
	uint64_t owner;
	int holder;
} __attribute__((aligned(128))) shared;

static uint64_t handovers = 10000000;
static int cpus;
static pthread_barrier_t start;

static void account_own(struct hand *hand, uint64_t now)
{
	tsc_order_check(&hand->own, hand->last, now);
	hand->last = now;
}

/* @shared.turn counts the handovers; the next is for CPU turn mod cpus. */
static void hand_in_turn(struct hand *hand)
{
	uint64_t received, now;

	for (uint64_t turn = hand->cpu; turn < handovers; turn += cpus) {
		while (__atomic_load_n(&shared.turn, __ATOMIC_ACQUIRE) != turn)
			;
		received = shared.stamp;
		now = tsc_read();
		shared.stamp = now;
		__atomic_store_n(&shared.turn, turn + 1, __ATOMIC_RELEASE);
		tsc_order_check(&hand->cross, received, now);
		account_own(hand, now);
	}
}

/* Fair, or a CPU that has just let go would take it again, all day long. */
static void lock(void)
{
	uint64_t ticket = __atomic_fetch_add(&shared.next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&shared.owner, __ATOMIC_ACQUIRE) != ticket)
		;
}

static void unlock(void)
{
	__atomic_store_n(&shared.owner, shared.owner + 1, __ATOMIC_RELEASE);
}

static void hand_under_lock(struct hand *hand)
{
	uint64_t received, now;
	bool more = true, foreign;

	while (more) {
		lock();
		received = shared.stamp;
		now = tsc_read();
		shared.stamp = now;
		foreign = shared.holder != hand->cpu;
		shared.holder = hand->cpu;
		shared.turn += foreign;
		more = shared.turn < handovers;
		unlock();
		if (foreign)
			tsc_order_check(&hand->cross, received, now);
		account_own(hand, now);
	}
}

static void (*hand_over)(struct hand *hand) = hand_in_turn;

static void *run_hand(void *data)
{
	struct hand *hand = data;

	pin_to_cpu(hand->cpu);
	pthread_barrier_wait(&start);
	hand->last = tsc_read();
	hand_over(hand);
	return NULL;
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "handovers", required_argument, NULL, 'n' },
		{ "cpus", required_argument, NULL, 'c' },
		{ "lock", no_argument, NULL, 'l' },
		{ }
	};
	int option;

	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n': handovers = parse_number(optarg); break;
		case 'c': cpus = parse_number(optarg); break;
		case 'l': hand_over = hand_under_lock; break;
		default: fputs(usage, stderr); exit(1);
		}
	}
	if (cpus < 2 || cpus > MAX_CPUS)
		error(1, 0, "%d CPUs: 2 to %d are needed", cpus, MAX_CPUS);
}

/* Returns how long it took, in ns. */
static uint64_t run_all(struct hand *hands)
{
	uint64_t begin = monotonic_ns();

	pthread_barrier_init(&start, NULL, cpus);
	shared.stamp = tsc_read();
	for (int cpu = 0; cpu < cpus; cpu++) {
		hands[cpu].cpu = cpu;
		errno = pthread_create(&hands[cpu].thread, NULL, run_hand,
				       &hands[cpu]);
		if (errno)
			error(1, errno, "pthread_create");
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		pthread_join(hands[cpu].thread, NULL);
	return monotonic_ns() - begin;
}

int main(int argc, char **argv)
{
	static struct hand hands[MAX_CPUS];
	struct tsc_order own = { }, cross = { };
	uint64_t ns;

	parse_options(argc, argv);
	ns = run_all(hands);
	for (int cpu = 0; cpu < cpus; cpu++) {
		tsc_order_add(&own, &hands[cpu].own);
		tsc_order_add(&cross, &hands[cpu].cross);
	}
	printf("summary cpus=%d handovers=%" PRIu64 " seconds=%.3f"
	       " handovers_per_s=%.0f", cpus, cross.pairs, ns / 1e9,
	       cross.pairs * 1e9 / ns);
	tsc_order_print("own", &own);
	tsc_order_print("cross", &cross);
	printf("\n");
	return own.backward || cross.backward;
}
