# SPDX-License-Identifier: GPL-2.0
# A leader that was stopped does not see it.
# in: sync/port_role.c
# fails: scenario leader-stops
s/return f->before_cycles && p->state/return !f \&\& p->state/
