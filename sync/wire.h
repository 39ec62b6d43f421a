/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PTP messages on the wire: IEEE 1588-2019 clause 13, and TLVs of our own.
 *
 * Pure: compiles unchanged in user space.
 */
#ifndef DVMM_WIRE_H
#define DVMM_WIRE_H

#include "address.h"
#include "clock.h"

/* The longest message sent, and the longest worth receiving. */
#define DVMM_WIRE_TX_MAX 192
#define DVMM_WIRE_RX_MAX 256

#define DVMM_PTP_EVENT_PORT 319
#define DVMM_PTP_GENERAL_PORT 320

/* messageType (table 36) of the messages spoken. */
enum dvmm_msg_type {
	DVMM_MSG_SYNC = 0x0,
	DVMM_MSG_DELAY_REQ = 0x1,
	DVMM_MSG_PDELAY_REQ = 0x2,
	DVMM_MSG_PDELAY_RESP = 0x3,
	DVMM_MSG_FOLLOW_UP = 0x8,
	DVMM_MSG_DELAY_RESP = 0x9,
	DVMM_MSG_PDELAY_RESP_FOLLOW_UP = 0xa,
	DVMM_MSG_ANNOUNCE = 0xb,
	DVMM_MSG_SIGNALING = 0xc,
	DVMM_MSG_MANAGEMENT = 0xd,
};

/* flagField (table 37), first octet high. */
#define DVMM_FLAG_TWO_STEP 0x0200
#define DVMM_FLAG_UNICAST 0x0400
#define DVMM_FLAG_UTC_OFFSET_VALID 0x0004
#define DVMM_FLAG_PTP_TIMESCALE 0x0008

/* Why a message was not decoded; negative from dvmm_wire_decode(). */
enum dvmm_wire_error {
	DVMM_WIRE_SHORT = 1,	/* ends before its header or body does */
	DVMM_WIRE_VERSION,	/* versionPTP is not 2 */
	DVMM_WIRE_PROFILE,	/* majorSdoId is not 0: 802.1AS, CMLDS */
	DVMM_WIRE_LENGTH,	/* messageLength lies */
	DVMM_WIRE_TYPE,		/* a messageType not spoken here */
	DVMM_WIRE_TIME,		/* a timestamp that cannot be */
	DVMM_WIRE_TLV,		/* a TLV that is odd or overruns the message */
	DVMM_WIRE_VALUE,	/* a TLV of ours with values that cannot be */
	DVMM_WIRE_ERRORS
};

/* portIdentity (5.3.5). */
struct dvmm_port_id {
	u8 clock[8];
	u16 port;
};

/* clockQuality (5.3.7). */
struct dvmm_clock_quality {
	u8 class;
	u8 accuracy;
	u16 variance;
};

/**
 * struct dvmm_wire_cluster - what PTP does not carry; in an organisation TLV on Announce
 * @cluster: what the cluster agreed on
 * @predecessor: whom the sender took the lead over from; zeros if from nobody
 * @inherited_ns: how far it may be now from what that one would have made of the time
 * @rate_error_ppm: how well, in all, leaders since the first knew the rate to go on at
 * @log_request: slaves that know the time well ask in this interval; logarithm to base 2
 * @held: the sender runs VMs, so that its time cannot be stepped
 * @refused: the predecessor's time was found wrong
 */
struct dvmm_wire_cluster {
	struct dvmm_cluster cluster;
	u8 predecessor[8];
	u64 inherited_ns;
	u16 rate_error_ppm;
	s8 log_request;
	bool held;
	bool refused;
};

/**
 * struct dvmm_wire_steering - where the leader's time is led from where it would be
 * @ns: by so much, at the message's timestamp
 * @ppb: and by so much more in each second, from then until told otherwise
 * @slew_ppb: the part of @ppb that only puts a phase right, and will end; to 10 ppb
 *
 * In an organisation TLV on Follow_Up and Delay_Resp. A slave that takes it off measures
 * a clock that nobody steers.
 */
struct dvmm_wire_steering {
	s64 ns;
	s32 ppb;
	s32 slew_ppb;
};

/**
 * struct dvmm_wire_opinion - what a host makes of the leader's free-running time
 * @cluster_id: which cluster it is of; 0 for an opinion not told
 * @leader: clockIdentity of whose time it is about
 * @ns: that time less the host's own free-running time, at the message's timestamp
 * @ppb: and by how much faster it runs
 * @error_ns: likely error of @ns (one standard deviation), path asymmetry included
 *
 * In an organisation TLV on Pdelay_Resp_Follow_Up, whose timestamp is of the host's own
 * free-running time. Measured directly, never by way of others: no loops.
 */
struct dvmm_wire_opinion {
	u64 cluster_id;
	u8 leader[8];
	s64 ns;
	s32 ppb;
	u32 error_ns;
};

/**
 * struct dvmm_wire_peer - the leader introduces another of its slaves
 * @id: its port; an all-zero clockIdentity for nobody
 * @address: where probes reach it
 *
 * In an organisation TLV on Delay_Resp.
 */
struct dvmm_wire_peer {
	struct dvmm_port_id id;
	struct dvmm_address address;
};

/* The body of Announce (13.5). */
struct dvmm_announce {
	s16 utc_offset_s;
	u8 priority1;
	struct dvmm_clock_quality quality;
	u8 priority2;
	u8 grandmaster[8];
	u16 steps_removed;
	u8 time_source;
	bool has_cluster;
	struct dvmm_wire_cluster cluster;
};

/* actionField of Management (table 57). */
enum dvmm_management_action {
	DVMM_MANAGEMENT_GET,
	DVMM_MANAGEMENT_SET,
	DVMM_MANAGEMENT_RESPONSE,
	DVMM_MANAGEMENT_COMMAND,
	DVMM_MANAGEMENT_ACKNOWLEDGE,
};

/* managementErrorId (table 109). */
enum dvmm_management_error {
	DVMM_MANAGEMENT_NO_SUCH_ID = 2,
	DVMM_MANAGEMENT_NOT_SETABLE = 5,
	DVMM_MANAGEMENT_NOT_SUPPORTED = 6,
	DVMM_MANAGEMENT_GENERAL_ERROR = 0xfffe,
};

/* The longest dataField sent: with its frame and a seal it fits DVMM_WIRE_TX_MAX. */
#define DVMM_MANAGEMENT_DATA_MAX 80

/**
 * struct dvmm_management - the body of Management (15.4.1), and its one TLV
 * @target: targetPortIdentity
 * @starting_hops, @hops: startingBoundaryHops, boundaryHops
 * @action: actionField: enum dvmm_management_action, or a reserved value
 * @has_id: there is a MANAGEMENT (15.5.2) or MANAGEMENT_ERROR_STATUS TLV (15.5.4)
 * @id: its managementId
 * @error: managementErrorId; 0 in a MANAGEMENT TLV
 * @data: dataField, of @len bytes, even: to be sent only, what comes is not looked at
 */
struct dvmm_management {
	struct dvmm_port_id target;
	u8 starting_hops;
	u8 hops;
	u8 action;
	bool has_id;
	u16 id;
	u16 error;
	const u8 *data;
	size_t len;
};

/*
 * Intervals of a port, logarithms to base 2, in seconds; in a request instead of one also
 * one of the two.
 */
#define DVMM_LOG_INTERVAL_UNCHANGED (-128)
#define DVMM_LOG_INTERVAL_INITIAL 126

struct dvmm_intervals {
	s8 pdelay;
	s8 sync;
	s8 announce;
};

/**
 * struct dvmm_signaling - the body of Signaling (13.12), and the TLV of it that is heeded
 * @target: targetPortIdentity
 * @has_intervals: there is a message interval request TLV (IEEE 802.1AS-2011 10.5.4.3)
 * @intervals: what is asked for in it
 */
struct dvmm_signaling {
	struct dvmm_port_id target;
	bool has_intervals;
	struct dvmm_intervals intervals;
};

/**
 * struct dvmm_msg - a message, decoded
 * @from: whom it came from; not on the wire, set by who received it
 * @correction: correctionField, in units of 2^-16 ns
 * @time_ns: the one timestamp that each of the types carries; not Management, Signaling
 * @requester: responses only: requestingPortIdentity
 * @steering: Follow_Up and Delay_Resp only; zeros if not told
 * @peer: Delay_Resp only; nobody if not told
 * @opinion: Pdelay_Resp_Follow_Up only; of no cluster if not told
 * @announce: Announce only
 * @management: Management only
 * @signaling: Signaling only
 * @number: of an authenticated message (auth.h): its own, 0 if none
 * @answers: of a response to be sent: @number of the request
 */
struct dvmm_msg {
	struct dvmm_address from;
	enum dvmm_msg_type type;
	u8 domain;
	u16 flags;
	s64 correction;
	struct dvmm_port_id source;
	u16 sequence;
	s8 log_interval;
	u64 time_ns;
	struct dvmm_port_id requester;
	struct dvmm_wire_steering steering;
	struct dvmm_wire_peer peer;
	struct dvmm_wire_opinion opinion;
	struct dvmm_announce announce;
	struct dvmm_management management;
	struct dvmm_signaling signaling;
	u64 number;
	u64 answers;
};

static inline bool dvmm_port_id_equal(const struct dvmm_port_id *a, const struct dvmm_port_id *b)
{
	return !memcmp(a->clock, b->clock, sizeof(a->clock)) && a->port == b->port;
}

/* Whether @type is time stamped and goes to the event port (7.3.3.1). */
static inline bool dvmm_msg_is_event(enum dvmm_msg_type type)
{
	return type <= DVMM_MSG_PDELAY_RESP;
}

/* Whether @type bears a requestingPortIdentity. */
static inline bool dvmm_msg_is_response(enum dvmm_msg_type type)
{
	return type == DVMM_MSG_DELAY_RESP || type == DVMM_MSG_PDELAY_RESP ||
	       type == DVMM_MSG_PDELAY_RESP_FOLLOW_UP;
}

/* Whether @msg was asked for, and bears the sequenceId of what asked. */
static inline bool dvmm_msg_is_answer(const struct dvmm_msg *msg)
{
	if (msg->type == DVMM_MSG_MANAGEMENT)
		return msg->management.action == DVMM_MANAGEMENT_RESPONSE ||
		       msg->management.action == DVMM_MANAGEMENT_ACKNOWLEDGE;
	return dvmm_msg_is_response(msg->type);
}

/* correctionField is in units of 2^-16 ns (13.3.2.9). */
static inline s64 dvmm_msg_correction_ns(const struct dvmm_msg *msg)
{
	return msg->correction >> 16;
}

/* The length of a message of @type up to its TLVs; 0 for a type not spoken. */
size_t dvmm_wire_body_len(u8 type);

/* messageLength (13.3.2.6) of the message in @buf. */
size_t dvmm_wire_length(const u8 *buf);
void dvmm_wire_set_length(u8 *buf, size_t len);

/* Return: the length of @msg in @buf, which has room for DVMM_WIRE_TX_MAX bytes. */
size_t dvmm_wire_encode(const struct dvmm_msg *msg, u8 *buf);

/* Return: 0, or a negative enum dvmm_wire_error; then @msg is not to be used. */
int __must_check dvmm_wire_decode(struct dvmm_msg *msg, const u8 *buf, size_t len);

#endif
