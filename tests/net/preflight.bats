#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# What stands in a run's way, provoked with real devices: xrtt names it, falls
# back to TC without touching the interface, and its cure, typed in as it
# stands, cures. Devices that a test machine need not have (bonds, 802.1Q, ENA's
# channels) are in tests/unit.

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

# found LEVEL ID PATTERN: in the last run's report for programs.
found() {
	jq -e --arg level "$1" --arg id "$2" --arg text "$3" '
		.local.preflight[] | select(.id == $id) |
		.level == $level and (.text | test($text))' \
		"$DIR/run.json" >/dev/null || fail "not $1 $2 $3: $(
		jq -c .local.preflight "$DIR/run.json"
	)"
}

not_found() {
	jq -e --arg id "$1" '[.local.preflight[].id] | index($id) == null' \
		"$DIR/run.json" >/dev/null || fail "found: $1"
}

# cure ID: the command line that the last run gave.
cure() {
	jq -er --arg id "$1" '.local.preflight[] | select(.id == $id).fix' \
		"$DIR/run.json"
}

# ran_at HOOK: the last run's receive stamps came from there, all of them.
ran_at() {
	json ".hooks.rx == \"$1\" and .probes.received == .probes.planned"
}

# A pair with four queues at each end, of which near0 has one to receive.
many_queues() {
	ns_add near && ns_add far || return
	ip -n "$NS-near" link add near0 numrxqueues 4 numtxqueues 4 type veth \
		peer name far0 netns "$NS-far" numrxqueues 4 numtxqueues 4
	near ethtool -L near0 rx 1
	ip -n "$NS-near" link set near0 up
	ip -n "$NS-far" link set far0 up
	address near "$NEAR4" "$NEAR6" && address far "$FAR4" "$FAR6"
	neighbours_set
}

quick() {
	probe_ok "$@" -c 10 -i 2ms -v
}

# links: what could be changed on the near host, but for what other tests of
# this machine make move.
links() {
	near ip -d link show
	near ethtool -l near0
	near ethtool -k near0
	near tc qdisc show
	near bpftool net show
}

@test "preflight: nothing in the way" {
	two_hosts
	start_reflector
	quick
	ran_at xdp
	found note plan 'native XDP and tc on near0: the link stays up'
	json '.local.preflight | map(.level) | unique == ["note"]'
	grep -q '^xrtt probe: note plan: native XDP' "$DIR/probe.err"
	run -1 grep -q '^  interface' "$DIR/probe.out"
}

@test "preflight: the MTU of a veth's other end" {
	two_hosts
	start_reflector --hook tc
	ip -n "$NS-far" link set far0 mtu 9001
	links >"$DIR/before"
	quick
	links | diff "$DIR/before" -
	ran_at tc
	found blocks xdp_mtu 'far0, the other end of near0.*too large.*: 9001$'
	json '.hooks.rx_why | test("MTU.*ip link set dev far0 mtu [0-9]+")'
	[[ $(cure xdp_mtu) =~ ^(ip .*),\ in\ its\ network\ namespace$ ]]
	# shellcheck disable=SC2086 # words of a command
	far ${BASH_REMATCH[1]}
	quick
	ran_at xdp
	not_found xdp_mtu
}

@test "preflight: too few receive queues for a veth's other end" {
	many_queues
	spawn_until reflecting reflector far "$XRTT" reflect -I far0 \
		--hook tc --allow "$NET4"
	links >"$DIR/before"
	quick
	links | diff "$DIR/before" -
	ran_at tc
	found blocks xdp_queues 'near0 has 1 receive queues.*far0'
	# shellcheck disable=SC2046 # words of a command
	near $(cure xdp_queues)
	quick
	ran_at xdp
}

@test "preflight: somebody else's XDP program" {
	local id

	two_hosts
	start_reflector --hook tc
	pass_all near
	id=$(near ip -j link show near0 | jq .[0].xdp.prog.id)
	quick
	ran_at tc
	found blocks xdp_taken "near0 .id $id, native.*stays"
	[ "$(near ip -j link show near0 | jq .[0].xdp.prog.id)" -eq "$id" ]
	quick --prepare
	ran_at tc
	[ "$(near ip -j link show near0 | jq .[0].xdp.prog.id)" -eq "$id" ]
	json '.local.preflight | map(.id) | index("prepared") == null'
}

@test "preflight: somebody else's tc programs are counted, and stay" {
	two_hosts
	start_reflector --hook tc
	spawn_until reflecting other near "$XRTT" reflect -I near0 --hook tc \
		--tc clsact -p 9000
	spawn_until reflecting third near "$XRTT" reflect -I near0 --hook tc \
		-p 9001
	quick
	ran_at xdp
	found note tc_shared \
		'[12] tc programs? at ingress and 0 at egress of near0'
	process_gone "$SPAWNED" && fail "it has gone"
	near tc filter show dev near0 ingress | grep -q xrtt_reflect
}

@test "preflight: a bridge, and a port of one" {
	two_hosts
	start_reflector --hook tc
	ip -n "$NS-near" link add br0 type bridge
	ip -n "$NS-near" link set br0 up
	ip -n "$NS-near" addr flush dev near0
	ip -n "$NS-near" link set near0 master br0
	ip -n "$NS-near" addr add "$NEAR4"/24 dev br0
	quick
	ran_at tc
	found costs bridge 'br0 is a bridge'
	found blocks xdp_none 'driver of br0 has no native XDP'
	grep -q '^  interface .*br0 is a bridge' "$DIR/probe.out"
	spawn_until reflecting port near "$XRTT" reflect -I near0 --hook tc -v
	grep -q 'costs bridge_port: near0 is a port of the bridge br0' \
		"$DIR/port.err"
	grep -q '^xrtt reflect:   to mend it: ip link set dev near0 nomaster' \
		"$DIR/port.err"
}

@test "preflight: a macvlan" {
	two_hosts
	start_reflector --hook tc
	ip -n "$NS-near" link add link near0 name mac0 type macvlan ||
		skip "no macvlan in this kernel"
	ip -n "$NS-near" addr flush dev near0
	ip -n "$NS-near" addr add "$NEAR4"/24 dev mac0
	ip -n "$NS-near" link set mac0 up
	quick -I mac0
	ran_at tc
	found costs stacked 'mac0 is a macvlan on near0'
	[[ $(cure stacked) == "-I near0"* ]]
	json '.hooks.rx_why | test("no native XDP")'
}

@test "preflight: a veth whose receiving end has no XDP program" {
	two_hosts
	neighbours_set
	run -1 probe -c 20 -i 1ms -W 50ms --engine bypass
	found blocks veth_peer 'far0, the other end of near0, has no XDP'
	[[ $(cure veth_peer) =~ "link set dev far0 xdpdrv" ]]
	grep -q '^  interface .*has no XDP program' "$DIR/probe.out"
	pass_all far
	start_reflector --hook tc
	quick --engine bypass
	not_found veth_peer
}

@test "preflight: an ssh session over a link that stays up changes nothing" {
	two_hosts
	start_reflector
	PROBE_ENV=("SSH_CONNECTION=$FAR4 50000 $NEAR4 22")
	quick
	ran_at xdp
	not_found ssh_route
}
