# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What it takes to load and run: CAP_BPF and CAP_NET_ADMIN; and how far the
# verifier walks.

. "${BASH_SOURCE[0]%/*}/lib.bash"

TWO=bpf,net_admin

# as_nobody HOST CAPABILITY[,CAPABILITY..] CMD..: with exactly these.
as_nobody() {
	local host=$1 caps=-all${2:+,+${2//,/,+}}

	shift 2
	"$host" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--no-new-privs --bounding-set "$caps" --inh-caps "$caps" \
		--ambient-caps "$caps" "$@"
}

here() {
	"$@"
}

# The record of the matrix: `insns PROGRAM AS-ROOT WITH-TWO-CAPABILITIES`.
test_loads() {
	local name root two

	# Where the kernel lets everybody load some programs, less would do.
	grep -q '[12]' /proc/sys/kernel/unprivileged_bpf_disabled
	"$DIR/load" >"$DIR/root"
	as_nobody here "$TWO" "$DIR/load" >"$DIR/two"
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
		if as_nobody here "$caps" "$DIR/load" prober >/dev/null \
			2>"$DIR/less"; then
			fail "loads with no more than: $caps"
		fi
		grep -q 'Operation not permitted' "$DIR/less"
	done
}

# probe_as CAPABILITIES [OPTION..]: ten probes, and every one answered.
probe_as() {
	local caps=$1

	shift
	as_nobody near "$caps" timeout -k 2 60 "$XRTT" probe "$FAR4" -c 10 \
		-i 10ms --json - "$@" >"$DIR/run.json" 2>"$DIR/probe.err" ||
		fail "status $?: $(cat "$DIR/probe.err")"
	[[ $(jq .probes.received "$DIR/run.json") == 10 ]] ||
		fail "$(cat "$DIR/run.json" "$DIR/probe.err")"
}

test_icmp() {
	if probe_as "$TWO" --protocol icmp 2>/dev/null; then
		fail 'a raw socket without CAP_NET_RAW'
	fi
	grep CAP_NET_RAW "$DIR/probe.err"
	probe_as "$TWO,net_raw" --protocol icmp
}

test_reflect() {
	local caps=-all,+${TWO//,/,+}

	far_start two reflecting setpriv --reuid 65534 --regid 65534 \
		--clear-groups --no-new-privs --bounding-set "$caps" \
		--inh-caps "$caps" --ambient-caps "$caps" \
		"$XRTT" reflect -I far0 --allow "$NET4" -p 8620 --hook "$1"
	probe_as "$TWO" -p 8620
	far_stop "$FAR_PID"
}

# Nobody has to find it.
chmod 711 "$DIR"
cp "$LOAD" "$DIR/load"
chmod 755 "$DIR/load"

check 'every program loads with the capabilities that are documented' \
	test_loads
check 'and not with less' test_less_does_not
if [[ -n ${VM_GUEST-} ]]; then
	reflector_start --hook xdp
	for engine in socket bypass both; do
		check "probe, $engine, with two" \
			probe_as "$TWO" --engine "$engine"
	done
	check 'probe, ICMP, with CAP_NET_RAW as well' test_icmp
	reflector_stop
	for hook in xdp tc; do
		check "reflect, $hook, with two" test_reflect "$hook"
	done
fi
finish
