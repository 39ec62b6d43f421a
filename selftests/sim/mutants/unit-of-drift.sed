# SPDX-License-Identifier: GPL-2.0
# A unit: what a bound grows by is taken for parts per 10^12.
# in: sync/estimator.c
# fails: scenario fast-wire
s/return mul_u64_u64_div_u64(magnitude, ppb, DVMM_PPB) + 1;/return mul_u64_u64_div_u64(magnitude, ppb, DVMM_PPB * 1000) + 1;/
