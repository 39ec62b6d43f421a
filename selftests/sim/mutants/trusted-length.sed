# SPDX-License-Identifier: GPL-2.0
# A message's claim of its length is believed, and read beyond its end.
# in: sync/wire.c
# fails: unit test_wire
s/return claimed < body || claimed > len ? -DVMM_WIRE_LENGTH : 0;/return claimed < body ? -DVMM_WIRE_LENGTH : 0;/
