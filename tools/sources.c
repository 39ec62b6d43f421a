// SPDX-License-Identifier: GPL-2.0
/* The time sources of the host, as a table and as JSON. */
#include "sources.h"
#include "print.h"

#define UNKNOWN (~(__u64)0)

static const char *name_of(const char *const *names, size_t count, __u32 i)
{
	return i < count ? names[i] : "unknown";
}

static const char *kind_name(__u32 kind)
{
	static const char *const names[] = { "tsc", "hpet", "acpi_pm", "kernel_raw" };

	return name_of(names, ARRAY_SIZE(names), kind);
}

static const char *state_of(const struct dvmm_source *source)
{
	static const char *const names[] = { "good", "jumped", "stopped", "rate changed" };

	return name_of(names, ARRAY_SIZE(names), source->fault);
}

static double resolution_ns(const struct dvmm_source *source)
{
	return source->hz ? 1e9 / source->hz : 0;
}

static const char *why(const struct dvmm_source *source)
{
	if (source->in_use)
		return source->kind == DVMM_SOURCE_TSC ? "in use: guests read it" :
		       "in use in place of the TSC";
	if (source->kind == DVMM_SOURCE_TSC)
		return "not in use: accused by the others";
	return source->votes ? "compared, votes" : "compared, no vote: shows another";
}

static void print_deviation(FILE *out, __u64 adev)
{
	if (adev == UNKNOWN)
		fprintf(out, " %8s", "-");
	else
		fprintf(out, " %8.1e", adev / 1e12);
}

static void print_row(FILE *out, const struct dvmm_source *source)
{
	fprintf(out, "%-10s %11.6f %7.1f %7u %9.3f %7.3f", kind_name(source->kind),
		source->hz / 1e6, resolution_ns(source), source->read_error_ns,
		source->skew_ppb / 1e3, source->skew_error_ppb / 1e3);
	print_deviation(out, source->adev_1s);
	print_deviation(out, source->adev_10s);
	print_deviation(out, source->adev_100s);
	fprintf(out, "  %-12s %6u  %s\n", state_of(source), source->faults, why(source));
}

void print_sources(FILE *out, const struct dvmm_source_list *list)
{
	fprintf(out, "%-10s %11s %7s %7s %9s %7s %8s %8s %8s  %-12s %6s  %s\n", "source", "MHz",
		"res ns", "+-ns", "skew ppm", "+-ppm", "adev 1s", "10s", "100s", "state",
		"faults", "role");
	for (unsigned int i = 0; i < list->count; i++)
		print_row(out, &list->source[i]);
}

static void json_deviation(FILE *out, const char *key, __u64 adev)
{
	if (adev == UNKNOWN)
		fprintf(out, ", \"%s\": null", key);
	else
		fprintf(out, ", \"%s\": %.6e", key, adev / 1e12);
}

static void json_source(FILE *out, const struct dvmm_source *source)
{
	fprintf(out, "{\"kind\": \"%s\", \"hz\": %llu, \"bits\": %u, \"read_error_ns\": %u",
		kind_name(source->kind), source->hz, source->bits, source->read_error_ns);
	fprintf(out, ", \"skew_ppb\": %d, \"skew_error_ppb\": %u", source->skew_ppb,
		source->skew_error_ppb);
	json_deviation(out, "adev_1s", source->adev_1s);
	json_deviation(out, "adev_10s", source->adev_10s);
	json_deviation(out, "adev_100s", source->adev_100s);
	fprintf(out, ", \"state\": \"%s\", \"faults\": %u, \"votes\": %s, \"in_use\": %s}",
		state_of(source), source->faults, source->votes ? "true" : "false",
		source->in_use ? "true" : "false");
}

void print_sources_json(FILE *out, const struct dvmm_source_list *list)
{
	fputs("[", out);
	for (unsigned int i = 0; i < list->count; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		json_source(out, &list->source[i]);
	}
	fputs("\n]\n", out);
}
