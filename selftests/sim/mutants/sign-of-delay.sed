# SPDX-License-Identifier: GPL-2.0
# A sign: the middle of an exchange is taken where the delay is not yet passed.
# in: sync/estimator.c
# fails: scenario asymmetric
s/return x->t1_ns + (s64)(x->t4_ns - x->t1_ns) \/ 2;/return x->t1_ns - (s64)(x->t4_ns - x->t1_ns) \/ 2;/
