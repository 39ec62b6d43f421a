// SPDX-License-Identifier: GPL-2.0
/*
 * Is the running KVM, by its own type information, what this module was built for?
 *
 * The kernel keeps the BTF of itself and of its modules, and has functions to read
 * it, which it does not export.
 */
#include <linux/btf.h>
#include <linux/kernel.h>
#include <linux/static_call.h>

#include "btf_check.h"
#include "resolve.h"

/* The kernel's bpf_find_btf_id(), which is static in some versions. */
s32 dvmm_find_btf_id_type(const char *name, u32 kind, struct btf **btf);

DEFINE_STATIC_CALL_NULL(find_btf_id, dvmm_find_btf_id_type);
DEFINE_STATIC_CALL_NULL(type_by_id, btf_type_by_id);
DEFINE_STATIC_CALL_NULL(name_by_offset, btf_name_by_offset);
DEFINE_STATIC_CALL_NULL(put, btf_put);

#define PROTOTYPE_MAX 160

struct text {
	char buf[PROTOTYPE_MAX];
	unsigned int len;
};

static void __init add(struct text *text, const char *s)
{
	text->len += scnprintf(text->buf + text->len, sizeof(text->buf) - text->len, "%s", s);
}

static const char * __init name_of(const struct btf *btf, const struct btf_type *t)
{
	return static_call(name_by_offset)(btf, t->name_off) ?: "?";
}

/* Pointers are counted on the way in, and written behind what they lead to. */
static void __init add_type(struct text *text, const struct btf *btf, u32 id)
{
	const struct btf_type *t = NULL;
	int pointers = 0;

	for (; id; id = t->type) {
		t = static_call(type_by_id)(btf, id);
		if (!t || !(btf_kind(t) == BTF_KIND_PTR || btf_kind(t) == BTF_KIND_CONST))
			break;
		if (btf_kind(t) == BTF_KIND_CONST)
			add(text, "const ");
		else
			pointers++;
	}
	if (id && t && btf_kind(t) == BTF_KIND_STRUCT)
		add(text, "struct ");
	if (id && t && btf_kind(t) == BTF_KIND_ENUM)
		add(text, "enum ");
	add(text, id && t ? name_of(btf, t) : "void");
	add(text, pointers ? " " : "");
	while (pointers--)
		add(text, "*");
}

static void __init add_prototype(struct text *text, const struct btf *btf,
				 const struct btf_type *func)
{
	const struct btf_type *proto = static_call(type_by_id)(btf, func->type);
	const struct btf_param *params;
	int i;

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return;
	params = btf_params(proto);
	add_type(text, btf, proto->type);
	add(text, "(");
	for (i = 0; i < btf_type_vlen(proto); i++) {
		add(text, i ? ", " : "");
		add_type(text, btf, params[i].type);
	}
	add(text, ")");
}

static int __init check_prototype(const struct btf *btf, const struct btf_type *t,
				  const struct dvmm_btf_item *item)
{
	struct text text = {};

	add_prototype(&text, btf, t);
	if (!strcmp(text.buf, item->prototype))
		return 0;
	pr_err("KVM's %s() is %s here, not %s as built for: rebuild dvmm_time\n",
	       item->name, text.buf, item->prototype);
	return -ENOEXEC;
}

static int __init check_size(const struct btf_type *t, const struct dvmm_btf_item *item)
{
	if (t->size == item->value)
		return 0;
	pr_err("KVM's struct %s has %u bytes here, not %u as built for: rebuild dvmm_time\n",
	       item->name, t->size, item->value);
	return -ENOEXEC;
}

static int __init check_member(const struct btf *btf, const struct btf_type *t,
			       const struct dvmm_btf_item *item)
{
	const struct btf_member *member = btf_members(t);
	const char *name;
	int i;

	for (i = 0; i < btf_type_vlen(t); i++) {
		name = static_call(name_by_offset)(btf, member[i].name_off);
		if (name && !strcmp(name, item->member) &&
		    __btf_member_bit_offset(t, &member[i]) == item->value * 8)
			return 0;
	}
	pr_err("KVM's %s.%s is not at offset %u as built for: rebuild dvmm_time\n",
	       item->name, item->member, item->value);
	return -ENOEXEC;
}

static int __init check_item(const struct dvmm_btf_item *item)
{
	u32 kind = item->prototype ? BTF_KIND_FUNC : BTF_KIND_STRUCT;
	const struct btf_type *t;
	struct btf *btf;
	s32 id;
	int ret;

	id = static_call(find_btf_id)(item->name, kind, &btf);
	if (id <= 0) {
		pr_err("KVM's type information has no %s: is kvm loaded, and the kernel built with BTF?\n",
		       item->name);
		return -ENOEXEC;
	}
	t = static_call(type_by_id)(btf, id);
	if (item->prototype)
		ret = check_prototype(btf, t, item);
	else if (item->member)
		ret = check_member(btf, t, item);
	else
		ret = check_size(t, item);
	static_call(put)(btf);
	return ret;
}

static int __init resolve_readers(void)
{
	void *find = dvmm_need("bpf_find_btf_id"), *type = dvmm_need("btf_type_by_id");
	void *name = dvmm_need("btf_name_by_offset"), *drop = dvmm_need("btf_put");

	if (!find || !type || !name || !drop)
		return -ENODEV;
	static_call_update(find_btf_id, find);
	static_call_update(type_by_id, type);
	static_call_update(name_by_offset, name);
	static_call_update(put, drop);
	return 0;
}

int __init dvmm_btf_check(const struct dvmm_btf_item *items, unsigned int count)
{
	unsigned int i;
	int ret = resolve_readers();

	for (i = 0; !ret && i < count; i++)
		ret = check_item(&items[i]);
	return ret;
}
