# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A line of 55 ms that loses and reorders, on the far host's way out (so it is
# answered at TC: what XDP sends passes no qdisc). Netem's own counters are the
# truth: `drops`, `requeues` (those it let overtake), `packets`.

. "${BASH_SOURCE[0]%/*}/lib.bash"

COUNT=1000
INTERVAL=2ms
TIMEOUT=1500ms # an emulated guest may stand still for long
CONTROL=$((0xffffff00))   # SEQ_CONTROL of include/slot.h
SEQUENCE_AT=$((14 + 20 + 8 + 24)) # Ethernet, IPv4, UDP
# Every GAPth is let through at once and overtakes all that were held before
# it: of these every one is late, but those behind the last of them.
GAP=5

# Nothing but answers must pass the qdisc, so IPv6 is off from here on.
neighbours_fix() {
	local far_mac near_mac

	near_mac=$(near cat /sys/class/net/near0/address)
	far_mac=$(far cat /sys/class/net/far0/address)
	near ip neigh replace "$FAR4" lladdr "$far_mac" dev near0
	far sysctl -qw net.ipv6.conf.far0.disable_ipv6=1
	far ip neigh replace "$NEAR4" lladdr "$near_mac" dev far0
}

netem_counts() {
	far tc -s -j qdisc show dev far0 |
		jq -r '.[] | select(.kind == "netem")
			| "\(.packets) \(.drops) \(.requeues)"'
}

# The two questions for the reflector's counters, before the first probe and
# after the last, are no probes and pass by netem: a Session-Sender Sequence
# Number (RFC 8762, 4.3.1) of $CONTROL or more goes to the first band.
line_set() {
	local all_second='1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1'

	# shellcheck disable=SC2086 # each a number
	far tc qdisc replace dev far0 root handle 1: prio bands 2 \
		priomap $all_second
	far tc filter add dev far0 parent 1: bpf bytecode \
		"4,32 0 0 $SEQUENCE_AT,53 0 1 $CONTROL,6 0 0 4294967295,6 0 0 0" \
		flowid 1:1
	far tc qdisc add dev far0 parent 1:2 netem limit 10000 "$@"
}

run_over() {
	local status=0

	line_set "$@"
	probe_ok "$FAR4" -c "$COUNT" -i "$INTERVAL" -W "$TIMEOUT" || status=1
	read -r PACKETS DROPS REQUEUES <<<"$(netem_counts)"
	far tc qdisc del dev far0 root
	say "netem: $PACKETS packets, $DROPS drops, $REQUEUES requeues; xrtt: $(
		jq -c .probes "$DIR/run.json")"
	return "$status"
}

test_loss() {
	run_over delay 55ms loss 1%
	((DROPS > 0))
	json ".network_ns.min >= 55e6 and (.probes | .sent == $COUNT
		and .received == $PACKETS and .lost == $DROPS
		and .reordered == 0 and .duplicate == 0)"
}

test_reordering() {
	local held

	run_over delay 55ms loss 1% reorder 100% gap "$GAP"
	held=$((PACKETS - REQUEUES))
	((DROPS > 0 && REQUEUES > 0))
	json ".probes | .sent == $COUNT and .received == $PACKETS
		and .lost == $DROPS and .duplicate == 0
		and .reordered <= $held and .reordered >= $((held - GAP))
		and .reordered_return == .reordered"
}

test_clear() {
	probe_ok "$FAR4" -c 100 -i 5ms
	json '.probes | .received == 100 and .lost == 0 and .reordered == 0'
}

neighbours_fix
reflector_start --hook tc
check 'a clear line loses and reorders nothing' test_clear
check '55 ms, 1 % lost: netem counts as many' test_loss
check '55 ms, 1 % lost, reordered: netem counts as many' test_reordering
reflector_stop
finish
