#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: layout.sh KERNEL-RELEASE > layout.h
#
# What the module must know of KVM's private types, out of the BTF of the very
# kvm.ko it will attach to. $MODDIR names another /lib/modules/RELEASE, $VMLINUX
# a vmlinux or vmlinuz with the base BTF.
set -eu

release=$1
moddir=${MODDIR:-/lib/modules/$release}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

die() { echo "layout.sh: $*" >&2; exit 1; }

command -v bpftool >/dev/null || die "bpftool is missing: run scripts/setup"

# A boot image holds its vmlinux compressed behind a small loader: find it by magic.
unpack() {
	for method in 'xz -dc:\xfd7zXZ' 'zstd -dcq:\x28\xb5\x2f\xfd' 'gzip -dcq:\x1f\x8b\x08' 'lz4 -dcq:\x02!L\x18'; do
		for at in $(LC_ALL=C grep -abo -P "${method#*:}" "$1" | cut -d: -f1); do
			tail -c "+$((at + 1))" "$1" | ${method%%:*} >"$tmp/vmlinux" 2>/dev/null || true
			has_btf "$tmp/vmlinux" && return
		done
	done
	return 1
}

has_btf() { readelf -SW "$1" 2>/dev/null | grep -q '\.BTF '; }

base_btf() {
	if [ -n "${VMLINUX:-}" ]; then
		set -- "$VMLINUX"
	elif [ "$release" = "$(uname -r)" ] && [ -r /sys/kernel/btf/vmlinux ]; then
		echo /sys/kernel/btf/vmlinux; return
	else
		set -- "$moddir/build/vmlinux" "/boot/vmlinuz-$release" "$moddir/vmlinuz"
	fi
	for image; do
		[ -r "$image" ] || continue
		has_btf "$image" && { echo "$image"; return; }
		unpack "$image" && { echo "$tmp/vmlinux"; return; }
	done
	die "no BTF for $release: install linux-image-$release, or set VMLINUX="
}

kvm_module() {
	for ko in "$moddir"/kernel/arch/x86/kvm/kvm.ko*; do
		case $ko in
		*.ko) echo "$ko"; return ;;
		*.xz) xz -dc "$ko" >"$tmp/kvm.ko"; echo "$tmp/kvm.ko"; return ;;
		*.zst) zstd -dcq "$ko" >"$tmp/kvm.ko"; echo "$tmp/kvm.ko"; return ;;
		esac
	done
	die "no kvm.ko below $moddir: install linux-image-$release"
}

base=$(base_btf)
module=$(kvm_module)
{
	bpftool btf dump file "$base" format raw
	bpftool -B "$base" btf dump file "$module" format raw
} >"$tmp/raw" || die "bpftool cannot read the BTF of kvm.ko for $release"

echo "/* Made by layout.sh for $release. */"
awk -v wanted="${0%/*}/layout.list" -f "${0%/*}/layout.awk" "$tmp/raw"
