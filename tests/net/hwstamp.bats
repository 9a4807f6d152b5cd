#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# --hw-stamps: what it says and does on a veth, which has no such stamps, and
# with a made-up NIC (fake_nic.c), because no real one is here. The made-up one
# stamps EARLY before the kernel's software stamp, which lies between XDP and TC
# ingress: so each probe tells by itself where hw_rx has to be.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell

bats_require_minimum_version 1.5.0

HOLD=1ms     # each way: before that much nothing is out of order
EARLY=200000 # ns
# Beside the bar: the preload's own two readings of a clock are up to this much
# apart, but for those that were interrupted.
SLACK=2000
STRAYS=0.02

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
}

teardown() {
	harness_end
}

said() {
	grep -q -- "$1" "$DIR/probe.err" || fail "not said: $1 in $(
		cat "$DIR/probe.err"
	)"
}

notes() {
	local inode

	inode=$(near stat -Lc %i /proc/self/ns/net)
	grep -l "^netns $inode " /run/xrtt/near0.* 2>/dev/null
}

hosts() {
	two_hosts && start_reflector --rate 0
}

no_notes() {
	! notes
}

# fake_nic [VARIABLE=VALUE...]: for every run from here on, over a line.
# shellcheck disable=SC2034 # the harness reads it
fake_nic() {
	line_hosts --hold $HOLD
	start_reflector --rate 0
	PROBE_ENV=(LD_PRELOAD="$TOOLS/fake_nic.so" FAKE_NIC=near0
		FAKE_NIC_STATE="$DIR/nic" FAKE_NIC_PPM=31.4
		FAKE_NIC_EARLY_NS="$EARLY" "$@")
}

# The receive filter: 0 is off, 1 all.
filter() {
	[[ -e $DIR/nic ]] || printf '\0%.0s' {1..12} >"$DIR/nic"
	(($(od -An -t d4 -j 8 -N 4 "$DIR/nic") == $1))
}

# Every hw_rx is where it has to be; how many probes have one.
check_places() {
	jq -er '.clock.nic.bar_max_ns' "$DIR/run.json" >/dev/null
	awk -F, -v early=$EARLY -v strays=$STRAYS -v slack=$((SLACK + \
		$(jq '.clock.nic.bar_ns | ceil' "$DIR/run.json"))) '
		NR == 1 {
			for (i = 1; i <= NF; i++)
				at[$i] = i
			next
		}
		$at["hw_rx_ns"] != "" {
			n++
			hw = $at["hw_rx_ns"] + early
			if (hw < $at["xdp_rx_ns"] - slack ||
			    hw > $at["tc_rx_ns"] + slack)
				off++
		}
		END {
			print n + 0
			exit off > strays * n
		}' "$DIR/samples.csv"
}

@test "hw-stamps: a veth has none, which is said and costs nothing" {
	local engine

	hosts
	for engine in socket bypass both; do
		probe_ok -c 20 -i 2ms --engine $engine --hw-stamps
		said 'near0: no hardware stamps: the driver .*ethtool -T'
		json '.hooks.rx == "xdp" and .clock.nic == null and
			(.hooks.fallbacks | map(select(.stage == "hw_rx")) |
				length == 1 and (.[0].why | contains("driver")))
			and
			.counts.hw_stamp_missing == 0 and .network_ns.n > 0'
		run -1 grep -q restart "$DIR/probe.err"
		no_notes
	done
}

@test "hw-stamps: nothing of it unasked" {
	fake_nic
	probe_ok -c 20 -i 2ms
	json '.hooks.rx == "xdp" and .clock.nic == null and
		(.hooks.fallbacks | all(.stage != "hw_rx"))'
	filter 0
	run -1 grep -q hwtstamp "$DIR/probe.err"
}

@test "hw-stamps: not with --flood" {
	hosts
	run -2 probe --engine bypass --flood -d 1 --hw-stamps
	said "--hw-stamps: not with --flood"
	run -2 probe --protocol tcp --hw-stamps
	said "--hw-stamps: not for TCP"
}

@test "hw-stamps: network ends at the NIC, and each stamp is in its place" {
	local placed

	fake_nic
	probe_ok -c 400 -i 5ms --hw-stamps
	said 'near0: hardware RX stamps restart the NIC, now and when'
	said 'near0: hwtstamp rx off, tx off -> rx all, tx off$'
	said 'near0: hwtstamp rx all, tx off -> rx off, tx off, as it was$'
	filter 0
	no_notes
	json '.hooks.rx == "hw" and
		(.hooks.fallbacks | all(.stage != "hw_rx")) and
		.clock.nic.phc == 63 and .clock.nic.steps == 0 and
		(.clock.nic.rate_ppm + 31.4 | fabs) < 1 and
		.clock.nic.readings >= 15 and .clock.nic.readings <= 40'
	json '.counts.hw_stamp_missing <= 8 and
		.counts.hw_stamp_disorder == 0 and
		.network_ns.n + .counts.hw_stamp_missing == .probes.received'
	placed=$(check_places)
	((placed >= 392))
	json ".stages_ns.nic_to_xdp | .n == $placed and
		(.p50 - $EARLY | fabs) < 30000"
	json '.network_ns.instrument.p50.terms | map(select(.name == "hw_map"))
		| length == 1 and .[0].kind == "A" and .[0].ns > 0'
	json '.stages_ns.xdp_to_tc.instrument.p50.terms
		| all(.name != "hw_map")'
}

@test "hw-stamps: a late -v tells of the NIC's stage too" {
	fake_nic
	probe_ok -c 20 -i 5ms --hw-stamps -v
	grep -q 'seq .* ok .*nic→xdp' "$DIR/probe.out"
}

@test "hw-stamps: both engines end at the NIC or none does" {
	fake_nic
	probe_ok -c 100 -i 5ms --hw-stamps --engine both
	json '.hooks.rx == "xdp" and .engines.bypass.hooks.rx == "xdp" and
		(.hooks.fallbacks[] | select(.stage == "hw_rx") |
			.why | contains("bypass engine"))'
}

@test "hw-stamps: where the NIC's clock is stepped there is none" {
	fake_nic FAKE_NIC_STEP_NS=700000
	probe_ok -c 600 -i 5ms --hw-stamps
	json '.clock.nic.steps == 1 and .clock.nic.rate_ppm == null and
		.counts.hw_stamp_missing >= 20 and
		.counts.hw_stamp_missing <= 200 and
		.counts.hw_stamp_disorder == 0'
	check_places
}

@test "hw-stamps: a clock that is not theirs is seen before the first probe" {
	fake_nic FAKE_NIC_EARLY_NS=-1000000000
	probe_ok -c 100 -i 5ms --hw-stamps
	json '.hooks.rx == "xdp" and .clock.nic == null and
		(.hooks.fallbacks[] | select(.stage == "hw_rx") |
			.why | contains("not of the clock")) and
		.counts.disorder == 0 and .counts.hw_stamp_missing == 0 and
		.network_ns.n == .probes.received'
	awk -F, 'NR == 1 { while ($++hw != "hw_rx_ns"); next }
		$hw != "" { exit 1 }' "$DIR/samples.csv"
}

@test "hw-stamps: stamps that the others deny are counted and used nowhere" {
	fake_nic FAKE_NIC_SOUND=50 FAKE_NIC_EARLY_NS=-300000
	probe_ok -c 200 -i 5ms --hw-stamps
	json '.hooks.rx == "hw" and .network_ns.n <= 50 and
		.counts.hw_stamp_disorder == .counts.disorder and
		.counts.disorder + .counts.hw_stamp_missing + .network_ns.n
		== .probes.received and .counts.disorder >= 100'
	grep -q "NIC disorder" "$DIR/probe.out"
}

# stamped_run: in the background until it has the NIC stamp; $SPAWNED.
stamped_run() {
	spawn probe near env "${PROBE_ENV[@]}" "$XRTT" probe "$FAR4" -d 30 \
		-i 5ms --hw-stamps
	await 10 filter 1 || fail "$(cat "$DIR/probe.err")"
	notes
}

@test "hw-stamps: put back on Ctrl-C, and by the next start after kill -9" {
	fake_nic
	stamped_run
	signal_pid INT "$SPAWNED"
	await 10 process_gone "$SPAWNED"
	filter 0
	no_notes
	stamped_run
	signal_pid KILL "$SPAWNED"
	await 5 process_gone "$SPAWNED"
	filter 1
	notes
	await 5 probe_ok -c 5 -i 2ms
	said 'near0: hwtstamp rx all, .* as it was before a run that died'
	filter 0
	no_notes
}
