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
	name[id] = $2 == "INT" && $4 == "int'" ? "unsigned int" : bare($3)
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

END {
	if (failed) exit 1
	while ((getline line < wanted) > 0) {
		if (line ~ /^(#|$)/) continue
		split(line, w, " ")
		if (w[1] == "size") {
			if (!(w[2] in struct_id)) die("KVM has no struct " w[2])
			printf "static_assert(sizeof(struct %s) == %d);\n", w[2], size[struct_id[w[2]]]
		} else if (w[1] == "member") {
			if (!((w[2], w[3]) in offset)) die("KVM has no " w[2] "." w[3])
			printf "#define DVMM_%s_%s %d\n", w[2], w[3], offset[w[2], w[3]]
		} else {
			if (!(w[2] in func_id)) die("KVM has no function " w[2] "()")
			have = prototype(func_id[w[2]])
			want = substr(line, length("func ") + length(w[2]) + 2)
			if (have != want)
				die(w[2] "() is " have ", expected " want)
		}
	}
}
