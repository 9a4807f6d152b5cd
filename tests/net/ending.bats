#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# How a run ends: by count, by time, by Ctrl-C once and twice; what is said on
# the way and where; answers that come too late.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

monotonic_ns() {
	python3 -c 'import time; print(time.monotonic_ns())'
}

# prober [OPTION...]: in the background until it sends; $PROBER.
prober() {
	spawn probe near "$XRTT" probe "$FAR4" --json "$DIR/run.json" \
		--samples "$DIR/samples.csv" "$@"
	PROBER=$SPAWNED
	await 10 test -e "$DIR/samples.csv" || fail "$(cat "$DIR/probe.err")"
}

# ended SECONDS STATUS
ended() {
	local status=0

	await "$1" process_gone "$PROBER" || fail "still there after $1 s"
	wait "$PROBER" || status=$?
	[ "$status" -eq "$2" ] || fail "status $status: $(cat "$DIR/probe.err")"
}

goes_on() {
	! process_gone "$PROBER"
}

rows() {
	awk 'END { print NR - 1 }' "$DIR/samples.csv"
}

@test "ending: -c, -d, and whichever comes first" {
	two_hosts
	start_reflector
	probe_ok -c 20 -i 2ms
	json '.probes.planned == 20 and .probes.received == 20'
	probe_ok -d 0.2 -i 2ms
	json '.probes.planned == 100 and .probes.received == 100'
	probe_ok -d 10s -c 30 -i 2ms
	json '.probes.planned == 30'
	probe_ok -d 100ms -c 1000 -i 2ms
	json '.probes.planned == 50 and (.run.interrupted | not)'
	assert_identity
}

@test "ending: Ctrl-C reports what was measured, and plans no more" {
	local interval=5000000 before after due

	two_hosts
	start_reflector
	prober -c 100000 -i 5ms
	sleep 1
	before=$(monotonic_ns)
	kill -INT "$PROBER"
	after=$(monotonic_ns)
	ended 5 0
	assert_identity
	assert_in_order
	json '.run.interrupted and .probes.received == .probes.planned'
	[ "$(rows)" -eq "$(json .probes.planned)" ]
	grep -q 'sent .*received' "$DIR/probe.out"
	# As many as were due; the host may have been asleep for some of them.
	due=$(json '.run.origin_mono_ns | tonumber')
	json ".probes.planned | . <= $(((after - due) / interval + 2)) and
		. >= $(((before - due) / interval - 20))"
}

# Those that the reflector never saw are waited for, if need be for a minute.
@test "ending: the second Ctrl-C ends the wait" {
	two_hosts
	start_reflector --hook tc
	spawn_ready drop far "$DELAY" tcx-ingress-before far0 0 --drop \
		--nth 51-100000
	prober -c 100000 -i 5ms -W 30s
	sleep 1
	kill -INT "$PROBER"
	sleep 0.5
	goes_on
	kill -INT "$PROBER"
	ended 2 0
	assert_identity
	json '.run.interrupted and .probes.received >= 45
		and .probes.planned > .probes.received'
	[ "$(rows)" -eq "$(json .probes.planned)" ]
}

@test "ending: Ctrl-C before anything came back" {
	two_hosts
	neighbours_set
	start_reflector --allow 10.99.0.0/16
	prober -c 100000 -i 5ms -W 200ms
	sleep 0.3
	kill -INT "$PROBER"
	ended 5 1
	assert_identity
	json '.probes.received == 0 and .probes.lost > 0'
}

# The bypass engine's program does not tell of the last probe that it sent, and
# of both, one of the socket's may just have been due.
@test "ending: Ctrl-C right behind a probe that nobody answers" {
	local pace

	two_hosts
	neighbours_set
	start_reflector --allow 10.99.0.0/16
	for pace in "bypass --flood" "bypass -i 20us" "both -i 100us"; do
		# shellcheck disable=SC2086 # words
		prober --engine $pace -c 100000000 -W 100ms
		sleep 0.5
		kill -INT "$PROBER"
		ended 5 1
		assert_identity
		json '.run.interrupted and .probes.received == 0 and
			.probes.lost > 0'
		rm "$DIR/samples.csv"
	done
}

# What a wait may go on for behind the signal, on a busy machine.
STOP_MOST_US=1500000

# stopped WORDS: Ctrl-C ends the wait that it comes in, and nothing is measured.
stopped() {
	local before

	goes_on
	before=${EPOCHREALTIME/./}
	kill -INT "$PROBER"
	ended 2 1
	((${EPOCHREALTIME/./} - before < STOP_MOST_US))
	cat "$DIR/probe.err"
	grep -q "$1" "$DIR/probe.err"
	[ ! -e "$DIR/run.json" ]
}

@test "ending: Ctrl-C while a neighbour is asked for" {
	two_hosts
	spawn probe near "$XRTT" probe 10.77.0.99 --json "$DIR/run.json"
	PROBER=$SPAWNED
	sleep 0.7
	stopped 'interrupted before anybody answered for 10.77.0.99 on near0'
}

@test "ending: Ctrl-C while a carrier is away" {
	two_hosts
	neighbours_set
	spawn probe near env "LD_PRELOAD=$TOOLS/old_kernel.so" \
		OLD_KERNEL=carrier "$XRTT" probe "$FAR4" \
		--json "$DIR/run.json"
	PROBER=$SPAWNED
	await 10 eval 'near ip link show near0 | grep -q "state DOWN"'
	sleep 0.3
	stopped 'interrupted before the carrier of near0 was back'
}

# Its frames' answers take 600 ms.
@test "ending: SIGQUIT does not end --engine auto's trial" {
	(($(nproc) > 1)) || skip "one CPU: nothing is tried"
	line_hosts --hold 300ms --cpu 0
	start_reflector
	spawn probe near "$XRTT" probe "$FAR4" --json "$DIR/run.json" \
		-c 20 -i 5ms --engine auto
	PROBER=$SPAWNED
	PROBE_PID=$SPAWNED
	await 10 hooks_attached
	sleep 0.3
	kill -QUIT "$PROBER"
	ended 10 0
	json '.engine == "bypass" and .probes.received == 20'
	[ "$(grep -c '^  sent ' "$DIR/probe.out")" -eq 2 ]
}

@test "ending: SIGQUIT reports and goes on" {
	two_hosts
	start_reflector
	prober -c 400 -i 5ms
	sleep 0.7
	kill -QUIT "$PROBER"
	await 5 grep -q '^  sent ' "$DIR/probe.out"
	goes_on
	ended 10 0
	assert_identity
	json '.probes.received == 400 and (.run.interrupted | not)'
	[ "$(grep -c '^  sent ' "$DIR/probe.out")" -eq 2 ]
	grep -q '^  sent 400 ' "$DIR/probe.out"
}

@test "ending: an answer after the timeout is late, not lost" {
	line_hosts --hold 250ms
	start_reflector
	probe_ok -c 20 -i 5ms -W 0.35
	assert_identity
	json '.probes | .late == 20 and .received == 0 and .lost == 0'
	[ "$(awk -F, '$4 == "late"' "$DIR/samples.csv" | wc -l)" -eq 20 ]
	probe_ok -c 20 -i 5ms -W 2
	json '.probes | .late == 0 and .received == 20'
}

@test "ending: -v tells of each probe once, late ones too" {
	line_hosts --hold 250ms
	start_reflector
	probe_ok -c 20 -i 5ms -W 0.35 -v
	[ "$(grep -c '^seq .* late ' "$DIR/probe.out")" -eq 20 ]
	[ "$(grep -c '^seq ' "$DIR/probe.out")" -eq 20 ]
}

# The replies were there all the time: nobody lost them.
@test "ending: a prober that was stopped for a while loses nothing" {
	two_hosts
	start_reflector
	prober -c 400 -i 5ms -W 200ms
	sleep 0.7
	kill -STOP "$PROBER"
	sleep 0.8
	kill -CONT "$PROBER"
	ended 10 0
	assert_identity
	assert_in_order
	json '.probes | .lost == 0 and .lost_in_host == 0 and .unsent == 0
		and .received + .late == 400'
}

# ---- where it is said ------------------------------------------------------

@test "ending: --json - leaves nothing else on stdout" {
	two_hosts
	start_reflector
	near "$XRTT" probe "$FAR4" -c 20 -i 2ms --json - -v \
		>"$DIR/run.json" 2>"$DIR/err"
	[ "$(jq -s length "$DIR/run.json")" -eq 1 ]
	json '.schema == "xrtt/1" and .probes.received == 20'
	grep -q '^  sent 20 ' "$DIR/err"
	[ "$(wc -l <"$DIR/err")" -gt 25 ] # -v: a line a probe
	near "$XRTT" probe "$FAR4" -c 20 -i 2ms --json - -q \
		>"$DIR/run.json" 2>"$DIR/err"
	json '.probes.received == 20'
	[ ! -s "$DIR/err" ]
}

@test "ending: no progress line where nobody watches, no colour in a pipe" {
	two_hosts
	start_reflector
	probe_ok -c 300 -i 5ms
	[ ! -s "$DIR/probe.err" ]
	[ "$(tr -cd '\033\r' <"$DIR/probe.out" | wc -c)" -eq 0 ]
}

@test "ending: samples that cannot be written are one line, not the end" {
	local to

	two_hosts
	start_reflector
	ln -s /dev/full "$DIR/full.csv"
	ln -s /dev/full "$DIR/full.jsonl"
	for to in "$DIR/full.csv" "$DIR/full.jsonl" /sys/samples.csv; do
		near "$XRTT" probe "$FAR4" -c 2000 -i 200us --samples "$to" \
			--json "$DIR/run.json" >"$DIR/out" 2>"$DIR/err"
		cat "$DIR/err"
		[ "$(wc -l <"$DIR/err")" -eq 1 ]
		grep -q "$to: " "$DIR/err"
		grep -q '^  sent 2000 \|^  sent 2 000 ' "$DIR/out"
		json '.probes.planned == 2000 and .probes.received > 0'
		assert_identity
	done
}
