/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys of authentication, from the kernel's keyring: of type "logon" or "user", named
 * dvmm:SPP:KEYID, 16 bytes or more. Module parameters say which; keys= may be written
 * while the module runs.
 */
#ifndef DVMM_KEYS_H
#define DVMM_KEYS_H

#include "auth.h"

struct dvmm_keyset;

/**
 * dvmm_keys_get() - fetch what the module parameters ask for
 *
 * From the keyrings of the calling task, under the module's parameter lock. May sleep.
 * Return: a set that is to be given back with dvmm_keys_put(), NULL where keys= is
 * empty, or an ERR_PTR() after one line in the log that says what is wrong.
 */
struct dvmm_keyset *__must_check dvmm_keys_get(void);
void dvmm_keys_put(struct dvmm_keyset *set);

/* Of NULL: no keys. */
const struct dvmm_auth_keys *dvmm_keys_ids(const struct dvmm_keyset *set);

/* See dvmm_auth_mac. The caller serialises. May sleep. */
int dvmm_keys_mac(struct dvmm_keyset *set, u32 slot, const u8 *buf, size_t len, u8 *icv);

/* The engine's: whether it runs, which it does not before and after the module. */
bool dvmm_sync_runs(void);

/* The engine's: take @set instead of the one before, if it runs. Return: which to put. */
struct dvmm_keyset *dvmm_sync_rekey(struct dvmm_keyset *set);

#endif
