# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Probes over TCP to a port that somebody listens on and to one where nobody
# does, with both engines; nothing of it stays at the far host.

. "${BASH_SOURCE[0]%/*}/lib.bash"

COUNT=20
OPEN=8043
CLOSED=8044

# tcp TARGET KEY [OPTION..]: every SYN answered, all in the way of KEY.
tcp() {
	local key=$2

	probe_ok "$1" --protocol tcp -c "$COUNT" -i 10ms -W 900ms "${@:3}"
	json ".probes.received == $COUNT and .target.$key == $COUNT
		and .target.syn_acks + .target.resets == $COUNT"
}

nothing_open() {
	! far netstat -tn | grep -E ":$OPEN .*(SYN_RECV|ESTABLISHED)"
}

far_start listen ready /vm/listen "$OPEN"
for engine in socket bypass; do
	check "$engine, an open port" tcp "$FAR4" syn_acks -p "$OPEN" \
		--engine "$engine"
	check "$engine, a closed port" tcp "$FAR4" resets -p "$CLOSED" \
		--engine "$engine"
done
check 'bypass, an open port, IPv6' tcp "$FAR6" syn_acks -p "$OPEN" \
	--engine bypass
check 'socket, an open port, TC ingress and clsact' tcp "$FAR4" syn_acks \
	-p "$OPEN" --rx-hook tc --tc clsact
check 'nothing stays half open or open' await 5 nothing_open
far_stop "$FAR_PID"
finish
