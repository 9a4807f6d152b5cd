# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What is on the interface before a run is there after it, and nothing else;
# and what a killed run left, the next one takes away, and only that.

. "${BASH_SOURCE[0]%/*}/lib.bash"

# state_of HOST: all that could be left behind.
state_of() {
	"$1" sh -c "ip -d link show dev ${1}0
		printf '%s dev ${1}0\n' 'qdisc show' 'filter show ingress' \
			'filter show egress' | tc -batch -
		printf '%s list\n' link prog map net | bpftool batch file - |
			grep -E '^[0-9]|^${1}0'
		ls /run/xrtt 2>/dev/null" 2>&1 | sed 's/ qlen [0-9]*//'
}

same_as() {
	state_of "$1" >"$DIR/after"
	cmp -s "$DIR/before" "$DIR/after"
}

# same_soon HOST: links go a moment after their process.
same_soon() {
	await 30 same_as "$1" && return
	diff "$DIR/before" "$DIR/after"
}

filters_of_ours() {
	near tc filter show dev near0 ingress
	near tc filter show dev near0 egress
}

ours_are() {
	[[ $(filters_of_ours | grep -c ' xrtt_') -eq $1 ]]
}

# probe_begin [OPTION..]: in the background; $PID.
probe_begin() {
	rm -f "$DIR/samples.csv"
	"${AS[@]}" "$XRTT" probe "$FAR4" -c 100000 -i 10ms -q \
		--samples "$DIR/samples.csv" "$@" 2>"$DIR/probe.err" &
	PID=$!
}

# All is attached, and the first probe is about to go.
hooked() {
	ip link show near0 | grep -q xdp && [[ -e $DIR/samples.csv ]]
}

unhooked() {
	! ip link show near0 | grep -q xdp
}

killed() {
	probe_begin "$@"
	await 60 hooked || fail "$(cat "$DIR/probe.err")"
	kill -KILL "$PID"
	wait "$PID" || true
	await 30 unhooked
}

test_detach() {
	state_of near >"$DIR/before"
	probe_ok "$FAR4" -c 20 -i 5ms "$@"
	json '.probes.received == 20'
	same_soon near
}

test_interrupted() {
	local status=0

	state_of near >"$DIR/before"
	probe_begin "$@"
	await 60 hooked || fail "$(cat "$DIR/probe.err")"
	sleep 1 # for some answers
	kill -INT "$PID"
	wait "$PID" || status=$?
	((status == 0)) || fail "status $status: $(cat "$DIR/probe.err")"
	same_soon near
}

# The kernel has tcx if xrtt says it used it; then nothing outlives it.
test_killed_auto() {
	local how

	state_of near >"$DIR/before"
	probe_ok "$FAR4" -c 5 -i 5ms
	how=$(json .hooks.tx_how)
	say "$how"
	killed
	if [[ $how == tcx ]]; then
		same_soon near
		return
	fi
	ours_are 2
	probe_ok "$FAR4" -c 5 -i 5ms
	same_soon near
}

# Twice, so that the second start has the first one's to remove, and between
# them somebody adds a filter to the qdisc that was ours.
test_killed_clsact() {
	local direction stranger

	killed --tc clsact
	ours_are 2
	for direction in ingress egress; do
		tc filter add dev near0 "$direction" prio 49999 bpf \
			bytecode '1,6 0 0 0' flowid 1:1
	done
	stranger=$(filters_of_ours | grep -v ' xrtt_' | grep bytecode)
	killed --tc clsact
	ours_are 2
	probe_ok "$FAR4" -c 5 -i 5ms --tc clsact
	json '.probes.received == 5'
	ours_are 0
	[[ $(filters_of_ours | grep bytecode) == "$stranger" ]]
	[[ $(wc -l <<<"$stranger") -eq 2 ]]
	tc qdisc del dev near0 clsact
}

test_killed_clsact_alone() {
	state_of near >"$DIR/before"
	killed --tc clsact
	ours_are 2
	probe_ok "$FAR4" -c 5 -i 5ms --tc clsact
	same_soon near
}

test_killed_reflector() {
	state_of far >"$DIR/before"
	reflector_start "$@"
	if same_as far; then
		fail 'the reflector is not to be seen'
	fi
	far kill -KILL "$FAR_PID"
	await 30 far_gone "$FAR_PID"
	reflector_start "$@"
	reflector_stop
	same_soon far
}

for options in '--hook xdp' '--hook tc --tc clsact'; do
	# shellcheck disable=SC2086 # options are words
	check "reflect $options, killed: the next start mends it" \
		test_killed_reflector $options
done
reflector_start --hook xdp
for options in '' '--tc clsact' '--engine both'; do
	# shellcheck disable=SC2086
	check "probe $options leaves nothing" test_detach $options
done
check 'probe, interrupted, leaves nothing' test_interrupted --engine bypass
check 'probe, killed' test_killed_auto
check 'probe --tc clsact, killed: the next start mends it' \
	test_killed_clsact_alone
check "probe --tc clsact, killed: a stranger's filter stays" \
	test_killed_clsact
reflector_stop
finish
