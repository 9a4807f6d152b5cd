#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What xrtt does without, and that it says so: tcx, native XDP, the kernel's
# TAI, the bypass engine. Where this kernel lacks nothing,
# tests/net/old_kernel.c stands in for one that does.

# shellcheck disable=SC2119 # start_reflector without options is meant
# shellcheck disable=SC2030,SC2031,SC2034 # bats runs each in a subshell
bats_require_minimum_version 1.5.0

ERROR=$BATS_TEST_DIRNAME/stamp_error.py

# Scale and Multiplier at their largest, PTP's Z bit: nothing is known.
NOTHING_KNOWN=32767

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	OLD_KERNEL_SO=$TOOLS/old_kernel.so
	harness_start
	without_hops
	two_hosts
	neighbours_set
}

teardown() {
	harness_end
}

# lacking WHAT: what the next `probe` runs on.
lacking() {
	PROBE_ENV=("LD_PRELOAD=$OLD_KERNEL_SO" "OLD_KERNEL=$1")
}

# fell STAGE WANTED USED WHY: the run took that step, and no other.
fell() {
	json ".hooks.fallbacks | length == 1 and (.[0] | .stage == \"$1\" and
		.wanted == \"$2\" and .used == \"$3\" and
		(.why | test(\"$4\")))" ||
		fail "$(jq -c .hooks.fallbacks "$DIR/run.json")"
}

fell_not() {
	json '.hooks.fallbacks == []'
	run ! grep -E '^  (engine|hooks) ' "$DIR/probe.out"
}

# reflector_lacking WHAT [OPTION...]
reflector_lacking() {
	spawn_until reflecting reflector far env \
		"LD_PRELOAD=$OLD_KERNEL_SO" "OLD_KERNEL=$1" \
		"$XRTT" reflect -I far0 --allow "$NET4" --allow "$NET6" "${@:2}"
	REFLECTOR=$SPAWNED
}

said() {
	grep -q "^xrtt reflect: $1" "$DIR/reflector.err" ||
		fail "not said: $1; but: $(cat "$DIR/reflector.err")"
}

# ---- hooks -----------------------------------------------------------------

@test "fallback: where nothing is missing nothing is said" {
	start_reflector
	probe_ok -c 20 -i 2ms
	fell_not
	[ "$(wc -l <"$DIR/reflector.err")" -eq 1 ]
}

@test "fallback: tcx to clsact" {
	start_reflector
	lacking tcx
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20 and .hooks.tx_how == "clsact"'
	json '.stages_ns.xdp_to_tc.n == 20 and .stages_ns.app_to_tc.n == 20'
	fell tx tcx clsact 'has no tcx.*6.6'
	grep -q '^  hooks *clsact, not tcx: .*has no tcx' "$DIR/probe.out"
	# As asked for, it is no fallback.
	PROBE_ENV=()
	probe_ok -c 20 -i 2ms --tc clsact
	json '.hooks.tx_how == "clsact"'
	fell_not
	# Nothing stays.
	run ! grep clsact <(near tc qdisc show dev near0)
	lacking tcx
	run -3 probe -c 3 --tc tcx
	grep -q 'no tcx.*--tc auto takes clsact' "$DIR/probe.err"
}

@test "fallback: native XDP to TC ingress" {
	# The limit is the other end's.
	ip -n "$NS-far" link set far0 mtu 9001
	start_reflector --hook tc
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20 and .hooks.rx == "tc"'
	fell rx 'native XDP' tcx 'MTU.*too large.*ip link set.* mtu'
	grep -q '^  hooks *network ends at tc ingress: the MTU' "$DIR/probe.out"
	lacking tcx
	probe_ok -c 20 -i 2ms
	json '.hooks | .rx == "tc" and .rx_how == "clsact" and
		([.fallbacks[].stage] == ["tx", "rx"])'
}

@test "fallback: the driver's transmit stamp to TC egress's" {
	start_reflector
	lacking drv
	probe_ok -c 20 -i 2ms
	json '.hooks.tx == "tc" and .probes.received == 20'
	fell drv_tx 'the driver' 'TC egress' 'no TX stamps'
	# It has its own, whatever the driver delivers.
	probe_ok -c 20 -i 2ms --engine bypass
	json '.hooks.tx == "drv" and .hooks.tx_why == null'
	fell_not
	probe_ok -c 20 -i 2ms --engine both
	json '.engines.socket.hooks.fallbacks[0].stage == "drv_tx" and
		.engines.bypass.hooks.fallbacks == []'
}

@test "fallback: the reflector says the same" {
	reflector_lacking tcx
	said 'reflecting on far0, UDP port 862, by clsact'
	said 'not by native XDP: near0, .* has no XDP program'
	said 'not by tcx: this kernel has no tcx'
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20'
	stop_pid "$REFLECTOR"
	run ! grep clsact <(far tc qdisc show dev far0)
	run -3 far env "LD_PRELOAD=$OLD_KERNEL_SO" OLD_KERNEL=tcx \
		"$XRTT" reflect -I far0 --hook tc --tc tcx
}

# ---- the reflector's clock -------------------------------------------------

# Both hosts have this machine's clock: its stamps lie between ours.
clock_is_ours() {
	for _ in 1 2 3; do
		near "$ERROR" "$FAR4" 862 >"$DIR/clock.json"
		jq -e '.early_ns >= 0 and .held_ns >= 0 and .late_ns >= 0 and
			.early_ns + .late_ns < 1e9' "$DIR/clock.json" ||
			fail "$(cat "$DIR/clock.json")"
	done
}

@test "fallback: TAI to MONOTONIC + offset" {
	local hook

	pass_all near
	for hook in xdp tc; do
		reflector_lacking tai --hook $hook
		said 'no TAI in the kernel: .*no bpf_ktime_get_tai_ns.*6\.1'
		said 'stamps are MONOTONIC plus an offset'
		probe_ok -c 50 -i 2ms
		assert_in_order
		json '.probes.received == 50 and .remote_ns.n == 50 and
			.remote_ns.min >= 0'
		clock_is_ours
		jq -e ".error != $NOTHING_KNOWN" "$DIR/clock.json"
		stop_pid "$REFLECTOR"
	done
	run -3 far env "LD_PRELOAD=$OLD_KERNEL_SO" OLD_KERNEL=tai \
		"$XRTT" reflect -I far0 --clock tai
}

@test "fallback: --clock" {
	pass_all near
	start_reflector --clock offset
	said 'stamps are MONOTONIC plus an offset'
	run ! grep 'no TAI' "$DIR/reflector.err"
	clock_is_ours
	stop_pid "$REFLECTOR"
	start_reflector --clock tai
	[ "$(wc -l <"$DIR/reflector.err")" -eq 1 ]
	clock_is_ours
}

# error_is EXPR
error_is() {
	near "$ERROR" "$FAR4" 862 >"$DIR/clock.json"
	jq -e ".error $1" "$DIR/clock.json"
}

# Nobody looks at the clock meanwhile, so nobody can say how wrong it is.
@test "fallback: a reflector that is held up claims nothing of its clock" {
	local clock

	pass_all near
	for clock in tai offset; do
		start_reflector --clock $clock
		error_is "!= $NOTHING_KNOWN"
		kill -STOP "$REFLECTOR"
		await 6 error_is "== $NOTHING_KNOWN"
		clock_is_ours
		kill -CONT "$REFLECTOR"
		await 6 error_is "!= $NOTHING_KNOWN"
		stop_pid "$REFLECTOR"
	done
}

# ---- the engine ------------------------------------------------------------

# not_bypassed WHY [TARGET] [OPTION...]
not_bypassed() {
	probe_ok "${@:2}" -c 20 -i 2ms --engine auto
	json '.engine == "socket" and .probes.received == 20'
	fell engine bypass socket "$1"
	sed -n 1,5p "$DIR/probe.out" >"$DIR/head"
	grep -q '^  engine *socket, not bypass: ' "$DIR/head"
}

@test "fallback: --engine auto is bypass where that works" {
	(($(nproc) > 1)) || skip "one CPU: auto takes the socket engine"
	start_reflector
	probe_ok -c 200 -i 1ms --engine auto
	json '.engine == "bypass" and .probes.received == 200 and
		.rtt_ns == null and .counts.stale == 0'
	# What was tried is in no count.
	json '.probes | .planned == 200 and .sent == 200 and .duplicate == 0 and
		.reordered == 0'
	json '.loss.forward == 0 and .loss.return == 0'
	fell_not
	assert_identity
	assert_in_order
	probe_ok "$FAR6" -c 200 -i 1ms --engine auto
	json '.engine == "bypass" and .probes.received == 200'
}

@test "fallback: bypass to socket, and why" {
	(($(nproc) > 1)) || skip "one CPU: it is always that"
	start_reflector --hook tc
	# Both ways need the other end's XDP; far0 has none.
	not_bypassed 'near0 sent [0-3] of 4 frames.*pass-all'
	pass_all far
	lacking live
	not_bypassed 'no live frames.*5.18'
	PROBE_ENV=()
	not_bypassed 'speaks STAMP and TCP only' "$FAR4" --protocol icmp
	PROBE_ENV=(taskset -c 0)
	not_bypassed 'only one to run on'
	PROBE_ENV=()
	probe_ok -c 20 -i 2ms --engine auto
	json '.engine == "bypass" and .probes.received == 20'
}

@test "fallback: nobody answers, whichever engine" {
	(($(nproc) > 1)) || skip "one CPU: it is always the socket engine"
	pass_all far
	run -1 probe -c 20 -i 2ms -W 0.2 --engine auto
	json '.engine == "socket" and .probes.lost == 20'
	fell engine bypass socket 'no answer came to 4 frames'
}

@test "fallback: never silently, and only if asked" {
	start_reflector --hook tc
	lacking live
	run -3 probe -c 3 --engine bypass
	grep -q 'live frames take kernel 5.18; --engine socket' "$DIR/probe.err"
	run -2 probe -c 3 --engine auto --flood
	PROBE_ENV=()
	probe_ok -c 3
	json '.engine == "socket" and .hooks.fallbacks == []'
}
