#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# A queue of this host's own, and replies that come in elsewhere.

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
}

teardown() {
	harness_end
}

# Half of the packets fit: the others are refused while earlier ones, and their
# TX stamps, are still to come.
@test "queue: a full qdisc is tc_to_driver and unsent, never network or lost" {
	two_hosts
	start_reflector
	near tc qdisc add dev near0 root tbf \
		rate 300kbit burst 200 limit 1000 ||
		skip "no tbf qdisc in this kernel"
	probe_ok -c 600 -i 2ms -W 0.5
	assert_identity
	assert_in_order
	json '.probes | .unsent > 50 and .lost == 0 and .received > 200'
	json '.stages_ns.tc_to_driver.p50 > 5e6 and .network_ns.p50 < 1e6'
	json '.counts.tx_stamp_missing == 0
		and .network_ns.n == .probes.received'
}

@test "queue: a reply by another interface is not the network's loss" {
	two_hosts
	cable near near1 far far1
	ip -n "$NS-far" addr add 10.78.0.2/24 dev far1
	ip -n "$NS-near" addr add 10.78.0.1/24 dev near1
	ip -n "$NS-far" route add "$NEAR4/32" via 10.78.0.1
	probe_ok --protocol icmp -c 20 -i 2ms -W 0.2
	assert_identity
	json '.probes | .unrecorded == 20 and .lost == 0 and .lost_in_host == 0'
	json '.counts.ring_full == 0'
	grep -q '^  unrecorded  *20 ' "$DIR/probe.out"
}
