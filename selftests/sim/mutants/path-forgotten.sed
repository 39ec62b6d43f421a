# SPDX-License-Identifier: GPL-2.0
# A path that changed is taken for a rate that turned.
# in: sync/trail.c
# fails: scenario uplink
s/abs(dvmm_trail_strayed_ns(trail, e)) <= 2 \* abs(longer_ns)/abs(longer_ns) < 0/
