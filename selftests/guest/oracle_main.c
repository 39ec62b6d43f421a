// SPDX-License-Identifier: GPL-2.0
/* How far the TSCs of two parties are apart: a time series, see oracle.h. */
#include <errno.h>
#include <error.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "window.h"

#define MAX_SAMPLES	100000

static const char usage[] =
	"usage: oracle lead|follow [OPTION]...\n"
	"  --window PATH    shared memory; else the ivshmem-plain device\n"
	"  --slot N         several pairs can share one window (0)\n"
	"  --samples N      the leader ends after this many (60)\n"
	"  --exchanges N    and this many exchanges (0)\n"
	"  --interval MS    pause between samples, the leader's counts (980)\n"
	"  --spin MS        how long one sample takes (20)\n"
	"  --aim NS         up to 10 tries to resolve this (1000)\n"
	"  --wait S         for the partner to come (60)\n"
	"  --silence S      until the partner is given up (10)\n"
	"  --cpu N          run on this CPU\n"
	"status: 0, 1 error, 2 nobody came, 3 partner silent, 4 partner replaced\n";

struct request {
	struct oracle_config config;
	const char *path;
	uint64_t slot;
	uint64_t samples;
	uint64_t exchanges;
};

struct series {
	uint64_t count;
	uint64_t exchanges;
	uint64_t distance[MAX_SAMPLES];
	uint64_t resolution[MAX_SAMPLES];
};

static const char *const role_name[] = { "lead", "follow" };

static const char *const complaint[] = {
	[ORACLE_NO_PARTNER] = "nobody came",
	[ORACLE_SILENT] = "partner silent",
	[ORACLE_REPLACED] = "partner replaced by another run",
};

static enum oracle_role parse_role(const char *name)
{
	for (int role = ORACLE_LEADER; role <= ORACLE_FOLLOWER; role++)
		if (name && !strcmp(name, role_name[role]))
			return role;
	fputs(usage, stderr);
	exit(1);
}

static void parse_option(struct request *request, int option)
{
	struct oracle_config *config = &request->config;
	uint64_t number = option == 'p' ? 0 : parse_number(optarg);

	switch (option) {
	case 'p': request->path = optarg; break;
	case 'o': request->slot = number; break;
	case 'n': request->samples = number; break;
	case 'e': request->exchanges = number; break;
	case 'i': config->interval_us = number * 1000; break;
	case 's': config->window_us = number * 1000; break;
	case 'a': config->aim_ns = number; break;
	case 'w': config->wait_us = number * 1000000; break;
	case 'q': config->silence_us = number * 1000000; break;
	case 'c': pin_to_cpu(number); break;
	}
}

static void parse_request(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{ "window", required_argument, NULL, 'p' },
		{ "slot", required_argument, NULL, 'o' },
		{ "samples", required_argument, NULL, 'n' },
		{ "exchanges", required_argument, NULL, 'e' },
		{ "interval", required_argument, NULL, 'i' },
		{ "spin", required_argument, NULL, 's' },
		{ "aim", required_argument, NULL, 'a' },
		{ "wait", required_argument, NULL, 'w' },
		{ "silence", required_argument, NULL, 'q' },
		{ "cpu", required_argument, NULL, 'c' },
		{ }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			exit(1);
		parse_option(request, option);
	}
	request->config.role = parse_role(argv[optind]);
}

static void record(struct series *series, const struct oracle_sample *sample)
{
	int64_t difference = sample->difference;

	printf("sample n=%" PRIu64 " tsc=%" PRIu64 " difference=%" PRId64
	       " resolution=%" PRIu64 " exchanges=%" PRIu64 "\n",
	       series->count, sample->tsc, difference, sample->resolution,
	       sample->exchanges);
	series->distance[series->count] =
		difference < 0 ? -(uint64_t)difference : (uint64_t)difference;
	series->resolution[series->count] = sample->resolution;
	series->exchanges += sample->exchanges;
	series->count++;
}

/* median() sorts, so that the last one is the greatest. */
static void print_distribution(const char *name, uint64_t *values,
			       uint64_t count)
{
	uint64_t middle = median(values, count);

	printf(" %s_median=%" PRIu64 " %s_max=%" PRIu64, name, middle, name,
	       count ? values[count - 1] : 0);
}

static void summarize(const struct oracle *oracle, struct series *series)
{
	printf("summary role=%s samples=%" PRIu64 " exchanges=%" PRIu64
	       " ticks_per_ms=%" PRIu64, role_name[oracle->config.role],
	       series->count, series->exchanges, oracle->ticks_per_ms);
	print_distribution("difference", series->distance, series->count);
	print_distribution("resolution", series->resolution, series->count);
	tsc_order_print("own", &oracle->own);
	tsc_order_print("cross", &oracle->cross);
	printf("\n");
}

static bool is_enough(const struct request *request,
		      const struct series *series)
{
	if (series->count == MAX_SAMPLES)
		return true;
	return request->config.role == ORACLE_LEADER &&
	       series->count >= request->samples &&
	       series->exchanges >= request->exchanges;
}

static enum oracle_status run(struct oracle *oracle,
			      const struct request *request,
			      struct series *series)
{
	enum oracle_status status = oracle_meet(oracle);
	struct oracle_sample sample;

	while (!status && !is_enough(request, series)) {
		status = oracle_sample(oracle, &sample);
		if (!status)
			record(series, &sample);
	}
	oracle_end(oracle);
	return status == ORACLE_ENDED ? ORACLE_OK : status;
}

int main(int argc, char **argv)
{
	static struct series series;
	struct request request = {
		.config = { .wait_us = 60000000, .silence_us = 10000000,
			    .interval_us = 980000, .window_us = 20000,
			    .aim_ns = 1000 },
		.samples = 60,
	};
	struct oracle_memory *memory;
	enum oracle_status status;
	struct oracle oracle;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse_request(&request, argc, argv);
	memory = window_map(request.path,
			    sizeof(*memory) * (request.slot + 1));
	oracle_init(&oracle, &request.config, memory + request.slot);
	status = run(&oracle, &request, &series);
	summarize(&oracle, &series);
	if (status)
		printf("oracle: %s\n", complaint[status]);
	return status;
}
