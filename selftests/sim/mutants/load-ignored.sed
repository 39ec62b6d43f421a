# SPDX-License-Identifier: GPL-2.0
# A bound too small: Sync through loaded links are taken for quick ones.
# in: sync/neighbour.c
# fails: scenario transparent-loaded
s/x->t4_ns = max(x->t4_ns, n->prompt\.t4_ns + span_ns + drift_ns);/(void)span_ns;/
