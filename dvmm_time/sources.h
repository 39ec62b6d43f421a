/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keeping of a host's physical time sources: several counters side by side, each
 * one's rate against the TSC, and who is wrong when they part. Pure.
 *
 * All counters are read eight times a second, each between two readings of the TSC.
 * A pair disagrees if what one says has passed since a second ago differs from what
 * the other says by more than reading them and their rates leave open. Who disagrees
 * with the majority, for half a second on end, is accused. The TSC is no judge, only
 * an index: where it is wrong all others are off from it, but not from each other.
 */
#ifndef DVMM_SOURCES_H
#define DVMM_SOURCES_H

#include "allan.h"
#include <uapi/linux/dvmm.h>

/* The caller's part: rounds per second, and that they may be as late as this. */
#define DVMM_SOURCES_HZ 8

/* Rounds that a disagreement must last: half a second. */
#define DVMM_SOURCES_CONFIRM 4

/* Agreement for this long makes a source once accused trusted again. */
#define DVMM_SOURCES_HEAL_S 30

/**
 * struct dvmm_source_info - what a counter is
 * @hz: nominal frequency, 10^6 to 10^10; 0 where the host has no such counter
 * @bits: width, 24 to 64
 * @votes: false where it is another's shadow
 */
struct dvmm_source_info {
	u64 hz;
	u8 bits;
	bool votes;
};

/**
 * struct dvmm_source_read - one reading
 * @tsc: the TSC half way through it
 * @value: the counter, only the lower bits of the width count
 * @half_ns: the counter had this value within so many ns of @tsc, resolution included
 */
struct dvmm_source_read {
	u64 tsc;
	u64 value;
	u32 half_ns;
};

/**
 * struct dvmm_source - all about one counter
 * @info: as given
 * @last: its last reading
 * @elapsed_q10: what it counted since the start, in ns * 2^-10
 * @phase_q10: the same less what the TSC counted between its readings
 * @skew_ppb: its rate against the TSC's, over nominal
 * @skew_error_ppb: and that is wrong by at most this
 * @anchor: where the measurement of the rate began; [1] will be the next beginning
 * @allan: stability of it against the TSC
 * @fault: what it is accused of; NONE while trusted
 * @faults: times it was accused
 * @healthy_rounds: since the accusation or the last disagreement
 */
struct dvmm_source {
	struct dvmm_source_info info;
	struct dvmm_source_read last;
	s64 elapsed_q10;
	s64 phase_q10;
	s32 skew_ppb;
	u32 skew_error_ppb;
	struct {
		s64 at_q10;
		s64 phase_q10;
		u64 error_ns;
	} anchor[2];
	struct dvmm_allan allan;
	enum dvmm_source_fault fault;
	u32 faults;
	u32 healthy_rounds;
};

/* What the counters said in one round, kept to compare with. */
struct dvmm_sources_past {
	s64 elapsed_q10[DVMM_SOURCES];
	s64 phase_q10[DVMM_SOURCES];
	u64 tsc[DVMM_SOURCES];
	u32 half_ns[DVMM_SOURCES];
};

/**
 * struct dvmm_sources - the keeping of all
 * @source: each
 * @past: rounds in which all agreed, a ring of one second
 * @pasts: such rounds since the start, 0 before the first
 * @first: the first round of the disagreement that lasts
 * @suspect_rounds: how long it has lasted
 * @transients: disagreements that went by themselves, since the beginning
 * @at_q10: time since the start as the median tells it, in ns * 2^-10
 * @allan_s: whole seconds of that
 * @trend_ppb: taken out of the phases for the Allan deviation
 * @unclear: two parted, and it is not known who is wrong
 */
struct dvmm_sources {
	struct dvmm_source source[DVMM_SOURCES];
	struct dvmm_sources_past past[DVMM_SOURCES_HZ];
	u32 pasts;
	struct dvmm_sources_past first;
	u32 suspect_rounds;
	u64 transients;
	s64 at_q10;
	s64 allan_s;
	s32 trend_ppb[DVMM_SOURCES];
	bool unclear;
};

/**
 * struct dvmm_heir - who goes on in the TSC's place, and from where
 * @id: a voter that agrees with the majority
 * @value: what it read last
 * @tsc: what the TSC would have read then, had it gone on as before
 * @skew_ppb: its rate against the TSC of before
 * @rate_error_ppb: which is wrong by at most this
 */
struct dvmm_heir {
	enum dvmm_source_id id;
	u64 value;
	u64 tsc;
	s32 skew_ppb;
	u32 rate_error_ppb;
};

/**
 * struct dvmm_sources_verdict - what a round led to
 * @found: false: nothing, and the rest means nothing
 * @accused: bit i: source i; 0 while nobody has a majority: it is unclear who it is
 * @fault: what happened to each of them
 * @off_ns: the most that any two counters were apart, and may have been besides
 * @heir: only where the TSC is accused
 */
struct dvmm_sources_verdict {
	bool found;
	u32 accused;
	enum dvmm_source_fault fault[DVMM_SOURCES];
	u64 off_ns;
	struct dvmm_heir heir;
};

/* Begin with the counters that @info describes. The TSC must be among them. */
void dvmm_sources_init(struct dvmm_sources *s, const struct dvmm_source_info *info);

/*
 * Compare with nothing earlier any more: rates are learnt anew, accusations stay.
 */
void dvmm_sources_restart(struct dvmm_sources *s);

/* The host was asleep, and its counters have done anything: the same, and it is unclear. */
void dvmm_sources_resume(struct dvmm_sources *s);

/*
 * What a reading of @id leaves open either way that @took so many cycles of the TSC: half
 * of it, and a tick, in ns. One that took none was not timed: the TSC stands.
 */
u32 dvmm_sources_half_ns(const struct dvmm_source_info *infos, enum dvmm_source_id id, u64 took);

/* Take one round of readings, by enum dvmm_source_id, of all the counters there are. */
struct dvmm_sources_verdict dvmm_sources_round(struct dvmm_sources *s,
					       const struct dvmm_source_read *read);

/* Whether @id is there and not accused. */
bool dvmm_sources_good(const struct dvmm_sources *s, enum dvmm_source_id id);

/* Whether a cluster may be led by the TSC: it is good, and nothing is unclear. */
bool dvmm_sources_sound(const struct dvmm_sources *s);

/* Whether there is a disagreement that has not lasted long enough for a verdict. */
static inline bool dvmm_sources_suspect(const struct dvmm_sources *s)
{
	return s->suspect_rounds;
}

#endif
