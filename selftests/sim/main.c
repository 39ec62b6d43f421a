// SPDX-License-Identifier: GPL-2.0
/* A cluster of any size in virtual time: how soon and how well its clocks agree. */
#include <getopt.h>
#include <stdio.h>

#include "dice.h"
#include "sim.h"

#define HOSTS_MAX 65535
#define SECONDS_MAX 1000000

static const char help[] =
	"usage: sim [--hosts N] [--seconds S] [--seed X] [--csv]\n"
	"Simulate N hosts (2 to 65535; default 3) for S seconds of virtual time (default 60),\n"
	"switched on within the first second, at up to 50 ppm off, on a LAN of virtual machines:\n"
	"60 to 120 us one way, 3 % far out, 0.5 % lost. Errors are against the grandmaster, in\n"
	"the second half. Exits 1 if a bound is violated, a clock jumps or a host is not\n"
	"synchronised; the same seed gives the same run.\n";

static const struct sim_link lan = {
	.base_ns = 60000, .jitter_ns = 60000, .tail_ppm = 30000, .tail_ns = 400000,
	.loss_ppm = 5000, .duplicate_ppm = 2000,
};

struct options {
	u64 hosts, seconds, seed;
	bool csv;
};

static u64 number(const char *text, u64 least, u64 most)
{
	char *end;
	u64 value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value < least || value > most) {
		fprintf(stderr, "sim: %s: give a number from %llu to %llu\n", text,
			(unsigned long long)least, (unsigned long long)most);
		exit(2);
	}
	return value;
}

static struct options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "hosts", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'x' },
		{ "csv", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	struct options o = { .hosts = 3, .seconds = 60, .seed = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'n': o.hosts = number(optarg, 2, HOSTS_MAX); break;
		case 's': o.seconds = number(optarg, 2, SECONDS_MAX); break;
		case 'x': o.seed = number(optarg, 0, U64_MAX); break;
		case 'c': o.csv = true; break;
		case 'h': fputs(help, stdout); exit(0);
		default: fputs(help, stderr); exit(2);
		}
	}
	if (optind == argc)
		return o;
	fprintf(stderr, "sim: %s: unknown; see sim --help\n", argv[optind]);
	exit(2);
}

/* About 20000 errors for each host, or 2 million for all: they are kept to be sorted. */
static u64 look_ns(const struct options *o)
{
	u64 looks = min(20000ULL, 2000000ULL / o->hosts + 100);

	return max(o->seconds * SIM_SECOND / 2 / looks, 500000ULL);
}

/* All within a second, in up to 100 batches. */
static void switch_on(struct sim *sim, const struct options *o)
{
	u64 i, dice = o->seed * 0x9e3779b97f4a7c15ULL + 2, batch = o->hosts / 100 + 1;

	for (i = 0; i < o->hosts; i++) {
		struct dvmm_port_config config = sim_config(i);

		sim_start(sim, &config, 100 * sim_dice_uniform(&dice) - 50);
		if (i % batch == batch - 1)
			sim_run(sim, SIM_SECOND / 100);
	}
}

static struct sim *simulate(const struct options *o)
{
	struct sim *sim = sim_new_cluster(o->hosts, o->seed, &lan);
	u64 end = o->seconds * SIM_SECOND;

	sim->look_ns = SIM_SECOND / 100;
	switch_on(sim, o);
	sim->look_ns = look_ns(o);
	sim_run(sim, end / 2 - min(sim->now_ns, end / 2));
	sim_measure(sim);
	sim_run(sim, end - min(sim->now_ns, end));
	return sim;
}

static void print_row(const char *form, const char *name, double synced_s, struct sim_stats s,
		      u64 violations, u64 packets)
{
	printf(form, name, synced_s, s.rms_ns / 1e3, s.p99_ns / 1e3, s.max_ns / 1e3,
	       s.bound_ns / 1e3, (unsigned long long)violations, (unsigned long long)packets);
}

static const char *row_form(bool csv)
{
	if (csv) {
		puts("host,synced_s,rms_us,p99_us,max_us,mean_bound_us,violations,messages");
		return "%s,%.3f,%.3f,%.3f,%.3f,%.3f,%llu,%llu\n";
	}
	puts(" host  synced_s    rms_us    p99_us    max_us  bound_us violations  messages");
	return "%5s %9.3f %9.1f %9.1f %9.1f %9.1f %10llu %9llu\n";
}

/* Return: how many hosts are not synchronised. */
static int print(struct sim *sim, bool csv)
{
	const char *form = row_form(csv);
	double last = 0, synced;
	char name[12];
	int i, late = 0;

	for (i = 0; i < sim->hosts; i++) {
		struct sim_host *host = &sim->host[i];

		snprintf(name, sizeof(name), "%d", i + 1);
		synced = host->synced_ns / 1e9;
		last = max(last, synced);
		late += sim_state(host) != DVMM_STATE_SYNCHRONISED;
		print_row(form, name, synced, sim_errors_stats(&host->errors), host->violations,
			  host->packets);
	}
	print_row(form, "all", last, sim_stats(sim), sim->violations, sim->packets);
	return late;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	struct sim *sim = simulate(&o);
	int late = print(sim, o.csv);
	bool bad = late || sim->violations || sim->jumps;

	if (bad)
		fprintf(stderr, "sim: %d not synchronised, %llu of %llu beyond bounds, %llu jumps\n",
			late, (unsigned long long)sim->violations,
			(unsigned long long)sim->checks, (unsigned long long)sim->jumps);
	sim_free(sim);
	return bad;
}
