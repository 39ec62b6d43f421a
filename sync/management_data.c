// SPDX-License-Identifier: GPL-2.0
/* What a port shows of itself. Offsets are those of the tables in 15.5.3. */
#include "management_data.h"
#include "port_internal.h"
#include "wire_bytes.h"

/* managementId (table 59) of what is shown. */
enum {
	ID_CLOCK_DESCRIPTION = 0x0001,
	ID_USER_DESCRIPTION = 0x0002,
	ID_DEFAULT_DATA_SET = 0x2000,
	ID_CURRENT_DATA_SET = 0x2001,
	ID_PARENT_DATA_SET = 0x2002,
	ID_TIME_PROPERTIES_DATA_SET = 0x2003,
	ID_PORT_DATA_SET = 0x2004,
	ID_PRIORITY1 = 0x2005,
	ID_PRIORITY2 = 0x2006,
	ID_DOMAIN = 0x2007,
	ID_SLAVE_ONLY = 0x2008,
	ID_LOG_ANNOUNCE_INTERVAL = 0x2009,
	ID_ANNOUNCE_RECEIPT_TIMEOUT = 0x200a,
	ID_LOG_SYNC_INTERVAL = 0x200b,
	ID_VERSION_NUMBER = 0x200c,
	ID_CLOCK_ACCURACY = 0x2010,
	ID_UTC_PROPERTIES = 0x2011,
	ID_TRACEABILITY_PROPERTIES = 0x2012,
	ID_TIMESCALE_PROPERTIES = 0x2013,
	ID_DELAY_MECHANISM = 0x6000,
	ID_LOG_MIN_PDELAY_REQ_INTERVAL = 0x6001,
};

/* What the standard knows, those above included. */
static const struct {
	u16 first, last;
} known[] = {
	{ 0x0000, 0x0007 },	/* of all nodes */
	{ 0x2000, 0x2021 },	/* of ordinary and boundary clocks */
	{ 0x3000, 0x3003 },	/* of their new options */
	{ 0x4000, 0x4002 },	/* of transparent clocks */
	{ 0x6000, 0x6001 },	/* of all of these */
};

/* versionNumber; linuxptp takes the minor one, 1, for a part of it. */
#define VERSION 2

/* delayMechanism (table 21). */
#define MECHANISM_E2E 1
#define MECHANISM_P2P 2

/* clockType of an ordinary clock (table 60). */
#define CLOCK_ORDINARY 0x8000

/* observedParent... not measured (8.2.3.4 and 5). */
#define VARIANCE_UNKNOWN 0xffff
#define PHASE_CHANGE_UNKNOWN 0x7fffffff

static bool is_known(u16 id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (id >= known[i].first && id <= known[i].last)
			return true;
	return false;
}

static struct dvmm_clock_quality own_quality(const struct dvmm_port *p)
{
	struct dvmm_dataset own;

	dvmm_port_own_dataset(p, &own);
	return own.quality;
}

static int put_octet(u8 *d, u8 value)
{
	d[0] = value;
	return 2;
}

static void put_quality(u8 *d, const struct dvmm_clock_quality *q)
{
	d[0] = q->class;
	d[1] = q->accuracy;
	put_be(d + 2, 2, q->variance);
}

/* PTPText (5.3.9). Return: its length. */
static size_t put_text(u8 *d, const char *text)
{
	size_t len = strlen(text);

	d[0] = (u8)len;
	memcpy(d + 1, text, len);
	return 1 + len;
}

/* TimeInterval (5.3.2), in 2^-16 ns; what does not fit becomes what just does. */
static void put_interval(u8 *d, s64 ns)
{
	const s64 most = S64_MAX >> 16;

	put_be(d, 8, (u64)(ns > most ? most : ns < -most ? -most : ns) << 16);
}

static size_t protocol_address_len(enum dvmm_network network)
{
	switch (network) {
	case DVMM_NETWORK_UDP4:
		return 4;
	case DVMM_NETWORK_UDP6:
		return 16;
	case DVMM_NETWORK_ETHERNET:
		return 6;
	case DVMM_NETWORK_SHM:
		return 8;
	}
	return 0;
}

static u8 mechanism(const struct dvmm_port *p)
{
	return p->config.peer_to_peer ? MECHANISM_P2P : MECHANISM_E2E;
}

/* Of no use with end-to-end delay. */
static u8 log_pdelay(const struct dvmm_port *p)
{
	return p->config.peer_to_peer ? (u8)p->pace.now.pdelay : 0;
}

/* physicalAddress: the EUI-48 that the clockIdentity was made of. */
static size_t put_physical_address(u8 *d, const struct dvmm_port *p)
{
	put_be(d, 2, 6);
	memcpy(d + 2, p->id.clock, 3);
	memcpy(d + 5, p->id.clock + 5, 3);
	return 8;
}

/* PortAddress (5.3.6). */
static size_t put_protocol_address(u8 *d, const struct dvmm_port_config *config)
{
	size_t len = protocol_address_len(config->network);

	put_be(d, 2, config->network);
	put_be(d + 2, 2, len);
	memcpy(d + 4, config->address.host, len);
	return 4 + len;
}

/* 15.5.3.1.2. No manufacturer's OUI; the default profile, of either mechanism (I.3, I.4). */
static int get_clock_description(const struct dvmm_port *p, u8 *d)
{
	const u8 profile[] = { 0x00, 0x1b, 0x19, 0x00, mechanism(p), 0x00 };
	u8 *at = d;

	put_be(at, 2, CLOCK_ORDINARY);
	at += 2;
	at += put_text(at, "IEEE 802.3");
	at += put_physical_address(at, p);
	at += put_protocol_address(at, &p->config);
	at += 4;
	at += put_text(at, ";dvmm_time;");
	at += put_text(at, ";;");
	at += put_text(at, "");
	memcpy(at, profile, sizeof(profile));
	at += sizeof(profile);
	return (int)(at - d + 1) & ~1;
}

/* 15.5.3.3.1: two-step, slaveOnly or not; one port. */
static int get_default(const struct dvmm_port *p, u8 *d)
{
	struct dvmm_dataset own;

	dvmm_port_own_dataset(p, &own);
	d[0] = p->config.slave_only ? 3 : 1;
	put_be(d + 2, 2, 1);
	d[4] = own.priority1;
	put_quality(d + 5, &own.quality);
	d[9] = own.priority2;
	memcpy(d + 10, p->id.clock, sizeof(p->id.clock));
	d[18] = p->config.domain;
	return 20;
}

/* Of whom a slave follows; NULL if it has just gone silent. */
static const struct dvmm_announce *parent_announce(struct dvmm_port *p)
{
	const struct dvmm_foreign *f = dvmm_foreign_find(&p->foreign, &p->parent);

	return f ? &f->announce : NULL;
}

/* 15.5.3.4.1: zeros for a grandmaster; one that is led after another is a step from it. */
static int get_current(struct dvmm_port *p, u8 *d)
{
	const struct dvmm_announce *a = parent_announce(p);
	struct dvmm_dataset own;

	dvmm_port_own_dataset(p, &own);
	if (!dvmm_port_is_slave(p)) {
		put_be(d, 2, own.steps_removed);
		return 18;
	}
	if (!a)
		return -DVMM_MANAGEMENT_GENERAL_ERROR;
	put_be(d, 2, a->steps_removed + 1);
	put_interval(d + 2, p->discipline.offset_ns);
	put_interval(d + 10, p->discipline.target.estimator.now.delay_ns);
	return 18;
}

static void put_grandmaster(u8 *d, u8 priority1, const struct dvmm_clock_quality *quality,
			    u8 priority2, const u8 *identity)
{
	d[18] = priority1;
	put_quality(d + 19, quality);
	d[23] = priority2;
	memcpy(d + 24, identity, 8);
}

/* Who has no parent is its own, by port 0 (8.2.3.2). */
static void put_no_parent(const struct dvmm_port *p, u8 *d)
{
	struct dvmm_dataset own;

	dvmm_port_own_dataset(p, &own);
	memcpy(d, p->id.clock, sizeof(p->id.clock));
	put_grandmaster(d, own.priority1, &own.quality, own.priority2, own.grandmaster);
}

/* 15.5.3.5.1 */
static int get_parent(struct dvmm_port *p, u8 *d)
{
	const struct dvmm_announce *a = parent_announce(p);

	if (dvmm_port_is_slave(p) && !a)
		return -DVMM_MANAGEMENT_GENERAL_ERROR;
	put_be(d + 12, 2, VARIANCE_UNKNOWN);
	put_be(d + 14, 4, PHASE_CHANGE_UNKNOWN);
	if (dvmm_port_is_slave(p)) {
		put_port_id(d, &p->parent);
		put_grandmaster(d, a->priority1, &a->quality, a->priority2, a->grandmaster);
	} else {
		put_no_parent(p, d);
	}
	return 32;
}

static u8 time_source(struct dvmm_port *p)
{
	const struct dvmm_announce *a = dvmm_port_is_slave(p) ? parent_announce(p) : NULL;

	return a ? a->time_source : dvmm_port_time_source(p);
}

/* 15.5.3.6.1. Its flags are those of Announce. */
static int get_time_properties(struct dvmm_port *p, u8 *d)
{
	put_be(d, 2, (u16)p->utc_offset_s);
	d[2] = (u8)p->time_flags;
	d[3] = time_source(p);
	return 4;
}

/* 15.5.3.6.2 */
static int get_utc_properties(const struct dvmm_port *p, u8 *d)
{
	put_be(d, 2, (u16)p->utc_offset_s);
	d[2] = p->time_flags & DVMM_FLAG_UTC_OFFSET_VALID;
	return 4;
}

/* 15.5.3.6.4 */
static int get_timescale(struct dvmm_port *p, u8 *d)
{
	d[0] = p->time_flags & DVMM_FLAG_PTP_TIMESCALE;
	d[1] = time_source(p);
	return 2;
}

/* Known of links measured peer to peer only. */
static s64 mean_link_delay_ns(const struct dvmm_port *p)
{
	u64 ns = dvmm_neighbour_round_trip_ns(&p->neighbour);

	return ns == U64_MAX ? 0 : (s64)(ns / 2);
}

/* 15.5.3.7.1 */
static int get_port(const struct dvmm_port *p, u8 *d)
{
	put_port_id(d, &p->id);
	d[10] = (u8)p->state;
	d[11] = (u8)p->pace.log_request;
	put_interval(d + 12, mean_link_delay_ns(p));
	d[20] = (u8)p->pace.now.announce;
	d[21] = p->config.announce_timeout;
	d[22] = (u8)p->pace.now.sync;
	d[23] = mechanism(p);
	d[24] = log_pdelay(p);
	d[25] = VERSION;
	return 26;
}

/* Those that are one octet, and a reserved one. */
static int get_octet(const struct dvmm_port *p, u16 id, u8 *d)
{
	switch (id) {
	case ID_PRIORITY1:
		return put_octet(d, p->config.priority1);
	case ID_PRIORITY2:
		return put_octet(d, p->config.priority2);
	case ID_DOMAIN:
		return put_octet(d, p->config.domain);
	case ID_LOG_ANNOUNCE_INTERVAL:
		return put_octet(d, (u8)p->pace.now.announce);
	case ID_ANNOUNCE_RECEIPT_TIMEOUT:
		return put_octet(d, p->config.announce_timeout);
	case ID_LOG_SYNC_INTERVAL:
		return put_octet(d, (u8)p->pace.now.sync);
	case ID_VERSION_NUMBER:
		return put_octet(d, VERSION);
	case ID_CLOCK_ACCURACY:
		return put_octet(d, own_quality(p).accuracy);
	case ID_DELAY_MECHANISM:
		return put_octet(d, mechanism(p));
	case ID_SLAVE_ONLY:
		return put_octet(d, p->config.slave_only);
	case ID_LOG_MIN_PDELAY_REQ_INTERVAL:
		return put_octet(d, log_pdelay(p));
	case ID_TRACEABILITY_PROPERTIES:	/* neither time nor frequency is traceable */
		return put_octet(d, 0);
	}
	return is_known(id) ? -DVMM_MANAGEMENT_NOT_SUPPORTED : -DVMM_MANAGEMENT_NO_SUCH_ID;
}

int dvmm_management_get(struct dvmm_port *p, u16 id, u8 *data)
{
	memset(data, 0, DVMM_MANAGEMENT_DATA_MAX);
	switch (id) {
	case DVMM_MANAGEMENT_NULL:
		return 0;
	case ID_CLOCK_DESCRIPTION:
		return get_clock_description(p, data);
	case ID_USER_DESCRIPTION:	/* an empty PTPText, padded */
		return 2;
	case ID_DEFAULT_DATA_SET:
		return get_default(p, data);
	case ID_CURRENT_DATA_SET:
		return get_current(p, data);
	case ID_PARENT_DATA_SET:
		return get_parent(p, data);
	case ID_TIME_PROPERTIES_DATA_SET:
		return get_time_properties(p, data);
	case ID_PORT_DATA_SET:
		return get_port(p, data);
	case ID_UTC_PROPERTIES:
		return get_utc_properties(p, data);
	case ID_TIMESCALE_PROPERTIES:
		return get_timescale(p, data);
	}
	return get_octet(p, id, data);
}
