#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# Every pair of hooks, both IP versions, and what must hold in any run. Without
# figures, so that the sanitized binary can run it as well.

COUNT=100

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	two_hosts
}

teardown() {
	harness_end
}

assert_complete() {
	assert_identity
	assert_in_order
	json ".schema == \"xrtt/1\" and .probes.planned == $COUNT
		and .probes.received == $COUNT and .probes.duplicate == 0
		and .network_ns.n == $COUNT and .network_ns.min > 0"
	[ "$(wc -l <"$DIR/samples.csv")" -eq $((COUNT + 1)) ]
}

@test "smoke: IPv4, XDP at both ends" {
	start_reflector --hook xdp
	probe_ok "$FAR4" -c "$COUNT" -i 2ms --rx-hook xdp
	assert_complete
	json '.hooks.rx | test("xdp")'
	json '.ttl | .min == 255 and .remote_min == 255'
}

@test "smoke: IPv6, XDP at both ends" {
	start_reflector --hook xdp
	probe_ok "$FAR6" -c "$COUNT" -i 2ms --rx-hook xdp
	assert_complete
}

@test "smoke: IPv4, TC at both ends" {
	start_reflector --hook tc
	probe_ok "$FAR4" -c "$COUNT" -i 2ms --rx-hook tc
	assert_complete
	json '.hooks.rx | test("tc")'
	awk -F, 'NR > 1 && $12 != "" { exit 1 }' "$DIR/samples.csv"
}

@test "smoke: IPv6, TC at both ends" {
	start_reflector --hook tc
	probe_ok "$FAR6" -c "$COUNT" -i 2ms --rx-hook tc
	assert_complete
}

@test "smoke: TC here, XDP there, where a pass-all sits on this end" {
	pass_all near
	start_reflector --hook xdp
	probe_ok "$FAR4" -c "$COUNT" -i 2ms --rx-hook tc
	assert_complete
}

@test "smoke: a permanent neighbour entry stays permanent" {
	neighbours_set
	start_reflector
	probe_ok -c "$COUNT" -i 2ms
	assert_complete
	near ip neigh show "$FAR4" dev near0 | grep -q PERMANENT
}

@test "smoke: ICMP to a host that runs nothing" {
	local target

	for target in "$FAR4" "$FAR6"; do
		probe_ok "$target" --protocol icmp -c "$COUNT" -i 2ms
		assert_complete
		json '(.remote_ns.n // 0) == 0'
	done
}

@test "smoke: reflectors that are not ours: PTP, NTP, stateless, IPv6" {
	local options

	for options in '-p 863' '-p 864 --ntp' '-p 865 --stateless'; do
		# shellcheck disable=SC2086 # several words
		spawn_ready reflector far "$BUSY_REFLECTOR" $options
		probe_ok "$FAR4" -p "${options:3:3}" -c "$COUNT" -i 2ms
		assert_complete
		json ".remote_ns.n == $COUNT and .remote_ns.p50 > 0
			and .remote_ns.p50 < 100000000"
	done
	spawn_ready reflector far "$BUSY_REFLECTOR" -p 866 -6
	probe_ok "$FAR6" -p 866 -c "$COUNT" -i 2ms
	assert_complete
}

@test "smoke: stamps in order with GRO, threaded NAPI and RPS" {
	near ethtool -K near0 gro on
	near sh -c 'echo 1 >/sys/class/net/near0/threaded'
	near sh -c 'echo 2 >/sys/class/net/near0/queues/rx-0/rps_cpus'
	start_reflector
	probe_ok -c "$COUNT" -i 2ms
	assert_complete
	near sh -c 'echo 1 >/sys/class/net/near0/queues/rx-0/rps_cpus'
	probe_ok -c "$COUNT" -i 2ms
	assert_complete
}

@test "smoke: over an interface that is named, both IP versions" {
	local target

	start_reflector
	for target in "$FAR4" "$FAR6"; do
		probe_ok "$target" -I near0 -c "$COUNT" -i 2ms
		assert_complete
		json '.local.ifname == "near0"'
	done
}

# in_manual --OPTION
in_manual() {
	tr -d "\\\\" <"$NET_ROOT/user/xrtt.8" |
		grep -qE -- "Fl (. , )?${1#-}( |\$)"
}

@test "smoke: every command has its help, and its options are in the manual" {
	local command option

	"$XRTT" -h >"$DIR/help"
	for command in probe reflect doctor; do
		grep -q "^  xrtt $command " "$DIR/help"
		"$XRTT" "$command" -h >"$DIR/$command"
		"$XRTT" "$command" --help | cmp - "$DIR/$command"
		grep -q "^xrtt $command " "$DIR/$command"
		awk 'length > 80 { print; wide = 1 } END { exit wide }' \
			"$DIR/$command"
		while read -r option; do
			[ "$option" = --help ] || in_manual "$option" ||
				fail "$command $option is not in xrtt.8"
		done < <(grep -oE -- '--[a-z][a-z-]+' "$DIR/$command")
	done
	! in_manual --nonsense || fail 'the manual is not searched'
	run "$XRTT" nonsense -h
	[ "$status" -eq 2 ]
}
