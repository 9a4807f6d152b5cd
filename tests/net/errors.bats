#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What stops a run: the exit status, one line on stderr that names the cure,
# and nothing on stdout. And what does not: few capabilities.

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	TALK=$BATS_TEST_DIRNAME/talk.py
	harness_start
	without_hops
	two_hosts
	neighbours_set
}

teardown() {
	harness_end
}

# refused STATUS PATTERN CMD...: on the near host; PATTERN is the cure.
refused() {
	local status=0

	near timeout -k 2 30 "${@:3}" >"$DIR/out" 2>"$DIR/err" 3>&- ||
		status=$?
	cat "$DIR/err"
	[ "$status" -eq "$1" ] || fail "status $status, not $1: ${*:3}"
	[ ! -s "$DIR/out" ] || fail "said on stdout: $(cat "$DIR/out")"
	[ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -qE "^xrtt (probe|reflect|doctor): .*$2" "$DIR/err" ||
		fail "no such cure: $2"
}

refuses_probe() {
	refused "$1" "$2" "$XRTT" probe "${@:3}" -c 3
}

@test "errors: no such interface" {
	refuses_probe 2 'nosuch0.*ip link' "$FAR4" -I nosuch0
	refused 2 'nosuch0.*ip link' "$XRTT" reflect -I nosuch0
}

@test "errors: an option of doctor's that would do nothing" {
	refused 2 '-d is for --null' "$XRTT" doctor -d 2s
	refused 2 '-d is for --null' "$XRTT" doctor -I near0 -d 2s
}

@test "errors: no route" {
	refuses_probe 3 '192\.0\.2\.1.*ip route get' 192.0.2.1
	refuses_probe 3 '2001:db8::1.*ip route get' 2001:db8::1
	refuses_probe 3 '10\.9\.9\.9|-S right' "$FAR4" -S 10.9.9.9
}

@test "errors: nobody there" {
	refuses_probe 1 '10\.77\.0\.99 on near0.*is it up' 10.77.0.99
	near ip link set near0 down
	refuses_probe 3 'near0 is down' "$FAR4" -I near0
}

@test "errors: port in use" {
	spawn_ready mine near "$TALK" echo 40000
	refuses_probe 3 '40000.*in use.*another' "$FAR4" --source-port 40000
	refused 3 '40000.*in use.*another with -p' \
		"$XRTT" reflect -I near0 -p 40000
	refuses_probe 2 'answer neither' "$FAR4" --source-port 862
}

@test "errors: bad usage" {
	refuses_probe 2 '' "$FAR4" --no-such-option
	refuses_probe 2 'not a time' "$FAR4" -i soon
	refuses_probe 2 '\.csv, \.jsonl or \.db' "$FAR4" --samples "$DIR/x.txt"
	refuses_probe 2 'MTU of near0' "$FAR4" --size 1480
	refused 2 '-I is missing' "$XRTT" reflect
	refused 2 'such as 10' "$XRTT" reflect -I near0 --allow 10.0.0.0/33
	refused 2 'TARGET' "$XRTT" probe
}

@test "errors: somebody else's XDP program is never replaced" {
	local before

	pass_all near
	pass_all far
	before=$(near ip -j link show near0 | jq .[0].xdp.prog.id)
	[ "$before" -gt 0 ]
	refuses_probe 3 'another XDP program.*--rx-hook auto' \
		"$FAR4" --rx-hook xdp
	refused 3 'another XDP program' \
		"$XRTT" reflect -I near0 --hook xdp --allow "$NET4"
	spawn_until reflecting reflector far "$XRTT" reflect -I far0 \
		--hook tc --allow "$NET4"
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20 and .hooks.rx == "tc"'
	json '.hooks.rx_why | test("another XDP program")'
	[ "$(near ip -j link show near0 | jq .[0].xdp.prog.id)" -eq "$before" ]
}

@test "errors: the MTU, ours or the peer's, is too large for native XDP" {
	local which

	for which in far near; do
		ip -n "$NS-$which" link set "${which}0" mtu 9001
		refuses_probe 3 'MTU.*too large.*mtu.*--rx-hook auto' \
			"$FAR4" --rx-hook xdp
	done
	spawn_until reflecting reflector far "$XRTT" reflect -I far0 \
		--hook tc --allow "$NET4"
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20 and .hooks.rx == "tc"'
	json '.hooks.rx_why | test("MTU")'
	grep -q 'MTU.*too large' "$DIR/probe.out"
}

@test "errors: a veth whose other end has no XDP program" {
	refused 3 'other end of near0, has no XDP.*--hook auto' \
		"$XRTT" reflect -I near0 --hook xdp --allow "$NET4"
	spawn_until reflecting reflector far "$XRTT" reflect -I far0 \
		--allow "$NET4"
	grep -q 'not by native XDP.*no XDP program' "$DIR/reflector.err"
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20'
}

# A run in which nothing came back has a report, and says what to look at.
@test "errors: the reflector is silent" {
	local status=0

	probe -c 5 -i 1ms -W 0.1 || status=$?
	[ "$status" -eq 1 ]
	assert_identity
	grep -q 'sent 5, none came back' "$DIR/probe.out"
	grep -q 'nothing listens on UDP port 862' "$DIR/probe.out"
	json '.probes.lost == 5 and .counts.port_unreachable > 0'

	start_reflector --allow 10.99.0.0/16
	status=0
	probe -c 5 -i 1ms -W 0.1 || status=$?
	[ "$status" -eq 1 ]
	grep -q 'sent 5, none came back' "$DIR/probe.out"
	grep -qi 'security group' "$DIR/probe.out"
	json '.counts.port_unreachable == 0'
}

# ---- capabilities ----------------------------------------------------------

# as_nobody CAPS CMD...: CMD as uid 65534 with those; see AS.
as_nobody() {
	chmod 755 "$DIR"
	install -m 755 "$XRTT_ITSELF" "$DIR/xrtt"
	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps "-all$1" --ambient-caps "-all$1"
		--bounding-set "-all$1" "$DIR/xrtt")
}

@test "errors: missing capabilities" {
	as_nobody ''
	refused 3 'needs CAP_BPF and CAP_NET_ADMIN' \
		"${AS[@]}" probe "$FAR4" -c 3
	refused 3 'needs CAP_BPF and CAP_NET_ADMIN' \
		"${AS[@]}" reflect -I near0 -p 8620
	refused 3 'CAP_NET_BIND_SERVICE' "${AS[@]}" reflect -I near0 -p 862
	as_nobody ,+bpf,+net_admin
	refused 3 'needs CAP_NET_RAW for ICMP' \
		"${AS[@]}" probe "$FAR4" -c 3 --protocol icmp
}

@test "errors: CAP_BPF and CAP_NET_ADMIN suffice" {
	local hook pass

	as_nobody ,+bpf,+net_admin
	pass_all near
	pass=$SPAWNED
	for hook in xdp tc; do
		spawn_until reflecting reflector far "${AS[@]}" reflect \
			-I far0 -p 8620 --hook $hook --allow "$NET4" \
			--allow "$NET6"
		REFLECTOR=$SPAWNED
		near "${AS[@]}" probe "$FAR6" -p 8620 -c 20 -i 2ms --json - \
			2>"$DIR/err" >"$DIR/run.json"
		json '.probes.received == 20 and .hooks.rx == "tc"'
		stop_pid "$REFLECTOR"
	done
	stop_pid "$pass"
	spawn_until reflecting reflector far "${AS[@]}" reflect -I far0 \
		-p 8620 --hook tc --allow "$NET4"
	near "${AS[@]}" probe "$FAR4" -p 8620 -c 20 -i 2ms --json - \
		--rx-hook xdp 2>"$DIR/err" >"$DIR/run.json"
	json '.probes.received == 20 and .hooks.rx == "xdp"'
	as_nobody ,+bpf,+net_admin,+net_raw
	near "${AS[@]}" probe "$FAR4" --protocol icmp -c 20 -i 2ms --json - \
		2>"$DIR/err" >"$DIR/run.json"
	json '.probes.received == 20'
}

@test "errors: what TCP cannot do" {
	refuses_probe 2 'is an attack' "$FAR4" --protocol tcp --engine bypass \
		--flood
	refuses_probe 2 'carries nothing' "$FAR4" --protocol tcp --size 100
	refuses_probe 2 'a second at most' "$FAR4" --protocol tcp -W 1100ms
	refuses_probe 2 'not for TCP' "$FAR4" --protocol tcp --busy-poll
}
