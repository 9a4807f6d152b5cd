# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For line_test.sh: two hosts ($NS-a, $NS-b) with the line's namespace ($NS-m)
# between them, and what runs in these. Needs NS, LINE, SENDER; `build` first,
# `cleanup` last.

number=0
failures=0
pids=()
LINE_PID=
RECEIVER=
DISTURBED=

cleanup() {
	local n pid

	for pid in "${pids[@]}"; do
		end "$pid"
	done
	for n in a m b; do
		ip netns del "$NS-$n" 2>/dev/null
	done
	rm -rf "$DIR"
}

run_in() {
	local n=$1

	shift
	ip netns exec "$NS-$n" "$@"
}

# start WHERE OUT CMD..: in the background, until it says that it is ready.
# Its process is $STARTED, its words are in OUT and OUT.err.
start() {
	local n=$1 out=$DIR/$2 i

	shift 2
	: >"$out"
	ip netns exec "$NS-$n" "$@" >"$out" 2>"$out.err" &
	STARTED=$!
	pids+=("$STARTED")
	for ((i = 0; i < 500; i++)); do
		grep -q ready "$out" && return
		kill -0 "$STARTED" 2>/dev/null || break
		sleep 0.01
	done
	sed 's/^/# /' "$out.err"
	return 1
}

line_start() {
	start m line "$LINE" -a A -b B --seconds 60 --cpu "$CPU" \
		--ledger "$DIR/ledger" "$@"
	LINE_PID=$STARTED
}

# The line's last word: has the median frame left over 5 us late?
is_late() {
	awk '/hold error p50/ { for (i = 1; i < NF; i++)
		if ($i == "p50") late = $(i + 1) >= 5 }
		END { exit !late }' "$DIR/line.err"
}

# Ends it and hands on its exit status.
line_stop() {
	local status

	kill -TERM "$LINE_PID" && wait "$LINE_PID"
	status=$?
	sed 's/^/# /' "$DIR/line.err"
	is_late && DISTURBED=yes
	return $status
}

receiver_start() {
	start b receiver "$SENDER" receive "$@"
	RECEIVER=$STARTED
}

receiver_stop() {
	sleep "${1:-0.3}"
	kill -TERM "$RECEIVER" && wait "$RECEIVER"
}

send() {
	run_in a "$SENDER" send "$@"
}

is_attached() {
	run_in m ip link show dev "$1" | grep -q 'prog/xdp'
}

# Frames that B's host has received, whether or not a socket had room.
arrived() {
	run_in b cat /sys/class/net/e0/statistics/rx_packets
}

# A link takes a moment to go.
gone_soon() {
	local i

	for ((i = 0; i < 100; i++)); do
		is_attached A || is_attached B || return 0
		sleep 0.02
	done
	return 1
}

end() {
	[ -z "$1" ] || ! kill -9 "$1" 2>/dev/null || wait "$1" 2>/dev/null
}

# check NAME CMD..: one test. Where the line found itself disturbed (its CPU
# may not be its own), it has three tries.
check() {
	local name=$1 ok='not ok' i

	shift
	for ((i = 0; i < 3; i++)); do
		DISTURBED=
		if "$@"; then
			ok=ok
			break
		fi
		end "$LINE_PID"
		end "$RECEIVER"
		LINE_PID='' RECEIVER=''
		[ -n "$DISTURBED" ] || break
		echo "# the line was disturbed"
	done
	[ "$ok" = ok ] || failures=$((failures + 1))
	number=$((number + 1))
	echo "$ok $number - $name"
}

# The line has the last CPU for itself, if there is another for the rest.
build() {
	local n i end

	CPU=$(($(nproc --all) - 1))
	[ $CPU = 0 ] || taskset -pc 0-$((CPU - 1)) $$ >/dev/null || return
	for n in a m b; do
		ip netns add "$NS-$n" || return
	done
	for end in A:a:1 B:b:2; do
		IFS=: read -r end n i <<<"$end"
		ip -n "$NS-m" link add "$end" type veth peer name e0 \
			netns "$NS-$n" &&
			ip -n "$NS-$n" addr add 10.78.0."$i"/24 dev e0 &&
			ip -n "$NS-$n" addr add fd78::"$i"/64 dev e0 nodad &&
			ip -n "$NS-$n" link set lo up &&
			ip -n "$NS-$n" link set e0 up &&
			run_in m sysctl -qw net.ipv6.conf."$end".disable_ipv6=1 &&
			ip -n "$NS-m" link set "$end" up || return
	done
}
