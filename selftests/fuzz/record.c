// SPDX-License-Identifier: GPL-2.0
/*
 * usage: record DIRECTORY: seeds of our own messages, for all targets. Two simulated hosts
 * talk, first without, then with keys, then with peer-to-peer delay, when somebody wishes
 * other intervals; each kind of message becomes a file, and what the second host heard
 * while it joined becomes a story for the port.
 */
#include <linux/limits.h>

#include "fuzz.h"
#include "scenario.h"
#include "wire_bytes.h"

static const struct dvmm_auth_keys key = { .spp = 1, .count = 1, .id = { 0x107 } };
static const char *directory, *kind;
static FILE *story;
static u64 told_ns;

static FILE *create(const char *target, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s-%s", directory, target, kind, name);
	file = fopen(path, "wb");
	MUST(file);
	return file;
}

static void save(const char *target, const char *name, const char *first, size_t first_len,
		 const u8 *buf, size_t len)
{
	FILE *file = create(target, name);

	fwrite(first, 1, first_len, file);
	fwrite(buf, 1, len, file);
	fclose(file);
}

static void put_packet(const u8 *buf, size_t len)
{
	fprintf(story, "%c%c", 0, (int)len);
	fwrite(buf, 1, len, story);
	fprintf(story, "%c%c", 1, 0);		/* and a stamp, if one is waited for */
}

/*
 * Announce comes together with a Sync, and which of them arrives first is chance. The
 * story has Announce last: who follows from then on asks as often as who was recorded.
 */
static void tell(u64 now_ns, const u8 *buf, size_t len)
{
	static u8 announce[DVMM_WIRE_TX_MAX];
	static size_t announce_len;
	u8 gap[4];

	if (buf[0] == DVMM_MSG_ANNOUNCE) {
		memcpy(announce, buf, len);
		announce_len = len;
		return;
	}
	put_be(gap, 4, (now_ns - told_ns) * 29 / 10);
	told_ns = now_ns;
	fprintf(story, "%c%c", 2, 4);		/* so many cycles later */
	fwrite(gap, 1, sizeof(gap), story);
	put_packet(buf, len);
	if (buf[0] == DVMM_MSG_FOLLOW_UP && announce_len) {
		put_packet(announce, announce_len);
		announce_len = 0;
	}
}

static void tap(struct sim *sim, int from, const struct dvmm_address *to, const u8 *buf,
		size_t len)
{
	char name[4], type = (char)buf[0], step[2] = { 1, (char)len };
	size_t tlv = dvmm_wire_body_len(buf[0]) + 4;

	(void)to;
	snprintf(name, sizeof(name), "%x", buf[0]);
	save("wire", name, NULL, 0, buf, len);
	save("auth", name, step, sizeof(step), buf, len);
	if (len > tlv)
		save("tlv", name, &type, 1, buf + tlv, len - tlv);
	if (!from && story && ftell(story) < 12000)
		tell(sim->now_ns, buf, len);
}

/* Twice an odd length is for a port with peer-to-peer delay; the last step does nothing. */
static void end_story(bool peer_to_peer)
{
	int more = peer_to_peer ? (int)(6 - ftell(story) % 4) % 4 : 0;

	if (more)
		fprintf(story, "%c%c%.*s", 2, 2 + more, 2 + more, "      ");
	fclose(story);
	story = NULL;
}

static void wish(struct sim *sim, struct sim_host *host)
{
	struct dvmm_msg msg = {
		.type = DVMM_MSG_SIGNALING,
		.source = host->port.id,
		.log_interval = 0x7f,
		.signaling = {
			.target = sim->host[1 - (host - sim->host)].port.id,
			.has_intervals = true,
			.intervals = { -3, -6, DVMM_LOG_INTERVAL_UNCHANGED },
		},
	};
	u8 buf[DVMM_WIRE_TX_MAX];

	tap(sim, host - sim->host, &dvmm_to_all, buf, dvmm_wire_encode(&msg, buf));
}

static struct sim_host *join(struct sim *sim, const struct dvmm_auth_keys *keys, bool peer_to_peer)
{
	struct dvmm_port_config config = sim_config(sim->hosts);
	struct sim_host *host;

	config.peer_to_peer = peer_to_peer;
	host = sim_start(sim, &config, 0);
	dvmm_port_keys(&host->port, keys);
	return host;
}

static void talk(const char *what, const struct dvmm_auth_keys *keys, bool peer_to_peer)
{
	struct sim *sim = sim_new(1, &quiet);

	kind = what;
	join(sim, keys, peer_to_peer);
	sim_run(sim, 3 * SIM_SECOND);
	story = create("port", "story");
	sim->tap = tap;
	told_ns = sim->now_ns;
	join(sim, keys, peer_to_peer);
	sim_run(sim, 4 * SIM_SECOND);
	if (peer_to_peer)
		wish(sim, sim->host);
	end_story(peer_to_peer);
	sim_free(sim);
}

int main(int argc, char **argv)
{
	static const struct dvmm_auth_keys none;

	MUST(argc == 2);
	directory = argv[1];
	talk("plain", &none, false);
	talk("sealed", &key, false);
	talk("p2p", &none, true);
	return 0;
}
