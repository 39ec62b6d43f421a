# SPDX-License-Identifier: GPL-2.0
# Slaves ask at every Sync, however many there are.
# in: sync/pace.c
# fails: scenario thousand
s/return certain(e) ? max(log_sync, limit) : log_sync;/return certain(e) \&\& limit > 3 ? limit : log_sync;/
