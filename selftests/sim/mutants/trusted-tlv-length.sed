# SPDX-License-Identifier: GPL-2.0
# A TLV's claim of its length is believed.
# in: sync/wire.c
# fails: unit test_wire
s/if (len > left || len & 1)/if (len \& 1)/
