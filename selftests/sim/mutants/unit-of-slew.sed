# SPDX-License-Identifier: GPL-2.0
# A unit: the slew is in parts per million where it should be in parts per billion.
# in: sync/servo.c
# fails: scenario partition
s/slew = mul_u64_u64_div_u64(offset, DVMM_PPB, servo->time_constant_ns);/slew = mul_u64_u64_div_u64(offset, DVMM_PPB \/ 1000, servo->time_constant_ns);/
