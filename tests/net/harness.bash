# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for whoever sources this
#
# Namespaces, links and processes of a network test, undone in reverse order
# whatever becomes of the test. For bats files and plain scripts alike:
#
#   harness_start      first of all: a directory ($DIR), names, no leftovers
#   two_hosts          near (10.77.0.1, fd77::1) and far (10.77.0.2, fd77::2)
#   line_hosts [ARG..] the same with the delay line between; ARGs are its own
#   near|far|mid CMD   run there
#   spawn NAME WHERE CMD..  run there in the background, undone; $SPAWNED
#   spawn_ready NAME WHERE CMD..   and wait until it prints "ready"
#   harness_end        undo everything
#
# It sets, for whoever sources it: DIR, LEDGER, CGROUP, and the processes
# SPAWNED, LINE_PID, INJECTOR, REFLECTOR. Interfaces: near0 and far0, and the
# line's ends of their cables, mid0 and mid1.

NET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${XRTT:=$NET_ROOT/build/xrtt}"
: "${TOOLS:=$NET_ROOT/build/tests/net}"
: "${LINE:=$TOOLS/line}"
: "${DELAY:=$TOOLS/delay}"
: "${BUSY_REFLECTOR:=$TOOLS/busy_reflector}"
: "${SLOW_READER:=$TOOLS/slow_reader.so}"
case $XRTT in /*) ;; *) XRTT=$NET_ROOT/$XRTT ;; esac
XRTT_ITSELF=$XRTT

NEAR4=10.77.0.1
FAR4=10.77.0.2
NEAR6=fd77::1
FAR6=fd77::2
NET4=10.77.0.0/16
NET6=fd77::/64

UNDO=()

# ---- doing and undoing -----------------------------------------------------

defer() {
	UNDO+=("$(printf '%q ' "$@")")
}

# What other guests of the same hardware do to a test is not there the next
# time; what is wrong with xrtt is. A test that fails is tried again, and the
# summary says so.
harness_retry() {
	BATS_TEST_RETRIES=2
	[[ ${BATS_TEST_TRY_NUMBER:-1} -eq 1 ]] ||
		echo "# note: try $BATS_TEST_TRY_NUMBER: $BATS_TEST_DESCRIPTION" \
			>&3
}

harness_start() {
	harness_retry
	DIR=$(mktemp -d "${TMPDIR:-/tmp}/xrtt-net.XXXXXX") || return 1
	NS=xrtt-${DIR##*.}
	CGROUP=
	PROBE_ENV=()
	UNDO=()
	defer rm -rf "$DIR"
}

harness_end() {
	local i

	for ((i = ${#UNDO[@]} - 1; i >= 0; i--)); do
		eval "${UNDO[i]}" || true
	done
	UNDO=()
}

# For scripts; bats has its own teardown.
harness_trap() {
	# A second signal would end what the first one began.
	trap 'trap "" INT TERM HUP; harness_end' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

fail() {
	echo "$*" >&2
	return 1
}

# await SECONDS CMD...: until CMD succeeds.
await() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep 0.02
	done
}

# ---- processes -------------------------------------------------------------

# where NAME CMD...: sets WHERE to the words that run CMD in a namespace.
where() {
	case $1 in
	near | far | mid) WHERE=(ip netns exec "$NS-$1" "${@:2}") ;;
	here) WHERE=("${@:2}") ;;
	*) fail "no such host: $1" ;;
	esac
}

near() {
	ip netns exec "$NS-near" "$@"
}

far() {
	ip netns exec "$NS-far" "$@"
}

mid() {
	ip netns exec "$NS-mid" "$@"
}

# The output goes to $DIR/NAME.out and $DIR/NAME.err. In a session of its own,
# so that Ctrl-C at the terminal does not reach it; bats waits for whoever holds
# its descriptor 3.
spawn() {
	local name=$1

	where "${@:2}" || return
	: >"$DIR/$name.out"
	: >"$DIR/$name.err"
	setsid "${WHERE[@]}" >"$DIR/$name.out" 2>"$DIR/$name.err" 3>&- &
	SPAWNED=$!
	defer stop_pid "$SPAWNED"
}

said_or_gone() {
	grep -q "$3" "$DIR/$2.out" "$DIR/$2.err" || ! kill -0 "$1" 2>/dev/null
}

# spawn_until PATTERN NAME WHERE CMD...
spawn_until() {
	local pattern=$1 name=$2

	shift
	spawn "$@" || return
	await 10 said_or_gone "$SPAWNED" "$name" "$pattern" &&
		grep -q "$pattern" "$DIR/$name.out" "$DIR/$name.err" && return
	cat "$DIR/$name.err" >&2
	fail "$name never said \"$pattern\""
}

spawn_ready() {
	spawn_until '^ready' "$@"
}

process_gone() {
	[[ ! -d /proc/$1 || $(awk '{print $3}' "/proc/$1/stat") == Z ]] 2>/dev/null
}

signal_pid() {
	kill "-$1" -- "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null || true
}

# Ends what `spawn` started and its children, by force if it has to, and waits;
# harmless if repeated. 0 if it ended by itself or on being asked.
stop_pid() {
	local forced=0

	[[ $(ps -o ppid= -p "$1") -eq $BASHPID ]] || return 0
	signal_pid TERM "$1"
	await 3 process_gone "$1" || {
		forced=1
		signal_pid KILL "$1"
	}
	wait "$1" 2>/dev/null || true
	return $forced
}

# ---- topologies ------------------------------------------------------------

ns_add() {
	ip netns add "$NS-$1" || return
	defer ns_remove "$NS-$1"
	ip -n "$NS-$1" link set lo up
	ip netns exec "$NS-$1" sysctl -qw \
		net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.default.router_solicitations=0
}

# A process left inside would keep the namespace and its links alive.
ns_remove() {
	local pids

	pids=$(ip netns pids "$1")
	# shellcheck disable=SC2086 # one word a process
	[[ -z $pids ]] || kill -KILL $pids
	ip netns del "$1"
}

# cable HOST IFACE HOST IFACE
cable() {
	ip -n "$NS-$1" link add "$2" type veth \
		peer name "$4" netns "$NS-$3" || return
	ip -n "$NS-$1" link set "$2" up
	ip -n "$NS-$3" link set "$4" up
}

# address HOST IPV4 IPV6
address() {
	ip -n "$NS-$1" addr add "$2/24" dev "$1"0 &&
		ip -n "$NS-$1" addr add "$3/64" dev "$1"0 nodad
}

two_hosts() {
	ns_add near && ns_add far && cable near near0 far far0 &&
		address near $NEAR4 $NEAR6 && address far $FAR4 $FAR6
}

line_hosts() {
	ns_add near && ns_add mid && ns_add far &&
		cable near near0 mid mid0 && cable far far0 mid mid1 &&
		address near $NEAR4 $NEAR6 && address far $FAR4 $FAR6 &&
		line_start "$@"
}

line_start() {
	LEDGER=$DIR/ledger.csv
	spawn_ready line mid "$LINE" -a mid0 -b mid1 --ledger "$LEDGER" \
		--seconds 300 "$@" || return
	LINE_PID=$SPAWNED
	neighbours_set
}

# Known beforehand: the line would hold ARP and ND as well.
neighbours_set() {
	local near far

	near=$(near cat /sys/class/net/near0/address)
	far=$(far cat /sys/class/net/far0/address)
	ip -n "$NS-near" neigh replace $FAR4 lladdr "$far" dev near0
	ip -n "$NS-near" neigh replace $FAR6 lladdr "$far" dev near0
	ip -n "$NS-far" neigh replace $NEAR4 lladdr "$near" dev far0
	ip -n "$NS-far" neigh replace $NEAR6 lladdr "$near" dev far0
}

# The ledger is complete once the line has ended.
line_stop() {
	stop_pid "$LINE_PID" && [[ -s $LEDGER ]]
}

# pass_all HOST: frames that a peer's XDP sends to HOST arrive only if HOST's
# end of the veth has an XDP program.
pass_all() {
	spawn_ready "pass-$1" "$1" "$LINE" --pass "$1"0 --seconds 300
}

# A fresh cgroup, $CGROUP, that `probe` starts the prober in.
cgroup_add() {
	local root

	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	if [[ -z $root || ! -w $root/cgroup.procs ]]; then
		root=$DIR/cgroup
		mkdir "$root" && mount -t cgroup2 none "$root" || return
		defer umount -l "$root"
	fi
	CGROUP=$root/$NS
	mkdir "$CGROUP" && defer rmdir "$CGROUP"
	# shellcheck disable=SC2016 # for the inner shell
	IN_CGROUP=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CGROUP")
}

# in_cgroup CMD...: a process belongs to it from its first socket on.
in_cgroup() {
	"${IN_CGROUP[@]}" "$@"
}

# inject HOOK TARGET TIME [OPTION...]: the injector, on the near host; $INJECTOR
# (`ip netns exec` hides the cgroups, and they need no namespace).
inject() {
	local host=near

	[[ $1 != cgroup-* ]] || host=here
	spawn_ready "delay-$1" "$host" "$DELAY" "$@" --seconds 120 || return
	INJECTOR=$SPAWNED
}

# ---- xrtt ------------------------------------------------------------------

# start_reflector [OPTION...]: on the far host; for the near one unless the
# options say whom to allow. $REFLECTOR. It uses XDP only where the near end has
# a program, and the prober's comes later, so one stands in for it.
start_reflector() {
	local allow=(--allow "$NET4" --allow "$NET6") pass=

	[[ " $* " != *" --allow "* ]] || allow=()
	if ! near ip link show near0 | grep -q xdp; then
		pass_all near
		pass=$SPAWNED
	fi
	spawn_until reflecting reflector far \
		"$XRTT" reflect -I far0 "${allow[@]}" "$@" || return
	REFLECTOR=$SPAWNED
	[[ -z $pass ]] || stop_pid "$pass"
}

# The words that run xrtt probe; see `probe`.
probe_words() {
	local target=$FAR4

	[[ $# -eq 0 || $1 == -* ]] || { target=$1 && shift; }
	PROBE=(timeout -k 2 "${PROBE_LIMIT:-60}"
		ip netns exec "$NS-near" env "${PROBE_ENV[@]}"
		"$XRTT" probe "$target" --json "$DIR/run.json"
		--samples "$DIR/samples.csv" "$@")
	[[ -z $CGROUP ]] || PROBE=("${IN_CGROUP[@]}" "${PROBE[@]}")
	rm -f "$DIR/run.json" "$DIR/samples.csv"
}

# From then on $XRTT measures no hops, for which it makes namespaces: a second a
# run, for a test that judges no bar.
without_hops() {
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' \
		'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin' \
		"$XRTT_ITSELF" >"$DIR/without-hops"
	chmod +x "$DIR/without-hops"
	XRTT=$DIR/without-hops
}

# probe [TARGET] [OPTION...]: on the near host, in $CGROUP if there is one, its
# environment from the array PROBE_ENV. Leaves run.json, samples.csv, probe.out
# and probe.err in $DIR; the status is xrtt's, or 124 after PROBE_LIMIT s.
probe() {
	probe_words "$@"
	"${PROBE[@]}" >"$DIR/probe.out" 2>"$DIR/probe.err" 3>&-
}

# The same in the background, until its hooks are in place; then probe_wait.
probe_start() {
	probe_words "$@"
	"${PROBE[@]}" >"$DIR/probe.out" 2>"$DIR/probe.err" 3>&- &
	PROBE_PID=$!
	defer stop_pid "$PROBE_PID"
	await 10 hooks_attached || probe_wait
}

hooks_attached() {
	near ip link show near0 | grep -q xdp || process_gone "$PROBE_PID"
}

# xrtt's status, its words if that is not 0.
probe_wait() {
	local status=0

	wait "$PROBE_PID" || status=$?
	((status == 0)) || cat "$DIR/probe.out" "$DIR/probe.err" >&2
	return $status
}

probe_ok() {
	local status=0

	probe "$@" || status=$?
	((status == 0)) && return
	cat "$DIR/probe.out" "$DIR/probe.err" >&2
	fail "xrtt probe $* ended with status $status"
}

# json EXPR: of the last run; fails where that is false or null.
json() {
	# Of an empty file jq says nothing, and that it went well.
	[[ -s $DIR/run.json ]] && jq -er "$1" "$DIR/run.json" ||
		fail "not so: $1 in $(
			jq -c '{probes, loss, hooks, counts}' "$DIR/run.json" 2>&1
		)"
}

assert_identity() {
	jq -c .probes "$DIR/run.json"
	json '.probes | .planned == .sent + .unsent and .sent == .received
		+ .late + .lost + .lost_in_host + .unrecorded' >/dev/null
}

assert_in_order() {
	"$NET_ROOT/tests/net/samples.py" order "$DIR/samples.csv"
}

# csv_median EXPR: of the rows that have all it names, "xdp_rx_ns - drv_tx_ns".
csv_median() {
	"$NET_ROOT/tests/net/samples.py" median "$1" "$DIR/samples.csv"
}
