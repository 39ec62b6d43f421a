// SPDX-License-Identifier: GPL-2.0
/*
 * Which stamps are used.
 *
 * An arrival has two stamps, the NIC's and the kernel's, and the earlier one counts; both
 * are late. A departure has one: the driver tells the kernel to take none where the NIC
 * will. Should that be impossible, it departed no earlier than it was handed down.
 */
#include <linux/bitops.h>
#include <linux/err.h>

#include "host_cycles.h"
#include "nic.h"
#include "nic_clock.h"
#include "params.h"
#include "stamps.h"

/* Readings for one stamp, at most: one that is about as quick as any of late will do. */
#define LOOKS 4

/* Event messages under way; stamps come within milliseconds. A power of two. */
#define SENT 16

/* No driver keeps what came for so long: such a stamp was of another packet. */
#define KEPT_MS 100ULL

/* So many stamps by software and none by the NIC: it was not told to. */
#define SILENT 64

static struct {
	struct dvmm_nic_clock *clock;	/* NULL: only software stamps */
	struct dvmm_nic nic;
	const char *name;
	bool demanded;
	int index;
	struct {
		u32 key;
		u64 cycles;
	} sent[SENT];
	u64 hardware, software, impossible;
	u64 late;		/* the last 64: 1 for the NIC's */
	u64 error_ns;		/* of the last of its */
	u64 usual_ns;		/* what a quick reading leaves open */
} stamps;

static int refuse(const char *name)
{
	pr_err("stamps=hardware: %s does not stamp both ways by a clock of its own, see 'ethtool -T'; stamps=auto does without\n",
	       name);
	return -EOPNOTSUPP;
}

static int look_once(struct dvmm_nic_reading *r)
{
	u64 ns, before, after;
	int ret = dvmm_nic_clock_read(stamps.clock, &ns, &before, &after);

	if (!ret)
		*r = dvmm_nic_reading(&stamps.nic, ns, before, after);
	return ret;
}

/* The quickest of several. */
static int look(void)
{
	u64 enough_ns = stamps.usual_ns + stamps.usual_ns / 4;
	struct dvmm_nic_reading best = { .half_ns = U64_MAX }, r;
	int i;

	for (i = 0; i < LOOKS && best.half_ns > enough_ns; i++) {
		int ret = look_once(&r);

		if (ret)
			return ret;
		if (r.half_ns < best.half_ns)
			best = r;
	}
	stamps.usual_ns = min(best.half_ns, enough_ns ?: U64_MAX);
	return dvmm_nic_add(&stamps.nic, &best);
}

int dvmm_stamps_open(int ifindex, const char *name)
{
	struct dvmm_nic_clock *clock = ERR_PTR(-EOPNOTSUPP);
	enum dvmm_stamps_choice choice;
	int ret = dvmm_params_stamps(&choice);

	if (ret)
		return ret;
	memset(&stamps, 0, sizeof(stamps));
	stamps.name = name;
	stamps.demanded = choice == DVMM_STAMPS_CHOOSE_HARDWARE;
	if (ifindex && choice != DVMM_STAMPS_CHOOSE_SOFTWARE)
		clock = dvmm_nic_clock_open(ifindex, &stamps.index);
	if (IS_ERR(clock))
		return stamps.demanded ? refuse(ifindex ? name : "memory") : 0;
	dvmm_nic_init(&stamps.nic, dvmm_host_khz());
	stamps.clock = clock;
	look(); /* stamps from now on lie between two readings; should it fail, the first is lost */
	return 0;
}

void dvmm_stamps_close(void)
{
	if (stamps.clock)
		dvmm_nic_clock_close(stamps.clock);
	stamps.clock = NULL;
}

bool dvmm_stamps_wanted(void)
{
	return stamps.clock;
}

void dvmm_stamps_sent(u32 key, u64 cycles)
{
	stamps.sent[key % SENT].key = key;
	stamps.sent[key % SENT].cycles = cycles;
}

static int tell(const struct dvmm_inbox_item *item, struct dvmm_nic_stamp *told)
{
	int ret = dvmm_nic_is_ahead(&stamps.nic, item->cycles) ? look() : 0;

	return ret ?: dvmm_nic_stamp(&stamps.nic, item->nic_ns, item->cycles, told);
}

static void count(bool hardware)
{
	stamps.late = stamps.late << 1 | hardware;
	if (hardware)
		stamps.hardware++;
	else if (++stamps.software == SILENT && !stamps.hardware && stamps.demanded)
		pr_warn("stamps=hardware: %s takes none, so software does: turn them on by 'hwstamp_ctl -i %s -t 1 -r 12'\n",
			stamps.name, stamps.name);
}

/* Return: whether @item has a stamp of the NIC's that can be told, in @told. */
static bool told_by_nic(const struct dvmm_inbox_item *item, u64 earliest,
			struct dvmm_nic_stamp *told)
{
	int ret = tell(item, told);
	bool can_be = !ret && (s64)(told->cycles + told->error_cycles - earliest) >= 0;

	count(can_be);
	if (can_be)
		stamps.error_ns = dvmm_mult_ns(stamps.nic.nominal, told->error_cycles);
	else
		stamps.impossible++;
	return can_be;
}

/* Both its stamps are late, at most. */
static void settle_arrival(struct dvmm_inbox_item *item)
{
	struct dvmm_nic_stamp told;
	u64 latest;

	if (!told_by_nic(item, item->cycles - KEPT_MS * dvmm_host_khz(), &told))
		return;
	latest = told.cycles + told.error_cycles;
	if ((s64)(latest - item->cycles) < 0)
		item->cycles = latest;
}

/* A stamp of before it was handed down is as impossible as one of after it was seen. */
static bool settle_departure(struct dvmm_inbox_item *item)
{
	u64 earliest = stamps.sent[item->key % SENT].cycles;
	struct dvmm_nic_stamp told;

	if (stamps.sent[item->key % SENT].key != item->key)
		return false;
	if (told_by_nic(item, earliest, &told) &&
	    (s64)(told.cycles - told.error_cycles - earliest) > 0)
		earliest = told.cycles - told.error_cycles;
	item->cycles = earliest;
	return true;
}

/* 7.3.3: event messages are those of types 0 to 3. */
static bool is_event(const struct dvmm_inbox_item *item)
{
	return !item->len || (item->buf[0] & 0xf) < 4;
}

bool dvmm_stamps_settle(struct dvmm_inbox_item *item)
{
	if (!is_event(item))
		return true;
	if (stamps.clock && item->nic_ns && !item->len)
		return settle_departure(item);
	if (stamps.clock && item->nic_ns)
		settle_arrival(item);
	else
		count(false);
	return true;
}

static enum dvmm_stamps kind(void)
{
	u32 hardware = hweight64(stamps.late);

	if (!hardware)
		return DVMM_STAMPS_SOFTWARE;
	return hardware == min_t(u64, stamps.hardware + stamps.software, 64) ?
		DVMM_STAMPS_HARDWARE : DVMM_STAMPS_MIXED;
}

void dvmm_stamps_status(struct dvmm_sync_status *status)
{
	status->stamps = kind();
	status->stamps_hardware = stamps.hardware;
	status->stamps_software = stamps.software;
	status->stamps_impossible = stamps.impossible;
	status->stamp_error_ns = stamps.late ? stamps.error_ns : 0;
	status->nic_phc = stamps.clock ? stamps.index : -1;
}
