#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Whom the reflector answers and whom not, what it counts, and that the host
# goes on as if it were not there.

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	PEER=$BATS_TEST_DIRNAME/stamp_peer.py
	TALK=$BATS_TEST_DIRNAME/talk.py
	harness_start
	without_hops
}

teardown() {
	harness_end
}

# serve NAME HOST [OPTION...]: a reflector, which allows nobody by itself;
# $SERVER.
serve() {
	spawn_until reflecting "$1" "$2" "$XRTT" reflect "${@:3}"
	SERVER=$SPAWNED
}

reports() {
	grep -c ' answered$' "$DIR/$1.out"
}

reported_after() {
	[ "$(reports "$1")" -gt "$2" ]
}

# counted NAME PID TEXT: how many, by what it prints on SIGUSR1 now.
counted() {
	local before

	before=$(reports "$1") || true
	kill -USR1 "$2"
	await 5 reported_after "$1" "$before" || return
	awk -v text="$3" '/ answered$/ { n = 0 }
		index($0, text) { n += $1 } END { print n + 0 }' "$DIR/$1.out"
}

assert_counted() {
	local n

	n=$(counted door "$SERVER" "$1")
	[ "$n" -eq "$2" ] || fail "$n, not $2: $1"
}

talk() {
	near "$TALK" "$@"
}

assert_silence() {
	[ "$(talk udp "$1" "${PORT:-862}" --count 5 "${@:2}")" = \
		"same 0 answered 0 unreachable 0 silence 5" ]
}

hosts_with_pass() {
	two_hosts
	neighbours_set
	pass_all near
}

@test "door: a stranger hears nothing, and is counted" {
	local hook target status

	hosts_with_pass
	for hook in xdp tc; do
		serve door far -I far0 --hook $hook \
			--allow 10.99.0.0/16 --allow fd99::/16
		assert_silence "$FAR4"
		assert_silence "$FAR6"
		assert_counted 'not on the allow list' 10
		for target in "$FAR4" "$FAR6"; do
			status=0
			probe "$target" -c 5 -i 1ms -W 0.1 || status=$?
			[ "$status" -eq 1 ]
			assert_identity
			json '.probes.lost == 5'
			json '.counts.port_unreachable == 0'
			json '.loss.refused_by_reflector == null'
		done
		assert_counted answered 0
		stop_pid "$SERVER"
	done
}

@test "door: nobody is allowed unless somebody is" {
	hosts_with_pass
	serve door far -I far0
	grep -q 'nobody is allowed' "$DIR/door.err"
	assert_silence "$FAR4"
	assert_silence "$FAR6"
	assert_counted 'not on the allow list' 10
}

@test "door: an allowed host next to one that is not" {
	hosts_with_pass
	near ip addr add 10.77.0.9/32 dev near0
	serve door far -I far0 --allow 10.77.0.9/32
	assert_silence "$FAR4"
	probe_ok -c 20 -i 2ms -S 10.77.0.9
	json '.probes.received == 20'
	assert_counted 'not on the allow list' 5
}

@test "door: a packet from the reflector's own port is not answered" {
	local hook

	hosts_with_pass
	for hook in xdp tc; do
		serve door far -I far0 --hook $hook --allow "$NET4" \
			--allow "$NET6"
		assert_silence "$FAR4" --source-port 862
		assert_counted "from a reflector's port" 5
		assert_counted answered 0
		stop_pid "$SERVER"
	done
}

@test "door: a reflector on another port does not answer port 862" {
	hosts_with_pass
	serve door far -I far0 -p 863 --hook xdp --allow "$NET4"
	PORT=863 assert_silence "$FAR4" --source-port 862
	assert_counted "from a reflector's port" 5
	assert_counted answered 0
}

@test "door: two reflectors do not answer each other" {
	local pass here there mac

	two_hosts
	neighbours_set
	pass_all near
	pass=$SPAWNED
	serve door far -I far0 --hook xdp --allow "$NET4"
	there=$SERVER
	stop_pid "$pass"
	serve here near -I near0 --hook xdp --allow "$NET4"
	here=$SERVER
	mac=$(far cat /sys/class/net/far0/address)
	near "$PEER" send near0 "$mac" "$NEAR4" "$FAR4" --source-port 862 \
		--homeless --wait 0.2 >"$DIR/peer.json"
	jq -e '.answered == 0' "$DIR/peer.json"
	[ "$(counted door "$there" "from a reflector's port")" -eq 3 ]
	[ "$(counted door "$there" answered)" -eq 0 ]
	[ "$(counted here "$here" answered)" -eq 0 ]
	[ "$(counted here "$here" refused)" -eq 0 ]
}

# The bucket holds 64 answers and fills at the rate.
@test "door: a flood gets the rate, and what was refused is not lost" {
	local rate=100 count=1000 refused seconds

	hosts_with_pass
	serve door far -I far0 --allow "$NET4" --rate $rate
	probe_ok -c $count -i 1ms -W 0.2
	assert_identity
	refused=$(counted door "$SERVER" 'over --rate')
	[ "$refused" -gt $((count / 2)) ]
	json ".loss.refused_by_reflector == $refused"
	json ".probes.lost == $refused and .loss.ratio == 0
		and .loss.forward == 0 and .loss.return == 0"
	json ".probes.received == $count - $refused"
	grep -q '  lost 0 ' "$DIR/probe.out"
	grep -q "refused .*$refused" "$DIR/probe.out"
	seconds=$(awk -F, 'NR == 2 { first = $6 } { last = $6 }
		END { print (last - first) / 1e9 }' "$DIR/samples.csv")
	json ".probes.received |
		. >= $rate and . <= 64 + 2 + $rate * $seconds"
}

@test "door: the rate is each source's own" {
	hosts_with_pass
	serve door far -I far0 --allow "$NET4" --rate 10
	near ip addr add 10.77.0.9/32 dev near0
	probe_ok -c 200 -i 1ms -W 0.1
	json '.loss.refused_by_reflector > 100'
	probe_ok -c 50 -i 1ms -W 0.1 -S 10.77.0.9
	json '.loss.refused_by_reflector == 0 and .probes.received == 50'
}

@test "door: what is not for the port is served as ever, byte by byte" {
	local hook target size

	hosts_with_pass
	spawn_ready echo far "$TALK" echo 7777
	for hook in xdp tc; do
		serve door far -I far0 --hook $hook --allow "$NET4" \
			--allow "$NET6"
		for target in "$FAR4" "$FAR6"; do
			for size in 1 43 44 511 1400 4000; do
				talk udp "$target" 7777 --size $size --wait 2 |
					grep -q '^same 5 '
			done
			talk tcp "$target" 7777 | grep -qx same
			near ping -q -c 5 -i 0.01 -s 4000 -W 2 "$target"
			talk udp "$target" 7778 --count 1 |
				grep -q 'unreachable 1'
		done
		talk udp "$FAR4" 7777 --options --wait 2 | grep -q '^same 5 '
		near ping -q -R -c 3 -i 0.01 -W 2 "$FAR4"
		assert_counted answered 0
		assert_counted refused 0
		assert_counted passed 0
		stop_pid "$SERVER"
	done
}

@test "door: what is for the port and no request goes on to the host" {
	local hook

	hosts_with_pass
	for hook in xdp tc; do
		serve door far -I far0 --hook $hook --allow "$NET4" \
			--allow "$NET6"
		assert_silence "$FAR4" --size 43
		assert_silence "$FAR6" --size 0
		assert_counted 'shorter than' 10
		assert_silence "$FAR4" --size 505
		assert_silence "$FAR6" --size 1400
		assert_counted 'longer than' 10
		assert_silence "$FAR4" --options
		assert_counted 'IPv4 options' 5
		assert_silence "$FAR4" --size 3000
		assert_counted fragment 5
		talk udp "$FAR4" 862 --size 504 --wait 2 | grep -q 'answered 5'
		assert_counted ' answered' 5
		assert_counted refused 0
		stop_pid "$SERVER"
	done
}

@test "door: the counters are printed on SIGUSR1 and at the end" {
	local answered

	two_hosts
	neighbours_set
	serve door far -I far0 --allow "$NET4"
	probe_ok -c 10 -i 2ms
	answered=$(counted door "$SERVER" answered)
	[ "$answered" -ge 10 ] # and what asks for the counters
	assert_silence "$FAR6"
	assert_counted 'not on the allow list' 5
	stop_pid "$SERVER"
	tail -n 2 "$DIR/door.out" | head -n 1 |
		grep -qE "^ +$answered  answered\$"
	tail -n 1 "$DIR/door.out" | grep -qE '^ +5  refused: source not on'
	[ "$(reports door)" -eq 3 ]
}

@test "door: an address is served when it comes and no more when it goes" {
	local extra=10.77.0.77 hook

	hosts_with_pass
	near ip neigh add $extra dev near0 \
		lladdr "$(far cat /sys/class/net/far0/address)"
	for hook in xdp tc; do
		serve door far -I far0 --hook $hook --allow "$NET4"
		assert_silence $extra
		assert_counted 'not addressed to this host' 5
		far ip addr add $extra/32 dev far0
		await 5 eval "probe $extra -c 5 -i 1ms -W 0.1"
		json '.probes.received == 5'
		far ip addr del $extra/32 dev far0
		await 5 eval "assert_silence $extra"
		stop_pid "$SERVER"
	done
}

# A router that reflects: near - mid - far, and far's reflector is not ours.
routed_hosts() {
	ns_add near && ns_add mid && ns_add far
	cable near near0 mid mid0
	cable far far0 mid mid1
	near ip addr add 10.77.0.1/24 dev near0
	mid ip addr add 10.77.0.254/24 dev mid0
	mid ip addr add 10.78.0.254/24 dev mid1
	far ip addr add 10.78.0.2/24 dev far0
	near ip route add default via 10.77.0.254
	far ip route add default via 10.78.0.254
	mid sysctl -qw net.ipv4.ip_forward=1
}

@test "door: a router goes on forwarding what is for others" {
	local hook passed

	routed_hosts
	spawn_ready pass near "$LINE" --pass near0 --seconds 60
	spawn_ready theirs far "$BUSY_REFLECTOR" -p 862
	spawn_ready echo far "$TALK" echo 7777
	for hook in xdp tc; do
		serve door mid -I mid0 --hook $hook --allow "$NET4"
		probe_ok 10.78.0.2 -c 20 -i 2ms
		assert_identity
		json '.probes.received == 20 and .ttl.remote_max == 254'
		passed=$(counted door "$SERVER" 'not addressed to this host')
		[ "$passed" -ge 20 ]
		assert_counted answered 0
		talk udp 10.78.0.2 7777 --wait 2 | grep -q '^same 5 '
		talk tcp 10.78.0.2 7777 | grep -qx same
		probe_ok 10.77.0.254 -c 20 -i 2ms
		json '.probes.received == 20 and .ttl.remote_max == 255'
		assert_counted 'not addressed to this host' "$passed"
		stop_pid "$SERVER"
	done
}
