#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # jq's variables, and those of inner shells
#
# xrtt doctor: what it says is held against what the test itself has set up, in
# namespaces of its own.

LATE_NS=200000 # NAPI's deferral, as the test sets it
FIX_ALL='all(.findings[]; .level == "good" or .fix != null or .id == "cable"
	or .id == "hw_stamps" or .id == "link" or .id == "engine"
	or .id == "xdp")'

CLOCKSOURCE=/sys/devices/system/clocksource/clocksource0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	two_hosts
}

teardown() {
	harness_end
}

# doctor [OPTION...]: on the near host; leaves run.json, out and err in $DIR,
# and the status in $STATUS.
doctor() {
	STATUS=0
	near "${AS[@]}" timeout -k 2 60 "${BINARY:-$XRTT}" doctor \
		--json "$DIR/run.json" "$@" \
		>"$DIR/out" 2>"$DIR/err" 3>&- || STATUS=$?
	[ "$STATUS" -ne 124 ] || fail "xrtt doctor $* did not end"
}

# Without network namespaces there is no cable, and a look takes a second.
quick() {
	local AS=(setpriv --bounding-set "-sys_admin${WITHOUT-}")

	doctor "$@"
}

# finding ID LEVEL VALUE
finding() {
	jq -e --arg id "$1" --arg level "$2" --arg value "$3" \
		'any(.findings[]; .id == $id and .level == $level
		and .value == $value)' "$DIR/run.json" >/dev/null ||
		fail "no finding $*, but $(jq -c --arg id "$1" \
			'[.findings[] | select(.id == $id)]' "$DIR/run.json")"
}

# stamp NAME EXPR: of that stamp.
stamp() {
	jq -e --arg name "$1" ".stamps[] | select(.name == \$name) | $2" \
		"$DIR/run.json" >/dev/null ||
		fail "not so of $1: $2, but $(jq -c .stamps "$DIR/run.json")"
}

status_is_worst() {
	local worst

	worst=$(jq '[.findings[].level] | if any(. == "blocks") then 3
		elif any(. == "costs") then 1 else 0 end' "$DIR/run.json")
	[ "$STATUS" -eq "$worst" ] ||
		fail "status $STATUS, and the worst finding says $worst"
}

everything() {
	near ip -d -o link
	near ip -o addr
	near tc qdisc
	near tc filter show dev near0 ingress 2>&1
	near tc filter show dev near0 egress 2>&1
	near ethtool -c near0 2>&1 || true # a veth has none
	near ethtool -l near0
	near ethtool -k near0
	near "$BPFTOOL" net
	near sysctl -a -r '^net\.'
	sysctl -a -r 'bpf|timer_migration|perf_event'
	cat "$CLOCKSOURCE/current_clocksource"
	ulimit -l
}

@test "doctor: every key is there, and the status is the worst finding's" {
	doctor -I near0
	[ ! -s "$DIR/err" ]
	status_is_worst
	json '.schema == "xrtt-doctor/1" and .null == null and .stored == null'
	json '[.stamps[].name] == ["app_tx", "tc_tx", "drv_tx", "remote_rx",
		"remote_tx", "hw_rx", "xdp_rx", "tc_rx", "sock_rx", "app_rx"]'
	json 'all(.stamps[]; has("delivered") and has("cost_ns")
		and has("jitter_ns") and has("where") and has("why"))'
	json 'all(.findings[]; .id and .text and has("fix") and has("value")
		and has("cost_ns") and has("cost_ppm")
		and (.level | IN("good", "costs", "blocks")))'
	json "$FIX_ALL"
	json '.subject.ifname == "near0" and .subject.driver == "veth"
		and .subject.target == null'
	[ "$(json .subject.kernel)" = "$(uname -r)" ]
}

@test "doctor: real stamps over a cable, with costs and jitter" {
	doctor -I near0
	for name in app_tx tc_tx tc_rx sock_rx app_rx remote_tx; do
		stamp "$name" '.delivered and .where == "veth"
			and .cost_ns > 0 and .cost_ns < 1e6
			and .jitter_ns >= 0'
	done
	stamp remote_rx .delivered
	# On the interface itself, without a target: frames to nobody.
	stamp drv_tx '.delivered and .where == "near0" and .cost_ns >= 0'
	stamp xdp_rx '.delivered == null and (.why | contains("not tried"))'
	stamp hw_rx '.delivered == false and (.why | contains("no hardware"))'
	finding tx_stamps good delivered
	finding link good up
	[ "$(wc -l <"$DIR/out")" -le 45 ]
	[ "$(wc -L <"$DIR/out")" -le 110 ]
}

@test "doctor: a target shows every stamp on the interface" {
	start_reflector
	doctor -I near0 "$FAR4"
	status_is_worst
	finding peer good answers
	json '.subject.target == "10.77.0.2"'
	json 'all(.stamps[] | select(.name != "hw_rx");
		.delivered and .where == "near0")'
	json 'all(.stamps[] | select(.name != "hw_rx"
		and .name != "remote_rx"); .cost_ns >= 0 and .jitter_ns >= 0)'
	# The interface is the route's where none is named.
	doctor "$FAR4" -q
	[ ! -s "$DIR/out" ]
	json '.subject.ifname == "near0"'
	[ "$(near ip -d -o link show near0 | grep -c xdp)" -eq 0 ]
}

@test "doctor: a target that is silent blocks, with the cure" {
	doctor -I near0 "$FAR4"
	[ "$STATUS" -eq 3 ]
	finding peer blocks silent
	json 'any(.findings[]; .id == "peer"
		and (.fix | contains("xrtt reflect")))'
	stamp tc_tx '.delivered and .where == "veth"'
}

@test "doctor: a reflector without XDP, and this end's program taken" {
	start_reflector --hook tc
	pass_all near
	doctor -I near0 "$FAR4"
	status_is_worst
	stamp xdp_rx '.delivered == false and (.why | contains("program"))'
	stamp tc_rx '.delivered and .where == "near0"'
	json 'any(.findings[]; .id == "engine" and .value == "bypass"
		and .level == "costs")'
	finding xdp_program costs "$(near ip -d -j link show near0 |
		jq -r '.[0].xdp.prog.id // .[0].xdp.attached[0].prog.id')"
}

@test "doctor: queueing, MTU and moderation as the test has set them" {
	near tc qdisc replace dev near0 root pfifo limit 7
	ip -n "$NS-near" link set dev near0 mtu 3498
	quick -I near0
	finding qdisc good pfifo
	finding mtu good 3498
	finding moderation good 0
	near tc qdisc replace dev near0 root tbf rate 1gbit burst 64kb \
		latency 5ms || skip "no tbf in this kernel"
	# A veth's limit is the other end's.
	ip -n "$NS-near" link set dev near0 mtu 9001
	ip -n "$NS-far" link set dev far0 mtu 9002
	near sh -c "echo 9 >/sys/class/net/near0/napi_defer_hard_irqs &&
		echo $LATE_NS >/sys/class/net/near0/gro_flush_timeout"
	quick -I near0
	finding qdisc costs tbf
	finding mtu costs 9002
	finding moderation costs held
	json 'any(.findings[]; .id == "mtu" and .fix ==
		"ip link set dev far0 mtu 3498, in its network namespace")'
	json "any(.findings[]; .id == \"moderation\" and .cost_ns == $LATE_NS
		and .fix ==
			\"echo 0 > /sys/class/net/near0/napi_defer_hard_irqs\")"
	near sh -c "$(json '.findings[] | select(.id == "moderation") | .fix')"
	quick -I near0
	finding moderation good 0
	json 'any(.findings[]; .id == "qdisc"
		and (.fix | contains("tc qdisc del dev near0 root")))'
}

@test "doctor: netem's delay in nanoseconds" {
	near tc qdisc replace dev near0 root netem delay 27.5ms 2>/dev/null ||
		skip "no netem in this kernel"
	quick -I near0
	finding qdisc costs netem
	# tc hands it over in ticks of 64 ns.
	json 'any(.findings[]; .id == "qdisc"
		and (.cost_ns - 27500000 | fabs) < 64)'
	near tc qdisc replace dev near0 root fq maxrate 688kbit
	quick -I near0
	finding qdisc costs fq
	json 'any(.findings[]; .id == "qdisc" and .cost_ns == 1000000)'
	near sh -c "$(json '.findings[] | select(.id == "qdisc") | .fix')"
	quick -I near0
	finding qdisc good fq
}

@test "doctor: what the interface stands on and is part of" {
	quick -I near0
	json 'any(.findings[]; .id == "veth_peer" and .level == "costs"
		and (.fix | contains("xdpdrv")))'
	near ip link add br0 type bridge
	near ip link set near0 master br0
	near ip link set br0 up
	quick -I near0
	json 'any(.findings[]; .id == "bridge_port" and .level == "costs"
		and (.text | contains("br0")))'
	quick -I br0
	json 'any(.findings[]; .id == "bridge" and .level == "costs")'
}

@test "doctor: queues are ethtool's" {
	local now max

	ip -n "$NS-near" link add many0 numrxqueues 4 numtxqueues 4 type veth \
		peer name many1
	near ethtool -L many0 rx 2 tx 2 || skip "no ethtool -L on this veth"
	now=2 max=4
	ip -n "$NS-near" link set many1 up
	ip -n "$NS-near" link set many0 up
	quick -I many0
	finding queues good "$now of $max"
}

@test "doctor: capabilities, each that is missing by name" {
	quick -I near0
	finding capabilities costs CAP_SYS_ADMIN
	stamp tc_tx '.delivered == null and (.why | contains("CAP_SYS_ADMIN"))'
	WITHOUT=,-net_raw quick -I near0
	finding capabilities costs CAP_NET_RAW
	[ "$STATUS" -eq 1 ]
	WITHOUT=,-bpf quick -I near0
	finding capabilities blocks CAP_BPF
	[ "$STATUS" -eq 3 ]
	WITHOUT=,-net_admin quick -I near0
	finding capabilities blocks CAP_NET_ADMIN
	grep -q 'setcap cap_bpf,cap_net_admin' "$DIR/out"
	status_is_worst
}

@test "doctor: an ordinary user is told what is missing, and sees the rest" {
	local AS=(setpriv --reuid 65534 --regid 65534 --clear-groups
		--inh-caps -all --ambient-caps -all --bounding-set -all)

	chmod 755 "$DIR"
	install -m 755 "$XRTT" "$DIR/xrtt"
	local BINARY=$DIR/xrtt
	: >"$DIR/run.json"
	chmod 666 "$DIR/run.json"
	doctor -I near0
	[ "$STATUS" -eq 3 ]
	[ ! -s "$DIR/err" ]
	finding capabilities blocks CAP_BPF
	finding capabilities blocks CAP_NET_ADMIN
	finding mtu good 1500
}

@test "doctor: the clocksource is sysfs's, and a slow one costs" {
	quick -I near0
	[ "$(json '.subject.clocksource')" = \
		"$(cat $CLOCKSOURCE/current_clocksource)" ]
	echo hpet >"$DIR/current"
	echo "tsc hpet acpi_pm " >"$DIR/available"
	# `ip netns exec` has given this shell a /sys of its own.
	near sh -c 'mount --bind "$1" "$3/current_clocksource" &&
		mount --bind "$2" "$3/available_clocksource" && shift 3 &&
		exec setpriv --bounding-set -sys_admin "$@"' sh \
		"$DIR/current" "$DIR/available" "$CLOCKSOURCE" \
		"$XRTT" doctor -I near0 --json "$DIR/run.json" >"$DIR/out" ||
		[ "$?" -eq 1 ]
	finding clocksource costs hpet
	json 'any(.findings[]; .id == "clocksource" and .cost_ns > 0
		and (.fix | contains("echo tsc >")))'
	[ "$(cat $CLOCKSOURCE/current_clocksource)" != hpet ]
}

@test "doctor: lockdown as securityfs has it" {
	local lockdown=/sys/kernel/security/lockdown now=absent

	[ ! -r "$lockdown" ] ||
		now=$(sed 's/.*\[\(.*\)\].*/\1/' "$lockdown")
	near test -d "${lockdown%/*}" || skip "no securityfs to stand in for"
	# `ip netns exec` shows a /sys without securityfs on it.
	[ "$now" = absent ] ||
		near mount -t securityfs none "${lockdown%/*}"
	near sh -c 'mount -t tmpfs none /sys/kernel/security &&
		echo "none integrity [confidentiality]" \
			>/sys/kernel/security/lockdown &&
		exec setpriv --bounding-set -sys_admin "$@"' sh \
		"$XRTT" doctor -I near0 --json "$DIR/run.json" >"$DIR/out" ||
		[ "$?" -eq 1 ]
	finding lockdown good confidentiality
	[ "$now" != absent ] || {
		quick -I near0
		finding lockdown good absent
	}
}

@test "doctor: TAI - UTC, chosen by the test and put back" {
	spawn_ready tai here "$BATS_TEST_DIRNAME/tai.py" 41
	quick -I near0
	stop_pid "$SPAWNED"
	finding tai_offset good 41
	json 'any(.findings[]; .id == "clock_discipline")'
	spawn_ready tai here "$BATS_TEST_DIRNAME/tai.py" 0
	quick -I near0
	stop_pid "$SPAWNED"
	finding tai_offset good 0
}

@test "doctor: an interface that is down, one that is not there, none" {
	ip -n "$NS-near" link add idle0 type veth peer name idle1
	quick -I idle0
	[ "$STATUS" -eq 3 ]
	finding link blocks down
	quick -I nowhere0
	[ "$STATUS" -eq 2 ]
	[ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -q 'no interface nowhere0' "$DIR/err"
	quick
	json '.subject.ifname == null'
	json 'any(.findings[]; .id == "interface" and .level == "costs")'
}

sent() {
	near ip -s -j link show near0 | jq '.[0].stats64.tx.packets'
}

@test "doctor: over an interface that nobody named nothing is sent" {
	local before

	ip -n "$NS-near" route add default via "$FAR4" dev near0
	before=$(sent)
	quick
	json '.subject.ifname == "near0"'
	stamp drv_tx '.delivered == null and .where == "near0"
		and (.why | contains("-I names"))'
	json 'all(.findings[]; .id != "tx_stamps")'
	# The kernel's own, IPv6's for one.
	[ "$(($(sent) - before))" -lt 20 ]
	before=$(sent)
	quick -I near0
	finding tx_stamps good delivered
	[ "$(($(sent) - before))" -ge 60 ]
}

@test "doctor: it changes nothing" {
	BPFTOOL=$(sh "$NET_ROOT/tests/deps.sh" bpftool)
	start_reflector
	near ping -c 1 -W 2 "$FAR4" >/dev/null
	everything >"$DIR/before"
	doctor -I near0
	everything >"$DIR/after"
	diff "$DIR/before" "$DIR/after"
	doctor "$FAR4"
	finding peer good answers
	everything >"$DIR/after"
	diff "$DIR/before" "$DIR/after"
}

@test "doctor: programs get stdout, people stderr" {
	near "$XRTT" doctor -I near0 --json - >"$DIR/run.json" 2>"$DIR/err" ||
		[ "$?" -eq 1 ]
	[ "$(jq -s length "$DIR/run.json")" -eq 1 ]
	[ "$(wc -l <"$DIR/err")" -le 45 ]
	grep -q 'near0 (veth)' "$DIR/err"
	quick -I near0 --json /dev/full
	[ "$STATUS" -eq 3 ]
	"$XRTT" doctor -h | grep -q 'TARGET'
}

# Its reflector's program and its prober's, each attached by a link.
is_probing() {
	[ "$(cat /proc/"$1"/fdinfo/* 2>/dev/null | grep -c '^link_id:')" -ge 3 ]
}

@test "doctor: Ctrl-C ends it early, and it says so" {
	spawn doctor near "$XRTT" doctor -I near0 --json "$DIR/run.json"
	await 10 is_probing "$SPAWNED"
	sleep 0.3
	kill -INT "$SPAWNED"
	await 3 process_gone "$SPAWNED"
	json .interrupted
	grep -q interrupted "$DIR/doctor.out"
	[ "$(near ip -d -o link | grep -c xdp)" -eq 0 ]
}
