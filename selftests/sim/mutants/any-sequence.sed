# SPDX-License-Identifier: GPL-2.0
# A Follow_Up is taken for that of whatever Sync came last.
# in: sync/exchange.c
# fails: scenario reordered
s/ || x->sync\.sequence != x->follow_up\.sequence)/)/
