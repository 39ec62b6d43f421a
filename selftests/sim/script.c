// SPDX-License-Identifier: GPL-2.0
/* A scenario, as written in a file. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "limits.h"
#include "script.h"
#include "units.h"
#include "verbs.h"

#define HOSTS_MAX 65535
#define LINE_CHARS 256
#define WORDS_MAX 10

static const struct {
	const char *name;
	char kind;
	double least, most, usual;
} settings[SIM_SETTINGS] = {
	[SIM_SET_HOSTS] = { "hosts", SIM_NUMBER, 1, HOSTS_MAX, 0 },
	[SIM_SET_FOR] = { "for", SIM_TIME, 1e9, 1e16, 0 },
	[SIM_SET_SEED] = { "seed", SIM_NUMBER, 0, 1e15, 1 },
	[SIM_SET_STAGGER] = { "stagger", SIM_TIME, 0, 1e13, 1e8 },
	[SIM_SET_SPREAD] = { "spread", SIM_RATIO, 0, 1e6, 5e4 },
	[SIM_SET_LOOK] = { "look", SIM_TIME, 5e5, 1e12, 5e5 },
	[SIM_SET_MEASURE] = { "measure", SIM_TIME, 0, 1e16, 0 },
	[SIM_SET_SYNC] = { "sync", SIM_NUMBER, -7, 3, -4 },
	[SIM_SET_ANNOUNCE] = { "announce", SIM_NUMBER, -7, 3, -5 },
	[SIM_SET_P2P] = { "p2p", SIM_NUMBER, 0, 1, 0 },
	[SIM_SET_PDELAY] = { "pdelay", SIM_NUMBER, -7, 3, -4 },
};

/* A file being read. */
struct reader {
	struct sim_script *script;
	const char *path;
	int line;
	u64 at_ns;
	char *word[WORDS_MAX];
	int words;
};

static bool wrong(struct reader *r, const char *form, ...)
{
	char what[SIM_ERROR_MAX];
	va_list args;

	va_start(args, form);
	vsnprintf(what, sizeof(what), form, args);
	va_end(args);
	snprintf(r->script->error, sizeof(r->script->error), "%.60s:%d: %.120s", r->path, r->line,
		 what);
	return false;
}

static bool expect_words(struct reader *r, int words)
{
	if (r->words == words)
		return true;
	return wrong(r, "%s: %d words are to follow, not %d", r->word[0], words - 1, r->words - 1);
}

static bool read_quantity(struct reader *r, const char *word, char kind, double *value)
{
	if (sim_units_read(word, kind, value))
		return true;
	return wrong(r, "%s: give %s", word, sim_units_example(kind));
}

static bool read_setting(struct reader *r, enum sim_setting nth)
{
	double *value = &r->script->setting[nth];
	const char *name = settings[nth].name;

	if (!expect_words(r, 2) || !read_quantity(r, r->word[1], settings[nth].kind, value))
		return false;
	if (*value < settings[nth].least || *value > settings[nth].most)
		return wrong(r, "%s: %s is out of range", r->word[1], name);
	if (nth == SIM_SET_HOSTS && r->script->acts)
		return wrong(r, "hosts: tell that first");
	if (nth == SIM_SET_HOSTS)
		r->script->hosts = (int)*value;
	return true;
}

/* all, 3 or 2-5 */
static bool read_hosts(struct reader *r, const char *word, struct sim_range *range)
{
	int used = 0;

	*range = (struct sim_range) { 0, r->script->hosts - 1, true };
	if (!strcmp(word, "all"))
		return true;
	range->all = false;
	if (sscanf(word, "%5d-%5d%n", &range->first, &range->last, &used) == 2 && !word[used])
		;
	else if (sscanf(word, "%5d%n", &range->first, &used) == 1 && !word[used])
		range->last = range->first;
	else
		return wrong(r, "%s: give hosts, such as 3, 2-5 or all", word);
	if (range->first < 1 || range->first > range->last)
		return wrong(r, "%s: hosts are numbered from 1", word);
	if (range->last > r->script->hosts)
		return wrong(r, "%s: there are %d hosts by then", word, r->script->hosts);
	range->first--;
	range->last--;
	return true;
}

static bool read_arguments(struct reader *r, struct sim_act *act)
{
	const char *args = act->verb->args;
	int i, hosts = 0, values = 0;

	if (!expect_words(r, 1 + (int)strlen(args)))
		return false;
	for (i = 0; args[i]; i++) {
		const char *word = r->word[1 + i];
		char kind = (char)tolower(args[i]);
		bool is_hosts = kind == 'a' || kind == 'h';

		if (kind == 'h' && !act->at_ns)
			return wrong(r, "%s: say when: no host is on at first", r->word[0]);
		if (is_hosts && !read_hosts(r, word, &act->host[hosts++]))
			return false;
		if (!is_hosts && !read_quantity(r, word, kind, &act->value[values++]))
			return false;
	}
	return true;
}

/* There has to be memory for the hosts that @act switches on. */
static bool count_joining(struct reader *r, const struct sim_act *act)
{
	char first = act->verb->args[0];
	double joining = first == 'H' ? act->host[0].last - act->host[0].first + 1 : act->value[0];

	if (!isupper(first))
		return true;
	if (!act->at_ns)
		return wrong(r, "%s: say when, for there are hosts at first", r->word[0]);
	if (joining < 1 || joining + r->script->hosts > HOSTS_MAX)
		return wrong(r, "%s: so many hosts cannot join", r->word[1]);
	r->script->hosts += (int)joining;
	return true;
}

static bool read_act(struct reader *r, const struct sim_verb *verb)
{
	struct sim_act *act = &r->script->act[r->script->acts];

	if (r->script->acts == SIM_ACTS_MAX)
		return wrong(r, "more than %d things happen", SIM_ACTS_MAX);
	if (!r->script->hosts)
		return wrong(r, "%s: first say how many hosts there are", r->word[0]);
	*act = (struct sim_act) { .at_ns = r->at_ns, .verb = verb };
	if (!read_arguments(r, act) || !count_joining(r, act))
		return false;
	r->script->acts++;
	return true;
}

/* limit NAME LOW HIGH */
static bool read_limit(struct reader *r)
{
	struct sim_limit *limit = &r->script->limit[r->script->limits];

	if (!expect_words(r, 4))
		return false;
	if (sim_limit_find(r->script, r->word[1]))
		return wrong(r, "%s: has limits already", r->word[1]);
	limit->measure = sim_measure_find(r->word[1]);
	if (!limit->measure)
		return wrong(r, "%s: not measured", r->word[1]);
	if (!read_quantity(r, r->word[2], limit->measure->kind, &limit->low) ||
	    !read_quantity(r, r->word[3], limit->measure->kind, &limit->high))
		return false;
	if (limit->low > limit->high)
		return wrong(r, "%s is more than %s", r->word[2], r->word[3]);
	r->script->limits++;
	return true;
}

/* fails NAME...: limits, usual ones too, that are not kept so far. The last word of a file. */
static bool read_fails(struct reader *r)
{
	int i;

	sim_limits_usual(r->script);
	for (i = 1; i < r->words; i++) {
		struct sim_limit *limit = sim_limit_find(r->script, r->word[i]);

		if (!limit)
			return wrong(r, "%s: no such limit so far", r->word[i]);
		limit->to_fail = true;
	}
	return true;
}

static bool read_at(struct reader *r)
{
	double ns;

	if (r->words < 3)
		return wrong(r, "at: say when, and what");
	if (!read_quantity(r, r->word[1], SIM_TIME, &ns))
		return false;
	if (ns < 1 || ns < r->at_ns)
		return wrong(r, "%s: is over by then", r->word[1]);
	r->at_ns = (u64)ns;
	r->words -= 2;
	memmove(r->word, r->word + 2, r->words * sizeof(*r->word));
	return true;
}

static bool read_words(struct reader *r)
{
	const struct sim_verb *verb;
	bool timed = !strcmp(r->word[0], "at");
	int i;

	if (timed && !read_at(r))
		return false;
	verb = sim_verb_find(r->word[0]);
	if (verb && !timed && r->at_ns)
		return wrong(r, "%s: say when", r->word[0]);
	if (verb)
		return read_act(r, verb);
	for (i = 0; !timed && i < SIM_SETTINGS; i++)
		if (!strcmp(settings[i].name, r->word[0]))
			return read_setting(r, i);
	if (!timed && !strcmp(r->word[0], "limit"))
		return read_limit(r);
	if (!timed && !strcmp(r->word[0], "fails"))
		return read_fails(r);
	return wrong(r, "%s: not known%s", r->word[0], timed ? " to happen" : "");
}

static void note_title(struct sim_script *script, const char *comment)
{
	if (!*script->title && strncmp(comment, " SPDX", 5))
		snprintf(script->title, sizeof(script->title), "%.99s",
			 comment + strspn(comment, " "));
}

static bool read_line(struct reader *r, char *line)
{
	char *comment = strchr(line, '#'), *rest = NULL, *word;

	r->line++;
	r->words = 0;
	if (comment) {
		*comment = '\0';
		note_title(r->script, comment + 1);
	}
	for (word = strtok_r(line, " \t\r", &rest); word; word = strtok_r(NULL, " \t\r", &rest)) {
		if (r->words == WORDS_MAX)
			return wrong(r, "more than %d words", WORDS_MAX);
		r->word[r->words++] = word;
	}
	return !r->words || read_words(r);
}

static bool read_lines(struct reader *r, const char *text)
{
	char line[LINE_CHARS];
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line))
			return wrong(r, "line %d is too long", r->line + 1);
		memcpy(line, text, len);
		line[len] = '\0';
		if (!read_line(r, line))
			return false;
	}
	return true;
}

static bool complete(struct reader *r)
{
	double *setting = r->script->setting;

	if (!setting[SIM_SET_HOSTS] || !setting[SIM_SET_FOR])
		return wrong(r, "say how many hosts there are, and for how long");
	if (r->at_ns > setting[SIM_SET_FOR])
		return wrong(r, "it is over before all has happened");
	if (!setting[SIM_SET_MEASURE])
		setting[SIM_SET_MEASURE] = setting[SIM_SET_FOR] / 2;
	sim_limits_usual(r->script);
	return true;
}

/* dir/three-hosts.scn: three-hosts */
static void set_name(struct sim_script *script, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	snprintf(script->name, sizeof(script->name), "%.*s", (int)strcspn(name, "."), name);
}

bool sim_script_read(struct sim_script *script, const char *path, const char *text)
{
	struct reader reader = { .script = script, .path = path };
	int i;

	memset(script, 0, sizeof(*script));
	for (i = 0; i < SIM_SETTINGS; i++)
		script->setting[i] = settings[i].usual;
	set_name(script, path);
	return read_lines(&reader, text) && complete(&reader);
}
