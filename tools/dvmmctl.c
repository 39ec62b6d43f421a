// SPDX-License-Identifier: GPL-2.0
/* dvmmctl: look at this host's part of the virtual time of a cluster. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "print.h"
#include "sources.h"
#include "timers.h"

#define VERSION "0.1"

/* Events may be lost: whoever waits for one looks for himself this often. */
#define POLL_MS 1000

enum {
	EXIT_USAGE = 2,
};

struct options {
	bool json;
	double timeout_s;
	double interval_s;	/* 0: none given */
	long pid;
	int device;
	int policy;
};

static const char usage[] =
	"Usage: dvmmctl COMMAND [OPTIONS]\n"
	"\n"
	"The virtual time of a cluster of KVM hosts, as this host has it.\n"
	"\n"
	"Commands:\n"
	"  status             print role, state, offset, error bound and more, once\n"
	"  wait               return once this host is synchronised, or is the grandmaster\n"
	"  monitor            print a line at each change of role, state, grandmaster or VMs\n"
	"  sources            print this host's counters, their rates and who is wrong, once\n"
	"  timers             print the timers of all guests: ticks delivered, missed, late; once\n"
	"  policy             say what becomes of ticks that a guest's timers miss from now on\n"
	"\n"
	"Options:\n"
	"  --json             (status, monitor, sources, timers) print JSON\n"
	"  --timeout SECONDS  (wait) give up after SECONDS, with the reason; default 60\n"
	"  --interval SECONDS (monitor) print a time series: a row every SECONDS\n"
	"  --pid PID          (policy) the guest's process, as timers shows it\n"
	"  --device DEVICE    (policy) pit, rtc, hpet\n"
	"  --policy POLICY    (policy) delay, catchup, merge, discard\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 success; 1 failure, with one line on stderr; 2 wrong usage.\n";

/* Also what a container with its own network sees: the family is the host's. */
static const char not_loaded[] =
	"dvmm_time is not loaded here: run insmod dvmm_time.ko iface=INTERFACE as root on the host";

static int fail(int err)
{
	if (err == -ENOENT)
		fprintf(stderr, "dvmmctl: %s\n", not_loaded);
	else
		fprintf(stderr, "dvmmctl: no answer from dvmm_time: %s\n", strerror(-err));
	return EXIT_FAILURE;
}

static int wrong_usage(const char *what, const char *which)
{
	fprintf(stderr, "dvmmctl: %s%s: see dvmmctl --help\n", what, which);
	return -1;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static int cmd_status(struct client *client, const struct options *options)
{
	struct dvmm_status status;
	int err = client_status(client, &status);

	if (err)
		return fail(err);
	if (options->json)
		print_json(stdout, &status, true);
	else
		print_status(stdout, &status);
	return EXIT_SUCCESS;
}

static int cmd_sources(struct client *client, const struct options *options)
{
	struct dvmm_source_list list;
	int err = client_sources(client, &list);

	if (err)
		return fail(err);
	if (options->json)
		print_sources_json(stdout, &list);
	else
		print_sources(stdout, &list);
	return EXIT_SUCCESS;
}

static int cmd_timers(struct client *client, const struct options *options)
{
	struct dvmm_timer_list list;
	int err = client_timers(client, &list);

	if (!err && options->json)
		print_timers_json(stdout, &list);
	else if (!err)
		print_timers(stdout, &list);
	free(list.timer);
	return err ? fail(err) : EXIT_SUCCESS;
}

static int cmd_policy(struct client *client, const struct options *options)
{
	int err;

	if (!options->pid || options->device < 0 || options->policy < 0) {
		wrong_usage("policy needs --pid, --device and --policy", "");
		return EXIT_USAGE;
	}
	err = client_timer_policy(client, options->pid, options->device, options->policy);
	if (err == -ENOENT) {
		fprintf(stderr, "dvmmctl: process %ld has no VM on cluster time\n", options->pid);
		return EXIT_FAILURE;
	}
	return err ? fail(err) : EXIT_SUCCESS;
}

/* So is a grandmaster, once nobody has objected to the cluster that it founded. */
static bool is_ready(const struct dvmm_status *status)
{
	return status->state == DVMM_STATE_SYNCHRONISED;
}

/* On a terminal only: "waiting for 3 s: listening, unsynchronised". */
static void show_progress(const struct dvmm_status *status, double waited_s)
{
	char what[SUMMARY_MAX];

	if (!isatty(STDERR_FILENO))
		return;
	summary(what, status);
	fprintf(stderr, "\r\033[Kwaiting for %.0f s: %s", waited_s, what);
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int timed_out(const struct dvmm_status *status, double timeout_s)
{
	char what[SUMMARY_MAX];

	summary(what, status);
	fprintf(stderr, "dvmmctl: not synchronised after %g s: %s%s%s\n", timeout_s, what,
		status->reason[0] ? ": " : "", status->reason);
	return EXIT_FAILURE;
}

/* 1: @status is news, an event or what lost ones led to. 0: none in that time. */
static int next_event(struct client *client, int timeout_ms, struct dvmm_status *status)
{
	int ret = client_event(client, timeout_ms, status);

	if (ret == -EINTR)
		return 0;
	if (ret == -ENOBUFS)
		return client_status(client, status) ?: 1;
	return ret;
}

/* 0 once ready, else a negative errno; -ETIMEDOUT with the last @status. */
static int wait_ready(struct client *client, double timeout_s, struct dvmm_status *status)
{
	double start = now_s(), left_s;
	int ret = client_status(client, status);

	while (ret >= 0 && !is_ready(status)) {
		left_s = start + timeout_s - now_s();
		if (left_s <= 0)
			return -ETIMEDOUT;
		show_progress(status, now_s() - start);
		ret = next_event(client, fmin(POLL_MS, ceil(left_s * 1e3)), status);
		if (!ret)
			ret = client_status(client, status);
	}
	return ret < 0 ? ret : 0;
}

static int cmd_wait(struct client *client, const struct options *options)
{
	struct dvmm_status status;
	int err = client_subscribe(client);

	if (!err)
		err = wait_ready(client, options->timeout_s, &status);
	end_progress();
	if (err == -ETIMEDOUT)
		return timed_out(&status, options->timeout_s);
	return err ? fail(err) : EXIT_SUCCESS;
}

static void report(const struct dvmm_status *status, const struct options *options)
{
	struct timespec when;

	clock_gettime(CLOCK_REALTIME, &when);
	if (options->json)
		print_json(stdout, status, false);
	else if (options->interval_s)
		print_series(stdout, status);
	else
		print_event(stdout, &when, status);
}

static int monitor_events(struct client *client, const struct options *options)
{
	struct dvmm_status status, probe;
	int ret = client_subscribe(client);

	if (!ret)
		ret = client_status(client, &status) ?: 1;
	while (ret >= 0 && !ferror(stdout)) {
		if (ret)
			report(&status, options);
		ret = next_event(client, POLL_MS, &status);
		/* The kernel does not say when the module goes: ask. */
		if (!ret)
			ret = client_status(client, &probe);
	}
	return ret < 0 ? ret : 0;
}

static void add_interval(struct timespec *ts, double interval_s)
{
	double whole = floor(interval_s);

	ts->tv_sec += whole;
	ts->tv_nsec += (interval_s - whole) * 1e9;
	if (ts->tv_nsec >= 1000000000) {
		ts->tv_nsec -= 1000000000;
		ts->tv_sec++;
	}
}

static int monitor_series(struct client *client, const struct options *options)
{
	struct dvmm_status status;
	struct timespec next;
	int err;

	clock_gettime(CLOCK_MONOTONIC, &next);
	if (!options->json)
		print_series_header(stdout);
	for (;;) {
		err = client_status(client, &status);
		if (err || ferror(stdout))
			return err;
		report(&status, options);
		add_interval(&next, options->interval_s);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static int cmd_monitor(struct client *client, const struct options *options)
{
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options->interval_s)
		err = monitor_series(client, options);
	else
		err = monitor_events(client, options);
	return err ? fail(err) : EXIT_SUCCESS;
}

static const struct command {
	const char *name;
	const char *options;	/* the letters it takes, of parse()'s */
	int (*run)(struct client *client, const struct options *options);
} commands[] = {
	{ "status", "j", cmd_status },
	{ "wait", "t", cmd_wait },
	{ "monitor", "ji", cmd_monitor },
	{ "sources", "j", cmd_sources },
	{ "timers", "j", cmd_timers },
	{ "policy", "pdo", cmd_policy },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Up to a day: a number that a poll and a sleep can bear, and more than is of use. */
static int parse_seconds(const char *text, double min, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds >= min && *seconds <= 86400))
		return wrong_usage("not a number of seconds: ", text);
	return 0;
}

static int parse_pid(const char *text, long *pid)
{
	char *end;

	*pid = strtol(text, &end, 10);
	if (end == text || *end || *pid < 1 || *pid > INT_MAX)
		return wrong_usage("not a process: ", text);
	return 0;
}

static int parse_name(int number, const char *what, const char *text, int *chosen)
{
	*chosen = number;
	return number < 0 ? wrong_usage(what, text) : 0;
}

static int take_option(int letter, struct options *options)
{
	switch (letter) {
	case 'j':
		options->json = true;
		return 0;
	case 't':
		return parse_seconds(optarg, 0, &options->timeout_s);
	case 'i':
		return parse_seconds(optarg, 0.001, &options->interval_s);
	case 'p':
		return parse_pid(optarg, &options->pid);
	case 'd':
		return parse_name(timer_device_named(optarg), "no such device: ", optarg,
				  &options->device);
	case 'o':
		return parse_name(tick_policy_named(optarg), "no such policy: ", optarg,
				  &options->policy);
	case 'h':
		fputs(usage, stdout);
		exit(EXIT_SUCCESS);
	case 'V':
		printf("dvmmctl %s, netlink interface %d\n", VERSION, DVMM_GENL_VERSION);
		exit(EXIT_SUCCESS);
	default: /* getopt_long() has said why */
		return -1;
	}
}

/* Parse all options, noting in @seen which came. */
static int parse_options(int argc, char **argv, struct options *options, char seen[8])
{
	static const struct option known[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "timeout", required_argument, NULL, 't' },
		{ "interval", required_argument, NULL, 'i' },
		{ "pid", required_argument, NULL, 'p' },
		{ "device", required_argument, NULL, 'd' },
		{ "policy", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (take_option(letter, options))
			return -1;
		if (!strchr(seen, letter))
			seen[strlen(seen)] = letter;
	}
	return 0;
}

static const struct command *parse(int argc, char **argv, struct options *options)
{
	const struct command *command;
	char seen[8] = "";

	if (parse_options(argc, argv, options, seen))
		return NULL;
	if (optind == argc)
		return wrong_usage("what to do?", ""), NULL;
	command = find_command(argv[optind]);
	if (!command)
		return wrong_usage("unknown command ", argv[optind]), NULL;
	if (optind + 1 < argc)
		return wrong_usage("too many arguments: ", argv[optind + 1]), NULL;
	if (strspn(seen, command->options) != strlen(seen))
		return wrong_usage("an option is not for ", command->name), NULL;
	return command;
}

int main(int argc, char **argv)
{
	struct options options = { .timeout_s = 60, .device = -1, .policy = -1 };
	const struct command *command = parse(argc, argv, &options);
	struct client *client;
	int ret;

	if (!command)
		return EXIT_USAGE;
	ret = client_open(&client);
	if (ret)
		return fail(ret);
	ret = command->run(client, &options);
	client_close(client);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "dvmmctl: cannot write the output: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	return ret;
}
