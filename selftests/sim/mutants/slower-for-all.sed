# SPDX-License-Identifier: GPL-2.0
# One who wishes fewer Sync lets all others wait.
# in: sync/pace.c
# fails: unit test_signaling
s/bool alone = !pace->others_reviews;/bool alone = true;/
