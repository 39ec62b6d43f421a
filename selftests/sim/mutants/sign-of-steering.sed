# SPDX-License-Identifier: GPL-2.0
# A sign: what the grandmaster's steering added is added once more, not taken off.
# in: sync/exchange.c
# fails: scenario steered
s/- msg->steering\.ns;/+ msg->steering.ns;/
