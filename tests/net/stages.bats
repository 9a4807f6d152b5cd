#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# 200 us put into one stage show up in that stage to within 10 us and nowhere
# else. Every other probe is held, so the rest of the same run are the measure,
# and the machine's moods cancel.

bats_require_minimum_version 1.5.0

HELD_NS=200000
HELD=${HELD_NS}ns
TOLERANCE_NS=10000
COUNT=800
INTERVAL=5ms

# What spins has one CPU, and whoever is woken another.
HOLD_CPU=1
PROBE_CPU=0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
}

teardown() {
	harness_end
}

# The stages by which odd probes took longer: only $1, by what was put in.
assert_held_in() {
	local odd

	odd=$("$NET_ROOT/tests/net/samples.py" odd "$DIR/samples.csv")
	echo "odd - even, ns: $odd"
	jq -e --arg stage "$1" --argjson held "$HELD_NS" \
		--argjson tolerance "$TOLERANCE_NS" '
		.[$stage] != null and (del(.[] | nulls) | [to_entries[] |
			.value - (if .key == $stage then $held else 0 end) |
			fabs <= $tolerance] | all)' <<<"$odd" >/dev/null &&
		assert_identity && assert_in_order
}

# The injector goes in after xrtt, so that "before" means before xrtt.
probe_held_at() {
	local target=near0

	two_hosts
	start_reflector
	case $1 in cgroup-*)
		cgroup_add
		target=$CGROUP
		;;
	esac
	probe_start -c "$COUNT" -i "$INTERVAL"
	sleep 0.3
	inject "$1" "$target" "$HELD" --odd
	probe_wait
	stop_pid "$INJECTOR"
	cat "$DIR/delay-$1.out"
}

@test "stages: the cgroup's egress hook holds: app_to_tc" {
	probe_held_at cgroup-egress
	assert_held_in app_to_tc
}

@test "stages: a later TC egress program holds: tc_to_driver" {
	probe_held_at tcx-egress-after
	assert_held_in tc_to_driver
}

# A virtual CPU that sleeps is woken the later the longer it has slept, and odd
# probes sleep longer: this one has something to do whenever nobody else has.
probe_on_awake_cpu() {
	PROBE_ENV=(taskset -c "$PROBE_CPU")
	spawn awake near timeout 60 taskset -c "$PROBE_CPU" chrt --idle 0 \
		sh -c 'while :; do :; done'
}

# What the line was told is not what it did: the ledger has that.
@test "stages: the line holds: network" {
	local really

	seq 1 2 "$COUNT" | sed "s/.*/ab & hold $HELD/" >"$DIR/plan"
	line_hosts --hold 1ms --plan "$DIR/plan" --cpu "$HOLD_CPU"
	start_reflector
	probe_on_awake_cpu
	probe_ok -c "$COUNT" -i "$INTERVAL"
	line_stop
	really=$("$NET_ROOT/tests/net/truth.py" odd "$LEDGER")
	echo "the line held odd requests $really ns longer"
	((really > HELD_NS / 2))
	HELD_NS=$really assert_held_in network
}

@test "stages: a busy reflector that isn't ours holds: remote" {
	two_hosts
	spawn_ready reflector far "$BUSY_REFLECTOR" -p 862 --hold "$HELD" --odd
	probe_ok -c "$COUNT" -i "$INTERVAL"
	assert_held_in remote
}

@test "stages: an earlier TC ingress program holds: xdp_to_tc" {
	probe_held_at tcx-ingress-before
	assert_held_in xdp_to_tc
}

@test "stages: a later TC ingress program holds: tc_to_socket" {
	probe_held_at tcx-ingress-after
	assert_held_in tc_to_socket
}

@test "stages: the cgroup's ingress hook holds: tc_to_socket" {
	probe_held_at cgroup-ingress
	assert_held_in tc_to_socket
}

@test "stages: a slow reader holds: socket_to_app" {
	two_hosts
	start_reflector
	PROBE_ENV=(LD_PRELOAD="$SLOW_READER" SLOW_READER_NS="$HELD_NS"
		SLOW_READER_ODD=1)
	probe_ok -c "$COUNT" -i "$INTERVAL"
	assert_held_in socket_to_app
}

@test "stages: with nothing held no stage of odd probes is longer" {
	two_hosts
	start_reflector
	probe_ok -c "$COUNT" -i "$INTERVAL"
	HELD_NS=0 assert_held_in network
	run ! assert_held_in network
}

@test "stages: the report's medians are those of the samples" {
	local stage expr

	two_hosts
	start_reflector
	inject tcx-egress-after near0 "$HELD"
	probe_ok -c "$COUNT" -i "$INTERVAL"
	while read -r stage expr; do
		json ".stages_ns.$stage.p50 - $(csv_median "$expr") |
			fabs <= 50" >/dev/null
	done <<-END
	app_to_tc tc_tx_ns - app_tx_ns
	tc_to_driver drv_tx_ns - tc_tx_ns
	xdp_to_tc tc_rx_ns - xdp_rx_ns
	tc_to_socket sock_rx_ns - tc_rx_ns
	socket_to_app app_rx_ns - sock_rx_ns
	END
	json ".stages_ns.tc_to_driver.p50 - $HELD_NS |
		0 <= . and . <= $TOLERANCE_NS"
}
