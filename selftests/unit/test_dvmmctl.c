// SPDX-License-Identifier: GPL-2.0
/* dvmmctl: a status as the kernel would send it, through to what is printed. */
#include <assert.h>

#include "../../tools/client.c"
#include "../../tools/json.c"
#include "../../tools/print.c"

static const __u8 our_id[] = { 0x52, 0x54, 0, 0xff, 0xfe, 0x4d, 0, 2 };
static const __u8 gm_id[] = { 0x52, 0x54, 0, 0xff, 0xfe, 0x4d, 0, 1 };

static void put_identities(struct nlmsghdr *nlh)
{
	mnl_attr_put(nlh, DVMM_A_IDENTITY, sizeof(our_id), our_id);
	mnl_attr_put(nlh, DVMM_A_GRANDMASTER, sizeof(gm_id), gm_id);
}

static void put_numbers(struct nlmsghdr *nlh)
{
	mnl_attr_put_u64(nlh, DVMM_A_STATE_AGE_NS, 12999999999);
	mnl_attr_put_u64(nlh, DVMM_A_CLUSTER_ID, 0x123456789abcdef);
	mnl_attr_put_u64(nlh, DVMM_A_EPOCH_NS, 1700000000000000001);
	mnl_attr_put_u32(nlh, DVMM_A_TSC_KHZ, 2450012);
	mnl_attr_put_u64(nlh, DVMM_A_TIME_NS, 1700000123000000045);
	mnl_attr_put_u64(nlh, DVMM_A_OFFSET_NS, -321);
	mnl_attr_put_u64(nlh, DVMM_A_SKEW_PPB, 50123);
	mnl_attr_put_u64(nlh, DVMM_A_PATH_DELAY_NS, 41234);
	mnl_attr_put_u64(nlh, DVMM_A_BOUND_NS, 9999);
	mnl_attr_put_u64(nlh, DVMM_A_GUEST_BOUND_NS, UINT64_MAX);
	mnl_attr_put_u32(nlh, DVMM_A_VMS, 2);
	mnl_attr_put_u64(nlh, DVMM_A_LINE_CHANGES, 77);
	mnl_attr_put_u64(nlh, DVMM_A_RX, 300);
	mnl_attr_put_u64(nlh, DVMM_A_RX_DROPPED, 1);
	mnl_attr_put_u64(nlh, DVMM_A_TX, 150);
	mnl_attr_put_u32(nlh, DVMM_A_PHC_INDEX, 3);
}

static void put_reference(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, DVMM_A_CLOCK_CLASS, 6);
	mnl_attr_put_u32(nlh, DVMM_A_CLOCK_ACCURACY, 0x21);
	mnl_attr_put_u32(nlh, DVMM_A_REFERENCE_STATE, DVMM_REFERENCE_LOCKED);
	mnl_attr_put(nlh, DVMM_A_REFERENCE, sizeof(gm_id), gm_id);
	mnl_attr_put_u64(nlh, DVMM_A_REFERENCE_OFFSET_NS, -45);
	mnl_attr_put_u64(nlh, DVMM_A_REFERENCE_BOUND_NS, 130123);
	mnl_attr_put_u32(nlh, DVMM_A_PEERS, 3);
	mnl_attr_put_u64(nlh, DVMM_A_CLOSURE_NS, -1500);
	mnl_attr_put_u64(nlh, DVMM_A_TIME_CYCLES, 4200000000000000001);
	mnl_attr_put_u64(nlh, DVMM_A_TIME_MULT, 470578117000000003);
}

static void put_stamp_counts(struct nlmsghdr *nlh)
{
	mnl_attr_put_u32(nlh, DVMM_A_STAMPS, DVMM_STAMPS_MIXED);
	mnl_attr_put_u64(nlh, DVMM_A_STAMPS_HARDWARE, 150);
	mnl_attr_put_u64(nlh, DVMM_A_STAMPS_SOFTWARE, 21);
	mnl_attr_put_u64(nlh, DVMM_A_STAMPS_IMPOSSIBLE, 2);
	mnl_attr_put_u64(nlh, DVMM_A_STAMP_ERROR_NS, 1234);
	mnl_attr_put_u32(nlh, DVMM_A_NIC_PHC, 0);
}

static void put_drop(struct nlmsghdr *nlh, const char *reason, __u64 count)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, DVMM_A_DROP);

	mnl_attr_put_strz(nlh, DVMM_DROP_A_REASON, reason);
	mnl_attr_put_u64(nlh, DVMM_DROP_A_COUNT, count);
	mnl_attr_nest_end(nlh, nest);
}

/* As the kernel's status, with an attribute of a later version at its end. */
static struct nlmsghdr *message(char *buffer, const char *reason)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DVMM_A_ROLE, DVMM_ROLE_SLAVE);
	mnl_attr_put_u32(nlh, DVMM_A_STATE, DVMM_STATE_SYNCHRONISED);
	put_identities(nlh);
	put_numbers(nlh);
	mnl_attr_put_strz(nlh, DVMM_A_IFACE, "eth0");
	mnl_attr_put_strz(nlh, DVMM_A_REASON, reason);
	mnl_attr_put_u32(nlh, DVMM_A_AUTH_KEY, 8);
	put_reference(nlh);
	put_stamp_counts(nlh);
	put_drop(nlh, "forged", 3);
	put_drop(nlh, "a-reason-that-is-far-too-long", 4);
	mnl_attr_put_u32(nlh, DVMM_A_MAX + 1, 1);
	return nlh;
}

static void parse(struct dvmm_status *status, const char *reason)
{
	static char buffer[BUFFER_SIZE];

	assert(take_status(message(buffer, reason), status) == MNL_CB_OK);
}

static char *text;
static size_t text_len;

static FILE *capture(void)
{
	return open_memstream(&text, &text_len);
}

static void expect(FILE *out, const char *wanted)
{
	fclose(out);
	if (strcmp(text, wanted)) {
		fprintf(stderr, "got:\n%s\nwanted:\n%s\n", text, wanted);
		exit(EXIT_FAILURE);
	}
	free(text);
}

static void test_status(void)
{
	struct dvmm_status status;
	FILE *out = capture();

	parse(&status, "follows 10.77.0.1");
	print_status(out, &status);
	expect(out,
	       "role           slave of 525400.fffe.4d0001\n"
	       "state          synchronised for 12 s\n"
	       "because        follows 10.77.0.1\n"
	       "identity       525400.fffe.4d0002\n"
	       "cluster        0123456789abcdef\n"
	       "cluster time   1700000123.000000045 s\n"
	       "guest TSC      2450.012 MHz, zero at cluster time 1700000000.000000001 s\n"
	       "offset         -321 ns\n"
	       "skew           +50123 ppb\n"
	       "path delay     41.2 us\n"
	       "error bound    9999 ns\n"
	       "for guests     none\n"
	       "peers          3, closure -1500 ns\n"
	       "reference      locked, 525400.fffe.4d0001, offset -45 ns, at most 130.1 us\n"
	       "clock class    6, accuracy 0x21\n"
	       "VMs            2 attached, 77 line changes\n"
	       "messages       300 received, 1 dropped, 150 sent\n"
	       "dropped        3 forged, 4 a-reason-that-is-far-to\n"
	       "authenticated  by key 8\n"
	       "interface      eth0\n"
	       "stamps         mixed, 150 by /dev/ptp0 to 1234 ns, 21 by software, 2 impossible\n"
	       "PHC            /dev/ptp3\n");
}

static void test_json(void)
{
	struct dvmm_status status;
	FILE *out = capture();

	parse(&status, "a \"quote\", a \\ and a\nline");
	print_json(out, &status, true);
	expect(out,
	       "{\n"
	       "  \"role\": \"slave\",\n"
	       "  \"state\": \"synchronised\",\n"
	       "  \"state_age_ns\": 12999999999,\n"
	       "  \"identity\": \"525400.fffe.4d0002\",\n"
	       "  \"grandmaster\": \"525400.fffe.4d0001\",\n"
	       "  \"cluster_id\": \"0123456789abcdef\",\n"
	       "  \"epoch_ns\": 1700000000000000001,\n"
	       "  \"tsc_khz\": 2450012,\n"
	       "  \"time_ns\": 1700000123000000045,\n"
	       "  \"offset_ns\": -321,\n"
	       "  \"skew_ppb\": 50123,\n"
	       "  \"path_delay_ns\": 41234,\n"
	       "  \"bound_ns\": 9999,\n"
	       "  \"guest_bound_ns\": null,\n"
	       "  \"vms\": 2,\n"
	       "  \"line_changes\": 77,\n"
	       "  \"rx\": 300,\n"
	       "  \"rx_dropped\": 1,\n"
	       "  \"tx\": 150,\n"
	       "  \"phc\": \"/dev/ptp3\",\n"
	       "  \"iface\": \"eth0\",\n"
	       "  \"reason\": \"a \\\"quote\\\", a \\\\ and a line\",\n"
	       "  \"auth_key\": 8,\n"
	       "  \"drop\": {\"forged\": 3, \"a-reason-that-is-far-to\": 4},\n"
	       "  \"clock_class\": 6,\n"
	       "  \"clock_accuracy\": 33,\n"
	       "  \"reference_state\": \"locked\",\n"
	       "  \"reference\": \"525400.fffe.4d0001\",\n"
	       "  \"reference_offset_ns\": -45,\n"
	       "  \"reference_bound_ns\": 130123,\n"
	       "  \"peers\": 3,\n"
	       "  \"closure_ns\": -1500,\n"
	       "  \"time_cycles\": 4200000000000000001,\n"
	       "  \"time_mult\": 470578117000000003,\n"
	       "  \"stamps\": \"mixed\",\n"
	       "  \"stamps_hardware\": 150,\n"
	       "  \"stamps_software\": 21,\n"
	       "  \"stamps_impossible\": 2,\n"
	       "  \"stamp_error_ns\": 1234,\n"
	       "  \"nic_phc\": \"/dev/ptp0\"\n"
	       "}\n");
}

static void test_json_on_one_line(void)
{
	struct dvmm_status status;
	FILE *out = capture();

	parse(&status, "");
	print_json(out, &status, false);
	fclose(out);
	assert(text_len == (size_t)(strchr(text, '\n') - text + 1));
	assert(strstr(text, "{\"role\": \"slave\", \"state\": ") == text);
	free(text);
}

/* A host that knows nothing yet, and a message that says nothing. */
static void test_nothing_known(void)
{
	static char buffer[BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct dvmm_status status;
	FILE *out = capture();

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	assert(take_status(nlh, &status) == MNL_CB_OK);
	status.bound_ns = NO_BOUND;
	print_json(out, &status, true);
	expect(out,
	       "{\n"
	       "  \"role\": \"listening\",\n"
	       "  \"state\": \"unsynchronised\",\n"
	       "  \"state_age_ns\": 0,\n"
	       "  \"identity\": null,\n"
	       "  \"grandmaster\": null,\n"
	       "  \"cluster_id\": null,\n"
	       "  \"epoch_ns\": 0,\n"
	       "  \"tsc_khz\": 0,\n"
	       "  \"time_ns\": 0,\n"
	       "  \"offset_ns\": 0,\n"
	       "  \"skew_ppb\": 0,\n"
	       "  \"path_delay_ns\": 0,\n"
	       "  \"bound_ns\": null,\n"
	       "  \"guest_bound_ns\": 0,\n"
	       "  \"vms\": 0,\n"
	       "  \"line_changes\": 0,\n"
	       "  \"rx\": 0,\n"
	       "  \"rx_dropped\": 0,\n"
	       "  \"tx\": 0,\n"
	       "  \"phc\": null,\n"
	       "  \"iface\": \"\",\n"
	       "  \"reason\": \"\",\n"
	       "  \"auth_key\": null,\n"
	       "  \"drop\": {},\n"
	       "  \"clock_class\": 0,\n"
	       "  \"clock_accuracy\": 0,\n"
	       "  \"reference_state\": \"none\",\n"
	       "  \"reference\": null,\n"
	       "  \"reference_offset_ns\": 0,\n"
	       "  \"reference_bound_ns\": 0,\n"
	       "  \"peers\": 0,\n"
	       "  \"closure_ns\": 0,\n"
	       "  \"time_cycles\": 0,\n"
	       "  \"time_mult\": 0,\n"
	       "  \"stamps\": \"software\",\n"
	       "  \"stamps_hardware\": 0,\n"
	       "  \"stamps_software\": 0,\n"
	       "  \"stamps_impossible\": 0,\n"
	       "  \"stamp_error_ns\": 0,\n"
	       "  \"nic_phc\": null\n"
	       "}\n");
}

static void test_event(void)
{
	struct timespec when = { .tv_sec = 1700000000, .tv_nsec = 7999999 };
	struct dvmm_status status;
	FILE *out = capture();

	setenv("TZ", "UTC", 1);
	parse(&status, "");
	print_event(out, &when, &status);
	expect(out,
	       "2023-11-14 22:13:20.007  slave of 525400.fffe.4d0001, synchronised; VMs 2, offset -321 ns, skew +50123 ppb, delay 41.2 us, bound 9999 ns\n");
}

static void test_series(void)
{
	struct dvmm_status status;
	FILE *out = capture();

	parse(&status, "");
	print_series_header(out);
	print_series(out, &status);
	expect(out,
	       "#             time_s    offset_ns   skew_ppb   path_delay     bound_ns guest_bound_ns  role,state\n"
	       "1700000123.000000045         -321      50123        41234         9999              -  slave,synchronised\n");
}

static void test_long_text_is_cut(void)
{
	char reason[2 * DVMM_REASON_LEN];
	struct dvmm_status status;

	memset(reason, 'x', sizeof(reason));
	reason[sizeof(reason) - 1] = 0;
	parse(&status, reason);
	assert(strlen(status.reason) == DVMM_REASON_LEN - 1);
	assert(!strcmp(status.iface, "eth0"));
}

static void expect_ns(__s64 ns, const char *wanted)
{
	char got[QUANTITY_MAX];

	format_signed_ns(got, ns);
	assert(!strcmp(got, wanted));
}

static void expect_age(__u64 s, const char *wanted)
{
	char got[QUANTITY_MAX];

	format_age(got, s * NSEC_PER_SEC);
	assert(!strcmp(got, wanted));
}

static void test_units(void)
{
	expect_ns(0, "+0 ns");
	expect_ns(-9999, "-9999 ns");
	expect_ns(10000, "+10.0 us");
	expect_ns(-12345678, "-12.3 ms");
	expect_ns(INT64_MIN, "-9223372036.9 s");
	expect_age(59, "59 s");
	expect_age(185, "3 min 5 s");
	expect_age(7800, "2 h 10 min");
	expect_age(4 * 86400 + 3601, "4 d 1 h");
}

int main(void)
{
	test_status();
	test_json();
	test_json_on_one_line();
	test_nothing_known();
	test_event();
	test_series();
	test_long_text_is_cut();
	test_units();
	return 0;
}
