# SPDX-License-Identifier: GPL-2.0
# A leader that was given up in error is given up as soon again.
# in: sync/port_role.c
# fails: scenario starved
s/least_timeout_ns(p) << p->patience.doublings/least_timeout_ns(p)/
