# SPDX-License-Identifier: GPL-2.0
# Old numbers of sealed messages are as good as new ones.
# in: sync/auth.c
# fails: unit test_auth
s/if (proof->number ? !number_is_new(s, proof->number)$/if (proof->number ? !number_is_new(s, proof->number) \&\& 0/
