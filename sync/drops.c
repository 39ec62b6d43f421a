// SPDX-License-Identifier: GPL-2.0
/* What became of the packets that were not heeded, by name. */
#include "drops.h"

const char *dvmm_drop_name(u32 why)
{
	static const char * const names[DVMM_DROPS] = {
		[DVMM_WIRE_SHORT] = "short",
		[DVMM_WIRE_VERSION] = "version",
		[DVMM_WIRE_PROFILE] = "profile",
		[DVMM_WIRE_LENGTH] = "length",
		[DVMM_WIRE_TYPE] = "type",
		[DVMM_WIRE_TIME] = "timestamp",
		[DVMM_WIRE_TLV] = "tlv",
		[DVMM_WIRE_VALUE] = "value",
		[DVMM_DROP_DOMAIN] = "domain",
		[DVMM_DROP_OWN] = "own",
		[DVMM_DROP_FAR] = "far",
		[DVMM_DROP_NO_CLUSTER] = "no-cluster",
		[DVMM_DROP_MISMATCH] = "mismatch",
		[DVMM_DROP_CONFLICT] = "conflict",
		[DVMM_DROP_STAMPS] = "stamps",
		[DVMM_DROP_JUMP] = "jump",
		[DVMM_DROP_REFUSED] = "refused",
		[DVMM_DROP_MECHANISM] = "mechanism",
		[DVMM_DROP_CROWD] = "neighbours",
		[DVMM_DROP_INTERVAL] = "interval",
		[DVMM_DROP_RATE] = "rate",
		[DVMM_DROP_AUTH + DVMM_AUTH_NONE] = "unauthenticated",
		[DVMM_DROP_AUTH + DVMM_AUTH_FORM] = "auth-form",
		[DVMM_DROP_AUTH + DVMM_AUTH_KEY] = "unknown-key",
		[DVMM_DROP_AUTH + DVMM_AUTH_ICV] = "forged",
		[DVMM_DROP_AUTH + DVMM_AUTH_REPLAY] = "replay",
	};

	return why < DVMM_DROPS ? names[why] : NULL;
}

void dvmm_drops_tell(struct dvmm_sync_status *status, const char *name, u64 count)
{
	if (!count || status->drops == DVMM_DROPS_MAX)
		return;
	status->drop[status->drops].name = name;
	status->drop[status->drops].count = count;
	status->drops++;
	status->rx_dropped += count;
}
