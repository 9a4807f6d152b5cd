#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# xrtt path over a network of eight routers with two branches, whose hops and
# MTUs are known; and what it says of routers that say nothing.

# That all of so many flows take one of two branches has a chance of 2^-15.
FLOWS=16
ROUNDS=2
# Between xrtt's stamps and the capture's lie a qdisc, a driver, and an skb.
CAPTURE_US=150

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	source "$BATS_TEST_DIRNAME/path_net.bash"
	harness_start
	path_network
}

teardown() {
	harness_end
}

reflector() {
	spawn_until reflecting reflector far "$XRTT" reflect -I r6 \
		--allow 10.78.0.0/16 --allow fd78::/16
}

# path TARGET [OPTION...]: on the near host; what it finds is in run.json.
path() {
	local status=0

	timeout -k 2 60 ip netns exec "$NS-near" "$XRTT" path "$@" \
		--json "$DIR/run.json" >"$DIR/path.out" \
		2>"$DIR/path.err" 3>&- || status=$?
	cat "$DIR/path.out" "$DIR/path.err"
	return "$status"
}

# routers HOP: their addresses, in order, on one line.
routers() {
	jq -r "[.routers[] | select(.hop == $1 and .address) | .address]
		| sort | join(\" \")" "$DIR/run.json"
}

# hops_are WANTED...: by hop, from the first; then the target, and no more.
hops_are() {
	local hop=1 wanted

	for wanted; do
		[ "$(routers "$hop")" = "$wanted" ] ||
			fail "hop $hop: $(routers "$hop"), not $wanted"
		hop=$((hop + 1))
	done
	json "[.hops[].hop] | max == $((hop - 1))" >/dev/null
}

identities() {
	json '[.hops[], .flows[]] | all(.probes | .planned == .sent + .unsent
		and .sent == .received + .late + .lost + .lost_in_host
		+ .unrecorded)' >/dev/null
	json '.probes | .planned == .sent + .unsent and .sent == .received
		+ .late + .lost + .lost_in_host + .unrecorded' >/dev/null
}

# No hop of a flow has another flow's branch before it.
branches_are_kept() {
	json '[.hops | group_by(.flow)[] | map(.address)] | all(
		(index("10.78.2.2") != null) == (index("10.78.3.2") != null) and
		(index("10.78.2.2") != null) == (index("10.78.4.2") != null) and
		(index("10.78.2.2") != null) == (index("10.78.5.2") == null))'
}

concludes() {
	json "[.conclusions[].code] | index(\"$1\") != null" >/dev/null
}

@test "path: every router of both branches, IPv4" {
	reflector
	path "$PATH_FAR4" --flows "$FLOWS" -c "$ROUNDS"
	hops_are "${HOPS4[@]}" "$PATH_FAR4"
	branches_are_kept
	identities
	concludes hop_count
	concludes routes
	json '.routes == 2 and .beyond == 0'
	json "[.flows[].routers] | unique == [6]"
	json '[.hops[].probes] | all(.lost == 0 and .received == 2)'
	json '[.hops[].others] | all(length == 0)'
	json '[.hops[].quote | select(. != null)] | all(.rewritten | not)'
	json '[.routers[] | select(.answer == "router") | .ttl.min] | unique ==
		[59, 60, 61, 62, 63, 64]'
}

@test "path: every router of both branches, IPv6" {
	reflector
	path "$PATH_FAR6" --flows "$FLOWS" -c "$ROUNDS"
	hops_are "${HOPS6[@]}" "$PATH_FAR6"
	identities
	json '.routes == 2 and ([.flows[].routers] | unique == [6])'
	json '[.flows[].flow_label] | (unique | length) == length'
	json '[.hops[].quote | select(. != null)] | all(.rewritten | not)'
}

@test "path: XDP nowhere, clsact: the same" {
	reflector
	path "$PATH_FAR4" --flows "$FLOWS" -c "$ROUNDS" --rx-hook tc --tc clsact
	hops_are "${HOPS4[@]}" "$PATH_FAR4"
	json '.hooks.rx == "tc" and .hooks.rx_how == "clsact"'
	[ -z "$(at near tc filter show dev r1 ingress)" ]
	path "$PATH_FAR6" --flows "$FLOWS" -c "$ROUNDS" --rx-hook tc
	hops_are "${HOPS6[@]}" "$PATH_FAR6"
}

# An echo has no ports; for a flow the identifier stands, which Linux does not
# look at.
@test "path: ICMP, without a reflector" {
	path "$PATH_FAR4" -c "$ROUNDS" --protocol icmp --flows 2
	json '.routes == 1 and .flows[0].target_hop == 7'
	json '[.hops[] | select(.hop == 7) | .answer] == ["target", "target"]'
	json '[.hops[] | .address] | all(. != null)'
	identities
	path "$PATH_FAR6" -c "$ROUNDS" --protocol icmp --flows 2
	json '[.hops[] | select(.hop == 7) | .address] | unique ==
		["'"$PATH_FAR6"'"]'
	json '[.flows[].routers] | unique == [null]'
}

@test "path: nothing listens: a closed port is an answer too" {
	path "$PATH_FAR4" -c "$ROUNDS" --flows 2
	json '[.hops[] | select(.hop == 7) | .answer] | unique ==
		["target_closed"]'
	hops_are "$(routers 1)" "$(routers 2)" "$(routers 3)" "$(routers 4)" \
		"$(routers 5)" "$(routers 6)" "$PATH_FAR4"
}

@test "path: silent routers are hidden, and counted all the same" {
	reflector
	hush_all
	for target in "$PATH_FAR4" "$PATH_FAR6"; do
		path "$target" -c "$ROUNDS" --no-mtu
		json '[.hops[] | select(.hop < 7)] | length == 24 and
			all(.address == null and .rtt_ns == null and
			.probes.lost == .probes.sent)'
		json '[.hops[] | select(.hop == 7) | .answer] | unique ==
			["target"]'
		json '[.flows[].routers] | unique == [6]'
		json '.loss.ratio == 0'
		concludes all_hidden
		concludes hop_count
		grep -q '1-6  hidden' "$DIR/path.out"
	done
}

@test "path: one silent router among others" {
	reflector
	hush r2
	path "$PATH_FAR4" -c "$ROUNDS" --no-mtu
	[ -z "$(routers 2)" ]
	[ "$(routers 1)" = "${HOPS4[0]}" ]
	concludes hidden
}

# Without STAMP's word nobody can count what hides, and that is said.
@test "path: nobody answers" {
	hush_all
	hush far
	run -1 path "$PATH_FAR4" -c 1 -m 4 -W 200ms
	json '[.hops[].address] | unique == [null]'
	concludes no_answer
	json '.mtu == null'
}

@test "path: an MTU in the middle, told by a router" {
	reflector
	for pair in b1:b2 c1:c2; do
		narrow ${pair%:*} ${pair#*:} 1400
	done
	path "$PATH_FAR4" -c 1 --flows 1
	json '.mtu | .value == 1400 and .source == "probed" and
		.passed == 1400 and .kernel == 1500 and .interface == 1500'
	json '.mtu.told_by | . == "10.78.2.2" or . == "10.78.5.2"'
	# The kernel has heard it as well by now.
	path "$PATH_FAR4" -c 1 --flows 1
	json '.mtu | .value == 1400 and .kernel == 1400'
	path "$PATH_FAR6" -c 1 --flows 1
	json '.mtu.value == 1400 and (.mtu.told_by | startswith("fd78:"))'
}

@test "path: an MTU that nobody tells" {
	reflector
	narrow r5 r6 1337
	hush_all
	path "$PATH_FAR4" -c 1 --flows 1 -m 2
	json '.mtu | .value == 1337 and .lost == 1338 and .told_by == null'
	concludes mtu_black_hole
	path "$PATH_FAR6" -c 1 --flows 1 -m 2
	json '.mtu.value == 1337'
}

@test "path: an interface's own MTU" {
	reflector
	path "$PATH_FAR4" -c 1 --flows 1
	json '.mtu | .value == 1500 and .source == "interface"'
	run ! grep -q 'black hole' "$DIR/path.out"
}

# Two hosts on a link: no TTL is touched.
@test "path: no router at all" {
	spawn_until reflecting reflector far "$XRTT" reflect -I r6 \
		--allow 10.78.9.0/24
	timeout 60 ip netns exec "$NS-r6" "$XRTT" path "$PATH_FAR4" \
		-c "$ROUNDS" --flows 2 --json "$DIR/run.json" 3>&-
	json '[.hops[].hop] | unique == [1]'
	json '[.flows[].routers] | unique == [0]'
	concludes ttl_untouched
}

@test "path: beside traceroute and mtr" {
	command -v traceroute && command -v mtr || skip "traceroute or mtr"
	reflector
	# One branch, that all of them see the same.
	at r2 ip route replace 10.78.9.0/24 via 10.78.2.2
	path "$PATH_FAR4" -c "$ROUNDS" --no-mtu
	jq -r '.routers[].address' "$DIR/run.json" >"$DIR/ours"
	at near traceroute -n -q 1 -w 1 "$PATH_FAR4" |
		awk 'NR > 1 { print $2 }' >"$DIR/traceroute"
	at near mtr -n -r -c 2 -i 0.2 "$PATH_FAR4" |
		awk '/\|--/ { print $2 }' >"$DIR/mtr"
	cmp "$DIR/ours" "$DIR/traceroute"
	cmp "$DIR/ours" "$DIR/mtr"
	[ "$(wc -l <"$DIR/ours")" -eq 7 ]
}

@test "path: times are those of a capture" {
	command -v tcpdump && /usr/bin/python3 -c 'import scapy' ||
		skip "tcpdump or scapy"
	reflector
	spawn_until listening tcpdump near tcpdump -i r1 -n -w "$DIR/p.pcap" \
		--immediate-mode ip
	path "$PATH_FAR4" -c 10 --flows 2 --no-mtu
	stop_pid "$SPAWNED" || true
	"$BATS_TEST_DIRNAME/path_truth.py" "$DIR/p.pcap" "$DIR/run.json" \
		"$CAPTURE_US"
}

@test "path: the smallest set of capabilities" {
	reflector
	for hook in xdp tc; do
		at near setpriv --bounding-set -all,+bpf,+net_admin,+net_raw \
			"$XRTT" path "$PATH_FAR4" -c 1 --flows 1 --no-mtu -q \
			--rx-hook $hook --json "$DIR/run.json"
		json '[.hops[].address] | all(. != null)'
	done
}

@test "path: Ctrl-C loses nothing" {
	reflector
	timeout -s INT 2 ip netns exec "$NS-near" "$XRTT" path "$PATH_FAR4" \
		-c 1000 --json "$DIR/run.json" --flows 1 3>&- || true
	json '.run.interrupted and .network_ns.n > 2'
	identities
	run ! grep -q xdp <(ip -n "$NS-near" link show r1)
}

@test "path: what cannot be asked" {
	run -2 path
	run -2 path "$PATH_FAR4" --flows 0
	run -2 path "$PATH_FAR4" --source-port 860
	run -2 path nosuch.invalid
	run -3 path 192.0.2.1
}
