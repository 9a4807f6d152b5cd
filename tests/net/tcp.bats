#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Probes over TCP, to a listener and to a closed port: against the line's
# ledger, against tshark, and against what the far host remembers of them.

# As in truth.bats: two veth hops lie between the line's stamps and xrtt's.
LEAST_NS=0
MOST_NS=4500
TRUTH=$BATS_TEST_DIRNAME/tcp_truth.py
OPEN=443
CLOSED=444

LINE_CPU=1
PROBE_CPU=0

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

files() {
	find "/proc/$1/fd" -type l | wc -l
}

listen() {
	spawn_ready listener far "$BATS_TEST_DIRNAME/tcp_listener.py" $OPEN
	LISTENER=$SPAWNED
}

# far_line LINE_OPTION...: the line, its two CPUs, and a listener behind it.
# With XDP at the far end what is redirected to it arrives.
far_line() {
	[ "$(nproc)" -ge 2 ] || skip "one CPU: the line needs its own"
	PROBE_ENV=(taskset -c "$PROBE_CPU")
	line_hosts --cpu "$LINE_CPU" --port $OPEN "$@"
	listen
	pass_all far
}

far_host() {
	two_hosts
	listen
	pass_all far
}

tcp() {
	probe_ok "$@" --protocol tcp
	assert_identity
	assert_in_order
}

truth() {
	"$TRUTH" error "$DIR/samples.csv" "$LEDGER" | tee "$DIR/error.json"
}

is_true() {
	jq -e ".n >= $1 and .unmatched == 0 and .syns == .sent
		and .p1 > $LEAST_NS and .p1 < $MOST_NS" "$DIR/error.json"
}

nothing_in() {
	[ -z "$(far ss -Htan state "$1")" ]
}

# Neither half open nor open, and what was accepted was reset.
nothing_is_left() {
	nothing_in syn-recv
	await 3 nothing_in established
	stop_pid "$LISTENER"
	cat "$DIR/listener.out"
	jq -es 'map(objects) | .[0] | .reset == .accepted and .closed == 0
		and .open == 0' <(tail -n 1 "$DIR/listener.out")
}

@test "tcp: socket engine over the line, an open port" {
	far_line --hold 5ms
	tcp -c 500 -i 4ms
	json '.probes.received == 500 and .target.syn_acks == 500
		and .target.resets == 0 and .target.port == 443
		and .hooks.tx == "tc" and .stages_ns.remote == null'
	grep -q '443 is open: SYN-ACK' "$DIR/probe.out"
	grep -q 'no TX stamp of a SYN' "$DIR/probe.out"
	nothing_is_left
	line_stop
	truth
	is_true 500
}

@test "tcp: bypass engine over the line, an open port, IPv6" {
	far_line --hold 5ms
	tcp "$FAR6" --engine bypass -c 500 -i 4ms
	json '.probes.received >= 495 and .probes.lost == 0
		and .target.syn_acks == .probes.received
		and .hooks.tx == "drv"'
	nothing_is_left
	jq -es '.[0].accepted == 0' <(tail -n 1 "$DIR/listener.out")
	line_stop
	truth
	is_true 490
}

@test "tcp: a closed port measures as well, and says so" {
	local engine

	far_host
	for engine in socket bypass; do
		tcp -p $CLOSED --engine $engine -c 50 -i 2ms
		json '.probes.received == 50 and .target.resets == 50
			and .target.syn_acks == 0 and .target.source_ports >= 1'
		grep -q '444 is closed: RST' "$DIR/probe.out"
	done
	nothing_is_left
}

@test "tcp: a far host that keeps no state of a SYN" {
	far_host
	far sysctl -qw net.ipv4.tcp_syncookies=2
	for engine in socket bypass; do
		tcp --engine $engine -c 50 -i 2ms
		json '.probes.received == 50 and .target.syn_acks == 50'
	done
	nothing_is_left
}

@test "tcp: one port of ours where the reply is back in time" {
	far_host
	tcp -c 20 -i 50ms
	json '.target.source_ports == 1'
	tcp "$FAR6" -c 20 -i 50ms --source-port 5555
	json '.target.source_ports == 1 and .target.source_port == 5555'
	run ! grep -q 'ports of ours' "$DIR/probe.out"
	nothing_is_left
}

# Another link of the same two hosts.
second_cable() {
	cable near other0 far other0
}

@test "tcp: a route that changes leads nowhere else" {
	two_hosts
	listen
	second_cable
	probe_start --protocol tcp -d 2 -i 10ms
	sleep 0.7
	ip -n "$NS-near" route add "$FAR4/32" dev other0
	probe_wait
	assert_identity
	json '.probes.planned == 200 and .probes.received == 200 and
		.stages_ns.app_to_tc.n == 200'
	nothing_is_left
}

# The SYN-ACK is here, but past the hooks; and not before connect() is over, as
# it may be on a bare veth.
@test "tcp: a reply that comes in by another interface is not lost" {
	far_line --hold 30ms
	second_cable
	ip -n "$NS-far" route add "$NEAR4/32" dev other0
	probe_ok --protocol tcp -c 20 -i 10ms -W 500ms
	assert_identity
	json '.probes.unrecorded == 20 and .probes.lost == 0'
}

# All of them are there before the first probe, which else would wait for its
# own. What is used is what is told of.
@test "tcp: ports are opened ahead" {
	far_line --hold 100ms
	spawn probe near "$XRTT" probe "$FAR4" --protocol tcp -d 2 -i 10ms \
		--json "$DIR/run.json" --samples "$DIR/samples.csv"
	await 10 test -e "$DIR/samples.csv"
	# So many as 500 ms take, while hardly one has been needed.
	(($(files "$SPAWNED") > 50))
	await 10 process_gone "$SPAWNED"
	json '.probes.planned == 200 and .target.source_ports > 30'
}

@test "tcp: a port above --source-port that is somebody's is left to them" {
	far_host
	spawn_ready theirs near "$BATS_TEST_DIRNAME/tcp_listener.py" 5557
	tcp --engine bypass -c 50 -i 5ms --source-port 5555
	json '.probes.received == 50 and .probes.unsent == 0
		and .target.source_ports > 2 and .target.source_port == 5555'
	run -3 probe --protocol tcp --source-port 5557
	grep -q 'TCP port 5557 .*is in use' "$DIR/probe.err"
}

# Without a RST the far host waits for the rest of the handshake, and would
# answer the next SYN from that port by one of its own.
@test "tcp: what became of one SYN-ACK is not the next probe's loss" {
	local engine

	far_host
	for engine in socket bypass; do
		spawn_ready drop far "$DELAY" tcx-egress-after far0 0 --drop \
			--nth 6-10 --port $OPEN
		tcp --engine $engine -c 80 -i 20ms -W 100ms
		stop_pid "$SPAWNED"
		json '.probes.lost == 5 and .probes.received == 75 and
			.target.syn_acks == 75'
	done
}

@test "tcp: both engines share the ports" {
	far_host
	tcp --engine both -c 100 -i 60ms -d 3
	json '.engines.socket.probes.received == .engines.bypass.probes.received
		and .probes.received == .target.syn_acks
		and .probes.lost == 0 and .target.source_ports <= 2'
	nothing_is_left
}

@test "tcp: a lost SYN is lost, and never sent again" {
	printf 'ab 10..14 drop\n' >"$BATS_TEST_TMPDIR/plan"
	far_line --hold 2ms --plan "$BATS_TEST_TMPDIR/plan"
	tcp -c 50 -i 20ms
	json '.probes.lost == 5 and .probes.received == 45
		and .probes.duplicate == 0'
	nothing_is_left
	line_stop
	truth
	jq -e '.syns == 50 and .n == 45' "$DIR/error.json"
}

# The far host sends its SYN-ACK again after a second, which is too late.
@test "tcp: a lost SYN-ACK is answered late, and taken back" {
	printf 'ba 10 drop\n' >"$BATS_TEST_TMPDIR/plan"
	far_line --hold 2ms --plan "$BATS_TEST_TMPDIR/plan"
	tcp --engine bypass --rx-hook xdp -c 30 -i 20ms
	json '.probes.late + .probes.lost == 1 and .probes.received == 29'
	grep -q 'sent again' "$DIR/probe.out"
	nothing_is_left
}

@test "tcp: a reply after the timeout is late" {
	printf 'ba 7 hold 800ms\n' >"$BATS_TEST_TMPDIR/plan"
	far_line --hold 2ms --plan "$BATS_TEST_TMPDIR/plan"
	tcp -c 30 -i 20ms -W 500ms
	json '.probes.late >= 1 and .probes.received + .probes.late == 30
		and .probes.lost == 0'
	nothing_is_left
}

@test "tcp: a reply that this host drops is lost in the host" {
	far_host
	inject tcx-ingress-after near0 0 --drop --nth 11-20 --port $OPEN
	tcp -c 60 -i 10ms -W 200ms
	json '.probes.lost_in_host == 10 and .probes.lost == 0
		and .probes.received == 50'
}

# The device counts what it sends, and every answered probe's RST with it.
@test "tcp: what the interface refuses is unsent, not lost" {
	far_host
	neighbours_set
	probe_start --protocol tcp -d 2 -i 1ms -W 200ms --engine bypass
	await 10 test -e "$DIR/samples.csv"
	sleep 0.7
	near ip link set near0 down
	sleep 0.4
	near ip link set near0 up
	probe_wait
	assert_identity
	# Others' frames still hide some: what the stack says on a link that has
	# just come up, and its RSTs for SYN-ACKs that are sent again.
	json '.hooks.rx == "xdp" and (.probes | .planned == 2000 and
		.received > 1000 and .unsent > 100 and .unsent > 3 * .lost)'
}

@test "tcp: a duplicate SYN-ACK is counted" {
	printf 'ba 5 dup\n' >"$BATS_TEST_TMPDIR/plan"
	far_line --hold 2ms --plan "$BATS_TEST_TMPDIR/plan"
	tcp --engine bypass -c 30 -i 20ms
	json '.probes.duplicate == 1 and .probes.received == 30'
	nothing_is_left
}

@test "tcp: at TC the stack takes it back" {
	far_host
	tcp --engine bypass --rx-hook tc -c 50 -i 5ms
	json '.probes.received == 50 and .target.syn_acks == 50
		and .hooks.rx == "tc"'
	nothing_is_left
}

# The tag is beside the frame where XDP sees it: a RST without it would never
# reach who waits for it.
@test "tcp: over a VLAN what is sent back is in it" {
	local host target

	two_hosts
	for host in near far; do
		ip -n "$NS-$host" link add link ${host}0 name ${host}0.5 \
			type vlan id 5 2>/dev/null ||
			skip "no 802.1Q in this kernel"
		ip -n "$NS-$host" link set ${host}0.5 up
	done
	ip -n "$NS-near" addr add 10.78.0.1/24 dev near0.5
	ip -n "$NS-near" addr add fd78::1/64 dev near0.5 nodad
	ip -n "$NS-far" addr add 10.78.0.2/24 dev far0.5
	ip -n "$NS-far" addr add fd78::2/64 dev far0.5 nodad
	listen
	pass_all far
	for target in 10.78.0.2 fd78::2; do
		tcp "$target" --engine bypass -c 50 -i 5ms
		json '.hooks.rx == "xdp" and .probes.received == 50 and
			.target.syn_acks == 50'
	done
	nothing_is_left
}

fields() {
	tshark -r "$DIR/wire.pcap" -o tcp.check_checksum:TRUE -T fields \
		-e tcp.srcport -e tcp.dstport -e tcp.flags -e tcp.seq_raw \
		-e tcp.ack_raw -e tcp.checksum.status -e frame.len \
		2>/dev/null >"$DIR/fields"
	"$TRUTH" wire $OPEN <"$DIR/fields" >"$DIR/wire.json"
}

# The sniffer may be behind by much.
has_resets() {
	fields
	jq -e ".taken_back >= $1" "$DIR/wire.json" >/dev/null
}

# wire_run ARGUMENT...: what tshark makes of 40 probes at the far end.
wire_run() {
	command -v tcpdump >/dev/null || skip "no tcpdump"
	command -v tshark >/dev/null || skip "no tshark"
	spawn_until 'listening on' sniffer far tcpdump -i far0 \
		--immediate-mode -n -s 0 -U -w "$DIR/wire.pcap" "tcp port $OPEN"
	tcp "$@" -c 40 -i 5ms
	await 10 has_resets 40 || true
	stop_pid "$SPAWNED"
	fields
	cat "$DIR/wire.json"
}

@test "tcp: tshark agrees on numbers, flags and checksums" {
	local lengths

	two_hosts
	near ethtool -K near0 tx off >/dev/null
	listen
	pass_all far
	for FAR in "$FAR4" "$FAR6"; do
		lengths=74
		[ "$FAR" = "$FAR4" ] || lengths=94
		wire_run "$FAR" --engine bypass
		jq -e ".syns == 40 and .answered == 40 and .syn_acks == 40
			and .taken_back == 40 and .odd_resets == 0
			and .wrong_sums == 0
			and .syn_lengths == [$lengths]" "$DIR/wire.json"
		wire_run "$FAR"
		jq -e ".syns == 40 and .answered == 40 and .wrong_sums == 0
			and .taken_back == 40 and .odd_resets == 0
			and .syn_lengths == [$lengths]" "$DIR/wire.json"
	done
	nothing_is_left
}

@test "tcp: CAP_BPF and CAP_NET_ADMIN suffice" {
	local engine as caps=-all,+bpf,+net_admin

	far_host
	chmod 755 "$DIR"
	install -m 755 "$XRTT_ITSELF" "$DIR/xrtt"
	as=(setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps "$caps" --ambient-caps "$caps"
		--bounding-set "$caps" "$DIR/xrtt")
	for engine in socket bypass both; do
		near "${as[@]}" probe "$FAR4" --protocol tcp --engine $engine \
			-c 20 -i 5ms --json - 2>"$DIR/err" >"$DIR/run.json"
		json '.probes.received == 20'
	done
}

@test "tcp: silence says what to look at" {
	two_hosts
	probe --protocol tcp -c 3 -i 5ms -W 50ms -p $CLOSED || true
	json '.target.resets == 3'
	far ip link set far0 down
	probe --protocol tcp -c 3 -i 5ms -W 50ms -S "$NEAR4" || true
	grep -Eq 'nobody answers|is down|security group' "$DIR/probe.out" \
		"$DIR/probe.err"
}
