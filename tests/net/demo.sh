#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Two hosts of ours with a long line between them, measured by xrtt. Needs root
# and the build; nothing outside its own network namespaces is touched.
#
#   demo.sh [OPTION of `xrtt probe`]...      1000 probes at 10 ms by default

set -u
. "$(dirname "$0")/harness.bash"

HOLD=27.5ms
NEAR=10.0.1.7
FAR=10.1.0.9
LIMIT=300

# The line keeps a CPU busy; the prober gets the others, if there are any.
LINE_CPU=$(($(nproc) - 1))
PROBE_CPUS=0-$((LINE_CPU > 0 ? LINE_CPU - 1 : 0))

# Neither host knows the other's network but by this cable.
demo_address() {
	ip -n "$NS-$1" addr add "$2/32" dev "$1"0 &&
		ip -n "$NS-$1" route add "$3/32" dev "$1"0 src "$2"
}

# A frame held by the line still has to find its way by its link address.
demo_neighbour() {
	local lladdr

	lladdr=$(ip netns exec "$NS-$2" cat "/sys/class/net/$2"0/address) &&
		ip -n "$NS-$1" neigh replace "$3" lladdr "$lladdr" dev "$1"0
}

demo_start() {
	harness_start && ns_add near && ns_add mid && ns_add far &&
		cable near near0 mid mid0 && cable far far0 mid mid1 &&
		demo_address near "$NEAR" "$FAR" &&
		demo_address far "$FAR" "$NEAR" &&
		demo_neighbour near far "$FAR" &&
		demo_neighbour far near "$NEAR" &&
		spawn_ready line mid "$LINE" -a mid0 -b mid1 --hold "$HOLD" \
			--seconds "$LIMIT" --cpu "$LINE_CPU" &&
		spawn_until reflecting reflector far \
			"$XRTT" reflect -I far0 --allow "$NEAR/32"
}

demo_explain() {
	cat >&2 <<-END
	Two network namespaces stand for two hosts, near ($NEAR) and far ($FAR).
	Between them a line of this project's tests holds every frame $HOLD,
	each way. On far runs    xrtt reflect -I far0 --allow $NEAR/32
	and on near              xrtt probe $FAR${*:+ $*}

	END
}

if [[ $EUID -ne 0 ]]; then
	echo 'demo: network namespaces need root: try sudo make demo' >&2
	exit 3
fi
for program in "$XRTT" "$LINE"; do
	[[ -x $program ]] || {
		echo "demo: $program is not there: run make demo" >&2
		exit 3
	}
done

harness_trap
demo_start || {
	echo 'demo: could not set the two hosts up, see above' >&2
	exit 3
}
demo_explain "$@"
# In the foreground, so that Ctrl-C reaches xrtt, which reports what it has.
trap : INT
# shellcheck disable=SC2016 # for the inner shells
spawn watchdog here sh -c 'sleep "$1"
	kill -INT "$(cat "$2")"
	sleep 5
	kill -KILL "$(cat "$2")"' watchdog "$((LIMIT - 10))" "$DIR/probe.pid"
# shellcheck disable=SC2016
sh -c 'echo $$ >"$0" && exec "$@"' "$DIR/probe.pid" \
	taskset -c "$PROBE_CPUS" \
	ip netns exec "$NS-near" "$XRTT" probe "$FAR" "$@"
exit $?
