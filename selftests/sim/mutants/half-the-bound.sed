# SPDX-License-Identifier: GPL-2.0
# A bound of half the interval.
# in: sync/servo.c
# fails: scenario asymmetric
s/return max(max(above, below), 0LL) + 1;/return max(max(above, below), 0LL) \/ 2 + 1;/
