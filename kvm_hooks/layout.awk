# SPDX-License-Identifier: GPL-2.0
# Reads `bpftool btf dump ... format raw`, base types first; writes layout.h as
# layout.list (-v wanted=) asks, or says what is not as it should be.

function die(text) { print "layout: " text > "/dev/stderr"; failed = 1; exit 1 }

# 'name' -> name; kvm_vcpu___2 is a duplicate of kvm_vcpu
function bare(quoted) { gsub(/'/, "", quoted); sub(/___[0-9]+$/, "", quoted); return quoted }

function value(key,    i, part) {
	for (i = 1; i <= NF; i++)
		if (split($i, part, "=") == 2 && part[1] == key)
			return part[2]
	return ""
}

function c_type(id,    k, inner) {
	if (id == 0) return "void"
	k = kind[id]
	if (k == "PTR") {
		inner = c_type(refers[id])
		return inner (inner ~ /\*$/ ? "*" : " *")
	}
	if (k == "CONST") return "const " c_type(refers[id])
	if (k == "STRUCT") return "struct " name[id]
	if (k == "ENUM") return "enum " name[id]
	return name[id]
}

function prototype(id,    p, i, text) {
	p = refers[id]
	text = c_type(refers[p]) "("
	for (i = 1; i <= params[p]; i++)
		text = text (i > 1 ? ", " : "") c_type(param[p, i])
	return text ")"
}

/^\[/ {
	id = substr($1, 2, length($1) - 2)
	kind[id] = $2
	match($0, /'[^']*'/)
	name[id] = bare(substr($0, RSTART, RLENGTH))
	refers[id] = $2 == "FUNC_PROTO" ? value("ret_type_id") : value("type_id")
	n = 0
	if ($2 == "STRUCT" && !(name[id] in struct_id))
		struct_id[name[id]] = id
	if ($2 == "FUNC")
		func_id[name[id]] = id
	size[id] = value("size")
	next
}
/^\t/ && kind[id] == "FUNC_PROTO" { params[id] = ++n; param[id, n] = value("type_id") }
/^\t/ && kind[id] == "STRUCT" { offset[name[id], bare($1)] = value("bits_offset") / 8 }

# One more entry of the table that the module checks again at load.
function item(name, member, proto, number) {
	table = table sprintf(" \\\n\t{ \"%s\", %s, %s, %d },", name, member, proto, number)
}

function quoted(text) { return "\"" text "\"" }

function check_size(name) {
	if (!(name in struct_id)) die("KVM has no struct " name)
	printf "static_assert(sizeof(struct %s) == %d);\n", name, size[struct_id[name]]
	item(name, "NULL", "NULL", size[struct_id[name]])
}

function check_member(name, member) {
	if (!((name, member) in offset)) die("KVM has no " name "." member)
	printf "#define DVMM_%s_%s %d\n", name, member, offset[name, member]
	item(name, quoted(member), "NULL", offset[name, member])
}

function check_func(name, want,    have, forms, i) {
	if (!(name in func_id)) die("KVM has no function " name "()")
	have = prototype(func_id[name])
	for (i = split(want, forms, / \| /); i && forms[i] != have; i--);
	if (!i) die(name "() is " have ", expected " want)
	item(name, "NULL", quoted(have), 0)
}

END {
	if (failed) exit 1
	while ((getline line < wanted) > 0) {
		if (line ~ /^(#|$)/) continue
		split(line, w, " ")
		if (w[1] == "size") check_size(w[2])
		else if (w[1] == "member") check_member(w[2], w[3])
		else check_func(w[2], substr(line, length("func ") + length(w[2]) + 2))
	}
	print "#define DVMM_LAYOUT" table
}
