// SPDX-License-Identifier: GPL-2.0
/* Keys of authentication, from the kernel's keyring. */
#include <crypto/hash.h>
#include <keys/user-type.h>
#include <linux/key.h>
#include <linux/key-type.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "keys.h"

/* What is shorter can be guessed. */
#define KEY_LEN_MIN 16
#define SHA256_LEN 32
#define NAME_MAX_LEN sizeof("dvmm:255:4294967295")
#define IDS_MAX_LEN 64

/**
 * struct dvmm_keyset
 * @tfm: HMAC-SHA256 with the key of that slot
 */
struct dvmm_keyset {
	struct dvmm_auth_keys keys;
	struct crypto_shash *tfm[DVMM_AUTH_KEYS];
};

static u8 spp = 1;
module_param(spp, byte, 0444);
MODULE_PARM_DESC(spp, "security parameters pointer, 0 to 255; the same on all hosts (1)");

/* Under the parameter lock. */
static char ids[IDS_MAX_LEN];

static int fetch_payload(struct crypto_shash *tfm, struct key *key, const char *name)
{
	const struct user_key_payload *payload;
	int ret = -EKEYREVOKED;

	down_read(&key->sem);
	payload = user_key_payload_locked(key);
	if (payload && payload->datalen < KEY_LEN_MIN) {
		pr_err("keys=: %s has %u bytes: give it %d or more\n", name, payload->datalen,
		       KEY_LEN_MIN);
		ret = -EINVAL;
	} else if (payload) {
		ret = crypto_shash_setkey(tfm, payload->data, payload->datalen);
	}
	up_read(&key->sem);
	return ret;
}

static struct key *find_key(const char *name)
{
	struct key *key = request_key(&key_type_logon, name, NULL);

	return IS_ERR(key) ? request_key(&key_type_user, name, NULL) : key;
}

/* HMAC-SHA256 is of the kernel proper; still, an init function must not return ENOENT. */
static struct crypto_shash *new_hmac(void)
{
	struct crypto_shash *tfm = crypto_alloc_shash("hmac(sha256)", 0, 0);

	if (!IS_ERR(tfm))
		return tfm;
	pr_err("keys=: this kernel has no hmac(sha256) (error %ld)\n", PTR_ERR(tfm));
	return ERR_PTR(-EOPNOTSUPP);
}

static int fetch(struct dvmm_keyset *set, u32 slot)
{
	char name[NAME_MAX_LEN];
	struct key *key;
	int ret;

	snprintf(name, sizeof(name), "dvmm:%u:%u", set->keys.spp, set->keys.id[slot]);
	key = find_key(name);
	if (IS_ERR(key)) {
		pr_err("keys=: no usable key %s: add it with 'keyctl padd logon %s @u'\n",
		       name, name);
		return -ENOKEY;
	}
	set->tfm[slot] = new_hmac();
	ret = PTR_ERR_OR_ZERO(set->tfm[slot]);
	if (!ret)
		ret = fetch_payload(set->tfm[slot], key, name);
	key_put(key);
	return ret;
}

static bool has(const struct dvmm_auth_keys *keys, u32 id)
{
	u32 slot;

	for (slot = 0; slot < keys->count; slot++)
		if (keys->id[slot] == id)
			return true;
	return false;
}

static int parse_one(struct dvmm_auth_keys *keys, const char *word)
{
	u32 id;

	if (keys->count == DVMM_AUTH_KEYS || kstrtou32(word, 10, &id) || !id || has(keys, id))
		return -EINVAL;
	keys->id[keys->count++] = id;
	return 0;
}

static int parse(struct dvmm_auth_keys *keys, const char *text)
{
	char copy[IDS_MAX_LEN], *rest = copy, *word;
	int ret = 0;

	strscpy(copy, text, sizeof(copy));
	while (!ret && (word = strsep(&rest, ",")))
		ret = parse_one(keys, word);
	if (ret)
		pr_err("keys=%s: give one to %d different numbers above 0, as in keys=8,7\n", text,
		       DVMM_AUTH_KEYS);
	return ret;
}

static struct dvmm_keyset *new_set(const char *text)
{
	struct dvmm_keyset *set = kzalloc(sizeof(*set), GFP_KERNEL);
	int ret;
	u32 slot;

	if (!set)
		return ERR_PTR(-ENOMEM);
	set->keys.spp = spp;
	ret = parse(&set->keys, text);
	for (slot = 0; !ret && slot < set->keys.count; slot++)
		ret = fetch(set, slot);
	if (!ret)
		return set;
	dvmm_keys_put(set);
	return ERR_PTR(ret);
}

struct dvmm_keyset *dvmm_keys_get(void)
{
	return ids[0] ? new_set(ids) : NULL;
}

/* crypto_free_shash() takes NULL and ERR_PTR() alike. */
void dvmm_keys_put(struct dvmm_keyset *set)
{
	u32 slot;

	if (!set)
		return;
	for (slot = 0; slot < DVMM_AUTH_KEYS; slot++)
		crypto_free_shash(set->tfm[slot]);
	kfree(set);
}

const struct dvmm_auth_keys *dvmm_keys_ids(const struct dvmm_keyset *set)
{
	static const struct dvmm_auth_keys none;

	return set ? &set->keys : &none;
}

int dvmm_keys_mac(struct dvmm_keyset *set, u32 slot, const u8 *buf, size_t len, u8 *icv)
{
	u8 digest[SHA256_LEN];
	int ret = crypto_shash_tfm_digest(set->tfm[slot], buf, len, digest);

	if (!ret)
		memcpy(icv, digest, DVMM_AUTH_ICV_LEN);
	return ret;
}

/* Before the module starts, and after it ended, this only keeps the text. */
static int set_ids(const char *value, const struct kernel_param *kp)
{
	char text[IDS_MAX_LEN];
	struct dvmm_keyset *set = NULL;

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	if (dvmm_sync_runs() && strim(text)[0])
		set = new_set(strim(text));
	if (IS_ERR(set))
		return PTR_ERR(set);
	strscpy(ids, strim(text), sizeof(ids));
	dvmm_keys_put(dvmm_sync_rekey(set));
	return 0;
}

static int get_ids(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", ids);
}

static const struct kernel_param_ops ids_ops = { .set = set_ids, .get = get_ids };
module_param_cb(keys, &ids_ops, NULL, 0600);
MODULE_PARM_DESC(keys, "authenticate by the keys dvmm:SPP:N of the keyring: N to send with, and others to accept, as in 8,7 (none)");
