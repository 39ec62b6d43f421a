# SPDX-License-Identifier: GPL-2.0
# A sign: a clock that is behind is slowed down.
# in: sync/servo.c
# fails: scenario quiet
s/return offset_ns < 0 ? -slew : slew;/return offset_ns < 0 ? slew : -slew;/
