// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's TSC against the TSC of its host, over time: its rate, and the
 * largest jump between two looks that the rate does not explain.
 *
 * usage: follow DEVICE SECONDS
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "vm.h"

#define LOOK_US 10000
#define TRIES 10

/* More than any slew limit: what is beyond it in one look is a step or a stall. */
#define RATE_MAX_PPM 500

struct look {
	uint64_t host;
	uint64_t guest;
	uint64_t resolution;	/* @guest was read within so many ticks of @host */
};

static struct look look_once(struct vm *vm)
{
	uint64_t before = __rdtsc();
	uint64_t guest = guest_rdtsc(vm, 0);
	uint64_t after = __rdtsc();

	return (struct look){ before + (after - before) / 2, guest, (after - before) / 2 };
}

/* The best of a few: the host may be busy with other things. */
static struct look look(struct vm *vm)
{
	struct look best = look_once(vm), one;
	int i;

	for (i = 1; i < TRIES; i++) {
		one = look_once(vm);
		if (one.resolution < best.resolution)
			best = one;
	}
	return best;
}

/* How far the guest's progress is from the host's, beyond rate and resolution, in ticks. */
static int64_t jump(const struct look *from, const struct look *to)
{
	int64_t host = to->host - from->host;
	int64_t guest = to->guest - from->guest;
	int64_t off = guest > host ? guest - host : host - guest;

	return off - host / 1000000 * RATE_MAX_PPM - (int64_t)(from->resolution + to->resolution);
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	struct look first, last, now;
	int64_t jump_max = 0, off;
	double end;
	int looks = 1, backwards = 0;
	struct vm vm;

	if (argc != 3) {
		fprintf(stderr, "usage: follow DEVICE SECONDS\n");
		return 2;
	}
	setbuf(stdout, NULL);
	vm_create(&vm, argv[1], 1);
	first = last = look(&vm);
	printf("following\n");
	for (end = now_s() + atof(argv[2]); now_s() < end; last = now, looks++) {
		usleep(LOOK_US);
		now = look(&vm);
		backwards += now.guest <= last.guest;
		off = jump(&last, &now);
		if (off > jump_max)
			jump_max = off;
	}
	off = (last.guest - first.guest) - (last.host - first.host);
	printf("follow looks=%d backwards=%d jump_ticks=%" PRId64 " rate_ppb=%.0f resolution_ticks=%" PRIu64 "\n",
	       looks, backwards, jump_max, 1e9 * off / (last.host - first.host),
	       first.resolution + last.resolution);
	vm_destroy(&vm);
	return 0;
}
