# SPDX-License-Identifier: GPL-2.0
# Alone with a leader that fell behind, it is believed.
# in: sync/port_verdict.c
# fails: scenario leader-blinks
s|return p->trail.moved_ns < 0;|return !p;|
