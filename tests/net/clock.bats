#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# The clock is pushed during a run over a line that times its hold by
# CLOCK_MONOTONIC_RAW, which cannot be pushed: xrtt finds the push, says when it
# was, and its bound on what the push did to a round trip holds.

PPM=100
SECONDS_PUSHED=2

# An edge lies between two readings 100 ms apart; the machine may be late.
DATED_NS=200000000

# What the fast fiftieth of the probes scatters by on a busy machine; the push
# moves it by 5.5 us, and a line that times by the pushed clock by nothing.
SCATTER_NS=2000

HOLD=27.5ms
ROUND_TRIP_NS=55000000

# The line keeps one CPU busy; whatever is measured runs on another.
LINE_CPU=1
PROBE_CPU=0

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	SLEW=$TOOLS/slew
	[ "$(nproc)" -ge 2 ] || skip "one CPU: the line needs its own"
	run "$SLEW" --check
	[ "$status" -eq 0 ] || skip "$output"
}

# The guard puts the rate back should the test be killed.
teardown() {
	harness_end
}

# A run is of use if the machine let the clock be pushed when it was to be, and
# is as fast after the push as before: neither knows what xrtt makes of it.
EDGE_NS=20000000
UNSTEADY_NS=1000
TRIES=5

# push PPM: while a run of 6 s goes on; sets FROM and TO.
push() {
	line_hosts --hold "$HOLD" --cpu "$LINE_CPU" --clock raw
	start_reflector
	PROBE_ENV=(taskset -c "$PROBE_CPU")
	probe_start -c 3000 -i 2ms
	await 10 test -s "$DIR/samples.csv"
	sleep 1.5
	"$SLEW" "$1" "$SECONDS_PUSHED" >"$DIR/slew"
	probe_wait
	read -r FROM TO _ EDGE <"$DIR/slew"
	line_stop
	"$BATS_TEST_DIRNAME/clock.py" shift "$DIR/run.json" \
		"$DIR/samples.csv" "$LEDGER" "$FROM" "$TO" \
		>"$DIR/shift.json" || return 0
	cat "$DIR/shift.json"
	json .clock
}

# jq -e calls no input at all a success.
is_of_use() {
	[[ -s $DIR/shift.json ]] && ((EDGE < EDGE_NS)) &&
		jq -e --argjson most $UNSTEADY_NS \
			'.unsteady_ns <= $most' "$DIR/shift.json" >/dev/null
}

measure_pushed() {
	local try

	for ((try = 1; try <= TRIES; try++)); do
		push "$1"
		! is_of_use || return 0
		echo "# try $try: edges within $EDGE ns: $(<"$DIR/shift.json")"
		harness_end
		harness_start
	done
	skip "the machine was not steady in $TRIES tries"
}

# true_of PPM EXPR: of the run, with what was done as $from, $to, $ppm; $shift
# is what the samples show.
true_of() {
	jq -e --slurpfile shift "$DIR/shift.json" --argjson ppm "$1" \
		--argjson from "$FROM" --argjson to "$TO" \
		--argjson dated $DATED_NS --argjson scatter $SCATTER_NS \
		--argjson trip $ROUND_TRIP_NS \
		"(.run.origin_mono_ns | tonumber) as \$origin
		| .clock.steering as \$steering
		| \$shift[0].shift_ns as \$shift | $2" "$DIR/run.json"
}

# Times are printed as differences from what was done.
is_found() {
	# shellcheck disable=SC2016 # jq's variables
	true_of "$1" '$steering.events | map({ppm,
			began: (.from_ns + $origin - $from),
			ended: (.to_ns + $origin - $to)})
		| debug | length == 1
		and (.[0].ppm - $ppm | fabs) < 1
		and (.[0].began | fabs) < $dated
		and (.[0].ended | fabs) < $dated'
}

is_covered() {
	# shellcheck disable=SC2016 # jq's variables
	true_of "$1" '($shift - $trip * $ppm / 1e6 | fabs) < $scatter
		and ($shift | fabs) - $scatter
			<= $trip * $steering.departure_ppm / 1e6
		and $steering.departure_ppm < 1.05 * ($ppm | fabs)'
}

@test "clock: pushed forwards for 2 s" {
	measure_pushed $PPM
	is_found $PPM
	is_covered $PPM
}

@test "clock: pushed backwards for 2 s" {
	measure_pushed -$PPM
	is_found -$PPM
	is_covered -$PPM
}

@test "clock: left alone, it never departs" {
	line_hosts --hold "$HOLD" --cpu "$LINE_CPU" --clock raw
	start_reflector
	PROBE_ENV=(taskset -c "$PROBE_CPU")
	probe_ok -c 600 -i 5ms
	json .clock
	json '.clock.steering | .departures == 0 and .events == []
		and .departure_ppm < 2 and .readings >= 20'
}

@test "clock: nobody disciplines it: the bound is 50 ppm, and said first" {
	two_hosts
	start_reflector
	probe_ok -c 20 -i 5ms
	json '.clock | .disciplined == false and .rate_ppm >= 50'
	head -n 1 "$DIR/probe.out" | grep -q 'clock undisciplined, ±50 ppm'
	json '.clock.reading | .p50_ns > 0 and .p99_ns >= .p50_ns
		and .cpus >= 1'
}

@test "clock: a push is undone by whoever outlives it" {
	local before

	before=$("$SLEW" --rate)
	is_rate_before() {
		[ "$("$SLEW" --rate)" = "$before" ]
	}
	is_pushed() {
		! is_rate_before
	}
	"$SLEW" 1 20 >/dev/null 2>&1 3>&- &
	await 5 is_pushed
	kill -KILL $!
	await 5 is_rate_before
}
