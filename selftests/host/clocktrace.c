// SPDX-License-Identifier: GPL-2.0
/*
 * One clock of a host against its TSC: a time series. All hosts of a bed read the
 * TSC of one machine, each with an offset that does not change; so two traces, and
 * that offset as the oracle measures it, say how far apart any two clocks were.
 *
 * Each sample is the narrowest of a few (TSC, clock, TSC): the clock was read between
 * the two, so its time belongs to their middle, wrong by half their distance at most.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../guest/tsc.h"

#define READS		12
#define REGISTERING_US	20000
#define PATIENCE_NS	20000000000
/* How the kernel makes a clock of an open PHC. */
#define CLOCK_OF_FD(fd)	((~(clockid_t)(fd) << 3) | 3)

static const char usage[] =
	"usage: clocktrace now | realtime|/dev/ptpN INTERVAL_MS SAMPLES\n"
	"prints the TSC now; or a line \"tsc=TICKS ns=TIME width=TICKS\" for each\n"
	"sample, all at the end, since printing them costs the host time\n";

struct sample {
	uint64_t tsc;
	uint64_t ns;
	uint64_t width;
};

/*
 * A PHC comes with its driver, which may be on its way. It is not opened at once: Linux
 * 6.1 shows its file before posix_clock_register() has set clk->dev; who opens it in
 * between takes no reference, but drops one, which may be what was seen here: an underflow.
 */
static clockid_t open_clock(const char *name)
{
	uint64_t give_up = monotonic_ns() + PATIENCE_NS;
	int fd;

	if (!strcmp(name, "realtime"))
		return CLOCK_REALTIME;
	while (access(name, F_OK)) {
		if (monotonic_ns() > give_up)
			error(1, errno, "%s", name);
		sleep_us(REGISTERING_US);
	}
	sleep_us(REGISTERING_US);
	fd = open(name, O_RDONLY);
	if (fd < 0)
		error(1, errno, "%s", name);
	return CLOCK_OF_FD(fd);
}

/* A clock that does not know the time may refuse to tell it: ENODATA. */
static bool read_once(clockid_t clock, struct sample *sample)
{
	struct timespec now;
	uint64_t before = tsc_read();
	int ret = clock_gettime(clock, &now);

	sample->width = tsc_read() - before;
	if (ret && errno != ENODATA)
		error(1, errno, "clock_gettime");
	sample->tsc = before + sample->width / 2;
	sample->ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	return !ret;
}

static bool read_best(clockid_t clock, struct sample *best)
{
	struct sample one;

	best->width = UINT64_MAX;
	for (int i = 0; i < READS && read_once(clock, &one); i++)
		if (one.width < best->width)
			*best = one;
	return best->width != UINT64_MAX;
}

/* The traced clock may be stepped: what paces the samples is not that one. */
static uint64_t trace(clockid_t clock, uint64_t interval_us, struct sample *samples,
		      uint64_t count)
{
	uint64_t have = 0;

	for (uint64_t i = 0; i < count; i++) {
		have += read_best(clock, &samples[have]);
		sleep_us(interval_us);
	}
	return have;
}

static void print(const struct sample *samples, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		printf("tsc=%" PRIu64 " ns=%" PRIu64 " width=%" PRIu64 "\n",
		       samples[i].tsc, samples[i].ns, samples[i].width);
}

int main(int argc, char **argv)
{
	struct sample *samples;
	uint64_t count;

	if (argc == 2 && !strcmp(argv[1], "now")) {
		printf("tsc=%" PRIu64 "\n", tsc_read());
		return 0;
	}
	if (argc != 4) {
		fputs(usage, stderr);
		return 1;
	}
	count = parse_number(argv[3]);
	samples = calloc(count, sizeof(*samples));
	if (!samples)
		error(1, errno, "calloc");
	count = trace(open_clock(argv[1]), parse_number(argv[2]) * 1000, samples, count);
	print(samples, count);
	return 0;
}
