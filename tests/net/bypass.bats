#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# The bypass engine: what it counts and stamps, how it ends, and both engines on
# one 5-tuple.

# shellcheck disable=SC2030,SC2031,SC2016 # bats runs each in a subshell; jq
bats_require_minimum_version 1.5.0

TRUTH=$BATS_TEST_DIRNAME/truth.py

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

bypass() {
	probe_ok "$@" --engine bypass
}

# assert_bypassed COUNT: all came back, and with nobody's stamps but ours.
assert_bypassed() {
	assert_identity
	assert_in_order
	json ".probes | .planned == $1 and .received == $1 and .duplicate == 0"
	json ".engine == \"bypass\" and .network_ns.n == $1
		and .network_ns.min > 0"
	jq -e '.rtt_ns == null' "$DIR/run.json"
	awk -F, -v count="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["engine"] != "bypass" || $at["status"] != "ok" ||
		$at["drv_tx_ns"] == "" || $at["xdp_rx_ns"] == "" ||
		$at["app_tx_ns"] $at["tc_tx_ns"] $at["tc_rx_ns"] \
			$at["sock_rx_ns"] $at["app_rx_ns"] != "" ||
		$at["rtt_ns"] != "" { print; bad = 1 }
		$at["drv_tx_ns"] < $at["due_ns"] { print; bad = 1 }
		END { exit bad || NR != count + 1 }' "$DIR/samples.csv"
}

@test "bypass: IPv4 and IPv6" {
	two_hosts
	start_reflector
	bypass "$FAR4" -c 200 -i 1ms
	assert_bypassed 200
	json '.ttl.remote_min == 255'
	bypass "$FAR6" -c 200 -i 1ms
	assert_bypassed 200
}

@test "bypass: paced at random, and 10 000 a second" {
	two_hosts
	start_reflector --rate 0
	bypass -c 400 -i 500us --pacing poisson --seed 7
	assert_bypassed 400
	json '.pacing.kind == "poisson" and .pacing.seed == 7'
	bypass -d 2 -i 100us
	assert_identity
	assert_in_order
	# A test-run that a signal ends loses some 20 ms of deadlines.
	json '.probes | .planned == 20000 and .sent >= 19000
		and .received == .sent and .unrecorded == 0'
}

@test "bypass: answers at TC" {
	two_hosts
	pass_all far
	start_reflector --hook tc
	bypass -c 100 -i 1ms --rx-hook tc
	assert_identity
	assert_in_order
	json '.probes.received == 100 and .hooks.rx == "tc"'
}

# ---- accounting ------------------------------------------------------------

@test "bypass: losses, duplicates and reorderings as the ledger has them" {
	printf '%s\n' 'ab 0 drop' 'ab 33 drop' 'ab 100..149 drop' \
		'ba 200..219 drop' 'ab 250 dup' 'ba 260..264 dup' \
		'ab 300 swap' 'ba 320 swap' >"$DIR/plan"
	line_hosts --hold 1ms --cpu 0 --plan "$DIR/plan"
	start_reflector
	bypass -c 400 -i 2ms -W 0.4
	line_stop
	"$TRUTH" agree "$DIR/run.json" "$LEDGER"
	assert_identity
	assert_in_order
	json '.probes | .planned == 400 and .sent == 400 and .lost == 72
		and .late == 0 and .unrecorded == 0 and .lost_in_host == 0'
}

@test "bypass: an answer after the timeout is late, not lost" {
	line_hosts --hold 75ms --cpu 0
	start_reflector
	bypass -c 50 -i 5ms -W 0.1
	assert_identity
	json '.probes | .late == 50 and .received == 0 and .lost == 0'
	[ "$(awk -F, '$4 == "late"' "$DIR/samples.csv" | wc -l)" -eq 50 ]
	bypass -c 50 -i 5ms -W 0.5
	json '.probes | .late == 0 and .received == 50'
}

no_port_no_icmp() {
	near nstat -asz UdpNoPorts IcmpOutDestUnreachs | awk '
		/UdpNoPorts|IcmpOutDestUnreachs/ { n++; bad += $2 }
		END { exit bad || n != 2 }'
}

# Answers that come when nobody waits any more go up the stack.
@test "bypass: its port is bound: nobody else gets it, no ICMP goes out" {
	local status=0

	line_hosts --hold 150ms --cpu 0
	start_reflector
	probe_start -d 2 -i 5ms -W 50ms --source-port 40000 --engine bypass
	sleep 1.5
	near python3 -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("", 40000))' \
		2>"$DIR/bind.err" || status=$?
	[ "$status" -eq 1 ]
	grep -q 'in use' "$DIR/bind.err"
	no_port_no_icmp
	wait "$PROBE_PID" || status=$?
	assert_identity
	json '.probes | .received == 0 and .sent > 200
		and .lost + .late == .sent'
}

@test "bypass: what the interface refuses is unsent, not lost" {
	two_hosts
	neighbours_set
	start_reflector
	probe_start -d 2 -i 1ms -W 200ms --engine bypass
	await 10 test -e "$DIR/samples.csv"
	sleep 0.7
	near ip link set near0 down
	sleep 0.4
	near ip link set near0 up
	probe_wait
	assert_identity
	json '.probes | .planned == 2000 and .unsent > 300 and .unsent < 1600
		and .received > 200'
	# By the reflector's count all that were not unsent got there. While the
	# link goes down it still sends, and has no NAPI any more for replies:
	# for as long as RCU takes, some 100 ms where a CPU is busy.
	json '.loss.forward <= 10 and .probes.lost < .probes.unsent
		and .loss.forward + .loss.return == .probes.lost'
}

# veth takes no frame for an end that has no program.
@test "bypass: nothing leaves: status 1, all of it unsent" {
	two_hosts
	neighbours_set
	run -1 probe -c 100 -i 2ms -W 100ms --engine bypass
	assert_identity
	json '.probes | .unsent == 100 and .lost == 0 and .received == 0'
	grep 'nothing came back.*far0.*has no XDP program.*; to' \
		"$DIR/probe.err"
}

# ---- how it ends -----------------------------------------------------------

# interrupted: one run, ended by Ctrl-C; prints the us until its runner was gone
# (what is left is one thread, which reports and detaches).
interrupted() {
	rm -f "$DIR/samples.csv" "$DIR/run.json"
	spawn probe near "$XRTT" probe "$FAR4" --json "$DIR/run.json" \
		--samples "$DIR/samples.csv" -c 100000 -i 1ms --engine bypass
	await 10 test -e "$DIR/samples.csv"
	sleep 0.5
	python3 -c 'import os, signal, sys, time
task = f"/proc/{sys.argv[1]}/task"
assert len(os.listdir(task)) == 2
begun = time.monotonic()
os.kill(int(sys.argv[1]), signal.SIGINT)
while len(os.listdir(task)) > 1:
    pass
print(int((time.monotonic() - begun) * 1e6))' "$SPAWNED" >>"$DIR/took"
	wait "$SPAWNED" || fail "$(cat "$DIR/probe.err")"
}

@test "bypass: Ctrl-C ends it within 50 ms and loses nothing" {
	two_hosts
	start_reflector
	for _ in {1..5}; do
		interrupted
		assert_identity
		assert_in_order
		json '.run.interrupted and (.probes | .received == .sent and
			.lost == 0 and .planned < 5000 and .sent > 100)'
		# What was due while it stopped; the rest was never planned.
		json '.probes.unsent <= 60'
		[ "$(awk 'END { print NR - 1 }' "$DIR/samples.csv")" -eq \
			"$(json .probes.planned)" ]
	done
	sort -n "$DIR/took"
	[ "$(sort -n "$DIR/took" | sed -n 3p)" -le 50000 ]
}

@test "bypass: SIGQUIT reports and goes on" {
	two_hosts
	start_reflector
	probe_start -c 1500 -i 1ms --engine bypass
	await 10 test -e "$DIR/samples.csv"
	sleep 0.5
	kill -QUIT "$(pgrep -P "$PROBE_PID")"
	await 5 grep -q '^  sent ' "$DIR/probe.out"
	probe_wait
	json '.probes.received == 1500 and (.run.interrupted | not)'
	[ "$(grep -c '^  sent ' "$DIR/probe.out")" -eq 2 ]
}

bare() {
	! near bpftool net show | grep -q xrtt &&
		! near ip link show near0 | grep -q xdp
}

@test "bypass: kill -9 leaves nothing" {
	two_hosts
	start_reflector
	spawn probe near "$XRTT" probe "$FAR4" --samples "$DIR/samples.csv" \
		-c 100000 -i 1ms --engine bypass
	await 10 test -e "$DIR/samples.csv"
	run -1 bare
	kill -KILL "$SPAWNED"
	await 2 process_gone "$SPAWNED"
	await 2 bare
	bypass -c 50 -i 1ms
	assert_bypassed 50
}

# It waits for 200 independent samples; the line's jitter makes them so, on a
# busy host too.
@test "bypass: --until ends it" {
	line_hosts --hold 100us --jitter uniform:100us --cpu 0
	start_reflector
	PROBE_LIMIT=20 bypass --until p50+-50us -i 1ms
	assert_identity
	json '(.run.interrupted | not) and .probes.planned > 100
		and .probes.received == .probes.sent'
	json '.network_ns.ci95.p50 | .[1] - .[0] <= 100000'
}

# ---- flood, and both -------------------------------------------------------

@test "bypass: --flood, one by one and in batches" {
	local batch

	two_hosts
	start_reflector --rate 0
	for batch in 1 64; do
		bypass --flood --batch "$batch" -d 300ms
		assert_identity
		assert_in_order
		json '.probes | .unrecorded == 0 and .unsent == 0 and .lost == 0
			and .received == .sent and .sent > 20000'
	done
}

@test "bypass: --engine both is two whole results and their sum" {
	two_hosts
	start_reflector
	probe_ok -c 201 -i 1ms --engine both
	assert_identity
	assert_in_order
	json '(.engines.socket | keys) == keys and
		(.engines.bypass | keys) == keys'
	json '.probes.planned == 201 and .probes.received == 201'
	json '.engines.socket.probes.planned == 101 and
		.engines.bypass.probes.planned == 100'
	json '. as $all | [.probes | keys[] | select(test("reorder") | not) |
		$all.probes[.] == $all.engines.socket.probes[.] +
			$all.engines.bypass.probes[.]] | all'
	json '.engines | .socket.engine == "socket" and
		.bypass.engine == "bypass" and .socket.rtt_ns.n == 101 and
		.bypass.network_ns.n == 100 and .socket.network_ns.n == 101'
	jq -e '.engines.bypass.rtt_ns == null' "$DIR/run.json"
	json '.host_stack_ns | .out.p50 > 0 and .in.p50 > 0'
	# In turn.
	awk -F, 'NR > 1 && $3 != (NR % 2 ? "bypass" : "socket") { exit 1 }' \
		"$DIR/samples.csv"
}

# ---- what it refuses -------------------------------------------------------

refused() {
	run -2 --separate-stderr near "$XRTT" probe "${@:2}" -c 3
	[ -z "$output" ]
	# shellcheck disable=SC2154 # bats sets it
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	grep -q "$1" <<<"$stderr" || fail "not said: $1 in $stderr"
}

@test "bypass: what it cannot do is one line and status 2" {
	two_hosts
	refused 'STAMP and TCP only' "$FAR4" --engine bypass --protocol icmp
	refused 'STAMP and TCP only' "$FAR4" --engine both --protocol icmp
	refused 'only --engine bypass' "$FAR4" --flood
	refused 'only --engine bypass' "$FAR4" --flood --engine both
	refused 'only with --flood' "$FAR4" --engine bypass --batch 8
	refused 'not this host itself' "$NEAR4" --engine bypass
	refused 'not this host itself' "$NEAR6" --engine both
}

@test "bypass: under the sanitizers" {
	local san=${XRTT_ITSELF%/*}/san/xrtt

	[ -x "$san" ] || skip "no $san"
	two_hosts
	start_reflector
	XRTT=$san
	bypass -c 200 -i 2ms
	assert_bypassed 200
	probe_ok -c 200 -i 2ms --engine both
	json '.probes.received == 200'
}
