// SPDX-License-Identifier: GPL-2.0
/* The PIT's state, saved and restored. */
#include "pit_image.h"

#define CONTROL(access, mode, bcd) ((access) << 4 | (mode) << 1 | (bcd))

/* In the middle of the pulse, so that conversions between clocks may be a little off. */
#define HALF_PULSE_NS ((s64)(DVMM_NSEC_PER_SEC / DVMM_PIT_HZ / 2))

/* Beyond what any counter counts, in the past. */
#define LONG_AGO 65540

static s64 pulse_ns(s64 pulse)
{
	if (pulse < 0)
		return HALF_PULSE_NS - (s64)dvmm_ticks_ns(DVMM_PIT_HZ, -pulse);
	return dvmm_ticks_ns(DVMM_PIT_HZ, pulse) + HALF_PULSE_NS;
}

static s64 pulse_at(s64 ns)
{
	if (ns < 0)
		return -(s64)dvmm_ticks_at(DVMM_PIT_HZ, -(u64)ns) - 1;
	return dvmm_ticks_at(DVMM_PIT_HZ, ns);
}

/* The pulse at which the count was loaded, as it seems from what has been counted. */
static s64 loaded_at(const struct dvmm_pit_counter *c, u64 tick)
{
	if (c->running)
		return tick - dvmm_pit_counter_pulses(c, tick);
	if (c->load != DVMM_NEVER)
		return c->load;
	/* a trigger has not come yet, as if it had come and been served */
	return tick - LONG_AGO;
}

static void save_counter(const struct dvmm_pit_counter *c, struct dvmm_pit_image *image, u64 tick)
{
	u16 value = dvmm_pit_counter_reload(c);
	bool half = c->mode == 0 && !c->running && c->load == DVMM_NEVER;

	image->gate = c->gate;
	image->bcd = c->bcd;
	image->loaded_ns = pulse_ns(loaded_at(c, tick));
	image->count = 0;
	if (c->written && !half)
		image->count = value ?: 65536;
}

void dvmm_pit_save(struct dvmm_pit *pit, unsigned int n, struct dvmm_pit_image *image, u64 now_ns)
{
	struct dvmm_pit_channel *ch = &pit->channel[n];
	u64 tick = pit->tick = max(pit->tick, dvmm_ticks_at(DVMM_PIT_HZ, now_ns));

	dvmm_pit_counter_settle(&ch->counter, tick);
	save_counter(&ch->counter, image, tick);
	image->latch = ch->latch;
	image->latched = ch->latched;
	image->status = ch->status;
	image->status_latched = ch->status_latched;
	image->read_high = ch->read_high;
	image->write_high = ch->write_high;
	image->low = ch->low;
	image->access = ch->control >> 4;
	image->mode = (ch->control >> 1) & 7;
}

/* A control word, and the count that followed it. */
static void restore_counter(struct dvmm_pit_counter *c, const struct dvmm_pit_image *image,
			    u64 tick)
{
	dvmm_pit_counter_program(c, image->mode & 7, image->bcd, tick);
	c->gate = image->gate;
	if (image->count)
		dvmm_pit_counter_resume(c, image->count, pulse_at(image->loaded_ns), tick);
}

void dvmm_pit_restore(struct dvmm_pit *pit, unsigned int n, const struct dvmm_pit_image *image,
		      u64 now_ns)
{
	struct dvmm_pit_channel *ch = &pit->channel[n];
	u64 tick = pit->tick = max(pit->tick, dvmm_ticks_at(DVMM_PIT_HZ, now_ns));
	u8 access = image->access & 3 ?: 3;

	restore_counter(&ch->counter, image, tick);
	ch->control = CONTROL(access, image->mode & 7, image->bcd);
	ch->latch = image->latch;
	ch->latched = min_t(u8, image->latched, access == 3 ? 2 : 1);
	ch->status = image->status;
	ch->status_latched = image->status_latched;
	ch->read_high = image->read_high && access == 3;
	ch->write_high = image->write_high && access == 3;
	ch->low = image->low;
}
