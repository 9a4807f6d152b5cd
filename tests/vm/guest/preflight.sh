# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# An interface whose driver has native XDP and refuses it, for its MTU: dull0,
# as EC2's 9001 is too large for ENA. What stands in the way is named with its
# cure, nothing is changed, and what then is used is said; --prepare cures it
# for the run, and a killed run's change is put back by the next one.

. "${BASH_SOURCE[0]%/*}/lib.bash"

DULL4=10.78.0.2
MTU=9000 # as init sets it

dull_reflector() {
	far_start dull reflecting "$XRTT" reflect -I dull0 \
		--allow 10.78.0.0/24 "$@"
}

mtu_is() {
	[[ $(near cat /sys/class/net/dull0/mtu) == "$1" ]] ||
		fail "MTU $(near cat /sys/class/net/dull0/mtu), not $1"
}

# ran_at HOOK [EXPR]
ran_at() {
	json ".probes.received == 20 and .hooks.rx == \"$1\" and (${2-true})"
}

test_reflect_xdp() {
	if dull_reflector --hook xdp 2>"$DIR/err"; then
		fail 'it reflects all the same'
	fi
	grep 'xrtt reflect: .*MTU of dull0.*ip link set dev dull0 mtu' \
		"$DIR/err"
}

test_reflect_auto() {
	dull_reflector
	far cat /tmp/dull.err | tee "$DIR/err"
	far_stop "$FAR_PID"
	grep 'not by native XDP: the MTU of dull0' "$DIR/err"
	grep -E 'by (tcx|clsact)$' "$DIR/err"
}

test_probe_xdp() {
	local status=0

	probe "$DULL4" -c 5 --rx-hook xdp || status=$?
	((status == 3)) || fail "status $status: $(cat "$DIR/probe.err")"
	grep 'MTU of dull0.*ip link set dev dull0 mtu' "$DIR/probe.err"
}

# The driver's own words have the limit: what xrtt names is taken, and the
# cure is what a user would type.
test_probe_auto() {
	local cure

	probe_ok "$DULL4" -c 20 -i 5ms
	ran_at tc '(.hooks.rx_why | test("MTU of dull0")) and
		(.hooks.fallbacks | any(.stage == "rx" and
			.wanted == "native XDP"))'
	mtu_is "$MTU"
	cure=$(json '.local.preflight[] | select(.id == "xdp_mtu"
		and .level == "blocks").fix')
	say "$cure"
	[[ $cure == 'ip link set dev dull0 mtu '* ]]
	# shellcheck disable=SC2086 # words of a command
	near $cure
	probe_ok "$DULL4" -c 20 -i 5ms
	ran_at xdp
	near ip link set dev dull0 mtu "$MTU"
}

test_prepare() {
	probe_ok "$DULL4" -c 20 -i 5ms --prepare
	ran_at xdp '.local.preflight | any(.id == "prepared" and
		(.text | test("mtu of dull0")))'
	mtu_is "$MTU"
	grep -E "dull0: mtu $MTU -> [0-9]+$" "$DIR/probe.err"
	grep -E "dull0: mtu [0-9]+ -> $MTU, as it was" "$DIR/probe.err"
}

prepared() {
	! mtu_is "$MTU" 2>/dev/null && ip link show dull0 | grep -q xdp
}

test_prepare_killed() {
	"${AS[@]}" "$XRTT" probe "$DULL4" -c 100000 -i 10ms -q --prepare \
		2>"$DIR/probe.err" &
	await 60 prepared || fail "$(cat "$DIR/probe.err")"
	kill -KILL $!
	wait $! || true
	if mtu_is "$MTU" 2>/dev/null; then
		fail 'there was nothing to put back'
	fi
	await 3 probe_ok "$DULL4" -c 5 -i 5ms --rx-hook tc
	mtu_is "$MTU"
	grep 'dull0: mtu .*as it was before a run that died' "$DIR/probe.err"
}

# Its ndo_xdp_xmit takes nothing without an XDP program of its own.
test_bypass() {
	local status=0

	probe "$DULL4" -c 5 -i 20ms -W 500ms --engine bypass || status=$?
	say "status $status: $(tail -n 1 "$DIR/probe.err")"
	cat "$DIR/probe.err" "$DIR/probe.out"
	((status != 0))
	grep 'MTU of dull0.*ip link set dev dull0 mtu' "$DIR/probe.err"
}

test_engine_auto() {
	probe_ok "$DULL4" -c 20 -i 5ms --engine auto -W 1s
	ran_at tc '.engine == "socket" and (.hooks.fallbacks
		| any(.stage == "engine" and .wanted == "bypass"
			and .used == "socket" and (.why | test("dull0"))))'
	mtu_is "$MTU"
}

check 'reflect --hook xdp is refused, with the cure' test_reflect_xdp
check 'reflect goes to TC, and says why' test_reflect_auto
dull_reflector
check 'probe --rx-hook xdp is refused, with the cure' test_probe_xdp
check 'probe goes to TC ingress and changes nothing; the cure cures' \
	test_probe_auto
check 'bypass, whose frames such a NIC does not take, says so' test_bypass
check '--engine auto takes the socket' test_engine_auto
check '--prepare lowers the MTU and puts it back' test_prepare
check '--prepare, killed: the next start puts it back' test_prepare_killed
far_stop "$FAR_PID"
finish
