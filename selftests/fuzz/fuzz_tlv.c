// SPDX-License-Identifier: GPL-2.0
/* TLVs of our own: the first byte is the message's type, the rest a TLV's value. */
#include "fuzz.h"
#include "wire_org.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct dvmm_msg msg = { 0 };
	u8 *value;
	int ret;

	if (!len)
		return 0;
	msg.type = data[0] & 0xf;
	value = fuzz_copy(data + 1, len - 1);
	ret = dvmm_wire_get_org(value, len - 1, &msg);
	free(value);
	MUST(!ret || ret == -DVMM_WIRE_VALUE);
	if (ret)
		return 0;
	MUST(!msg.announce.has_cluster || msg.announce.cluster.cluster.id);
	MUST(abs(msg.steering.ppb) <= 100000);
	return 0;
}
