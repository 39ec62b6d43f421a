// SPDX-License-Identifier: GPL-2.0
/*
 * management.c and its bytes: asked what Debian's pmc asks, a port answers what Debian's
 * ptp4l answers, as far as the two clocks are alike. Captured from linuxptp 3.1.1.
 */
#include "mac.h"
#include "management_data.h"
#include "scenario.h"
#include "wire_bytes.h"

/* As captured: a GET of everyone, and what says so to whom asked. */
static const u8 request_head[] = {
	0x0d, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0xff,
	0xfe, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, 0x0a, 0x04, 0x7f, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x01, 0x00, 0x00,
};

static const u8 response_head[] = {
	0x0d, 0x12, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0xff,
	0xfe, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x0a, 0x04, 0x7f, 0x52, 0x54,
	0x00, 0xff, 0xfe, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, 0x00, 0x02, 0x00,
	0x00, 0x01, 0x00, 0x00,
};

/* What ptp4l, grandmaster, with -S -4, said. */
static const struct {
	const char *name;
	u16 id;
	u8 asked;		/* zeros that pmc sends for the answer to come */
	const char *data;
} captured[] = {
	{ "NULL_MANAGEMENT", 0x0000, 0, "" },
	{ "USER_DESCRIPTION", 0x0002, 2, "0000" },
	{ "DEFAULT_DATA_SET", 0x2000, 20, "0100000180f8feffff80525400fffe0000010000" },
	{ "CURRENT_DATA_SET", 0x2001, 18, "000000000000000000000000000000000000" },
	{ "PARENT_DATA_SET", 0x2002, 32, "525400fffe00000100000000ffff7fffffff80f8feffff80525400fffe000001" },
	{ "PORT_DATA_SET", 0x2004, 26, "525400fffe000001000106000000000000000000010300010002" },
	{ "PRIORITY1", 0x2005, 2, "8000" },
	{ "PRIORITY2", 0x2006, 2, "8000" },
	{ "DOMAIN", 0x2007, 2, "0000" },
	{ "SLAVE_ONLY", 0x2008, 2, "0000" },
	{ "LOG_ANNOUNCE_INTERVAL", 0x2009, 2, "0100" },
	{ "LOG_SYNC_INTERVAL", 0x200b, 2, "0000" },
	{ "LOG_MIN_PDELAY_REQ_INTERVAL", 0x6001, 2, "0000" },
	{ "ANNOUNCE_RECEIPT_TIMEOUT", 0x200a, 2, "0300" },
	{ "VERSION_NUMBER", 0x200c, 2, "0200" },
	{ "CLOCK_ACCURACY", 0x2010, 2, "fe00" },
	{ "TRACEABILITY_PROPERTIES", 0x2012, 2, "0000" },
	{ "DELAY_MECHANISM", 0x6000, 2, "0100" },
};

enum { AT_FLAGS = 6, AT_TARGET = 34, AT_HOPS = 44, AT_ACTION = 46, AT_TLV = 48, AT_ID = 52, AT_DATA = 54 };

/* The last Management message sent, where to, and how many there were. */
static struct {
	const struct dvmm_port_ops *ops;
	struct dvmm_address to;
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t len;
	int count;
} sent;

static int catch(void *ctx, const struct dvmm_address *to, bool event, const u8 *buf, size_t len,
		 u32 *key)
{
	if (buf[0] != DVMM_MSG_MANAGEMENT)
		return sent.ops->send(ctx, to, event, buf, len, key);
	CHECK(!event);
	sent.to = *to;
	memcpy(sent.buf, buf, len);
	sent.len = len;
	sent.count++;
	return 0;
}

static struct sim_host *start_watched(struct sim *sim, const struct dvmm_port_config *config)
{
	static struct dvmm_port_ops ops;
	struct sim_host *host = sim_start(sim, config, 0);

	memset(&sent, 0, sizeof(sent));
	sent.ops = host->port.ops;
	ops = *host->port.ops;
	ops.send = catch;
	host->port.ops = &ops;
	return host;
}

/* The clock that was captured. */
static struct sim_host *grandmaster(struct sim *sim)
{
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *host;

	config.log_announce = 1;
	config.log_sync = 0;
	config.announce_timeout = 3;
	config.utc_offset_s = 37;
	config.network = DVMM_NETWORK_UDP4;
	memcpy(config.address.host, "\x0a\x63\x00\x01", 4);
	host = start_watched(sim, &config);
	sim_run(sim, 20 * SIM_SECOND);
	CHECK(leads(host));
	return host;
}

static const struct dvmm_address asker = { .scope = DVMM_TO_ONE, .host = { 10, 99, 0, 2 } };

/* In a heap block of exactly that length. Return: messages sent in answer. */
static int ask_with(struct sim_host *host, const u8 *buf, size_t len)
{
	u8 *exact = malloc(len);
	int before = sent.count;

	memcpy(exact, buf, len);
	dvmm_port_receive(&host->port, &asker, exact, len, sim_cycles(host), sim_cycles(host));
	free(exact);
	return sent.count - before;
}

/* Return: its length. */
static size_t request(u8 *buf, enum dvmm_management_action action, u16 id, size_t data)
{
	memset(buf, 0, DVMM_WIRE_TX_MAX);
	memcpy(buf, request_head, sizeof(request_head));
	dvmm_wire_set_length(buf, AT_DATA + data);
	buf[AT_ACTION] = action;
	put_be(buf + AT_TLV + 2, 2, 2 + data);
	put_be(buf + AT_ID, 2, id);
	return AT_DATA + data;
}

static int ask(struct sim_host *host, enum dvmm_management_action action, u16 id)
{
	u8 buf[DVMM_WIRE_TX_MAX];

	return ask_with(host, buf, request(buf, action, id, 0));
}

static u64 told(size_t at, size_t bytes)
{
	return get_be(sent.buf + AT_DATA + at, bytes);
}

/* As hexadecimal digits. */
static const char *told_data(void)
{
	static char hex[2 * DVMM_WIRE_TX_MAX + 1];
	size_t i;

	hex[0] = 0;
	for (i = AT_DATA; i < sent.len; i++)
		sprintf(hex + 2 * (i - AT_DATA), "%02x", sent.buf[i]);
	return hex;
}

static void answers_are_those_of_ptp4l(void)
{
	struct sim *sim = sim_new(61, &quiet);
	struct sim_host *host = grandmaster(sim);
	u8 buf[DVMM_WIRE_TX_MAX], head[sizeof(response_head)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(captured); i++) {
		size_t len = request(buf, DVMM_MANAGEMENT_GET, captured[i].id, captured[i].asked);
		size_t data = strlen(captured[i].data) / 2;

		memcpy(head, response_head, sizeof(head));
		dvmm_wire_set_length(head, AT_DATA + data);
		put_be(head + AT_TLV + 2, 2, 2 + data);
		CHECKF(ask_with(host, buf, len) == 1, "%s is not answered", captured[i].name);
		CHECKF(!memcmp(sent.buf, head, sizeof(head)), "%s", captured[i].name);
		CHECK_EQ(get_be(sent.buf + AT_ID, 2), captured[i].id);
		CHECKF(!strcmp(told_data(), captured[i].data), "%s: %s", captured[i].name,
		       told_data());
		CHECK_EQ(sent.to.scope, DVMM_TO_ALL);
	}
	finish(sim);
}

static void what_only_we_are(void)
{
	struct sim *sim = sim_new(62, &quiet);
	struct sim_host *host = grandmaster(sim);

	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x0001), 1);
	CHECKF(!strcmp(told_data(), "80000a49454545203830322e330006525400000001000100040a630001"
				    "000000000b3b64766d6d5f74696d653b023b3b00001b1900010000"),
	       "CLOCK_DESCRIPTION: %s", told_data());
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2003), 1);
	CHECKF(!strcmp(told_data(), "002508a0"), "TIME_PROPERTIES_DATA_SET: %s", told_data());
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2011), 1);
	CHECKF(!strcmp(told_data(), "00250000"), "UTC_PROPERTIES: %s", told_data());
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2013), 1);
	CHECKF(!strcmp(told_data(), "08a0"), "TIMESCALE_PROPERTIES: %s", told_data());
	finish(sim);
}

/* The mechanism is told, its profile (I.4), and how long the link is. */
static void what_is_told_of_links(void)
{
	struct sim *sim = sim_new(64, &quiet);
	struct dvmm_port_config config = sim_config(0);
	struct sim_host *host;

	config.peer_to_peer = true;
	config.log_pdelay = -2;
	host = start_watched(sim, &config);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2004), 1);
	CHECK_EQ(told(12, 8), 0);
	config.identity[7] = 2;
	sim_start(sim, &config, 0);
	sim_run(sim, 3 * SIM_SECOND);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2004), 1);
	CHECK_IN(told(12, 8) >> 16, 49500, 51000);
	CHECK_EQ(told(23, 1), 2);
	CHECK_EQ((s8)told(24, 1), -2);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x6000), 1);
	CHECK_EQ(told(0, 2), 0x0200);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x6001), 1);
	CHECK_EQ(told(0, 2), 0xfe00);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x0001), 1);
	CHECK_EQ(get_be(sent.buf + sent.len - 7, 6), 0x001b19000200);
	finish(sim);
}

/* An answer with the longest address still has room for a seal. */
static void the_longest_fits(void)
{
	static struct dvmm_port port;
	u8 data[DVMM_MANAGEMENT_DATA_MAX + 1] = { [DVMM_MANAGEMENT_DATA_MAX] = 0x5a };
	int id, len;

	port.config.network = DVMM_NETWORK_UDP6;
	for (id = 0; id <= U16_MAX; id++) {
		len = dvmm_management_get(&port, (u16)id, data);
		CHECK(len <= DVMM_MANAGEMENT_DATA_MAX && (len < 0 || len % 2 == 0));
	}
	CHECK_EQ(data[DVMM_MANAGEMENT_DATA_MAX], 0x5a);
	CHECK(AT_DATA + DVMM_MANAGEMENT_DATA_MAX + DVMM_AUTH_LEN <= DVMM_WIRE_TX_MAX);
}

static void a_slave_tells_of_its_parent(void)
{
	struct dvmm_port_config config = sim_config(0);
	struct sim *sim = sim_new(63, &bed);
	struct sim_host *slave;

	config.priority1 = 7;
	config.priority2 = 8;
	sim_start(sim, &config, 30);
	sim_run(sim, 3 * SIM_SECOND);
	config = sim_config(1);
	slave = start_watched(sim, &config);
	sim_run(sim, 5 * SIM_SECOND);
	CHECK_EQ(slave->port.state, DVMM_PORT_SLAVE);
	CHECK_EQ(ask(slave, DVMM_MANAGEMENT_GET, 0x2002), 0);	/* its own, as it seems */
	slave->port.id.clock[7] = 9;
	CHECK_EQ(ask(slave, DVMM_MANAGEMENT_GET, 0x2002), 1);
	CHECKF(!strcmp(told_data(), "525400fffe00000100010000ffff7fffffff07f8feffff08"
				    "525400fffe000001"), "PARENT_DATA_SET: %s", told_data());
	CHECK_EQ(ask(slave, DVMM_MANAGEMENT_GET, 0x2001), 1);
	CHECK_EQ(told(0, 2), 1);
	CHECK_EQ((s64)told(2, 8) / 65536, slave->port.discipline.offset_ns);
	CHECK_IN(told(10, 8) >> 16, 60000, 130000);
	CHECK_EQ(ask(slave, DVMM_MANAGEMENT_GET, 0x2004), 1);
	CHECK_EQ(told(10, 1), DVMM_PORT_SLAVE);
	CHECK_EQ((s8)told(22, 1), -4);
	dvmm_foreign_clear(&slave->port.foreign);
	CHECK_EQ(ask(slave, DVMM_MANAGEMENT_GET, 0x2002), 1);
	CHECK_EQ(get_be(sent.buf + AT_TLV, 2), 2);
	CHECK_EQ(get_be(sent.buf + AT_ID, 2), DVMM_MANAGEMENT_GENERAL_ERROR);
	finish(sim);
}

#define REFUSED(host, action, id, why)						\
	do {									\
		CHECK_EQ(ask(host, action, id), 1);				\
		CHECK_EQ(sent.len, 60);						\
		CHECK_EQ(get_be(sent.buf + AT_TLV, 4), 0x00020008);		\
		CHECK_EQ(get_be(sent.buf + 52, 2), why);			\
		CHECK_EQ(get_be(sent.buf + 54, 2), id);				\
		CHECK_EQ(get_be(sent.buf + 56, 4), 0);				\
	} while (0)

static void nobody_changes_anything(void)
{
	struct sim *sim = sim_new(64, &quiet);
	struct sim_host *host = grandmaster(sim);
	struct dvmm_port before = host->port;

	REFUSED(host, DVMM_MANAGEMENT_SET, 0x2005, 5);		/* PRIORITY1 */
	CHECK_EQ(sent.buf[AT_ACTION], DVMM_MANAGEMENT_RESPONSE);
	REFUSED(host, DVMM_MANAGEMENT_SET, 0x2000, 5);		/* DEFAULT_DATA_SET */
	REFUSED(host, DVMM_MANAGEMENT_SET, 0x200f, 6);		/* TIME */
	REFUSED(host, DVMM_MANAGEMENT_GET, 0x200f, 6);
	REFUSED(host, DVMM_MANAGEMENT_GET, 0x2015, 6);		/* PATH_TRACE_LIST */
	REFUSED(host, DVMM_MANAGEMENT_COMMAND, 0x200e, 6);	/* DISABLE_PORT */
	CHECK_EQ(sent.buf[AT_ACTION], DVMM_MANAGEMENT_ACKNOWLEDGE);
	REFUSED(host, DVMM_MANAGEMENT_COMMAND, 0x2000, 6);
	REFUSED(host, DVMM_MANAGEMENT_GET, 0xc002, 2);		/* PORT_DATA_SET_NP */
	REFUSED(host, DVMM_MANAGEMENT_SET, 0x0008, 2);
	REFUSED(host, DVMM_MANAGEMENT_COMMAND, 0x2022, 2);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_COMMAND, 0x0000), 1);
	CHECK_EQ(sent.buf[AT_ACTION], DVMM_MANAGEMENT_ACKNOWLEDGE);
	CHECK_EQ(get_be(sent.buf + AT_TLV, 4), 0x00010002);
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_SET, 0x0000), 1);
	CHECK_EQ(sent.buf[AT_ACTION], DVMM_MANAGEMENT_RESPONSE);
	CHECK(!memcmp(&before.config, &host->port.config, sizeof(before.config)));
	CHECK_EQ(before.state, host->port.state);
	finish(sim);
}

/* Change @len bytes at @at of a good request, and nobody answers; or one does. */
static int ask_changed(struct sim_host *host, size_t at, size_t len, u64 value)
{
	u8 buf[DVMM_WIRE_TX_MAX];
	size_t whole = request(buf, DVMM_MANAGEMENT_GET, 0x2000, 20);

	put_be(buf + at, len, value);
	return ask_with(host, buf, whole);
}

static void only_questions_to_us_are_answered(void)
{
	struct sim *sim = sim_new(65, &quiet);
	struct sim_host *host = grandmaster(sim);

	CHECK_EQ(ask_changed(host, AT_TARGET, 8, 0x525400fffe000001), 1);
	CHECK_EQ(ask_changed(host, AT_TARGET, 8, 0x525400fffe000003), 0);
	CHECK_EQ(ask_changed(host, AT_TARGET + 8, 2, 1), 1);
	CHECK_EQ(ask_changed(host, AT_TARGET + 8, 2, 2), 0);
	CHECK_EQ(ask_changed(host, AT_ACTION, 1, DVMM_MANAGEMENT_RESPONSE), 0);
	CHECK_EQ(ask_changed(host, AT_ACTION, 1, DVMM_MANAGEMENT_ACKNOWLEDGE), 0);
	CHECK_EQ(ask_changed(host, AT_ACTION, 1, 5), 0);
	CHECK_EQ(ask_changed(host, 4, 1, 3), 0);		/* another domain */
	CHECK_EQ(ask_changed(host, AT_TLV, 2, 0x0002), 0);	/* an error, well-formed */
	CHECK_EQ(ask_changed(host, AT_TLV, 2, 0x2004), 0);	/* no TLV of management */
	CHECK_EQ(ask_changed(host, 2, 2, 48), 0);		/* no TLV at all */
	CHECK_EQ(ask_changed(host, AT_HOPS, 2, 0x0501), 1);
	CHECK_EQ(get_be(sent.buf + AT_HOPS, 2), 0x0404);
	finish(sim);
}

static void lies_are_counted(void)
{
	struct sim *sim = sim_new(66, &quiet);
	struct sim_host *host = grandmaster(sim);
	const u64 *dropped = host->port.dropped;

	CHECK_EQ(ask_changed(host, AT_TLV + 2, 2, 0), 0);	/* no room for an id */
	CHECK_EQ(dropped[DVMM_WIRE_TLV], 1);
	CHECK_EQ(ask_changed(host, AT_TLV + 2, 2, 200), 0);	/* past the end */
	CHECK_EQ(dropped[DVMM_WIRE_TLV], 2);
	CHECK_EQ(ask_changed(host, AT_TLV + 2, 8, 0x0002200000010010), 0);	/* two TLVs */
	CHECK_EQ(dropped[DVMM_WIRE_TLV], 3);
	CHECK_EQ(ask_changed(host, 2, 2, 47), 0);
	CHECK_EQ(dropped[DVMM_WIRE_LENGTH], 1);
	CHECK_EQ(ask_changed(host, AT_TLV, 6, 0x000200160000), 0);	/* an error, of 0 */
	CHECK_EQ(dropped[DVMM_WIRE_VALUE], 1);
	finish(sim);
}

static void unicast_is_answered_by_unicast(void)
{
	struct sim *sim = sim_new(67, &quiet);
	struct sim_host *host = grandmaster(sim);

	CHECK_EQ(ask_changed(host, AT_FLAGS, 2, DVMM_FLAG_UNICAST), 1);
	CHECK(dvmm_address_equal(&sent.to, &asker));
	CHECK_EQ(get_be(sent.buf + AT_FLAGS, 2), DVMM_FLAG_UNICAST);
	finish(sim);
}

static void a_flood_gets_so_many_answers(void)
{
	struct sim *sim = sim_new(68, &quiet);
	struct sim_host *host = grandmaster(sim);
	int i, answers = 0;

	for (i = 0; i < 1000; i++)
		answers += ask(host, DVMM_MANAGEMENT_GET, 0x2000);
	CHECK_EQ(answers, 64);
	CHECK_EQ(host->port.dropped[DVMM_DROP_RATE], 936);
	/* who does not get one does not pay, and whoever is not asked neither */
	sim_run(sim, 500 * MS);
	for (i = 0; i < 1000; i++) {
		ask_changed(host, AT_TARGET + 8, 2, 2);
		answers += ask(host, DVMM_MANAGEMENT_GET, 0x2000);
	}
	CHECK_IN(answers, 95, 97);
	finish(sim);
}

static int mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	return unit_mac(ctx, slot, buf, len, icv);
}

/* With keys, only who has them is told anything; and can tell that it is an answer. */
static void with_keys(void)
{
	const struct dvmm_auth_keys keys = { .spp = 1, .count = 1, .id = { 7 } };
	const struct dvmm_port_id self = { { 0x52, 0x54, 0, 0xff, 0xfe, 0, 0, 2 }, 1 };
	struct sim *sim = sim_new(69, &quiet);
	struct sim_host *host = grandmaster(sim);
	static struct dvmm_auth auth;
	u8 buf[DVMM_WIRE_TX_MAX];
	struct dvmm_msg msg;
	size_t len;

	dvmm_port_keys(&host->port, &keys);
	dvmm_auth_init(&auth, mac, (void *)&keys.id[0], sim_clock_ns(host), 1000);
	auth.keys = keys;
	CHECK_EQ(ask(host, DVMM_MANAGEMENT_GET, 0x2000), 0);
	CHECK_EQ(host->port.dropped[DVMM_DROP_AUTH + DVMM_AUTH_NONE], 1);
	len = request(buf, DVMM_MANAGEMENT_GET, 0x2000, 0);
	CHECK_EQ(dvmm_auth_seal(&auth, buf, sizeof(buf), &len, 0), 0);
	CHECK_EQ(ask_with(host, buf, len), 1);
	CHECK_EQ(get_be(sent.buf + sent.len - 26 - 8, 8), auth.number - 1);
	CHECK_EQ(dvmm_wire_decode(&msg, sent.buf, sent.len), 0);
	CHECK_EQ(dvmm_auth_open(&auth, &msg, sent.buf, &self, 1), 0);
	CHECK_EQ(ask_with(host, buf, len), 0);
	CHECK_EQ(host->port.dropped[DVMM_DROP_AUTH + DVMM_AUTH_REPLAY], 1);
	finish(sim);
}

static const struct unit_test tests[] = {
	TEST(answers_are_those_of_ptp4l),
	TEST(what_only_we_are),
	TEST(what_is_told_of_links),
	TEST(the_longest_fits),
	TEST(a_slave_tells_of_its_parent),
	TEST(nobody_changes_anything),
	TEST(only_questions_to_us_are_answered),
	TEST(lies_are_counted),
	TEST(unicast_is_answered_by_unicast),
	TEST(a_flood_gets_so_many_answers),
	TEST(with_keys),
};

UNIT_MAIN(tests)
