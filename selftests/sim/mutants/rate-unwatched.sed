# SPDX-License-Identifier: GPL-2.0
# Whatever the leader's rate does is taken for quartz.
# in: sync/port_verdict.c
# fails: scenario leader-runs-away
s/^#define TURNED_PPB 20000$/#define TURNED_PPB 20000000/
