#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2016 # jq's variables
#
# xrtt doctor --null: what it reports and stores, that nobody sees it happen,
# and that nothing is left of it. In a namespace of the test's own, so that its
# list of links is nobody else's.

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	ns_add near
	BPFTOOL=$(sh "$NET_ROOT/tests/deps.sh" bpftool)
	export STATE_DIRECTORY=$DIR/state
	STORE=$STATE_DIRECTORY/null.json
}

teardown() {
	harness_end
}

# doctor [OPTION...]: leaves run.json, out and err in $DIR.
doctor() {
	near timeout -k 2 60 "$XRTT" doctor --null --json "$DIR/run.json" "$@" \
		>"$DIR/out" 2>"$DIR/err" 3>&-
}

doctor_ok() {
	doctor "$@" || {
		cat "$DIR/out" "$DIR/err" >&2
		fail "xrtt doctor --null $* ended with status $?"
	}
}

# doctor_start [OPTION...]: in the background until it probes; $DOCTOR.
doctor_start() {
	spawn doctor near "$XRTT" doctor --null --json "$DIR/run.json" "$@"
	DOCTOR=$SPAWNED
	await 10 is_probing || fail "$(cat "$DIR/doctor.err")"
	sleep 0.3
}

# The reflector's program and the prober's, each attached by a link.
is_probing() {
	[ "$(links_of "$DOCTOR" | wc -l)" -ge 3 ]
}

links_of() {
	cat /proc/"$1"/fdinfo/* 2>/dev/null | awk '/^link_id:/ { print $2 }'
}

programs_of() {
	cat /proc/"$1"/fdinfo/* 2>/dev/null | awk '/^prog_id:/ { print $2 }' |
		sort -u
}

# Those its descriptors refer to, the test's own apart.
namespaces_of() {
	find /proc/"$1"/fd -lname 'net:*' -printf '%l\n' 2>/dev/null |
		grep -vxF "$(near readlink /proc/self/ns/net)" | sort -u
}

any_program() {
	local id

	for id in "$@"; do
		! "$BPFTOOL" prog show id "$id" >/dev/null 2>&1 || return 0
	done
	return 1
}

no_program() {
	! any_program "$@"
}

# in_use NAMESPACE: by a thread, a descriptor or a mount of anybody.
in_use() {
	find /proc/[0-9]*/ns/net /proc/[0-9]*/fd -lname "${1/[/\\[}" \
		-print -quit 2>/dev/null | grep -q . ||
		grep -qsF "$1" /proc/[0-9]*/mountinfo
}

gone() {
	local name

	for name in "$@"; do
		! in_use "$name" || return 1
	done
}

# leaves_nothing CMD...: CMD ends a doctor that is probing.
leaves_nothing() {
	local programs namespaces before

	before=$(near ip -d -o link)
	doctor_start -d 20s
	mapfile -t programs < <(programs_of "$DOCTOR")
	mapfile -t namespaces < <(namespaces_of "$DOCTOR")
	[ "${#programs[@]}" -ge 3 ]
	[ "${#namespaces[@]}" -ge 2 ]
	any_program "${programs[@]}"
	in_use "${namespaces[0]}"
	[ "$(near ip -d -o link)" = "$before" ]
	! ip netns list | grep -qi null
	"$@" "$DOCTOR"
	await 10 process_gone "$DOCTOR"
	await 5 no_program "${programs[@]}"
	await 5 gone "${namespaces[@]}"
	[ "$(near ip -d -o link)" = "$before" ]
	[ -z "$(near ip -o addr show to 198.18.0.0/15)" ]
}

@test "doctor: --null reports every key, and its figures hang together" {
	doctor_ok -d 2s
	[ ! -s "$DIR/err" ]
	json '[.stamps[].name] == ["app_tx", "tc_tx", "drv_tx", "remote_rx",
		"remote_tx", "hw_rx", "xdp_rx", "tc_rx", "sock_rx", "app_rx"]'
	json 'all(.stamps[]; has("delivered") and has("cost_ns")
		and has("why"))'
	json '[.stamps[] | select(.delivered | not) | .name] == ["hw_rx"]'
	json '(.findings | length) > 0 and all(.findings[]; .id and .text
		and has("fix") and (.level | IN("good", "costs", "blocks")))'
	json '([.null.cells[].engine] | unique | length) as $engines
		| [.findings[] | select(.id == "null_floor" and .level ==
		"good")] | length == $engines'
	json 'any(.null.cells[]; .engine == "socket" and .interval_ns == 1e6)
		and any(.null.cells[]; .engine == "socket"
		and .interval_ns == 1e5)'
	json '.null | .valid and .stale == null and (.interrupted | not)'
	[ "$(json .null.machine.kernel)" = "$(uname -r)" ]
	[ "$(json .null.machine.boot_id)" = \
		"$(cat /proc/sys/kernel/random/boot_id)" ]
}

# The network is two hops of the same host: not nothing, and far from a wire.
@test "doctor: each cell's probes add up and its quantiles are in order" {
	doctor_ok -d 2s
	json 'all(.null.cells[]; .probes
		| .planned == .sent + .unsent and .sent == .received + .late
		+ .lost + .lost_in_host + .unrecorded)'
	json 'all(.null.cells[] | .network_ns, .remote_ns, .lateness_ns;
		.n > 0 and .min <= .p1 and .p1 <= .p50 and .p50 <= .p99
		and .p99 <= .max)'
	json 'all(.null.cells[]; .stages_ns.network == .network_ns
		and .network_ns.min > 0 and .network_ns.p50 < 1000000)'
	json 'all(.null.cells[] | select(.engine == "socket");
		.stages_ns | del(.nic_to_xdp) | all(.[]; .n > 0))'
	json '.null.duration_ns as $all | (.null.cells | length) as $cells
		| all(.null.cells[]; .probes.planned
		== $all / $cells / .interval_ns)'
}

@test "doctor: people get one screen, programs get stdout" {
	near "$XRTT" doctor --null -d 1s --json - >"$DIR/run.json" 2>"$DIR/err"
	[ "$(jq -s length "$DIR/run.json")" -eq 1 ]
	[ "$(wc -l <"$DIR/err")" -le 30 ]
	[ "$(wc -L <"$DIR/err")" -le 110 ]
	grep -q 'with no distance at all the socket engine shows' "$DIR/err"
	near "$XRTT" doctor --null -d 1s -q >"$DIR/out" 2>"$DIR/err"
	[ ! -s "$DIR/out" ]
	[ ! -s "$DIR/err" ]
}

@test "doctor: the floor is stored, whole, and replaced by the next" {
	local before

	doctor_ok -d 1s
	[ "$(json .stored)" = "$STORE" ]
	[ "$(jq -S . "$STORE")" = "$(jq -S .null "$DIR/run.json")" ]
	[ "$(ls -A "$STATE_DIRECTORY")" = null.json ]
	before=$(jq -r .date "$STORE")
	echo damaged >"$STORE.new"
	doctor_ok -d 1s
	[ "$(jq -r .date "$STORE")" != "$before" ]
	[ "$(ls -A "$STATE_DIRECTORY")" = null.json ]
	[ "$(stat -c %a "$STORE")" = 644 ]
}

@test "doctor: what cannot be stored is one line, and status 3" {
	local status=0

	STATE_DIRECTORY=/proc/nowhere doctor -d 1s || status=$?
	[ "$status" -eq 3 ]
	[ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -q 'cannot store /proc/nowhere/null.json.*STATE_DIRECTORY' \
		"$DIR/err"
	json '.stored == null and (.null.cells | length) > 0'
	grep -q 'with no distance at all' "$DIR/out"
}

@test "doctor: Ctrl-C ends early with what was measured, and stores nothing" {
	local status=0

	doctor_start -d 20s
	sleep 3 # before the first probe the bars are measured
	kill -INT "$DOCTOR"
	await 3 process_gone "$DOCTOR"
	wait "$DOCTOR" || status=$?
	[ "$status" -eq 0 ]
	json '.null.interrupted and .stored == null
		and (.null.cells | length) == 1
		and .null.cells[0].probes.received > 0'
	[ ! -e "$STORE" ]
	grep -q 'not stored' "$DIR/doctor.out"
}

end_by_itself() {
	kill -INT "$1"
}

end_by_force() {
	kill -KILL "$1"
}

@test "doctor: nothing can be seen of it, and nothing is left" {
	leaves_nothing end_by_itself
}

@test "doctor: kill -9 leaves nothing" {
	leaves_nothing end_by_force
	[ ! -e "$STATE_DIRECTORY" ]
}

@test "doctor: without privilege one line says what it takes" {
	local status=0

	chmod 755 "$DIR"
	install -m 755 "$XRTT" "$DIR/xrtt"
	near setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps -all --ambient-caps -all --bounding-set -all \
		"$DIR/xrtt" doctor --null >"$DIR/out" 2>"$DIR/err" || status=$?
	[ "$status" -eq 3 ]
	[ ! -s "$DIR/out" ]
	[ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -q 'namespace: needs CAP_SYS_ADMIN.*sudo' "$DIR/err"
}

@test "doctor: bad usage" {
	local args

	for args in '--null -d 0.1' '--null -d soon' '--null extra' \
		'--null -I lo' '-p 0' '-I' 'one two' '-I nowhere0'; do
		# shellcheck disable=SC2086 # several words
		run near "$XRTT" doctor $args
		[ "$status" -eq 2 ]
	done
	"$XRTT" doctor -h | grep -q -- --null
}
