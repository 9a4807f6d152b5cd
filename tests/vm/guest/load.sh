# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What it takes to load: CAP_BPF and CAP_NET_ADMIN; and how far the verifier
# walks. Whether it runs with these is the table's to show.

. "${BASH_SOURCE[0]%/*}/lib.bash"

TWO=bpf,net_admin
KFUNC=bpf_xdp_metadata_rx_timestamp

# test_loads OBJECT..: of tests/vm/load.c. The record of the matrix:
# `insns PROGRAM AS-ROOT WITH-TWO-CAPABILITIES`.
test_loads() {
	local name root two

	# Where the kernel lets everybody load some programs, less would do.
	grep -q '[12]' /proc/sys/kernel/unprivileged_bpf_disabled
	near "$DIR/load" "$@" >"$DIR/root"
	as_nobody "$TWO"
	near "${AS[@]}" "$DIR/load" "$@" >"$DIR/two"
	[[ -s $DIR/root ]]
	while read -r name root; do
		two=$(sed -n "s/^$name //p" "$DIR/two")
		((root > 0 && two > 0))
		say "insns $name $root $two"
	done <"$DIR/root"
}

# Less does not: the test above really had no more than it says.
test_less_does_not() {
	local caps

	for caps in '' bpf net_admin net_admin,perfmon,net_raw; do
		as_nobody "$caps"
		if near "${AS[@]}" "$DIR/load" "$@" >/dev/null \
			2>"$DIR/less"; then
			fail "loads with no more than: $caps"
		fi
		grep -q 'Operation not permitted' "$DIR/less"
	done
}

# Nobody has to find it.
chmod 711 "$DIR"
cp "$LOAD" "$DIR/load"
chmod 755 "$DIR/load"

check 'every program loads with the capabilities that are documented' \
	test_loads prober bypass path reflector
check 'and not with less' test_less_does_not reflector
if kernel_has $KFUNC; then
	check 'and the one for hardware stamps, bound to a device' \
		test_loads hwstamp=near0
else
	skip 'and the one for hardware stamps, bound to a device' \
		"this kernel has no $KFUNC (Linux 6.3)"
fi
finish
