# SPDX-License-Identifier: GPL-2.0
# A sign: a neighbour's time is moved away from the one that it leads by.
# in: sync/neighbour.c
# fails: scenario p2p
s/x->t1_ns += o->ns;/x->t1_ns -= o->ns;/
