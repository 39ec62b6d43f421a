# SPDX-License-Identifier: GPL-2.0
# The last exchange alone, however long it queued, instead of the line.
# in: sync/estimator.c
# fails: scenario bursts
s/(nth(e, 0)) + best.y0_ns;/(nth(e, 0));/
