# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034 # variables for whoever sources this
#
# For the tests of this directory, each a topic: a script that sources this
# file, calls `check NAME FUNCTION` for every test, and `finish` at its end. It
# runs in the near guest; where VM_GUEST is not set, on this host in two network
# namespaces with a veth between them. Either way:
#
#   near CMD.. far CMD..    run there; near0 is linked to far0
#   $NEAR4 $NEAR6 $FAR4 $FAR6 their addresses
#   reflector_start [OPTION..], reflector_stop    xrtt reflect, on far
#   probe TARGET [OPTION..] xrtt probe, on near; $DIR/run.json, probe.{out,err}
#   "${AS[@]}" CMD..        as root without CAP_SYS_ADMIN, as probe runs: with
#                           it tx_gap and rx_gap are measured, for seconds in a
#                           guest; AS=() probe has them
#   as_nobody CAPS          from then on $AS is a user with exactly these
#   $FAR_AS                 as which reflect runs; root if empty
#   probe_ok ..             and it must end with 0
#   json EXPR               of the last run; fails where false or null
#   say WORDS               a line of TAP's diagnostics
#   kernel_has FUNCTION     by its symbols
#
# Emulated time proves nothing about precision: no test here may judge one.

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FAR_PID=
AS=(setpriv --bounding-set -sys_admin)
FAR_AS=()
CHECKS=0
FAILED=0

if [[ -n ${VM_GUEST-} ]]; then
	DIR=$(mktemp -d)
	PATIENCE=60 # s, for an answer
	FAR_DIR=/tmp
	XRTT=/usr/bin/xrtt
	LOAD=/vm/load
	NEAR4=10.77.0.1 NEAR6=fd77::1 FAR4=10.77.0.2 FAR6=fd77::2
	NET4=10.77.0.0/16 NET6=fd77::/64

	near() {
		"$@"
	}

	# far CMD..: 124 where it does not answer.
	far() {
		local id=$BASHPID.$RANDOM command line

		printf -v command '%q ' "$@"
		printf 'run %s %s\n' "$id" "$command" >&9
		while read -r -t "$PATIENCE" -u 9 line; do
			[[ $line == "$id "* ]] || continue
			eval "set -- $line" # quoted by serve.bash
			printf %s "$3"
			printf %s "$4" >&2
			return "$2"
		done
		echo 'the far guest does not answer' >&2
		return 124
	}

	# Nobody may listen on the serial line yet. And what a topic that was
	# killed has left would be in the next one's way.
	hosts_start() {
		PATIENCE=2 await 120 far true 2>/dev/null &&
			{ far killall -q -KILL xrtt || true; }
	}
else
	LOAD=${VM_TOOLS:?}/load
	. "$LIB/../../net/harness.bash"

	hosts_start() {
		harness_start && harness_trap && FAR_DIR=$DIR && two_hosts
	}
fi

await() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep 0.05
	done
}

fail() {
	echo "$*" >&2
	return 1
}

# kernel_has FUNCTION
kernel_has() {
	near grep -q " $1\$" /proc/kallsyms
}

say() {
	echo "# $*"
}

# as_nobody CAPABILITY[,CAPABILITY..]
as_nobody() {
	local caps=-all${1:+,+${1//,/,+}}

	AS=(setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs
		--bounding-set "$caps" --inh-caps "$caps"
		--ambient-caps "$caps")
}

# ---- TAP -------------------------------------------------------------------

# check NAME FUNCTION [ARG..]: in a shell of its own, with `set -e`.
check() {
	local name=$1 began=${EPOCHREALTIME/./} status

	shift
	CHECKS=$((CHECKS + 1))
	# Not as a condition, or -e would not hold in it.
	(set -eu; "$@") >"$DIR/check" 2>&1
	status=$?
	grep '^# ' "$DIR/check"
	if ((status == 0)); then
		echo "ok $CHECKS - $name"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $CHECKS - $name"
		sed 's/^/#   | /' "$DIR/check"
		say "    status $status of $*"
	fi
	say "    $(((${EPOCHREALTIME/./} - began) / 1000)) ms"
}

skip() {
	CHECKS=$((CHECKS + 1))
	echo "ok $CHECKS - $1 # SKIP $2"
}

finish() {
	echo "1..$CHECKS"
	exit $((FAILED > 0))
}

# ---- xrtt ------------------------------------------------------------------

# far_start NAME PATTERN CMD..: until it has said so; $FAR_PID.
far_start() {
	local name=$FAR_DIR/$1 pattern=$2

	shift 2
	# shellcheck disable=SC2016 # for the far shell
	FAR_PID=$(far sh -c 'name=$0
		"$@" >"$name.out" 2>"$name.err" </dev/null & echo $!' \
		"$name" "$@") || return
	await 60 far_said_or_gone "$name" "$pattern"
	far grep -q "$pattern" "$name.out" "$name.err" && return
	far cat "$name.out" "$name.err" >&2
	far kill -KILL "$FAR_PID" 2>/dev/null || true
	await 10 far_gone "$FAR_PID"
	return 1
}

far_said_or_gone() {
	far grep -q "$2" "$1.out" "$1.err" || far_gone "$FAR_PID"
}

# Where nobody answers, nothing is known.
far_gone() {
	# shellcheck disable=SC2016 # for the far shell
	[[ $(far sh -c 'kill -0 "$0" 2>/dev/null || echo gone' "$1") == gone ]]
}

far_stop() {
	far kill -TERM "$1" && await 30 far_gone "$1"
}

reflector_start() {
	local pass=

	# An XDP_TX over a veth arrives only where the other end has XDP.
	if [[ -z ${VM_GUEST-} && " $* " == *" xdp "* ]]; then
		pass_all near || return
		pass=$SPAWNED
	fi
	far_start reflect reflecting "${FAR_AS[@]}" "$XRTT" reflect -I far0 \
		--allow "$NET4" --allow "$NET6" "$@"
	set -- $?
	[[ -z $pass ]] || stop_pid "$pass"
	return "$1"
}

reflector_stop() {
	far_stop "$FAR_PID"
}

probe() {
	local target=$1

	shift
	# Another user's would be in the way.
	rm -f "$DIR/run.json" "$DIR/samples.csv"
	near timeout -k 2 60 "${AS[@]}" "$XRTT" probe "$target" \
		--json "$DIR/run.json" --samples "$DIR/samples.csv" "$@" \
		>"$DIR/probe.out" 2>"$DIR/probe.err"
}

probe_ok() {
	local status=0

	probe "$@" || status=$?
	((status == 0)) && return
	cat "$DIR/probe.out" "$DIR/probe.err" >&2
	fail "xrtt probe $* ended with status $status"
}

json() {
	# Of an empty file jq says nothing, and that it went well.
	if [[ ! -s $DIR/run.json ]] || ! jq -er "$1" "$DIR/run.json"; then
		fail "not so: $1 in $(
			jq -c '{probes, loss, hooks}' "$DIR/run.json" 2>&1
		)"
	fi
}

hosts_start || {
	echo 'Bail out! the hosts of the test did not come up'
	exit 1
}
