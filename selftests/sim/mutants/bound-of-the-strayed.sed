# SPDX-License-Identifier: GPL-2.0
# A bound about where the leader is, not where it may have left from.
# in: sync/servo.c
# fails: scenario leader-strays
s/^\t\t\t t->strayed_ns;/\t\t\t 0;/
