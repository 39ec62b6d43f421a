// SPDX-License-Identifier: GPL-2.0
/* The virtual timers of the host's guests, as a table and as JSON. */
#include <string.h>

#include "print.h"
#include "timers.h"

static const char *const devices[] = { "pit", "rtc", "hpet" };
static const char *const policies[] = { "delay", "catchup", "merge", "discard" };

static const char *name_of(const char *const *names, size_t count, __u32 i)
{
	return i < count ? names[i] : "unknown";
}

static int number_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int timer_device_named(const char *name)
{
	return number_of(devices, ARRAY_SIZE(devices), name);
}

int tick_policy_named(const char *name)
{
	return number_of(policies, ARRAY_SIZE(policies), name);
}

static const char *device_name(const struct dvmm_timer *timer)
{
	return name_of(devices, ARRAY_SIZE(devices), timer->device);
}

static const char *policy_name(const struct dvmm_timer *timer)
{
	return name_of(policies, ARRAY_SIZE(policies), timer->policy);
}

/* "512 ns", "131 us", "67 ms", "2 s": where a class ends. */
static void print_limit(FILE *out, unsigned int class)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double limit = 2.0 * (1ULL << class);
	unsigned int unit = 0;

	for (; limit >= 1000 && unit < ARRAY_SIZE(units) - 1; unit++)
		limit /= 1000;
	fprintf(out, "%.3g %s", limit, units[unit]);
}

static void print_late(FILE *out, const struct dvmm_timer *timer)
{
	const char *before = "    late by less than";

	for (unsigned int class = 0; class < DVMM_TICK_CLASSES; class++) {
		if (!timer->late[class])
			continue;
		fprintf(out, "%s ", before);
		if (class < DVMM_TICK_CLASSES - 1)
			print_limit(out, class);
		else
			fputs("any", out);
		fprintf(out, ": %llu", timer->late[class]);
		before = ",";
	}
	if (*before == ',')
		fputs("\n", out);
}

static void print_row(FILE *out, const struct dvmm_timer *timer)
{
	fprintf(out, "%7u %-15s %4s %5u %-7s %11llu %11llu %9llu %9llu %9llu %6u %9llu %6llu\n",
		timer->pid, timer->comm, device_name(timer), timer->index, policy_name(timer),
		timer->programmed, timer->delivered, timer->merged, timer->discarded,
		timer->pending, timer->in_flight, timer->held, timer->rests);
	print_late(out, timer);
}

void print_timers(FILE *out, const struct dvmm_timer_list *list)
{
	fprintf(out, "%7s %-15s %4s %5s %-7s %11s %11s %9s %9s %9s %6s %9s %6s\n", "pid", "process",
		"timer", "index", "policy", "programmed", "delivered", "merged", "discarded",
		"pending", "flight", "held", "rests");
	for (unsigned int i = 0; i < list->count; i++)
		print_row(out, &list->timer[i]);
}

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c >= ' ')
			fputc(c, out);
	}
	fputc('"', out);
}

static void json_late(FILE *out, const struct dvmm_timer *timer)
{
	fputs(", \"late\": [", out);
	for (unsigned int class = 0; class < DVMM_TICK_CLASSES; class++)
		fprintf(out, "%s%llu", class ? ", " : "", timer->late[class]);
	fputs("]", out);
}

static void json_timer(FILE *out, const struct dvmm_timer *timer)
{
	fprintf(out, "{\"pid\": %u, \"process\": ", timer->pid);
	json_string(out, timer->comm);
	fprintf(out, ", \"device\": \"%s\", \"index\": %u, \"policy\": \"%s\"", device_name(timer),
		timer->index, policy_name(timer));
	fprintf(out, ", \"programmed\": %llu, \"delivered\": %llu, \"merged\": %llu",
		timer->programmed, timer->delivered, timer->merged);
	fprintf(out, ", \"discarded\": %llu, \"pending\": %llu, \"in_flight\": %u",
		timer->discarded, timer->pending, timer->in_flight);
	fprintf(out, ", \"held\": %llu, \"rests\": %llu", timer->held, timer->rests);
	json_late(out, timer);
	fputs("}", out);
}

void print_timers_json(FILE *out, const struct dvmm_timer_list *list)
{
	fputs("[", out);
	for (unsigned int i = 0; i < list->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		json_timer(out, &list->timer[i]);
	}
	fputs("\n]\n", out);
}
