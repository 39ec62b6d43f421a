// SPDX-License-Identifier: GPL-2.0
/* A status as a JSON object. Its keys and their types are an interface: keep them. */
#include <stddef.h>

#include "print.h"

/* Control characters become spaces: no text here has a use for them. */
static void put_text(FILE *out, const void *value)
{
	const char *text = value;

	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
	fputc('"', out);
}

static void put_role(FILE *out, const void *value)
{
	put_text(out, role_name(*(const __u32 *)value));
}

static void put_state(FILE *out, const void *value)
{
	put_text(out, state_name(*(const __u32 *)value));
}

static void put_reference_state(FILE *out, const void *value)
{
	put_text(out, reference_state_name(*(const __u32 *)value));
}

static void put_stamps(FILE *out, const void *value)
{
	put_text(out, stamps_name(*(const __u32 *)value));
}

/* "001122.fffe.334455"; null while there is none */
static void put_identity(FILE *out, const void *value)
{
	char text[IDENTITY_MAX];

	format_identity(text, value);
	if (is_nobody(value))
		fputs("null", out);
	else
		put_text(out, text);
}

/* "0123456789abcdef", for many programs read numbers as doubles; null while none */
static void put_cluster(FILE *out, const void *value)
{
	__u64 id = *(const __u64 *)value;

	if (id)
		fprintf(out, "\"%016llx\"", id);
	else
		fputs("null", out);
}

static void put_u32(FILE *out, const void *value)
{
	fprintf(out, "%u", *(const __u32 *)value);
}

static void put_u64(FILE *out, const void *value)
{
	fprintf(out, "%llu", *(const __u64 *)value);
}

static void put_s64(FILE *out, const void *value)
{
	fprintf(out, "%lld", *(const __s64 *)value);
}

/* A number; null while no bound can be given */
static void put_bound(FILE *out, const void *value)
{
	if (*(const __u64 *)value == NO_BOUND)
		fputs("null", out);
	else
		put_u64(out, value);
}

/* "/dev/ptp0"; null while there is none */
static void put_phc(FILE *out, const void *value)
{
	__s32 index = *(const __s32 *)value;

	if (index < 0)
		fputs("null", out);
	else
		fprintf(out, "\"/dev/ptp%d\"", index);
}

/* keyID; null while messages are not authenticated */
static void put_key(FILE *out, const void *value)
{
	if (*(const __u32 *)value)
		put_u32(out, value);
	else
		fputs("null", out);
}

/* {"forged": 3, ...}: reasons for which nothing was dropped are not there */
static void put_drops(FILE *out, const void *value)
{
	const struct dvmm_drop *drop = value;

	fputc('{', out);
	for (int i = 0; i < DVMM_DROPS_MAX && drop[i].count; i++) {
		fputs(i ? ", " : "", out);
		put_text(out, drop[i].reason);
		fprintf(out, ": %llu", drop[i].count);
	}
	fputc('}', out);
}

#define MEMBER(key, put) { #key, put, offsetof(struct dvmm_status, key) }

static const struct member {
	const char *key;
	void (*put)(FILE *out, const void *value);
	size_t offset;
} members[] = {
	MEMBER(role, put_role),
	MEMBER(state, put_state),
	MEMBER(state_age_ns, put_u64),
	MEMBER(identity, put_identity),
	MEMBER(grandmaster, put_identity),
	MEMBER(cluster_id, put_cluster),
	MEMBER(epoch_ns, put_u64),
	MEMBER(tsc_khz, put_u32),
	MEMBER(time_ns, put_u64),
	MEMBER(offset_ns, put_s64),
	MEMBER(skew_ppb, put_s64),
	MEMBER(path_delay_ns, put_u64),
	MEMBER(bound_ns, put_bound),
	MEMBER(guest_bound_ns, put_bound),
	MEMBER(vms, put_u32),
	MEMBER(line_changes, put_u64),
	MEMBER(rx, put_u64),
	MEMBER(rx_dropped, put_u64),
	MEMBER(tx, put_u64),
	{ "phc", put_phc, offsetof(struct dvmm_status, phc_index) },
	MEMBER(iface, put_text),
	MEMBER(reason, put_text),
	MEMBER(auth_key, put_key),
	MEMBER(drop, put_drops),
	MEMBER(clock_class, put_u32),
	MEMBER(clock_accuracy, put_u32),
	MEMBER(reference_state, put_reference_state),
	MEMBER(reference, put_identity),
	MEMBER(reference_offset_ns, put_s64),
	MEMBER(reference_bound_ns, put_bound),
	MEMBER(peers, put_u32),
	MEMBER(closure_ns, put_s64),
	MEMBER(time_cycles, put_u64),
	MEMBER(time_mult, put_u64),
	MEMBER(stamps, put_stamps),
	MEMBER(stamps_hardware, put_u64),
	MEMBER(stamps_software, put_u64),
	MEMBER(stamps_impossible, put_u64),
	MEMBER(stamp_error_ns, put_u64),
	MEMBER(nic_phc, put_phc),
};

void print_json(FILE *out, const struct dvmm_status *status, bool pretty)
{
	const char *separator = pretty ? "\n  " : "";

	fputc('{', out);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		fprintf(out, "%s\"%s\": ", separator, members[i].key);
		members[i].put(out, (const char *)status + members[i].offset);
		separator = pretty ? ",\n  " : ", ";
	}
	fputs(pretty ? "\n}\n" : "}\n", out);
}
