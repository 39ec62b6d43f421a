# SPDX-License-Identifier: GPL-2.0
# Points that agree with each other are believed, though all of them queued.
# in: sync/linefit.c
# fails: unit test_estimator
s/ - (s64)shortest_ns, 0LL) \/ 4;/ - (s64)shortest_ns, 0LL) \/ 4000;/
