#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# xrtt flows: which paths there are and when a flow changes its own, against the
# line's ledger; many flows with either engine; what it prints.

# shellcheck disable=SC2030,SC2031,SC2016 # bats runs each in a subshell; jq
bats_require_minimum_version 1.5.0

TRUTH=$BATS_TEST_DIRNAME/flows_truth.py
PORT=40000

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
}

teardown() {
	harness_end
}

flows_words() {
	FLOWS=(timeout -k 20 90 ip netns exec "$NS-near" "$XRTT" flows "$@"
		--json "$DIR/run.json" --samples "$DIR/samples.csv")
}

# flows TARGET [OPTION...]: leaves run.json, samples.csv, flows.out, flows.err.
flows() {
	flows_words "$@"
	"${FLOWS[@]}" >"$DIR/flows.out" 2>"$DIR/flows.err" 3>&-
}

flows_ok() {
	local status=0

	flows "$@" || status=$?
	((status == 0)) && return
	cat "$DIR/flows.out" "$DIR/flows.err" >&2
	fail "xrtt flows $* ended with status $status"
}

# The whole is the sum of its flows, and each flow's own identity holds.
assert_sums() {
	assert_identity
	assert_in_order
	json '[.flows[].probes | .planned == .sent + .unsent and .sent ==
		.received + .late + .lost + .lost_in_host + .unrecorded] | all'
	json '. as $r | ["planned", "sent", "unsent", "received", "late",
		"lost", "lost_in_host", "unrecorded", "duplicate",
		"reordered"] | map(. as $k | $r.probes[$k] ==
			([$r.flows[].probes[$k]] | add)) | all'
	json '[.flows[].flow] == [range(.flows | length)]'
	json '([.flows[].source_port] | unique | length) == (.flows | length)'
	json '.probes.unrecorded == 0 and .counts.slot_refused == 0
		and .counts.ring_full == 0'
}

# No probe behind one that was due later.
assert_sending_order() {
	awk -F, 'NR > 2 && $5 < due { exit 1 } { due = $5 }' "$DIR/samples.csv"
}

# ---- paths -----------------------------------------------------------------

# Four paths 1 ms and 150 us apart. Moved: one flow there and longer, one back
# and shorter, one twice, and a whole path at once; each level outlasts what
# might be a busy period.
paths_plan() {
	cat >"$DIR/paths" <<-'EOF'
		ab 40000..40002 hold 1ms
		ba 40000..40002 hold 1ms
		ab 40003 hold 1ms
		ba 40003 hold 1ms
		ab 40003 hold 2ms at 8s
		ab 40004 hold 1ms
		ba 40004 hold 2ms
		ba 40004 hold 1ms at 9s
		ab 40005..40006 hold 1ms
		ba 40005..40006 hold 1150us
		ab 40007 hold 3ms
		ba 40007 hold 1ms
		ab 40007 hold 1ms at 8500ms
		ab 40007 hold 3ms at 16500ms
		ab 40008..40011 hold 1ms
		ba 40008..40011 hold 2ms
		ba 40008..40011 hold 1150us at 10s
	EOF
	printf '%s\n' 'ab 100..111 drop' 'ab 301 drop' 'ba 500..504 drop' \
		'ba 800 drop' >"$DIR/plan"
}

paths_found() {
	assert_sums
	assert_sending_order
	line_stop
	"$TRUTH" paths "$DIR/run.json" "$LEDGER" "$DIR/paths"
	"$TRUTH" samples "$DIR/samples.csv" "$DIR/run.json" "$LEDGER"
	json '.flow_hours * 3600 | . > 12 * 23 and . < 12 * 24'
}

paths_line() {
	paths_plan
	line_hosts --hold 1ms --cpu 0 --paths "$DIR/paths" \
		--plan "$DIR/plan" --jitter exp:20us --seed 5
	start_reflector
}

@test "flows: paths, members, shifts and losses as the line has them" {
	paths_line
	flows_ok "$FAR4" --flows 12 --source-port $PORT -i 5ms -d 24
	paths_found
}

@test "flows: the same past the stack, over IPv6" {
	paths_line
	flows_ok "$FAR6" --flows 12 --source-port $PORT -i 5ms -d 24 \
		--engine bypass
	json '.engine == "bypass"'
	paths_found
}

@test "flows: one path is one class, whatever the noise" {
	line_hosts --hold 2ms --cpu 0 --jitter ar:300us:1s --seed 11
	start_reflector
	flows_ok "$FAR4" --flows 8 -i 5ms -d 8
	assert_sums
	json '(.events | length) == 0 and (.classes | length) == 1
		and .classes[0].flows == [range(8)]
		and .classes[0].share == 1
		and .classes[0].dwell_s.censored == 8'
}

# ---- many, and one ---------------------------------------------------------

@test "flows: 256 of them, 10 000 probes a second, either engine" {
	local engine

	two_hosts
	start_reflector --rate 0
	for engine in socket bypass; do
		flows_ok "$FAR6" --flows 256 -i 100us -d 3 --engine $engine
		assert_sums
		assert_sending_order
		json '.probes | .planned == 30000 and .received == .sent
			and .sent >= 29000'
		json '(.flows | length) == 256
			and ([.flows[].network_ns.n] | min) >= 110'
	done
}

@test "flows: the engine that works" {
	two_hosts
	start_reflector
	flows_ok "$FAR4" --flows 4 -c 100 -i 2ms --engine auto
	assert_sums
	json '.engine == "bypass" and .probes.received == 100'
}

@test "flows: one flow, and counts that no flow divides" {
	two_hosts
	start_reflector
	flows_ok "$FAR4" --flows 1 -c 50 -i 2ms
	assert_sums
	json '(.flows | length) == 1 and .flows[0].probes.received == 50
		and .flows[0].source_port == .target.source_port'
	flows_ok "$FAR6" --flows 7 -c 50 -i 2ms --pacing poisson --seed 3
	assert_sums
	json '[.flows[].probes.received] == [8, 7, 7, 7, 7, 7, 7]'
}

@test "flows: answers at TC" {
	two_hosts
	pass_all far
	start_reflector --hook tc
	flows_ok "$FAR4" --flows 5 -c 100 -i 2ms --rx-hook tc
	assert_sums
	json '.hooks.rx == "tc" and .probes.received == 100'
}

@test "flows: nobody answers: status 1, and every flow says so" {
	local status=0

	two_hosts
	neighbours_set
	flows "$FAR4" --flows 3 -c 9 -i 5ms -W 50ms || status=$?
	[ $status -eq 1 ]
	assert_identity
	json '.probes.sent == 9 and .probes.lost == 9
		and ([.flows[].probes.lost] == [3, 3, 3])
		and (.classes | length) == 0 and (.segments | length) == 0'
	json '[.flows[].network_ns == null and .flows[].class == null] | all'
}

# ---- how it ends -----------------------------------------------------------

@test "flows: Ctrl-C ends it and loses nothing" {
	local engine status pid

	line_hosts --hold 20ms --cpu 0
	start_reflector
	for engine in socket bypass; do
		flows_words "$FAR4" --flows 16 -i 2ms --engine $engine
		setsid "${FLOWS[@]}" >"$DIR/flows.out" 2>"$DIR/flows.err" 3>&- &
		pid=$!
		defer stop_pid $pid
		await 10 test -e "$DIR/samples.csv"
		sleep 1.5
		kill -TERM $pid
		status=0
		wait $pid || status=$?
		[ $status -eq 0 ] ||
			fail "status $status: $(cat "$DIR/flows.err")"
		assert_sums
		json '.run.interrupted and .probes.lost == 0
			and .probes.received == .probes.sent
			and .probes.received > 300'
		[ "$(wc -l <"$DIR/samples.csv")" -eq \
			$(($(json .probes.planned) + 1)) ]
		rm "$DIR/samples.csv"
	done
}

# ---- what it says ----------------------------------------------------------

@test "flows: every key is there" {
	two_hosts
	start_reflector
	flows_ok "$FAR4" --flows 2 -c 40 -i 5ms
	json '["schema", "probes", "loss", "network_ns", "flows", "segments",
		"classes", "events", "bar_ns", "flow_hours", "mine"] -
		keys == []'
	json '[.flows[] | ["flow", "source_port", "class", "probes", "loss",
		"network_ns"] - keys == []] | all'
	json '[.segments[] | ["flow", "class", "from_ns", "to_ns", "censored",
		"min_ns", "below_ns", "probes"] - keys == []] | all'
	json '[.classes[] | (["class", "min_ns", "below_ns", "flows", "share",
		"dwell_s"] - keys == []) and (.dwell_s | ["n", "censored",
		"mean", "ci95", "median"] - keys == [])] | all'
	jq -e '.mine == null' "$DIR/run.json"
	json '.flows[1].network_ns.instrument.p50.terms | length > 5'
	json '[.segments[].censored] == [true, true]'
	near "$XRTT" flows "$FAR4" --flows 2 -c 10 -q --json - |
		jq -e '.flows | length == 2'
}

refused() {
	run -2 --separate-stderr near "$XRTT" flows "${@:2}"
	[ -z "$output" ]
	# shellcheck disable=SC2154 # bats sets it
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	grep -q "$1" <<<"$stderr" || fail "not said: $1 in $stderr"
}

@test "flows: what it cannot do is one line and status 2" {
	two_hosts
	refused 'from 1 to 256' "$FAR4" --flows 257
	refused 'from 1 to 256' "$FAR4" --flows 0
	refused 'beyond 65535' "$FAR4" --source-port 65530
	refused 'nor 862' "$FAR4" --source-port 850
	refused 'nor 862' "$FAR4" --source-port 40000 -p 40008
	refused 'no such option' "$FAR4" --flood
}
