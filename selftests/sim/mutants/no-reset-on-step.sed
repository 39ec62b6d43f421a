# SPDX-License-Identifier: GPL-2.0
# What was learnt is not forgotten when a counter or the grandmaster jumps.
# in: sync/discipline.c
# fails: scenario counter-jumps
/^static void start_afresh/,/^}/s/aim_afresh(d, .*);//
