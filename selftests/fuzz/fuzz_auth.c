// SPDX-License-Identifier: GPL-2.0
/*
 * Authentication: messages one after another, each a flag, a length, and its bytes. With
 * the flag set, the target puts the right check value in, as a member would. No message
 * opens twice.
 */
#include "auth.h"
#include "fuzz.h"

enum { HEADER_LEN = 34, AUTH_TLV_LEN = 26 };

/* Any function of all bytes will do, and a quick one finds more. */
static int mac(void *ctx, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	u64 sum[2] = { slot, 14695981039346656037ULL };

	(void)ctx;
	while (len--) {
		sum[1] = (sum[1] ^ *buf++) * 1099511628211ULL;
		sum[0] = sum[0] * 31 + (sum[1] >> 32);
	}
	memcpy(icv, sum, sizeof(sum));
	return 0;
}

/* At the end of the message, of which the datagram may be longer. */
static void put_icv(u8 *buf, size_t len)
{
	size_t end = len >= HEADER_LEN ? dvmm_wire_length(buf) : 0;

	if (end >= HEADER_LEN + AUTH_TLV_LEN && end <= len)
		mac(NULL, buf[end - DVMM_AUTH_ICV_LEN - 1] & 1, buf, end - DVMM_AUTH_ICV_LEN,
		    buf + end - DVMM_AUTH_ICV_LEN);
}

static void one(struct dvmm_auth *auth, u8 *buf, size_t len, u64 now)
{
	static const struct dvmm_port_id self = { { 9 }, 1 };
	struct dvmm_msg msg;
	int ret;

	if (dvmm_wire_decode(&msg, buf, len))
		return;
	ret = dvmm_auth_open(auth, &msg, buf, &self, now);
	MUST(ret <= 0 && ret > -DVMM_AUTH_ERRORS);
	if (!ret && (msg.number || !dvmm_msg_is_answer(&msg)))
		MUST(dvmm_auth_open(auth, &msg, buf, &self, now) == -DVMM_AUTH_REPLAY);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static struct dvmm_auth auth;
	u64 now = 1;

	dvmm_auth_init(&auth, mac, NULL, 1700000000000000000ULL, 1000);
	auth.keys = (struct dvmm_auth_keys) { .spp = 1, .count = 2, .id = { 0x106, 0x107 } };
	while (len > 2) {
		size_t n = min_t(size_t, data[1], len - 2);
		u8 *buf = fuzz_copy(data + 2, n);

		if (data[0] & 1)
			put_icv(buf, n);
		one(&auth, buf, n, now += data[0]);
		free(buf);
		data += 2 + n;
		len -= 2 + n;
	}
	return 0;
}
