# SPDX-License-Identifier: GPL-2.0
# Who has lost its time leads as soon as anyone.
# in: sync/port_role.c
# fails: scenario unsure-heir
s/p->discipline.view.state == DVMM_STATE_UNSYNCHRONISED;/!p;/
