// SPDX-License-Identifier: GPL-2.0
/* The codec: any datagram. What is understood is understood again when it is repeated. */
#include "fuzz.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct dvmm_msg msg, again;
	u8 *buf = fuzz_copy(data, len), out[DVMM_WIRE_TX_MAX], same[DVMM_WIRE_TX_MAX];
	size_t out_len;
	int ret = dvmm_wire_decode(&msg, buf, len);

	MUST(ret <= 0 && ret > -DVMM_WIRE_ERRORS);
	free(buf);
	if (ret)
		return 0;
	out_len = dvmm_wire_encode(&msg, out);
	MUST(out_len <= sizeof(out) && dvmm_wire_length(out) == out_len);
	MUST(!dvmm_wire_decode(&again, out, out_len));
	MUST(dvmm_wire_encode(&again, same) == out_len && !memcmp(out, same, out_len));
	return 0;
}
