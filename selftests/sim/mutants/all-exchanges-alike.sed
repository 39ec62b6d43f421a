# SPDX-License-Identifier: GPL-2.0
# The average of all exchanges, those that queued too.
# in: sync/linefit.c
# fails: scenario bursts
s/u32 want = max(n \/ 4, min_t(u32, n, POINTS_MIN));/u32 want = n;/
