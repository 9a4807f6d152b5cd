#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# What xrtt reports against what the line's ledger knows: the reply leaving the
# line towards the prober minus the request entering it, both stamped in the
# kernel by a program that shares no source with xrtt.

# What lies between the line's stamps and xrtt's is two veth hops. They are
# never negative, and the best hundredth of them is below 2 us on a busy
# machine; a line that lies by 5 us adds 5.
LEAST_NS=0
MOST_NS=4500
TRUTH=$BATS_TEST_DIRNAME/truth.py

# The line keeps one CPU busy; whatever is measured runs on another.
LINE_CPU=1
PROBE_CPU=0

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	[ "$(nproc)" -ge 2 ] || skip "one CPU: the line needs its own"
	PROBE_ENV=(taskset -c "$PROBE_CPU")
}

teardown() {
	harness_end
}

# measure LINE_OPTION... -- PROBE_ARGUMENT...
measure() {
	local line=()

	while [ "$1" != -- ]; do
		line+=("$1")
		shift
	done
	shift
	line_hosts --hold 5ms --cpu "$LINE_CPU" "${line[@]}"
	start_reflector
	probe_ok "$@" -c 2000 -i 1ms
	line_stop
	"$TRUTH" error "$DIR/samples.csv" "$LEDGER" | tee "$DIR/error.json"
	assert_identity
	assert_in_order
}

is_true() {
	jq -e ".n >= 1990 and .unmatched == 0 and .p1 > $LEAST_NS
		and .p1 < $MOST_NS" "$DIR/error.json"
}

@test "truth: network time over IPv4" {
	measure --
	is_true
}

@test "truth: network time over IPv6" {
	measure -- "$FAR6"
	is_true
}

@test "truth: a line that lies by 5 us is caught" {
	measure --lie 5us --
	run ! is_true
	jq -e ".p1 > $MOST_NS" "$DIR/error.json"
}
