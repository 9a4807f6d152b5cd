#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# With STAMP as others read it: scapy asks our reflector, scapy answers our
# prober, tshark decodes both.

COUNT=101 # odd, so that a median is one of the values
KNOWN=(--tlv 1:00000000 --tlv 1:00) # Extra Padding, the second of odd length
UNKNOWN=(--tlv 200:c0ffee)
MEASURE=(--tlv 5:000000070000000000000000)

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	PEER=$BATS_TEST_DIRNAME/stamp_peer.py
	/usr/bin/python3 -c 'import scapy.contrib.stamp' 2>/dev/null ||
		skip "no scapy with STAMP (python3-scapy)"
	harness_start
	without_hops
	two_hosts
	neighbours_set
}

teardown() {
	harness_end
}

# ask 4|6 [OPTION...]: scapy's sender; leaves peer.json.
ask() {
	local source=$NEAR4 target=$FAR4

	[ "$1" = 4 ] || { source=$NEAR6 && target=$FAR6; }
	near "$PEER" send near0 "$(far cat /sys/class/net/far0/address)" \
		"$source" "$target" "${@:2}" >"$DIR/peer.json"
}

answers() {
	jq -e "$1" "$DIR/peer.json" >/dev/null ||
		fail "not so: $1 in $(cat "$DIR/peer.json")"
}

# reflector_by HOOK: its answers arrive only if this end has an XDP program.
reflector_by() {
	pass_all near
	start_reflector --hook "$1"
}

assert_asked() {
	local ip

	for ip in 4 6; do
		ask $ip --count 4 --ttl 61 --ssid 4660
		answers '.answered == 4 and ([.answer[].seq] == [0, 1, 2, 3])'
		answers 'all(.answer[]; .octets == 52)'
		ask $ip --ntp --first 4294967290 "${KNOWN[@]}" "${UNKNOWN[@]}"
		answers '.answered == 3 and
			all(.answer[]; [.tlvs[].flags] == [0, 0, 128])'
	done
	ask 4 --no-checksum "${KNOWN[@]}"
	answers '.answered == 3 and all(.answer[]; .checksum == 0)'
}

assert_measured() {
	local both=(--source-port 40000 --ssid 7)

	ask 6 --count 5 "${both[@]}"
	ask 6 --count 2 "${both[@]}" "${MEASURE[@]}"
	answers '[.answer[].tlvs[0].value] ==
		["000000070000000500000005", "000000070000000500000005"]'
	answers '[.answer[].seq] == [5, 6]'
	ask 6 --count 1 "${both[@]}" "${UNKNOWN[@]}"
	ask 6 --count 1 --source-port 40000 --ssid 8 "${MEASURE[@]}"
	answers '.answer[0].tlvs[0].value == "000000070000000000000000"'
	ask 6 --count 1 "${both[@]}" "${UNKNOWN[@]}" "${MEASURE[@]}"
	answers '.answer[0].tlvs[1].value == "000000070000000600000006"'
}

# The M flag is set where the length leaves the packet, or is not the type's.
assert_malformed() {
	ask 4 --tlv 1:00000000:200
	answers 'all(.answer[]; .tlvs[0].flags == 64)'
	ask 4 --tlv 5:0000000700000000
	answers 'all(.answer[]; .tlvs[0].flags == 64)'
}

@test "interop: scapy asks the reflector in XDP" {
	reflector_by xdp
	assert_asked
}

@test "interop: scapy asks the reflector at TC" {
	reflector_by tc
	assert_asked
}

@test "interop: scapy fetches Direct Measurement, XDP and TC" {
	reflector_by xdp
	assert_measured
	stop_pid "$REFLECTOR"
	start_reflector --hook tc
	assert_measured
}

@test "interop: scapy sends TLVs that lie about their length" {
	reflector_by xdp
	assert_malformed
}

# ---- scapy answers ---------------------------------------------------------

peer_start() {
	spawn_ready peer far "$PEER" reflect far0 "$@"
	PEER_PID=$SPAWNED
}

# Everything came back, and what the report says the far host held it is what
# the far host says.
assert_probed() {
	local target=$1 held

	probe_ok "$target" -c $COUNT -i 5ms
	assert_identity
	assert_in_order
	json ".probes.received == $COUNT and .probes.duplicate == 0
		and .probes.reordered == 0"
	json ".loss | .forward == 0 and .return == 0
		and .refused_by_reflector == null"
	json '.target.synchronised == false and .ttl.min == 255
		and .ttl.remote_min == 255 and .ttl.remote_max == 255'
	stop_pid "$PEER_PID"
	held=$(awk '/^held/ { print $2 }' "$DIR/peer.out")
	json ".remote_ns.n == $COUNT and (.remote_ns.p50 - $held | fabs) <= 1"
	json '.remote_ns.p50 < .rtt_ns.p50'
}

@test "interop: the prober asks scapy, stateful" {
	peer_start
	assert_probed "$FAR4"
	json '.target.stateful'
	peer_start --first 1000
	assert_probed "$FAR6"
	json '.target.stateful'
}

@test "interop: the prober asks scapy, stateless, NTP timestamps" {
	peer_start --stateless --ntp
	assert_probed "$FAR4"
	json '.target.stateful | not'
	peer_start --stateless
	assert_probed "$FAR6"
	json '.target.stateful | not'
}

@test "interop: the prober asks scapy that strips or drops TLVs" {
	peer_start --tlv strip
	assert_probed "$FAR4"
	peer_start --tlv drop
	assert_probed "$FAR4"
}

@test "interop: scapy's numbers tell which way probes were lost" {
	peer_start --skip 20,21,40 --mute 30,50
	probe_ok -c $COUNT -i 5ms -W 0.2
	assert_identity
	json '.loss | .forward == 3 and .return == 2 and .longest_run == 2'
	json '.probes.lost == 5'
}

@test "interop: a stateless scapy leaves the direction unknown" {
	peer_start --stateless --skip 20,21,40 --mute 30,50
	probe_ok -c $COUNT -i 5ms -W 0.2
	assert_identity
	json '.probes.lost == 5'
	json '.loss | .forward == null and .return == null'
}

# ---- tshark decodes --------------------------------------------------------

decode() {
	tshark -r "$DIR/capture" -d udp.port==862,twamp.test \
		-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		"$@" 2>/dev/null
}

# fields FILTER SEQ ERROR AT: what either side says of the request; tshark takes
# the echoed timestamp for NTP whatever the Z bit says, so the octets it is,
# from AT on.
fields() {
	decode -Y "$1" -T fields -E separator=, -e "twamp.test.$2" \
		-e "twamp.test.$3" -e twamp.test.mbz1 -e udp.payload |
		awk -F, -v at="$4" '{
			print $1, $2, $3, substr($4, 2 * at + 1, 16)
		}' | sort
}

needs_tshark() {
	command -v tshark >/dev/null || skip "no tshark"
}

# Of the probes, and of one question before and one after them.
captured_all() {
	[ "$(decode | wc -l)" -ge $((2 * (COUNT + 2))) ]
}

probe_captured() {
	spawn_until 'Capture started' capture near \
		tshark -i near0 -f 'udp port 862' -w "$DIR/capture"
	probe_ok "$1" -c $COUNT -i 2ms "${@:2}"
	await 5 captured_all
	stop_pid "$SPAWNED"
}

assert_decoded() {
	local all

	all=$(decode | wc -l)
	[ "$(decode -Y twamp.test | wc -l)" -eq "$all" ]
	[ "$(decode -Y 'udp.checksum.status == "Good"' | wc -l)" -eq "$all" ]
	[ -z "$(decode -Y '_ws.malformed || _ws.expert')" ]
	# PTP format, and a Multiplier that is not the invalid 0.
	[ -z "$(decode -Y 'twamp.test.error_estimate & 0x4000 == 0 ||
		twamp.test.error_estimate & 0xff == 0')" ]
	fields 'udp.dstport == 862' seq_number error_estimate 4 >"$DIR/asked"
	fields 'udp.srcport == 862' sender_seq_number sender_error_estimate 28 \
		>"$DIR/echoed"
	[ "$(wc -l <"$DIR/asked")" -eq $((all / 2)) ]
	diff "$DIR/asked" "$DIR/echoed"
	# The answers' own numbers: without a gap, from 0 on.
	decode -Y 'udp.srcport == 862' -T fields -e twamp.test.seq_number |
		diff - <(seq 0 $((all / 2 - 1)))
	[ -z "$(decode -Y 'udp.srcport == 862 &&
		twamp.test.sender_ttl != 255')" ]
}

@test "interop: tshark decodes requests and answers, none malformed" {
	needs_tshark
	# Else the device completes the checksums behind the capture's back.
	near ethtool -K near0 tx off >/dev/null
	start_reflector
	probe_captured "$FAR4"
	assert_decoded
	probe_captured "$FAR6" --size 100
	assert_decoded
}

@test "interop: tshark has something to say of a damaged packet" {
	needs_tshark
	near ethtool -K near0 tx on >/dev/null
	start_reflector
	probe_captured "$FAR4"
	[ -n "$(decode -Y '_ws.expert')" ]
}
