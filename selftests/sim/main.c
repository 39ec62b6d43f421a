// SPDX-License-Identifier: GPL-2.0
/* Scenarios in virtual time: how soon and how well clocks agree. */
#include <getopt.h>
#include <stdio.h>

#include "limits.h"
#include "table.h"

#define TEXT_MAX 65536
#define WHY_MAX 2000

static const char help[] =
	"usage: sim [--seed X] [--pi] [--brief | --csv] SCENARIO...\n"
	"       sim [--hosts N] [--seconds S] [--seed X] [--pi] [--brief | --csv]\n"
	"Play scenarios, or one of N hosts (default 3) for S seconds of virtual time (60),\n"
	"switched on within the first second, at up to 50 ppm off, on a LAN of virtual machines:\n"
	"60 to 120 us one way, 3 % far out, 0.5 % lost. For each host: when it was synchronised,\n"
	"RMS, p99 and maximum of the error of its time against the grandmaster's, its mean bound,\n"
	"the same of its rate, violations of bounds, and messages; errors are of the second half,\n"
	"or from when the scenario says. The same seed gives the same run. --pi: also, of all\n"
	"hosts, a PI servo on the same exchanges, with the gains linuxptp has by default for time\n"
	"stamps by hardware and by software. Exits 1 if something is beyond its limits, 2 if it\n"
	"cannot be played. Documentation/simulator.rst tells more.\n";

static const char usual[] =
	"hosts %s\n"
	"for %ss\n"
	"stagger %.0fns\n"
	"delay all all 60us\n"
	"jitter all all 60us\n"
	"tail all all 3%% 400us\n"
	"loss all all 0.5%%\n"
	"duplicate all all 0.2%%\n";

struct options {
	const char *hosts, *seconds, *seed;
	enum sim_form form;
	bool rivals;
};

static struct options parse(int argc, char **argv)
{
	static const struct option known[] = {
		{ "hosts", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'x' },
		{ "pi", no_argument, NULL, 'p' },
		{ "brief", no_argument, NULL, 'b' },
		{ "csv", no_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	struct options o = { .hosts = "3", .seconds = "60" };
	int option;

	while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
		switch (option) {
		case 'n': o.hosts = optarg; break;
		case 's': o.seconds = optarg; break;
		case 'x': o.seed = optarg; break;
		case 'p': o.rivals = true; break;
		case 'b': o.form = SIM_FORM_BRIEF; break;
		case 'c': o.form = SIM_FORM_CSV; break;
		case 'h': fputs(help, stdout); exit(0);
		default: fputs(help, stderr); exit(2);
		}
	}
	return o;
}

static void report_first(const struct sim *sim, FILE *out)
{
	if (sim->violations)
		fprintf(out, "# at %.3f s: hosts %d and %d %.1f us apart, bounds %.1f and %.1f us\n",
			sim->first.at_ns / 1e9, sim->first.host[0] + 1, sim->first.host[1] + 1,
			sim->first.apart_ns / 1e3, sim->first.bound_ns[0] / 1e3,
			sim->first.bound_ns[1] / 1e3);
}

/* A table for programs is all that goes to stdout. */
static void report(struct sim_play *play, enum sim_form form, bool good, const char *why)
{
	FILE *out = form == SIM_FORM_CSV ? stderr : stdout;

	if (*play->script->title)
		fprintf(out, "# %s\n", play->script->title);
	sim_table_print(play, form);
	fprintf(out, "# %llu checks, %llu violations\n",
		(unsigned long long)play->sim->checks, (unsigned long long)play->sim->violations);
	report_first(play->sim, out);
	fprintf(out, "%s %s%s%s\n", good ? "ok" : "not ok", play->script->name,
		*why ? ": " : "", why);
}

/* Return: whether all was within its limits. */
static bool play_text(const char *path, const char *text, const struct options *o)
{
	static struct sim_script script;
	struct sim_play play;
	char why[WHY_MAX];
	bool good;

	if (!sim_script_read(&script, path, text)) {
		fprintf(stderr, "%s\n", script.error);
		exit(2);
	}
	if (o->seed)
		script.setting[SIM_SET_SEED] = strtoull(o->seed, NULL, 0);
	sim_play(&play, &script, o->rivals);
	good = sim_limits_hold(&play, why, sizeof(why));
	report(&play, o->form, good, why);
	sim_play_free(&play);
	return good;
}

static bool play_file(const char *path, const struct options *o)
{
	static char text[TEXT_MAX];
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file) {
		perror(path);
		exit(2);
	}
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	if (len < sizeof(text) - 1)
		return play_text(path, text, o);
	fprintf(stderr, "%s: larger than %d bytes\n", path, TEXT_MAX - 2);
	exit(2);
}

static bool play_usual(const struct options *o)
{
	char text[sizeof(usual) + 200];
	double hosts = max(strtod(o->hosts, NULL), 1.0);

	snprintf(text, sizeof(text), usual, o->hosts, o->seconds, 1e9 / hosts);
	return play_text("sim", text, o);
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	bool good = true;

	if (optind == argc)
		return !play_usual(&o);
	for (; optind < argc; optind++)
		good &= play_file(argv[optind], &o);
	return !good;
}
