// SPDX-License-Identifier: GPL-2.0
/* A status for people, and for programs. */
#include <string.h>

#include "print.h"

#define NSEC_PER_SEC 1000000000ULL
#define QUANTITY_MAX 40

static const char *name_of(const char *const names[], size_t count, __u32 value)
{
	return value < count ? names[value] : "unknown";
}

const char *role_name(__u32 role)
{
	static const char *const names[] = {
		[DVMM_ROLE_LISTENING] = "listening",
		[DVMM_ROLE_SLAVE] = "slave",
		[DVMM_ROLE_GRANDMASTER] = "grandmaster",
	};

	return name_of(names, ARRAY_SIZE(names), role);
}

const char *state_name(__u32 state)
{
	static const char *const names[] = {
		[DVMM_STATE_UNSYNCHRONISED] = "unsynchronised",
		[DVMM_STATE_SYNCHRONISED] = "synchronised",
		[DVMM_STATE_HOLDOVER] = "holdover",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

const char *reference_state_name(__u32 state)
{
	static const char *const names[] = {
		[DVMM_REFERENCE_NONE] = "none",
		[DVMM_REFERENCE_SEARCHING] = "searching",
		[DVMM_REFERENCE_STANDBY] = "standby",
		[DVMM_REFERENCE_MEASURING] = "measuring",
		[DVMM_REFERENCE_SLEWING] = "slewing",
		[DVMM_REFERENCE_LOCKED] = "locked",
		[DVMM_REFERENCE_HOLDOVER] = "holdover",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

const char *stamps_name(__u32 stamps)
{
	static const char *const names[] = {
		[DVMM_STAMPS_SOFTWARE] = "software",
		[DVMM_STAMPS_HARDWARE] = "hardware",
		[DVMM_STAMPS_MIXED] = "mixed",
	};

	return name_of(names, ARRAY_SIZE(names), stamps);
}

bool is_nobody(const __u8 id[DVMM_IDENTITY_LEN])
{
	static const __u8 nobody[DVMM_IDENTITY_LEN];

	return !memcmp(id, nobody, sizeof(nobody));
}

void format_identity(char text[IDENTITY_MAX], const __u8 id[DVMM_IDENTITY_LEN])
{
	snprintf(text, IDENTITY_MAX, "%02x%02x%02x.%02x%02x.%02x%02x%02x",
		 id[0], id[1], id[2], id[3], id[4], id[5], id[6], id[7]);
}

/* Nanoseconds in the unit that leaves one to five digits before the point. */
static void format_ns(char text[QUANTITY_MAX], const char *sign, __u64 ns)
{
	if (ns == NO_BOUND)
		snprintf(text, QUANTITY_MAX, "none");
	else if (ns < 10000)
		snprintf(text, QUANTITY_MAX, "%s%llu ns", sign, ns);
	else if (ns < 10000000)
		snprintf(text, QUANTITY_MAX, "%s%.1f us", sign, ns / 1e3);
	else if (ns < 10 * NSEC_PER_SEC)
		snprintf(text, QUANTITY_MAX, "%s%.1f ms", sign, ns / 1e6);
	else
		snprintf(text, QUANTITY_MAX, "%s%.1f s", sign, ns / 1e9);
}

static void format_signed_ns(char text[QUANTITY_MAX], __s64 ns)
{
	format_ns(text, ns < 0 ? "-" : "+", ns < 0 ? -(__u64)ns : (__u64)ns);
}

/* "12 s", "3 min 5 s", "2 h 10 min", "4 d 1 h": the two largest units. */
static void format_age(char text[QUANTITY_MAX], __u64 ns)
{
	__u64 s = ns / NSEC_PER_SEC;

	if (s < 60)
		snprintf(text, QUANTITY_MAX, "%llu s", s);
	else if (s < 3600)
		snprintf(text, QUANTITY_MAX, "%llu min %llu s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, QUANTITY_MAX, "%llu h %llu min",
			 s / 3600, s / 60 % 60);
	else
		snprintf(text, QUANTITY_MAX, "%llu d %llu h",
			 s / 86400, s / 3600 % 24);
}

static void format_role(char text[SUMMARY_MAX], const struct dvmm_status *status)
{
	char gm[IDENTITY_MAX];

	format_identity(gm, status->grandmaster);
	if (status->role == DVMM_ROLE_SLAVE && !is_nobody(status->grandmaster))
		snprintf(text, SUMMARY_MAX, "%s of %s", role_name(status->role), gm);
	else
		snprintf(text, SUMMARY_MAX, "%s", role_name(status->role));
}

void summary(char text[SUMMARY_MAX], const struct dvmm_status *status)
{
	size_t len;

	format_role(text, status);
	len = strlen(text);
	snprintf(text + len, SUMMARY_MAX - len, ", %s", state_name(status->state));
}

static void print_ns_line(FILE *out, const char *label, __u64 ns)
{
	char text[QUANTITY_MAX];

	format_ns(text, "", ns);
	fprintf(out, "%-15s%s\n", label, text);
}

static void print_state(FILE *out, const struct dvmm_status *status)
{
	char role[SUMMARY_MAX], id[IDENTITY_MAX], age[QUANTITY_MAX];

	format_role(role, status);
	format_identity(id, status->identity);
	format_age(age, status->state_age_ns);
	fprintf(out, "%-15s%s\n", "role", role);
	fprintf(out, "%-15s%s for %s\n", "state", state_name(status->state), age);
	if (status->reason[0])
		fprintf(out, "%-15s%s\n", "because", status->reason);
	fprintf(out, "%-15s%s\n", "identity", id);
}

static void print_seconds(FILE *out, __u64 ns)
{
	fprintf(out, "%llu.%09llu s", ns / NSEC_PER_SEC, ns % NSEC_PER_SEC);
}

static void print_cluster(FILE *out, const struct dvmm_status *status)
{
	if (!status->cluster_id) {
		fprintf(out, "%-15snone yet\n", "cluster");
		return;
	}
	fprintf(out, "%-15s%016llx\n", "cluster", status->cluster_id);
	fprintf(out, "%-15s", "cluster time");
	print_seconds(out, status->time_ns);
	fprintf(out, "\n%-15s%u.%03u MHz, zero at cluster time ", "guest TSC",
		status->tsc_khz / 1000, status->tsc_khz % 1000);
	print_seconds(out, status->epoch_ns);
	fputc('\n', out);
}

static void print_clock(FILE *out, const struct dvmm_status *status)
{
	char offset[QUANTITY_MAX];

	format_signed_ns(offset, status->offset_ns);
	fprintf(out, "%-15s%s\n", "offset", offset);
	fprintf(out, "%-15s%+lld ppb\n", "skew", status->skew_ppb);
	print_ns_line(out, "path delay", status->path_delay_ns);
	print_ns_line(out, "error bound", status->bound_ns);
	print_ns_line(out, "for guests", status->guest_bound_ns);
}

/* "3, closure +12 ns": as they measure the grandmaster's time, less as we do */
static void print_peers(FILE *out, const struct dvmm_status *status)
{
	char closure[QUANTITY_MAX];

	format_signed_ns(closure, status->closure_ns);
	if (status->peers)
		fprintf(out, "%-15s%u, closure %s\n", "peers", status->peers,
			closure);
	else
		fprintf(out, "%-15snone\n", "peers");
}

/* "locked, 001122.fffe.334455, offset -12 ns, at most 130.1 us": as much as is known */
static void print_reference(FILE *out, const struct dvmm_status *status)
{
	char text[QUANTITY_MAX];

	fprintf(out, "%-15s%s", "reference", reference_state_name(status->reference_state));
	if (!is_nobody(status->reference)) {
		format_identity(text, status->reference);
		fprintf(out, ", %s", text);
	}
	if (status->reference_bound_ns != NO_BOUND) {
		format_signed_ns(text, status->reference_offset_ns);
		fprintf(out, ", offset %s", text);
		format_ns(text, "", status->reference_bound_ns);
		fprintf(out, ", at most %s", text);
	}
	fprintf(out, "\n%-15s%u, accuracy 0x%02x\n", "clock class", status->clock_class,
		status->clock_accuracy);
}

static void print_drops(FILE *out, const struct dvmm_drop drop[DVMM_DROPS_MAX])
{
	if (!drop[0].count)
		return;
	fprintf(out, "%-15s", "dropped");
	for (int i = 0; i < DVMM_DROPS_MAX && drop[i].count; i++)
		fprintf(out, "%s%llu %s", i ? ", " : "", drop[i].count, drop[i].reason);
	fputc('\n', out);
}

static void print_security(FILE *out, const struct dvmm_status *status)
{
	if (status->auth_key)
		fprintf(out, "%-15sby key %u\n", "authenticated", status->auth_key);
	else
		fprintf(out, "%-15sno\n", "authenticated");
}

/* "mixed, 150 by /dev/ptp0 to 1200 ns, 20 by software, 2 impossible": as much as there is */
static void print_stamps(FILE *out, const struct dvmm_status *status)
{
	char error[QUANTITY_MAX];

	fprintf(out, "%-15s%s", "stamps", stamps_name(status->stamps));
	if (status->nic_phc >= 0) {
		fprintf(out, ", %llu by /dev/ptp%d", status->stamps_hardware, status->nic_phc);
		format_ns(error, "", status->stamp_error_ns);
		if (status->stamp_error_ns)
			fprintf(out, " to %s", error);
		fprintf(out, ", %llu by software", status->stamps_software);
	}
	if (status->stamps_impossible)
		fprintf(out, ", %llu impossible", status->stamps_impossible);
	fputc('\n', out);
}

static void print_host(FILE *out, const struct dvmm_status *status)
{
	fprintf(out, "%-15s%u attached, %llu line changes\n", "VMs",
		status->vms, status->line_changes);
	fprintf(out, "%-15s%llu received, %llu dropped, %llu sent\n",
		"messages", status->rx, status->rx_dropped, status->tx);
	print_drops(out, status->drop);
	print_security(out, status);
	fprintf(out, "%-15s%s\n", "interface", status->iface);
	print_stamps(out, status);
	if (status->phc_index >= 0)
		fprintf(out, "%-15s/dev/ptp%d\n", "PHC", status->phc_index);
	else
		fprintf(out, "%-15snone\n", "PHC");
}

void print_status(FILE *out, const struct dvmm_status *status)
{
	print_state(out, status);
	print_cluster(out, status);
	print_clock(out, status);
	print_peers(out, status);
	print_reference(out, status);
	print_host(out, status);
}

static void print_when(FILE *out, const struct timespec *when)
{
	struct tm tm;
	char text[32];

	localtime_r(&when->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s.%03ld", text, when->tv_nsec / 1000000);
}

void print_event(FILE *out, const struct timespec *when, const struct dvmm_status *status)
{
	char what[SUMMARY_MAX], offset[QUANTITY_MAX], delay[QUANTITY_MAX], bound[QUANTITY_MAX];

	summary(what, status);
	format_signed_ns(offset, status->offset_ns);
	format_ns(delay, "", status->path_delay_ns);
	format_ns(bound, "", status->bound_ns);
	print_when(out, when);
	fprintf(out, "  %s; VMs %u, offset %s, skew %+lld ppb, delay %s, bound %s",
		what, status->vms, offset, status->skew_ppb, delay, bound);
	fprintf(out, "%s%s\n", status->reason[0] ? "; " : "", status->reason);
}

void print_series_header(FILE *out)
{
	fprintf(out, "#%19s %12s %10s %12s %12s %14s  %s\n", "time_s", "offset_ns", "skew_ppb",
		"path_delay", "bound_ns", "guest_bound_ns", "role,state");
}

/* "-" where there is no bound. */
static void print_bound(FILE *out, int width, __u64 ns)
{
	if (ns == NO_BOUND)
		fprintf(out, " %*s", width, "-");
	else
		fprintf(out, " %*llu", width, ns);
}

void print_series(FILE *out, const struct dvmm_status *status)
{
	fprintf(out, "%10llu.%09llu", status->time_ns / NSEC_PER_SEC,
		status->time_ns % NSEC_PER_SEC);
	fprintf(out, " %12lld %10lld %12llu", status->offset_ns,
		status->skew_ppb, status->path_delay_ns);
	print_bound(out, 12, status->bound_ns);
	print_bound(out, 14, status->guest_bound_ns);
	fprintf(out, "  %s,%s\n", role_name(status->role), state_name(status->state));
}
