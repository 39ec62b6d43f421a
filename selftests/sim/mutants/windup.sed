# SPDX-License-Identifier: GPL-2.0
# An integrator that winds up while the slew is at its limit.
# in: sync/servo.c
# fails: scenario merge
/^void dvmm_servo_steer/i static s64 wound_ns;\n
s/s64 slew_ppb = dvmm_servo_slew_ppb(servo, behind_ns);/s64 slew_ppb = dvmm_servo_slew_ppb(servo, behind_ns + (wound_ns += behind_ns) \/ 16);/
