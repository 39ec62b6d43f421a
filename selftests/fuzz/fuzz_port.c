// SPDX-License-Identifier: GPL-2.0
/*
 * A port, and all that may come to it: packets, stamps, time that passes, a link that
 * goes, keys that change. The input is a list of steps: what (and how much later, in
 * the upper half), how many bytes, and those bytes; RUN with four of them lets exactly
 * so many cycles pass. An odd length gives it a reference; twice an odd one, peer-to-peer
 * delay. No clock jumps, but by a step.
 */
#include "fuzz.h"
#include "port.h"
#include "port_internal.h"
#include "wire_bytes.h"

/* Of so many event messages the stamps may be waited for. */
#define EVENTS 4

enum { PACKET, STAMP, RUN, LINK, ADJUST, KEYS, OLD_PACKET, HOLD, STEPS };

static struct {
	struct dvmm_port port;
	u64 now;
	u64 random;
	u64 key;
	u64 sent_cycles[EVENTS];
	bool held;
	bool published;
} world;

static int op_send(void *ctx, const struct dvmm_address *to, bool event, const u8 *buf, size_t len,
		   u32 *key)
{
	struct dvmm_msg msg;

	(void)ctx, (void)to;
	MUST(len <= DVMM_WIRE_TX_MAX && !dvmm_wire_decode(&msg, buf, len));
	MUST(dvmm_msg_is_event(msg.type) == event);
	if (event) {
		*key = (u32)++world.key;
		world.sent_cycles[world.key % EVENTS] = world.now;
	}
	return 0;
}

static u64 op_random(void *ctx)
{
	(void)ctx;
	return world.random + 1;
}

static u64 op_tai(void *ctx)
{
	(void)ctx;
	return 1700000000000000000ULL;
}

static bool op_held(void *ctx)
{
	(void)ctx;
	return world.held;
}

static int op_mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	(void)ctx, (void)buf, (void)len;
	memset(icv, (int)slot, DVMM_AUTH_ICV_LEN);
	return 0;
}

static void op_publish(void *ctx, struct dvmm_clock_view *view)
{
	const struct dvmm_segment *old = &world.port.discipline.view.segment;
	struct dvmm_instant was, is;

	(void)ctx;
	was = dvmm_segment_at(old, world.now);
	is = dvmm_segment_at(&view->segment, world.now);
	MUST(!world.published || (was.ns == is.ns && was.frac == is.frac));
	MUST(view->state <= DVMM_STATE_HOLDOVER);
	world.published = true;
}

static int op_step(void *ctx, const struct dvmm_clock_view *view)
{
	(void)ctx, (void)view;
	return world.held ? -EBUSY : 0;
}

static const struct dvmm_port_ops ops = {
	.send = op_send, .random = op_random, .tai_ns = op_tai, .held = op_held, .mac = op_mac,
	.clock = { .publish = op_publish, .step = op_step },
};

/* Time goes on, and all timers that fall due are run. */
static void pass(u64 cycles)
{
	u64 until = world.now + cycles, due;

	while ((s64)((due = dvmm_port_due(&world.port)) - until) <= 0) {
		if ((s64)(due - world.now) > 0)
			world.now = due;
		dvmm_port_run(&world.port, world.now);
		MUST((s64)(dvmm_port_due(&world.port) - world.now) > 0);
	}
	world.now = until;
}

static void packet(const u8 *data, size_t len, u64 age)
{
	struct dvmm_address from = { .scope = DVMM_TO_ONE, .host = { 1 } };
	u8 *buf = fuzz_copy(data, len);

	dvmm_port_receive(&world.port, &from, buf, len, world.now - age, world.now);
	free(buf);
}

static void keys(const u8 *data, size_t len)
{
	struct dvmm_auth_keys set = { .spp = 1 };
	size_t i;

	for (i = 0; i < len && i < DVMM_AUTH_KEYS; i++)
		set.id[set.count++] = 0x100U + data[i];
	dvmm_port_keys(&world.port, &set);
}

static void stamps(size_t late)
{
	u64 key;

	for (key = world.key; key && key + EVENTS > world.key; key--)
		dvmm_port_stamp(&world.port, (u32)key, world.sent_cycles[key % EVENTS] + late,
				world.now);
}

static void step(u8 what, const u8 *data, size_t len)
{
	u64 now = world.now;

	switch (what) {
	case PACKET:
		return packet(data, len, 1000);
	case OLD_PACKET:
		return packet(data, len, 1ULL << (len & 63));
	case STAMP:
		return stamps(len * 100);
	case RUN:
		return pass(len == 4 ? get_be(data, 4) : 0);
	case LINK:
		return dvmm_port_link(&world.port, len & 1, now);
	case ADJUST:
		world.random = len << 24;
		(void)!dvmm_port_adjust(&world.port, (s64)len * 1000 - 100000, now);
		return;
	case KEYS:
		return keys(data, len);
	case HOLD:
		world.held = len & 1 && world.port.discipline.view.state;
		return;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct dvmm_port_config config = {
		.identity = { 0x52, 0x54, 0, 0xff, 0xfe, 0, 0, 2 }, .host_khz = 2900000, .priority1 = 128,
		.priority2 = 128, .log_announce = -5, .log_sync = -4, .announce_timeout = 6,
		.slew_max_ppb = 100000,
		.peer_to_peer = len & 2, .log_pdelay = -4, .log_reference_sync = len & 4 ? -4 : 4,
		.reference_choice = len & 1 ? DVMM_CHOOSE_ANY : DVMM_CHOOSE_NONE,
	};

	u64 spans[16] = { 0 };
	u32 i;

	for (i = 1; i < ARRAY_SIZE(spans); i++)
		spans[i] = 3ULL << (4 + 2 * i);		/* up to 18 s */
	memset(&world, 0, sizeof(world));
	world.now = 1ULL << 40;
	dvmm_port_init(&world.port, &config, &ops, NULL, true, world.now);
	while (len >= 2) {
		size_t n = min_t(size_t, data[1], len - 2);

		pass(spans[data[0] >> 4]);
		step(data[0] % STEPS, data + 2, n);
		data += 2 + n;
		len -= 2 + n;
	}
	return 0;
}
