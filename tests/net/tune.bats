#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# --tune and --busy-poll on a veth: it has no interrupt moderation, but NAPI
# with its deferral (by GRO here, whatever the hooks). What is changed is said,
# and put back however the run ends. Other drivers are in tests/unit.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
	two_hosts
	near ethtool -K near0 gro on
	start_reflector --rate 0
}

teardown() {
	harness_end
}

# deferral DEFER TIMEOUT: near0 has these.
deferral() {
	local dir=/sys/class/net/near0

	[[ $(near cat $dir/napi_defer_hard_irqs $dir/gro_flush_timeout) == \
		"$1"$'\n'"$2" ]]
}

# Notes of runs on this test's near0; others' may lie in the same directory.
notes() {
	local inode

	inode=$(near stat -Lc %i /proc/self/ns/net)
	grep -l "^netns $inode " /run/xrtt/near0.* 2>/dev/null
}

no_notes() {
	! notes
}

# tuned_run [OPTION...]: in the background until it has tuned; $PROBER.
tuned_run() {
	spawn probe near "$XRTT" probe "$FAR4" -d 30 -i 5ms "$@"
	PROBER=$SPAWNED
	await 10 deferral 2 200000 || fail "$(cat "$DIR/probe.err")"
	notes
}

ended() {
	await 5 process_gone "$PROBER" || fail "still there"
	wait "$PROBER" || true
}

said() {
	grep -q "$1" "$DIR/probe.err" || fail "not said: $1 in $(
		cat "$DIR/probe.err"
	)"
}

@test "tune: every change is said, and put back at the end" {
	probe_ok -c 20 -i 2ms --tune --busy-poll
	said 'near0: napi_defer_hard_irqs 0 -> 2$'
	said 'near0: gro_flush_timeout 0 -> 200000$'
	said 'near0: interrupt moderation .* has none to set'
	said 'CPUs: '
	said 'near0: napi_defer_hard_irqs 2 -> 0, as it was'
	said 'near0: gro_flush_timeout 200000 -> 0, as it was'
	deferral 0 0
	no_notes
}

@test "tune: nothing is touched unasked" {
	spawn probe near "$XRTT" probe "$FAR4" -c 200 -i 5ms
	PROBER=$SPAWNED
	for _ in {1..10}; do
		deferral 0 0
		no_notes
		sleep 0.05
	done
	ended
	run -1 grep -E 'near0: .* -> |CPUs: ' "$DIR/probe.err"
}

@test "tune: put back on Ctrl-C" {
	tuned_run --busy-poll
	signal_pid INT "$PROBER"
	ended
	deferral 0 0
	no_notes
}

@test "tune: put back where the run fails" {
	pass_all near
	run -3 probe -c 20 --tune --busy-poll --rx-hook xdp
	deferral 0 0
	no_notes
}

@test "tune: what kill -9 left is put back by the next start" {
	tuned_run --busy-poll
	signal_pid KILL "$PROBER"
	ended
	deferral 2 200000
	notes
	await 5 probe_ok -c 5 -i 2ms
	said 'near0: napi_defer_hard_irqs 2 -> 0, as it was before a run that'
	deferral 0 0
	no_notes
}

@test "tune: somebody else's later change is left alone" {
	tuned_run --busy-poll
	near sh -c 'echo 7000 >/sys/class/net/near0/gro_flush_timeout'
	signal_pid INT "$PROBER"
	ended
	deferral 0 7000
	said 'gro_flush_timeout is 7000 now, not the 200000'
}
