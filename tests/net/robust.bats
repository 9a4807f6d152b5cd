#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# What a run leaves behind, killed or not; several at once; the packets and the
# hosts that a run may meet.

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	: "${FOREIGN:=$TOOLS/../../bpf/delay.bpf.o}"
	FRAMES=$BATS_TEST_DIRNAME/frames.py
	harness_start
	without_hops
	two_hosts
	neighbours_set
}

teardown() {
	harness_end
}

# prober NAME [OPTION...]: in the background until its hooks are in place;
# $PROBER. Its result is NAME.json.
prober() {
	spawn "$1" near "$XRTT" probe "$FAR4" --json "$DIR/$1.json" \
		--samples "$DIR/$1.csv" "${@:2}"
	PROBER=$SPAWNED
	await 10 has_hooks "$PROBER" || fail "$(cat "$DIR/$1.err")"
}

# `!` does not end a test.
refute() {
	! "$@"
}

# The samples are opened once everything else is.
has_hooks() {
	local fd

	for fd in "/proc/$1/fd/"*; do
		[[ $(readlink "$fd") != *.csv ]] || return 0
	done
	return 1
}

ended_well() {
	await 10 process_gone "$2" || return
	wait "$2" || fail "$(cat "$DIR/$1.err")"
	cp "$DIR/$1.json" "$DIR/run.json"
	assert_identity
}

# ids KIND PID: of the links or programs that a process holds.
ids() {
	awk -v key="$1_id:" '$1 == key { print $2 }' "/proc/$2/fdinfo/"* |
		sort -u
}

all_gone() {
	local id

	for id in $LINKS; do
		! bpftool link show id "$id" >/dev/null 2>&1 || return 1
	done
	for id in $PROGRAMS; do
		! bpftool prog show id "$id" >/dev/null 2>&1 || return 1
	done
}

# kill_hard PID HOST LINKS: with as many links.
kill_hard() {
	LINKS=$(ids link "$1")
	PROGRAMS=$(ids prog "$1")
	[ "$(wc -w <<<"$LINKS")" -eq "$3" ]
	[ "$(wc -w <<<"$PROGRAMS")" -ge "$3" ]
	kill -KILL "$1"
	await 1 all_gone || fail "left: links $LINKS, programs $PROGRAMS"
	assert_bare "$2"
}

assert_bare() {
	refute grep xdp <("$1" ip link show dev "$1"0)
	refute grep xrtt <("$1" bpftool net show)
	refute grep . <("$1" tc filter show dev "$1"0 egress)
	refute grep . <("$1" tc filter show dev "$1"0 ingress)
	refute grep clsact <("$1" tc qdisc show dev "$1"0)
}

@test "robust: kill -9 of a prober leaves nothing, XDP and TC" {
	start_reflector
	prober killed -c 100000 -i 2ms --rx-hook xdp
	near ip link show dev near0 | grep -q xdp
	kill_hard "$PROBER" near 3
	prober killed -c 100000 -i 2ms --rx-hook tc
	kill_hard "$PROBER" near 2
	probe_ok -c 20 -i 2ms --rx-hook xdp
	json '.probes.received == 20'
}

@test "robust: kill -9 of a reflector leaves nothing, XDP and TC" {
	pass_all near
	start_reflector --hook xdp
	far ip link show dev far0 | grep -q xdp
	kill_hard "$REFLECTOR" far 1
	start_reflector --hook tc
	kill_hard "$REFLECTOR" far 1
	start_reflector --hook xdp
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20'
}

@test "robust: what ended by itself leaves nothing either" {
	start_reflector --hook tc --tc clsact
	probe_ok -c 20 -i 2ms
	probe_ok -c 20 -i 2ms --tc clsact --rx-hook tc
	json '.probes.received == 20 and .hooks.rx_how == "clsact"'
	stop_pid "$REFLECTOR"
	assert_bare near
	assert_bare far
}

# ---- clsact ----------------------------------------------------------------

filters() {
	near tc filter show dev near0 "$1" | grep -o 'handle .* direct-action' |
		sort
}

# How many there are whose line has the text.
count_filters() {
	cat <(filters egress) <(filters ingress) | grep -c "$1" || true
}

foreign_add() {
	local direction

	near tc qdisc add dev near0 clsact
	for direction in egress ingress; do
		near tc filter add dev near0 $direction bpf da \
			obj "$FOREIGN" sec tc
	done
	[ "$(count_filters delay)" -eq 2 ]
}

@test "robust: filters that a crash left go with the next start, only those" {
	local live all

	start_reflector --hook tc
	foreign_add
	prober live --tc clsact --rx-hook tc -d 6s -i 2ms
	live=$PROBER
	all=$(filters egress; filters ingress)
	[ "$(count_filters xrtt_)" -eq 2 ]
	prober killed --tc clsact --rx-hook tc -c 100000 -i 2ms
	[ "$(count_filters xrtt_)" -eq 4 ]
	kill -KILL "$PROBER"
	await 2 process_gone "$PROBER"
	[ "$(count_filters xrtt_)" -eq 4 ] # nobody takes them away
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20'
	[ "$(filters egress; filters ingress)" = "$all" ]
	ended_well live "$live"
	json '.probes | .received == .planned and .planned == 3000'
	[ "$(count_filters xrtt_)" -eq 0 ]
	[ "$(count_filters delay)" -eq 2 ]
	near tc qdisc show dev near0 | grep -q clsact
}

@test "robust: a qdisc that a crash left goes as well, if nobody else uses it" {
	start_reflector
	prober killed --tc clsact --rx-hook tc -c 100000 -i 2ms
	kill -KILL "$PROBER"
	await 2 process_gone "$PROBER"
	near tc qdisc show dev near0 | grep -q clsact
	probe_ok -c 20 -i 2ms
	[ "$(count_filters .)" -eq 0 ]
	assert_bare near
}

far_filters() {
	far tc filter show dev far0 ingress | grep -c direct-action
}

@test "robust: a reflector sweeps what its predecessor left" {
	start_reflector --hook tc --tc clsact
	kill -KILL "$REFLECTOR"
	await 2 process_gone "$REFLECTOR"
	[ "$(far_filters)" -eq 1 ]
	start_reflector --hook tc --tc clsact
	[ "$(far_filters)" -eq 1 ]
	probe_ok -c 20 -i 2ms
	json '.probes.received == 20 and .probes.duplicate == 0'
}

@test "robust: two probers at once, the second falls back to TC and says so" {
	local first second

	start_reflector
	prober first -d 3s -i 2ms
	first=$PROBER
	prober second -d 1s -i 2ms
	second=$PROBER
	ended_well second "$second"
	json '.probes.received == 500 and .hooks.rx == "tc"'
	json '.hooks.rx_why | test("another XDP program")'
	grep -q 'another XDP program' "$DIR/second.out"
	ended_well first "$first"
	json '.probes.received == 1500 and .hooks.rx == "xdp"
		and .counts.stale == 0'
}

# ---- packets that do not belong --------------------------------------------

@test "robust: replies to an old run match nothing" {
	start_reflector
	spawn_ready keep near "$FRAMES" keep near0 862 "$DIR/frames" 100
	probe_ok -c 100 -i 2ms --source-port 40000
	await 5 process_gone "$SPAWNED"
	prober again -c 1000 -i 2ms --source-port 40000
	far "$FRAMES" send far0 "$DIR/frames" 0.005
	ended_well again "$PROBER"
	cp "$DIR/again.csv" "$DIR/samples.csv"
	assert_in_order
	json '.probes | .received == 1000 and .duplicate == 0
		and .reordered == 0'
	json '.counts.stale > 50 and .counts.stale <= 100'
	# An old answer's stamps would be from before the first one's.
	awk -F, 'NR > 1 && $9 < 0 { exit 1 }' "$DIR/samples.csv"
}

@test "robust: a reply dropped between XDP and TC is lost in the host" {
	start_reflector
	prober dropped -c 1000 -i 2ms -W 0.2 --rx-hook xdp
	inject tcx-ingress-before near0 0 --drop --nth 11-30
	ended_well dropped "$PROBER"
	json '.probes | .lost_in_host == 20 and .lost == 0 and .received == 980'
	awk -F, '$4 == "lost_in_host" && ($12 == "" || $13 != "") { exit 1 }' \
		"$DIR/dropped.csv"
}

# ---- hosts that take their own ways ----------------------------------------

assert_ordered() {
	local seed=${SEED:-$RANDOM$RANDOM}

	echo "seed $seed (SEED=$seed repeats it)"
	probe_ok -c 2000 -i 1ms --pacing poisson --seed "$seed"
	assert_identity
	assert_in_order
	json '.probes.received == 2000 and .counts.disorder == 0'
	json ".pacing.kind == \"poisson\" and .pacing.seed == $seed"
}

@test "robust: stamps in order with GRO" {
	start_reflector
	near ethtool -K near0 gro on
	assert_ordered
}

@test "robust: stamps in order with threaded NAPI" {
	start_reflector
	near ethtool -K near0 gro on # or veth has no NAPI yet
	near sh -c 'echo 1 >/sys/class/net/near0/threaded'
	assert_ordered
}

@test "robust: stamps in order with RPS to either CPU" {
	local mask

	start_reflector
	for mask in 1 2; do
		near sh -c \
			"echo $mask >/sys/class/net/near0/queues/rx-0/rps_cpus"
		assert_ordered
	done
}
