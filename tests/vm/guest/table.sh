# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Every way in and out with every engine, by a user with exactly the documented
# capabilities, as the reflector's is. A cell that does not work has to be
# refused with a word, and with status 3 if that is known beforehand; which ones
# do is the record of the matrix, and the README's table:
#
#   row|KERNEL|DRIVER|RECEIVE|TRANSMIT|SOCKET|BYPASS|BOTH|REFLECT

. "${BASH_SOURCE[0]%/*}/lib.bash"

COUNT=20
TWO=bpf,net_admin
REFLECTOR= # the options of the one that is there
KERNEL=$(uname -r | grep -o '^[0-9]*\.[0-9]*')
DRIVER=$(near ethtool -i near0 | sed -n 's/^driver: //p')

# one RX TX ENGINE PROTOCOL: a run of its own; adds to $DIR/cell what worked.
one() {
	local rx=$1 tx=$2 engine=$3 protocol=$4 target=$FAR4 status=0
	local options=(-c "$COUNT" -i 5ms -W 1s --rx-hook "$rx" --tc "$tx"
		--engine "$engine")

	as_nobody "$TWO"
	[[ $protocol != IPv6 ]] || target=$FAR6
	[[ $protocol != ICMP ]] || {
		options+=(--protocol icmp)
		as_nobody "$TWO,net_raw"
	}
	probe "$target" "${options[@]}" || status=$?
	if ((status == 3)) || nothing_bypassed; then
		[[ -s $DIR/probe.err ]] || fail "status $status, and no word"
		say "$protocol: $(tail -n 1 "$DIR/probe.err")"
		return
	fi
	((status == 0)) || fail "status $status: $(cat "$DIR/probe.err")"
	json ".probes.received == $COUNT and .probes.unsent == 0
		and .hooks.rx == \"$rx\"" >/dev/null
	echo "$protocol" >>"$DIR/cell"
}

# The driver takes redirected frames with native XDP alone.
nothing_bypassed() {
	grep -q 'nothing came back to the bypass engine' "$DIR/probe.err" &&
		jq -e '(.engines.bypass // .).probes.received == 0' \
			"$DIR/run.json" >/dev/null
}

# What is refused one protocol is refused to all.
cell() {
	local protocol

	for protocol in "${@:4}"; do
		one "$1" "$2" "$3" "$protocol"
		grep -qx "$protocol" "$DIR/cell" || return 0
	done
}

cell_text() {
	[[ -s $DIR/cell ]] && paste -sd ' ' "$DIR/cell" | tr ' ' , |
		sed 's/,/, /g' || echo refused
}

# reflector_for RX TX NAME: with these hooks, or else one that answers, and
# fails. How tc is attached is nothing to one in native XDP.
reflector_for() {
	local want="--hook $1"

	[[ $1 == xdp ]] || want+=" --tc $2"
	[[ $want != "$REFLECTOR" ]] || return 0
	[[ -z $REFLECTOR ]] || reflector_stop
	REFLECTOR=$want
	# shellcheck disable=SC2086 # options are words
	reflector_start $want 2>"$DIR/refused" && return
	check "$3: reflect is refused with a word" \
		grep 'xrtt reflect: ' "$DIR/refused"
	REFLECTOR="--hook $1"
	# shellcheck disable=SC2086
	reflector_start $REFLECTOR
	return 1
}

# Once with all privileges: the hops of each engine over a veth of its own, by
# which the budget has a figure for what no stamp sees.
whole() {
	local AS=()

	probe_ok "$FAR4" -c "$COUNT" -i 5ms -W 3s --engine both
	json '.engines | all(.network_ns.instrument.p50.terms
		| any(.name == "tx_gap" and .ns > 0))'
}

row() {
	local rx=$1 tx=$2 name=$3 cells=() reflect=yes engine protocols

	reflector_for "$rx" "$tx" "$name" || reflect=refused
	for engine in socket bypass both; do
		protocols=(IPv4 IPv6)
		[[ $engine != socket ]] || protocols+=(ICMP)
		: >"$DIR/cell"
		check "$name: $engine" \
			cell "$rx" "$tx" "$engine" "${protocols[@]}"
		cells+=("$(cell_text)")
	done
	cells=("$KERNEL" "$DRIVER" "$name" "${cells[@]}" "$reflect")
	say "row|$(IFS='|' && echo "${cells[*]}")"
}

test_icmp() {
	local status=0

	as_nobody "$TWO"
	probe "$FAR4" --protocol icmp -c 1 || status=$?
	((status == 3)) || fail "status $status"
	grep CAP_NET_RAW "$DIR/probe.err"
}

# Nobody has to find these, and to write the report.
chmod 777 "$DIR"
[[ -n ${VM_GUEST-} ]] || {
	cp "$XRTT" "$DIR/xrtt"
	XRTT=$DIR/xrtt
}
# Port 862 is below 1024.
as_nobody "$TWO,net_bind_service"
FAR_AS=("${AS[@]}")

check 'ICMP takes CAP_NET_RAW, and says so' test_icmp
row xdp tcx 'native XDP|tcx'
check 'both engines with all privileges: the gaps are measured' whole
row xdp clsact 'native XDP|clsact'
row tc tcx 'TC ingress|tcx'
row tc clsact 'TC ingress|clsact'
reflector_stop
finish
