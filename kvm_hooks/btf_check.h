/* SPDX-License-Identifier: GPL-2.0 */
/* Is the running KVM, by its own type information, what this module was built for? */
#ifndef DVMM_BTF_CHECK_H
#define DVMM_BTF_CHECK_H

#include <linux/types.h>

/**
 * struct dvmm_btf_item - a line of layout.list, as layout.sh found it at build time
 * @name: of a structure or function
 * @member: of the structure, whose offset is meant; NULL for its size
 * @prototype: of the function; NULL for a structure
 * @value: size or offset, in bytes
 */
struct dvmm_btf_item {
	const char *name;
	const char *member;
	const char *prototype;
	u32 value;
};

/* 0, or -ENOEXEC after one line in the log that names the first item that differs. */
int dvmm_btf_check(const struct dvmm_btf_item *items, unsigned int count);

#endif
