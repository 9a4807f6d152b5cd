#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# The bypass engine's frames as they lie on the wire. Frames that bypass the
# near host's stack bypass its packet sockets too, so the wire is the far end of
# the cable: there a reflector at TC lets sniffers see the requests, and a
# program that passes all lets the frames in.

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

# sniff FILTER: frames on the far end into $DIR/wire.pcap, until sniffed.
sniff() {
	command -v tcpdump >/dev/null || skip "no tcpdump"
	spawn_until 'listening on' sniffer far tcpdump -i far0 \
		--immediate-mode -n -s 0 -U -w "$DIR/wire.pcap" "$1"
	SNIFFER=$SPAWNED
}

sniffed() {
	sleep 0.3
	stop_pid "$SNIFFER"
}

# wire FIELD: its values in the sniffed probes, each with its count. The run's
# control packets (from 0xffffff00 on) are the socket's.
wire() {
	command -v tshark >/dev/null || skip "no tshark"
	tshark -r "$DIR/wire.pcap" -o udp.check_checksum:TRUE \
		-o ip.check_checksum:TRUE -T fields -e "$1" \
		-Y 'udp.dstport == 862 && !(udp.payload[0:3] == ff:ff:ff)' \
		2>/dev/null | sort | uniq -c | awk '{ print $2, $1 }'
}

# Every frame has it; a busy host's sniffer may miss some.
wire_is() {
	local found value count

	found=$(wire "$1")
	read -r value count <<<"$found"
	[[ $value == "$2" && $found != *$'\n'* && $count -ge 20 ]] ||
		fail "$1: $found, not $2 all of them"
}

# wire_run TARGET OPTION...: 50 probes, sniffed.
wire_run() {
	sniff 'udp dst port 862 or vlan'
	probe_ok "$@" -c 50 -i 1ms
	json '.probes.received == 50 and .probes.duplicate == 0'
	sniffed
	wire_is udp.checksum.status 1 # good
	[ "$(wire udp.srcport | wc -l)" -eq 1 ]
	[ "$(wire udp.stream | wc -l)" -eq 1 ]
}

# What the socket sends has its checksum too.
open_wire() {
	two_hosts
	near ethtool -K near0 tx off >/dev/null
	pass_all far
	start_reflector --hook tc
}

@test "bypass: frames of IPv4: checksums, TTL, --size, --dscp" {
	open_wire
	wire_run "$FAR4" --engine bypass
	wire_is ip.checksum.status 1
	wire_is ip.ttl 255
	wire_is ip.dsfield.dscp 0
	wire_is frame.len 86
	wire_run "$FAR4" --engine bypass --size 301 --dscp 46
	wire_is ip.checksum.status 1
	wire_is ip.dsfield.dscp 46
	wire_is frame.len 343
}

@test "bypass: frames of IPv6: checksums, hop limit, --size, --dscp" {
	open_wire
	wire_run "$FAR6" --engine bypass
	wire_is ipv6.hlim 255
	wire_is ipv6.tclass.dscp 0
	wire_is frame.len 106
	wire_run "$FAR6" --engine bypass --size 300 --dscp 10
	wire_is ipv6.tclass.dscp 10
	wire_is frame.len 362
}

@test "bypass: both engines' frames are of one 5-tuple and look alike" {
	open_wire
	wire_run "$FAR4" --engine both --dscp 10
	wire_is ip.checksum.status 1
	wire_is ip.ttl 255
	wire_is ip.dsfield.dscp 10
	wire_is frame.len 86
}

vlan_add() {
	ip -n "$NS-$1" link add link "$1"0 name "$1"0.5 type vlan id 5 \
		2>/dev/null || skip "no 802.1Q in this kernel"
	ip -n "$NS-$1" addr add "$2/24" dev "$1"0.5 &&
		ip -n "$NS-$1" addr add "$3/64" dev "$1"0.5 nodad &&
		ip -n "$NS-$1" link set "$1"0.5 up
}

@test "bypass: over a VLAN" {
	local target

	two_hosts
	near ethtool -K near0 tx off >/dev/null
	vlan_add near 10.78.0.1 fd78::1
	vlan_add far 10.78.0.2 fd78::2
	start_reflector --allow 10.78.0.0/24 --allow fd78::/64
	for target in 10.78.0.2 fd78::2; do
		probe_ok "$target" --engine bypass -c 100 -i 1ms
		assert_identity
		json '.probes.received == 100'
	done
	stop_pid "$REFLECTOR"
	pass_all far
	spawn_until reflecting reflector far "$XRTT" reflect -I far0.5 \
		--hook tc --allow 10.78.0.0/24 --allow fd78::/64
	wire_run 10.78.0.2 --engine bypass
	wire_is vlan.id 5
	wire_is frame.len 90
	wire_is ip.checksum.status 1
	wire_run fd78::2 --engine bypass
	wire_is vlan.id 5
	wire_is frame.len 110
}
