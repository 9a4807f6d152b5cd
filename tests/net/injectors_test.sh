#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each injector holds a packet for 200 us where it says and nowhere else: every
# other probe is held, the rest are the measure. Independent of xrtt. TAP.

set -u
. "$(dirname "$0")/harness.bash"

COUNT=400
INTERVAL=0.002
HELD=200000
TOLERANCE=10000
TIME=${HELD}ns
STAMPER=$NET_ROOT/tests/net/stamper.py

number=0
failures=0

report() {
	local ok=ok

	[[ $1 -eq 0 ]] || ok='not ok'
	((failures += $1 != 0))
	echo "$ok $((++number)) - $2"
}

# The stamper between two hosts, with a log at either TC hook.
stamp() {
	in_cgroup ip netns exec "$NS-near" env "$@" \
		"$STAMPER" send "$FAR4" 862 "$COUNT" "$INTERVAL" "$DIR/stamper.csv"
}

start() {
	harness_start && two_hosts && cgroup_add &&
		spawn_ready reflector far "$BUSY_REFLECTOR" -p 862 "$@" &&
		spawn_ready tc-tx near "$DELAY" tcx-egress-after near0 0 \
			--log "$DIR/tc-tx.log" &&
		LOG_TX=$SPAWNED &&
		spawn_ready tc-rx near "$DELAY" tcx-ingress-after near0 0 \
			--log "$DIR/tc-rx.log" &&
		LOG_RX=$SPAWNED
}

# verdict STAGE: that one is longer by what was put in, no other is longer.
verdict() {
	local stages

	stop_pid "$LOG_TX" && stop_pid "$LOG_RX" &&
		stages=$("$STAMPER" odd "$DIR/stamper.csv" \
			"$DIR/tc-tx.log" "$DIR/tc-rx.log") || return
	echo "# odd - even, ns: $stages"
	jq -e --arg stage "$1" --argjson held "$HELD" \
		--argjson tol "$TOLERANCE" '
		has($stage) and ([to_entries[] | .value -
			(if .key == $stage then $held else 0 end) |
			fabs <= $tol] | all)' <<<"$stages" >/dev/null
}

by_hook() {
	local target=near0

	start || return
	[[ $1 != cgroup-* ]] || target=$CGROUP
	inject "$1" "$target" "$TIME" --odd && stamp && verdict "$2"
}

by_reflector() {
	start --hold "$TIME" --odd && stamp && verdict remote
}

by_reader() {
	start && stamp LD_PRELOAD="$SLOW_READER" SLOW_READER_NS="$HELD" \
		SLOW_READER_ODD=1 && verdict socket_to_app
}

by_nobody() {
	start && stamp && HELD=0 verdict socket_to_app &&
		! verdict socket_to_app
}

# Numbers 1, 50 to 59 and the last one of the replies vanish, no others.
by_dropping() {
	start && inject tcx-ingress-before near0 0 --drop \
		--nth "1,50-59,$COUNT" || return
	stamp 2>"$DIR/stamper.err"
	stop_pid "$INJECTOR"
	grep -qx "seen $COUNT hit 12" "$DIR/delay-tcx-ingress-before.out" &&
		awk -F, 'NR > 1 { print $1 + 1 }' "$DIR/stamper.csv" |
		cmp - <(seq 2 49 && seq 60 $((COUNT - 1)))
}

check() {
	local name=$1 status

	shift
	"$@"
	status=$?
	harness_end
	report $status "$name"
}

harness_trap
echo 1..9
check 'cgroup-egress holds between application and TC' \
	by_hook cgroup-egress app_to_tc
check 'tcx-egress-after holds between TC and driver' \
	by_hook tcx-egress-after tc_to_driver
check 'busy_reflector holds at the far host' by_reflector
check 'tcx-ingress-before holds before TC' \
	by_hook tcx-ingress-before stack_to_tc
check 'tcx-ingress-after holds between TC and socket' \
	by_hook tcx-ingress-after tc_to_socket
check 'cgroup-ingress holds between TC and socket' \
	by_hook cgroup-ingress tc_to_socket
check 'slow_reader holds between socket and application' by_reader
check 'with nothing held nothing is longer' by_nobody
check 'delay --drop --nth takes exactly those packets' by_dropping
exit $((failures != 0))
