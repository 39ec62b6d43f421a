// SPDX-License-Identifier: GPL-2.0
/* dvmmctl timers: a dump as the kernel would send it, through to what is printed. */
#include <assert.h>

#include "../../tools/client.c"
#include "../../tools/timers.c"

static struct nlmsghdr *message(char *buffer, __u32 index, const __u64 late[DVMM_TICK_CLASSES])
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_PID, 1234);
	mnl_attr_put_strz(nlh, DVMM_TIMER_A_COMM, "qemu \"x\"");
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_DEVICE, DVMM_DEVICE_HPET);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_INDEX, index);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_POLICY, DVMM_TICK_MERGE);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_PROGRAMMED, 100);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_DELIVERED, 90);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_MERGED, 6);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_DISCARDED, 3);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_PENDING, 1);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_IN_FLIGHT, 1);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_HELD, 5);
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_RESTS, 2);
	mnl_attr_put(nlh, DVMM_TIMER_A_LATE, DVMM_TICK_CLASSES * sizeof(*late), late);
	mnl_attr_put_u32(nlh, DVMM_TIMER_A_MAX + 1, 1);
	return nlh;
}

static struct dvmm_timer_list two_timers(void)
{
	static const __u64 none[DVMM_TICK_CLASSES];
	static const __u64 some[DVMM_TICK_CLASSES] = { [0] = 1, [16] = 80, [20] = 8, [31] = 1 };
	static char buffer[BUFFER_SIZE];
	struct dvmm_timer_list list = {};

	assert(take_timer(message(buffer, 0, some), &list) == MNL_CB_OK);
	assert(take_timer(message(buffer, 31, none), &list) == MNL_CB_OK);
	return list;
}

static char *text;
static size_t text_len;

static void expect(FILE *out, const char *wanted)
{
	fclose(out);
	if (strcmp(text, wanted)) {
		fprintf(stderr, "got:\n%s\nwanted:\n%s\n", text, wanted);
		exit(EXIT_FAILURE);
	}
	free(text);
}

static void test_table(void)
{
	struct dvmm_timer_list list = two_timers();
	FILE *out = open_memstream(&text, &text_len);

	print_timers(out, &list);
	expect(out,
	       "    pid process         timer index policy   programmed   delivered    merged"
	       " discarded   pending flight      held  rests\n"
	       "   1234 qemu \"x\"        hpet     0 merge           100          90         6"
	       "         3         1      1         5      2\n"
	       "    late by less than 2 ns: 1, 131 us: 80, 2.1 ms: 8, any: 1\n"
	       "   1234 qemu \"x\"        hpet    31 merge           100          90         6"
	       "         3         1      1         5      2\n");
	free(list.timer);
}

static void test_json(void)
{
	struct dvmm_timer_list list = two_timers();
	FILE *out = open_memstream(&text, &text_len);

	list.count = 1;
	print_timers_json(out, &list);
	expect(out,
	       "[\n"
	       "  {\"pid\": 1234, \"process\": \"qemu \\\"x\\\"\", \"device\": \"hpet\","
	       " \"index\": 0, \"policy\": \"merge\", \"programmed\": 100, \"delivered\": 90,"
	       " \"merged\": 6, \"discarded\": 3, \"pending\": 1, \"in_flight\": 1, \"held\": 5,"
	       " \"rests\": 2, \"late\": [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0,"
	       " 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]}\n"
	       "]\n");
	free(list.timer);
}

/* Attributes of another size than known are left out; a long name is cut. */
static void test_strange(void)
{
	static char buffer[BUFFER_SIZE];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct dvmm_timer_list list = {};

	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u64(nlh, DVMM_TIMER_A_PID, ~0ULL);
	mnl_attr_put(nlh, DVMM_TIMER_A_LATE, 8, "12345678");
	mnl_attr_put_strz(nlh, DVMM_TIMER_A_COMM, "a name of more than sixteen bytes");
	assert(take_timer(nlh, &list) == MNL_CB_OK);
	assert(list.count == 1 && !list.timer->pid && !list.timer->late[0]);
	assert(!strcmp(list.timer->comm, "a name of more "));
	free(list.timer);
}

static void test_names(void)
{
	assert(timer_device_named("hpet") == DVMM_DEVICE_HPET);
	assert(timer_device_named("lapic") == -1);
	assert(tick_policy_named("discard") == DVMM_TICK_DISCARD);
	assert(ARRAY_SIZE(devices) == DVMM_DEVICES && ARRAY_SIZE(policies) == DVMM_TICK_POLICIES);
}

int main(void)
{
	test_table();
	test_json();
	test_strange();
	test_names();
	return 0;
}
