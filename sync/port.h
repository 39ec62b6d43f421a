/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PTP port with its clock: the whole protocol of one host, IEEE 1588-2019
 * clause 9, end-to-end or peer-to-peer delay mechanism, two-step.
 *
 * Pure: packets, stamps and the present instant (host counter) go in; packets and
 * clock changes come out through ops. A process may have any number of ports.
 * Not re-entrant: the caller serialises, and no op calls back.
 *
 * Differs from the standard on purpose: a master that serves stays, whoever is
 * heard (9.3.3's state decision is for listeners and masters only); a host becomes
 * master only of the cluster it is in, or of a new one; masters of other clusters
 * are never followed while VMs hold the clock. A master-only host founds no cluster
 * while it hears another's leader: it could never have been in step with that.
 */
#ifndef DVMM_PORT_H
#define DVMM_PORT_H

#include "acquaint.h"
#include "auth.h"
#include "discipline.h"
#include "exchange.h"
#include "foreign.h"
#include "neighbour.h"
#include "port_fsm.h"
#include "pace.h"
#include "patience.h"
#include "peer.h"
#include "quality.h"
#include "ratelimit.h"
#include "reference.h"
#include "sync.h"

/* Which foreign grandmaster may lead the cluster, by way of its leader. */
enum dvmm_reference_choice {
	DVMM_CHOOSE_NONE,
	DVMM_CHOOSE_ANY,	/* the best one, if it is better than this host itself (9.3.4) */
	DVMM_CHOOSE_ONE,	/* that identity, good or bad */
};

/* networkProtocol (table 3). */
enum dvmm_network {
	DVMM_NETWORK_UDP4 = 1,
	DVMM_NETWORK_UDP6 = 2,
	DVMM_NETWORK_ETHERNET = 3,
	DVMM_NETWORK_SHM = 0xf000,	/* memory; the first for local use */
};

/**
 * struct dvmm_port_config - as the user asked for it; checked by the caller
 * @identity: clockIdentity (7.5.2.2)
 * @host_khz: nominal frequency of the host counter
 * @domain: domainNumber
 * @priority1, @priority2: as in 8.2.1
 * @log_announce, @log_sync: logarithm to base 2 of the intervals in seconds
 * @peer_to_peer: the delay mechanism (8.2.15.4.4); else end-to-end
 * @log_pdelay: logMinPdelayReqInterval (8.2.15.4.5), if @peer_to_peer
 * @announce_timeout: announceReceiptTimeout (8.2.15.4.2), in announce intervals
 * @slew_max_ppb: limit for corrections
 * @slave_only: never lead: defaultDS.slaveOnly (9.2.2)
 * @master_only: never follow: portDS.masterOnly (9.2.2); not both
 * @reference_choice: as the enum says; NONE where one of the above two is set
 * @reference: grandmasterIdentity of the ONE
 * @log_reference_sync: how often the reference is to send Sync; beyond
 *	DVMM_INTERVAL_LOG_MAX: as it likes
 * @utc_offset_s: TAI - UTC where it is known, else 0
 * @network: what carries the messages, and @address: our own there; for those who ask
 */
struct dvmm_port_config {
	u8 identity[8];
	u32 host_khz;
	u8 domain;
	u8 priority1;
	u8 priority2;
	s8 log_announce;
	s8 log_sync;
	bool peer_to_peer;
	s8 log_pdelay;
	u8 announce_timeout;
	u32 slew_max_ppb;
	bool slave_only;
	bool master_only;
	enum dvmm_reference_choice reference_choice;
	u8 reference[8];
	s8 log_reference_sync;
	s16 utc_offset_s;
	enum dvmm_network network;
	struct dvmm_address address;
};

/**
 * struct dvmm_port_ops - what a port does to the world
 * @send: @len bytes to the event or the general port of @to. For an event message *@key
 *	is what its transmit stamp comes under (dvmm_port_stamp()). 0 or -errno
 * @random: any number
 * @tai_ns: the host's own idea of TAI, to found a cluster with
 * @held: whether VMs hold the clock
 * @mac: integrity check values; NULL where dvmm_port_keys() is never called
 * @clock: where the clock goes
 */
struct dvmm_port_ops {
	int (*send)(void *ctx, const struct dvmm_address *to, bool event, const u8 *buf, size_t len,
		    u32 *key);
	u64 (*random)(void *ctx);
	u64 (*tai_ns)(void *ctx);
	bool (*held)(void *ctx);
	dvmm_auth_mac mac;
	struct dvmm_clock_ops clock;
};

enum dvmm_timer {
	DVMM_TIMER_RECEIPT,	/* announceReceiptTimeout: no master heard */
	DVMM_TIMER_ANNOUNCE,	/* master: send Announce */
	DVMM_TIMER_SYNC,	/* master: send Sync */
	DVMM_TIMER_CONFIRM,	/* master: nobody objected to the new cluster */
	DVMM_TIMER_DELAY_REQ,	/* slave: send Delay_Req */
	DVMM_TIMER_PROBE,	/* slave: probe the next peer */
	DVMM_TIMER_JUDGE,	/* slave: the leader, who is suspected */
	DVMM_TIMER_REFERENCE,	/* master: send Delay_Req to the reference */
	DVMM_TIMER_PDELAY,	/* peer-to-peer: send Pdelay_Req */
	DVMM_TIMER_TICK,	/* renew the clock */
	DVMM_TIMERS
};

/* Why packets were dropped, after the enum dvmm_wire_error ones. */
enum dvmm_drop {
	DVMM_DROP_DOMAIN = DVMM_WIRE_ERRORS,	/* another domain */
	DVMM_DROP_OWN,		/* claims to come from, or to be led by, ourselves */
	DVMM_DROP_FAR,		/* stepsRemoved of 255 or more */
	DVMM_DROP_NO_CLUSTER,	/* an Announce that tells no cluster: not one of us */
	DVMM_DROP_MISMATCH,	/* our cluster's id, with other parameters */
	DVMM_DROP_CONFLICT,	/* another cluster, which VMs keep us from joining */
	DVMM_DROP_STAMPS,	/* an exchange whose stamps cannot be */
	DVMM_DROP_JUMP,		/* an exchange that contradicts those before */
	DVMM_DROP_REFUSED,	/* a leader whose time was found wrong */
	DVMM_DROP_MECHANISM,	/* of the delay mechanism that is not ours */
	DVMM_DROP_CROWD,	/* a second neighbour, where there is to be one */
	DVMM_DROP_INTERVAL,	/* a wish for intervals that cannot be */
	DVMM_DROP_RATE,		/* more than may be asked of us, or than can be */
	DVMM_DROP_AUTH = DVMM_DROP_RATE, /* plus an enum dvmm_auth_error, from 1 on; last */
	DVMM_DROPS = DVMM_DROP_AUTH + DVMM_AUTH_ERRORS
};

/* Answers to probes whose own stamps are waited for, at most. */
#define DVMM_PORT_ANSWERS 8

/**
 * struct dvmm_port_answer - a Pdelay_Resp under way
 * @request: what it answers
 * @key: what its stamp comes under, if @waiting for that
 */
struct dvmm_port_answer {
	struct dvmm_msg request;
	u32 key;
	bool waiting;
};

/**
 * struct dvmm_port_reference - the foreign grandmaster, as a port sees it
 * @heard: those that may be chosen
 * @newcomer: limit of those not heard before
 * @sender: the chosen one's port; zeros while none is
 * @announce, @flags: what it said last
 * @exchanger: what is in hand of the exchange with it
 * @clock: its time; measured, if @aimed at, by a leader and by who is about to found a
 *	cluster
 * @handed_down: whom this host follows or followed was led after a reference
 * @since_cycles: when the search began
 * @asked_cycles: when a Delay_Req was last sent
 * @log_ask: how often it wants them at most, log2 of seconds
 * @lost_class, @lost_accuracy: what it claimed when last locked; 0 before
 * @accuracy: clockAccuracy last told in its absence
 */
struct dvmm_port_reference {
	struct dvmm_foreign_list heard;
	struct dvmm_bucket newcomer;
	struct dvmm_port_id sender;
	struct dvmm_announce announce;
	u16 flags;
	struct dvmm_exchanger exchanger;
	struct dvmm_reference clock;
	bool aimed;
	bool handed_down;
	u64 since_cycles;
	u64 asked_cycles;
	s8 log_ask;
	u8 lost_class;
	u8 lost_accuracy;
	u8 accuracy;
};

/**
 * struct dvmm_port
 * @timer: when each is due (host counter), if its bit in @armed is set
 * @id: portIdentity; port number 1
 * @parent: whom a slave follows, and @cluster, which that one leads
 * @parent_address: where it sends from
 * @log_request: how often it wants those asked who know the time well
 * @log_ask: how often it is asked, @answered_cycles: and when it last answered
 * @grandmaster: whom of us this host follows or is, zeros if none; @leader: the same, but
 *	remembered while there is none
 * @predecessor: as leader: who led before
 * @patience: how long a silent leader is waited for
 * @foreign: masters heard
 * @auth: keys, and what has been seen of others
 * @replies, @reply: limits of the responses sent, to each host and in all
 * @newcomer: limit of masters not heard before
 * @pace: how often messages are sent, and slaves are to ask
 * @wish: limit of wishes heeded, and made
 * @neighbour: if peer-to-peer, who is at the other end of the link
 * @manage: limit of Management answered
 * @exchanger: what is in hand of the exchange with @parent
 * @discipline: the clock
 * @own: this host's free-running time
 * @peers: other slaves, and @meeting: limit of introductions heeded
 * @slaves: as leader: to be introduced to each other
 * @answer: the last @answers to probes
 * @trail: where the leader's time was
 * @impossible: exchanges with it in a row that cannot be
 * @turned: exchanges in a row by which its rate is not what it was
 * @suspecting: its time has contradicted itself; for so many @hearings
 * @refused: the leader refused last, at @refused_cycles; zeros if none ever was
 * @reference: whom it is led after
 * @sync_key, @sync_pending: transmit stamp waited for, to send Follow_Up
 * @sequence: next sequenceId by messageType
 * @unstamped: event messages in a row that got no transmit stamp
 * @conflict: another cluster is heard that VMs keep us from joining
 * @eligible: this host's counters are good enough to lead by
 * @founder: this host founded the cluster that it leads
 * @time_flags, @utc_offset_s: timePropertiesDS (8.2.4)
 * @rx, @tx, @dropped: messages, for status
 * @seen: role, state and grandmaster as they were when @since_cycles and @changes
 *	were last renewed
 */
struct dvmm_port {
	struct dvmm_port_config config;
	const struct dvmm_port_ops *ops;
	void *ctx;
	enum dvmm_port_state state;
	u64 timer[DVMM_TIMERS];
	u32 armed;
	struct dvmm_port_id id;
	struct dvmm_port_id parent;
	struct dvmm_address parent_address;
	s8 log_request;
	s8 log_ask;
	u64 answered_cycles;
	struct dvmm_cluster cluster;
	u8 grandmaster[8];
	u8 leader[8];
	u8 predecessor[8];
	struct dvmm_patience patience;
	struct dvmm_foreign_list foreign;
	struct dvmm_auth auth;
	struct dvmm_ratelimit replies;
	struct dvmm_bucket reply;
	struct dvmm_bucket newcomer;
	struct dvmm_pace pace;
	struct dvmm_bucket wish;
	struct dvmm_neighbour neighbour;
	struct dvmm_bucket manage;
	struct dvmm_exchanger exchanger;
	struct dvmm_discipline discipline;
	struct dvmm_segment own;
	struct dvmm_peers peers;
	struct dvmm_bucket meeting;
	struct dvmm_acquaint slaves;
	struct dvmm_port_answer answer[DVMM_PORT_ANSWERS];
	u32 answers;
	struct dvmm_trail trail;
	u32 impossible;
	u32 turned;
	bool suspecting;
	u32 hearings;
	u8 refused[8];
	u64 refused_cycles;
	struct dvmm_port_reference reference;
	u32 sync_key;
	u16 sync_sequence;
	bool sync_pending;
	u16 sequence[16];
	u32 unstamped;
	bool conflict;
	bool eligible;
	bool founder;
	u16 time_flags;
	s16 utc_offset_s;
	u64 rx;
	u64 tx;
	u64 dropped[DVMM_DROPS];
	struct {
		enum dvmm_role role;
		enum dvmm_state state;
		u8 grandmaster[8];
	} seen;
	u64 since_cycles;
	u32 changes;
};

/* Start listening, or FAULTY until dvmm_port_link() says that there is a link. */
void dvmm_port_init(struct dvmm_port *p, const struct dvmm_port_config *config,
		    const struct dvmm_port_ops *ops, void *ctx, bool link, u64 now);

/*
 * A datagram came from @from, through either port, at @cycles. Return: whether it was
 * believed: of our domain, well-formed, and authentic where there are keys.
 */
bool dvmm_port_receive(struct dvmm_port *p, const struct dvmm_address *from, const u8 *buf,
		       size_t len, u64 cycles, u64 now);

/* The event message sent under @key left at @cycles. */
void dvmm_port_stamp(struct dvmm_port *p, u32 key, u64 cycles, u64 now);

/* Run what is due. */
void dvmm_port_run(struct dvmm_port *p, u64 now);

/* When dvmm_port_run() is wanted next. */
u64 dvmm_port_due(const struct dvmm_port *p);

/* The link came or went. */
void dvmm_port_link(struct dvmm_port *p, bool up, u64 now);

/*
 * The host counter was wrong for a while; from @now on it may still be off by @step_ns,
 * and its rate by @rate_ppb. U64_MAX where nobody knows. What was measured and heard is
 * forgotten, and a leader gives up; nobody is led until dvmm_port_eligible() allows.
 */
void dvmm_port_disturbed(struct dvmm_port *p, u64 step_ns, u64 rate_ppb, u64 now);

/* Whether the host's counters are good enough to lead by. At first they are. */
void dvmm_port_eligible(struct dvmm_port *p, bool eligible);

/*
 * From now on, seal with the first of @keys, and believe nothing that is sealed with
 * none of them. Those that a change leaves in place lose no message.
 */
void dvmm_port_keys(struct dvmm_port *p, const struct dvmm_auth_keys *keys);

/* See dvmm_sync_adjfine(). */
int dvmm_port_adjust(struct dvmm_port *p, s64 ppb, u64 now);

/* All of @status but the interface's name. */
void dvmm_port_status(const struct dvmm_port *p, struct dvmm_sync_status *status, u64 now);

#endif
