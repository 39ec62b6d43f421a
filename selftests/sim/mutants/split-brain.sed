# SPDX-License-Identifier: GPL-2.0
# A grandmaster that yields to no better one.
# in: sync/port_role.c
# fails: scenario partition
s/if (!f || dvmm_bmca_compare(&f->dataset, own) <= 0)/if (!f || own)/
