#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guests' root, as an initramfs in two parts that are simply concatenated:
#
#   initramfs.sh base OUT           programs, their libraries, the tests
#   initramfs.sh modules KERNEL OUT the modules of one kernel, in the order in
#                                   which they go in (KERNEL: see kernels.sh)
#
# $XRTT and $VM_TOOLS say where the build is. busybox stands behind the real
# programs: its own ip and tc know neither XDP nor BPF.

set -eu
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
VM=$(cd "$(dirname "$0")" && pwd)

PROGRAMS=(bash ip tc ethtool jq ping setpriv taskset timeout)
# veth is for what xrtt itself needs; each costs a boot 200 ms.
MODULES=(virtio_pci virtio_net veth sch_ingress cls_bpf sch_netem sch_prio
	sch_fq)

root=$(mktemp -d "${TMPDIR:-/tmp}/xrtt-vm-root.XXXXXX")
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

pack() {
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$1"
}

# Where the loader looks is where the host has it.
add_program() {
	local library

	install -D -m 755 "$1" "$root${2:-$1}"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[[ -e $root$library ]] ||
			install -D -m 755 "$library" "$root$library"
	done
}

make_base() {
	local program dir

	mkdir -p "$root"/{bb,dev,proc,sys,tmp,run,etc,var,vm} \
		"$root"/usr/{bin,sbin,lib,lib64}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	for program in "${PROGRAMS[@]}"; do
		add_program "$(command -v "$program")"
	done
	# As sh, busybox would take its own programs for the real ones.
	ln -s bash "$root/usr/bin/sh"
	add_program "$(sh "$VM/../deps.sh" bpftool)" /usr/sbin/bpftool
	add_program "$(command -v busybox)" /bb/busybox
	add_program "$XRTT" /usr/bin/xrtt
	for program in load tai listen; do
		add_program "$VM_TOOLS/$program" "/vm/$program"
	done
	cp -R "$VM/guest" "$VM/../net/harness.bash" "$root/vm"
	install -m 755 "$VM/guest/init" "$root/init"
	printf 'root:x:0:0:::\nnobody:x:65534:65534:::\n' >"$root/etc/passwd"
	pack "$1"
}

module_read() {
	case $1 in
	*.xz) busybox xzcat "$1" ;;
	*) cat "$1" ;;
	esac
}

# add_module NAME: after those that it depends on.
add_module() {
	local file other out

	[[ -z ${added[$1]-} ]] || return 0
	added[$1]=yes
	file=${files[$1]-}
	if [[ -z $file ]]; then
		tr - _ <"$kernel/modules/modules.builtin" |
			grep -q "/$1\.ko$" && return
		echo "$kernel: no module $1" >&2
		return 1
	fi
	out=$root/modules/$1.ko
	module_read "$file" >"$out"
	for other in $(tr '\0' '\n' <"$out" |
		sed -n 's/^depends=//p' | tr ',-' ' _'); do
		add_module "$other"
	done
	echo "/modules/$1.ko" >>"$root/modules/order"
}

make_modules() {
	local file name

	kernel=$1
	declare -A files added
	while IFS= read -r file; do
		name=${file##*/}
		name=${name%%.ko*}
		files[${name//-/_}]=$file
	done < <(find "$kernel/modules" -name '*.ko*')
	mkdir "$root/modules"
	for name in "${MODULES[@]}"; do
		add_module "$name"
	done
	pack "$2"
}

case ${1-} in
base) make_base "$2" ;;
modules) make_modules "$2" "$3" ;;
*)
	echo 'usage: initramfs.sh base OUT|modules KERNEL OUT' >&2
	exit 2
	;;
esac
