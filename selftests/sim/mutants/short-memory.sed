# SPDX-License-Identifier: GPL-2.0
# A rate is learnt from the last second or two, however long the leader has been followed.
# in: sync/estimator.c
# fails: unit test_partition
s/window <= e->count; window += window/window <= min(e->count, 24U); window += window/
