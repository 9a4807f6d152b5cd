#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# --prepare: what native XDP needs of the interface is changed for the run, and
# put back however the run ends, kill -9 before each of its steps included. The
# veth's ends lie in one namespace here, as --prepare does not reach into
# others: the far end's MTU is too large, the near end has too few queues, so
# that two settings of two devices have to change. With --tune there are more.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	STEPPER=$TOOLS/stepper
	harness_start
	without_hops
	ns_add near
	ip -n "$NS-near" link add near0 numrxqueues 4 numtxqueues 4 type veth \
		peer name far0 numrxqueues 4 numtxqueues 4
	near ethtool -L near0 rx 1
	near ethtool -K near0 gro on
	ip -n "$NS-near" link set far0 mtu 9001
	ip -n "$NS-near" link set near0 up
	ip -n "$NS-near" link set far0 up
	ip -n "$NS-near" addr add "$NEAR4"/24 dev near0
	ip -n "$NS-near" neigh replace "$FAR4" lladdr 02:00:00:00:00:02 \
		dev near0
	await 5 carrier
	# As a router may have told; with the device's it is changed as well.
	near sysctl -qw net.ipv6.conf.far0.mtu=1400
	state >"$DIR/before"
}

teardown() {
	harness_end
}

carrier() {
	near ip link show near0 | grep -q 'state UP'
}

state() {
	local dev

	near ip -d link show
	for dev in near0 far0; do
		near ethtool -l $dev
		near ethtool -c $dev 2>&1 || true
		near ethtool -k $dev
		near cat /sys/class/net/$dev/napi_defer_hard_irqs
		near cat /sys/class/net/$dev/gro_flush_timeout
		near cat /proc/sys/net/ipv6/conf/$dev/mtu
		near tc filter show dev $dev ingress
		near tc filter show dev $dev egress
	done
	near tc qdisc show
	near bpftool net show
}

as_before() {
	state | diff "$DIR/before" - >"$DIR/diff"
}

# notes: of runs in this test's namespace; others' may lie there as well.
notes() {
	local inode

	inode=$(near stat -Lc %i /proc/self/ns/net)
	grep -l "^netns $inode " /run/xrtt/* 2>/dev/null
}

undone() {
	as_before || fail "$1: not as before: $(cat "$DIR/diff")"
	! notes || fail "$1: a note is left"
}

prepared() {
	[[ $(near cat /sys/class/net/far0/mtu) == 3498 ]] &&
		near ethtool -l near0 | grep -q 'RX:.*4' &&
		near ip link show near0 | grep -q xdp
}

# Nobody is there: the settings are what this is about.
prepared_run() {
	spawn probe near "$XRTT" probe "$FAR4" -d 30 -i 5ms --prepare
	PROBER=$SPAWNED
	await 10 prepared || fail "$(cat "$DIR/probe.err")"
	notes
}

ended() {
	await 10 process_gone "$PROBER" || fail "still there"
	wait "$PROBER" || true
}

said() {
	grep -q "$1" "$DIR/probe.err" || fail "not said: $1 in $(
		cat "$DIR/probe.err"
	)"
}

# next_start: any xrtt, on another interface.
next_start() {
	spawn_until reflecting next near "$XRTT" reflect -I lo --hook tc ||
		return
	stop_pid "$SPAWNED"
}

@test "prepare: every change is said, and put back at the end" {
	run -1 probe -c 3 -i 1ms -W 10ms --prepare
	said 'far0: mtu 9001 -> 3498$'
	said 'near0: rx-channels 1 -> 4$'
	said 'near0: rx-channels 4 -> 1, as it was'
	said 'far0: mtu 3498 -> 9001, as it was'
	said 'far0: ipv6-mtu 9001 -> 1400, as it was'
	json '.hooks.rx == "xdp"'
	json '.local.preflight[] | select(.id == "prepared").text |
		test("mtu of far0 3498, rx channels of near0 4")'
	grep -q '^  interface .*for this run: mtu of far0' "$DIR/probe.out"
	undone "at the end"
}

@test "prepare: nothing is changed without it" {
	run -1 probe -c 3 -i 1ms -W 10ms
	json '.hooks.rx == "tc"'
	json '.hooks.rx_why | test("or --prepare")'
	run -3 probe -c 3 -i 1ms -W 10ms --rx-hook xdp
	said 'ip link set dev far0 mtu 3498, or --prepare'
	[ "$(wc -l <"$DIR/probe.err")" -eq 1 ]
	undone "without it"
}

@test "prepare: put back on Ctrl-C" {
	prepared_run
	signal_pid INT "$PROBER"
	ended
	undone "Ctrl-C"
}

@test "prepare: put back where the run fails after it" {
	near python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 40000))
print("ready", flush=True)
time.sleep(30)' >"$DIR/holder" 3>&- &
	defer kill $!
	await 5 grep -q ready "$DIR/holder"
	run -3 probe -c 3 --source-port 40000 --prepare
	said 'far0: mtu 9001 -> 3498$'
	undone "an error"
}

@test "prepare: put back where it was in vain" {
	local other

	# The MTU can be had, the queues cannot: the other end has more.
	ip -n "$NS-near" link del near0
	ip -n "$NS-near" link add near0 numrxqueues 1 numtxqueues 4 type veth \
		peer name far0 numrxqueues 4 numtxqueues 4 mtu 9001
	ip -n "$NS-near" link set near0 up
	ip -n "$NS-near" link set far0 up
	ip -n "$NS-near" addr add "$NEAR4"/24 dev near0
	ip -n "$NS-near" neigh replace "$FAR4" lladdr 02:00:00:00:00:02 \
		dev near0
	await 5 carrier
	state >"$DIR/before"
	run -1 probe -c 3 -i 1ms -W 10ms --prepare
	json '.hooks.rx == "tc"'
	other=$(jq -r '.local.preflight[] | select(.id == "xdp_queues").fix' \
		"$DIR/run.json")
	[ "$other" = "ethtool -L far0 tx 1" ]
	undone "in vain"
}

@test "prepare: what kill -9 left is put back by the next start" {
	prepared_run
	signal_pid KILL "$PROBER"
	ended
	notes
	await 5 next_start
	await 5 as_before || fail "$(cat "$DIR/diff")"
	undone "kill -9"
	grep -q 'far0: mtu 3498 -> 9001, as it was before a run that died' \
		"$DIR/next.err"
}

@test "prepare: doctor says what it puts back on its way to a target" {
	prepared_run
	signal_pid KILL "$PROBER"
	ended
	near "$XRTT" doctor -q "$FAR4" >"$DIR/out" 2>"$DIR/err" ||
		[ "$?" -eq 3 ]
	undone "doctor"
	grep -q 'doctor: far0: mtu 3498 -> 9001, as it was before a run that' \
		"$DIR/err"
}

@test "prepare: somebody else's later change is left alone" {
	prepared_run
	ip -n "$NS-near" link set far0 mtu 2000
	signal_pid INT "$PROBER"
	ended
	said 'far0: mtu is 2000 now, not the 3498'
	[ "$(near cat /sys/class/net/far0/mtu)" -eq 2000 ]
	near ethtool -l near0 | grep -q 'RX:.*1'
}

# A macvlan follows its device down and not up again.
@test "prepare: what stands on a device gets its MTU back as well" {
	ip -n "$NS-near" link add link far0 name mac0 type macvlan ||
		skip "no macvlan in this kernel"
	ip -n "$NS-near" link set mac0 mtu 8000 up
	await 5 carrier
	state >"$DIR/before"
	run -1 probe -c 3 -i 1ms -W 10ms --prepare
	said 'mac0: mtu 8000 -> 3498$'
	undone "with a macvlan"
	spawn probe near "$XRTT" probe "$FAR4" -d 30 -i 5ms --prepare
	PROBER=$SPAWNED
	await 10 prepared
	signal_pid KILL "$PROBER"
	ended
	await 5 next_start
	undone "kill -9 with a macvlan"
}

@test "prepare: reflect does it too" {
	spawn_ready pass near "$LINE" --pass far0 --seconds 60
	state >"$DIR/before"
	spawn_until reflecting reflector near "$XRTT" reflect -I near0 \
		--prepare -v
	prepared
	grep -q 'by native XDP' "$DIR/reflector.err"
	stop_pid "$SPAWNED"
	undone "reflect"
}

@test "prepare: another namespace's end is not reached" {
	ns_add far
	ip -n "$NS-near" link set far0 netns "$NS-far"
	ip -n "$NS-far" link set far0 up
	await 5 carrier
	run -1 probe -c 3 -i 1ms -W 10ms --prepare
	json '.hooks.rx == "tc"'
	json '.hooks.rx_why | test("far0 mtu 3498, in its network namespace.$")'
	[ "$(ip netns exec "$NS-far" cat /sys/class/net/far0/mtu)" -eq 9001 ]
}

# ---- kill -9 before every step ---------------------------------------------

# killed_at STEP: the words of the stepper, or fails once there is none more.
killed_at() {
	near timeout 20 "$STEPPER" "$1" "$XRTT" probe "$FAR4" -c 1 -i 1ms \
		-W 1ms -q --prepare --tune 2>"$DIR/killed.err"
}

@test "prepare: kill -9 before every step leaves nothing after the next start" {
	local step said dirty=0

	for ((step = 1; step <= 100; step++)); do
		said=$(killed_at "$step") || break
		as_before || dirty=$((dirty + 1))
		await 5 next_start || fail "$said: $(cat "$DIR/next.err")"
		await 1 as_before || fail "$said: not as before: $(
			cat "$DIR/diff" "$DIR/killed.err" "$DIR/next.err"
		)"
		! notes || fail "$said: a note is left"
	done
	echo "# $((step - 1)) steps, $dirty of them left something" >&3
	[[ $said == "steps "* ]] || fail "the last: $said"
	# Else this test would show nothing.
	((step > 20 && dirty >= 5))
}
