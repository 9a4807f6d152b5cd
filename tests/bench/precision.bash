# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For run.sh: what is measured on a line that keeps a ledger. Every block has a
# line of its own, so its ledger holds the block's packets alone; blocks of one
# part come in rounds, A B C A B C. A block leaves
#
#   $OUT/raw/PART.ROUND.VARIANT/     ledger.csv.gz, and what the program wrote
#
# The line spins on LINE_CPU. Programs run as they stand on PROBE_CPU; the
# bypass engine chooses its runner's CPU of those it is given.

LINE_CPU=$(($(nproc) - 1))
PROBE_CPU=0
HOLD=27.5ms
# Printed in steps of 0.1 ms, a figure tells no more than that, unless what is
# measured varies by a step: it is then right in the mean and nearly so in the
# median. And a log without numbers is told by it which probe was which.
DITHER=(--jitter uniform:100us)
SECONDS_EACH=2
PING_S=0.01
PING_N=200
FPING_MS=10
FAST=100us
IRTT_PORT=2112
SOCKPERF_PORT=11111
CHANGE_ROWS=20000
LINEAR_HOLDS=(0us 10us 100us 1ms 27.5ms 100ms)

ERROR_RESERVE=26 # seconds that one more round may take
LIKE_RESERVE=14
BLOCK_RESERVE=8
LINEAR_RESERVE=18

ENGINES=' socket '

on_near() {
	bounded 20 ip netns exec "$NS-near" taskset -c $PROBE_CPU "$@"
}

# ---- who measures: each is given the block's directory -----------------------

# xrtt_run DIR OPTION...
xrtt_run() {
	bounded 20 ip netns exec "$NS-near" "${XRTT_CPU[@]}" "$XRTT" probe \
		"$FAR4" -q --json "$1/run.json" --samples "$1/samples.csv" \
		"${@:2}"
}

by_bypass() {
	XRTT_CPU=()
	xrtt_run "$1" --engine bypass -i "${2:-$FAST}" \
		-d "${3:-${SECONDS_EACH}s}"
}

by_socket() {
	XRTT_CPU=(taskset -c "$PROBE_CPU")
	xrtt_run "$1" --engine socket -i 1ms -d ${SECONDS_EACH}s
}

# Off the line's CPU whole: its thread that is not the runner would take that
# one, and wake there when the line has frames to send.
by_both() {
	XRTT_CPU=(taskset -c "$PROBE_CPU")
	xrtt_run "$1" --engine both -i 1ms -d $((2 * SECONDS_EACH))s
}

# Frames that leave the line by redirect arrive only where XDP takes them.
with_pass() {
	local pass status=0

	pass_all near || return
	pass=$SPAWNED
	"$@" || status=$?
	stop_pid "$pass"
	return $status
}

by_ping() {
	with_pass on_near ping -n -i "$PING_S" -c "$PING_N" "$FAR4" \
		>"$1/ping.out"
}

by_fping() {
	with_pass on_near fping -c "$PING_N" -p "$FPING_MS" -t 1000 -D \
		"$FAR4" >"$1/fping.out" 2>"$1/fping.err"
}

by_irtt() {
	with_pass on_near irtt client -Q -i 1ms -d ${SECONDS_EACH}s \
		-o "$1/irtt.json" "$FAR4:$IRTT_PORT" >"$1/irtt.out"
	gzip -df "$1"/irtt.json.gz 2>/dev/null
	[[ -s $1/irtt.json ]]
}

by_sockperf() {
	with_pass on_near sockperf under-load -i "$FAR4" -p $SOCKPERF_PORT \
		-t $SECONDS_EACH --mps=1000 --reply-every=1 -m 64 --full-rtt \
		--full-log "$1/sockperf.csv" >"$1/sockperf.out" 2>&1
}

# The same, and what the application itself would see.
app_stamps() {
	APP=(env "LD_PRELOAD=$APP_STAMPS_SO" "APP_STAMPS=$1/app.csv")
}

by_stamped_socket() {
	app_stamps "$1"
	XRTT_CPU=(taskset -c "$PROBE_CPU" "${APP[@]}")
	xrtt_run "$1" --engine socket -i 10ms -d ${SECONDS_EACH}s
}

by_stamped_ping() {
	app_stamps "$1"
	with_pass on_near "${APP[@]}" ping -n -i 0.01 \
		-c $((SECONDS_EACH * 100)) "${@:2}" "$FAR4" >"$1/ping.out"
}

by_stamped_ping_u() {
	by_stamped_ping "$1" -U
}

# ---- a block ----------------------------------------------------------------

# block PART ROUND VARIANT BY LINE_OPTION...; what BY may be given besides the
# directory is in BLOCK_ARGS. Status 1: nothing is left of it.
block() {
	local into=$OUT/raw/$1.$2.$3 why=

	mkdir -p "$into"
	if ! line_start --cpu "$LINE_CPU" "${@:5}"; then
		why='the line did not start'
	elif ! "$4" "$into" "${BLOCK_ARGS[@]}" 2>"$into/stderr"; then
		why="ended in error: $(tail -n 1 "$into/stderr")"
		stop_pid "$LINE_PID"
	elif ! line_stop; then
		why="the line: $(tail -n 1 "$DIR/line.err")"
	fi
	if [[ -n $why ]]; then
		rm -rf "$into"
		skip "$1, $3, round $2" "$why"
		return 1
	fi
	cp "$DIR/line.err" "$into/line.err"
	gzip -1 -c "$LEDGER" >"$into/ledger.csv.gz"
	[[ ! -f $into/samples.csv ]] || gzip -1 "$into/samples.csv"
}

# bypass_block ...: as block, where there is that engine.
bypass_block() {
	[[ $ENGINES == *" bypass "* ]] || return 1
	block "$@"
}

# ---- the parts ---------------------------------------------------------------

peer_block() {
	command -v "$1" >/dev/null || return
	block error "$2" "$1" "by_$1" --hold $HOLD "${@:3}"
}

error_round() {
	bypass_block error "$1" bypass by_bypass --hold $HOLD
	block error "$1" socket by_socket --hold $HOLD
	peer_block ping "$1" "${DITHER[@]}"
	peer_block fping "$1" "${DITHER[@]}"
	peer_block irtt "$1" --port $IRTT_PORT --sequence 12
	peer_block sockperf "$1" --port $SOCKPERF_PORT --sequence 4 \
		"${DITHER[@]}"
}

measure_error() {
	local round peer

	for peer in ping fping irtt sockperf; do
		command -v $peer >/dev/null ||
			skip "error, $peer" 'it is not installed'
	done
	for ((round = 1; round <= $1; round++)); do
		time_is_up error $round $ERROR_RESERVE && return
		error_round $round
	done
}

measure_like() {
	local round

	command -v ping >/dev/null || {
		skip like 'ping is not installed'
		return
	}
	for ((round = 1; round <= $1; round++)); do
		time_is_up like $round $LIKE_RESERVE && return
		block like $round xrtt by_stamped_socket --hold $HOLD
		block like $round ping by_stamped_ping --hold $HOLD \
			"${DITHER[@]}"
		block like $round ping_u by_stamped_ping_u --hold $HOLD \
			"${DITHER[@]}"
	done
}

measure_closure() {
	local round

	[[ $ENGINES == *" both "* ]] || return
	for ((round = 1; round <= $1; round++)); do
		time_is_up closure $round $BLOCK_RESERVE && return
		block closure $round both by_both --hold $HOLD
	done
}

# Every other frame is held 1 us longer, each way.
measure_change() {
	local round plan=$DIR/change.plan

	[[ $ENGINES == *" bypass "* ]] || return
	seq 1 2 $CHANGE_ROWS | sed 's/.*/ab & hold 1us\nba & hold 1us/' >"$plan"
	BLOCK_ARGS=("$FAST" 1500ms)
	for ((round = 1; round <= $1; round++)); do
		time_is_up change $round $BLOCK_RESERVE && break
		block change $round bypass by_bypass --hold $HOLD --plan "$plan"
	done
	BLOCK_ARGS=()
}

measure_linearity() {
	local round hold

	[[ $ENGINES == *" bypass "* ]] || return
	BLOCK_ARGS=("$FAST" 1s)
	for ((round = 1; round <= $1; round++)); do
		time_is_up linearity $round $LINEAR_RESERVE && break
		for hold in "${LINEAR_HOLDS[@]}"; do
			block linearity $round "$hold" by_bypass --hold "$hold"
		done
	done
	BLOCK_ARGS=()
}

# Which engines has this xrtt?
engines_find() {
	local help

	help=$("$XRTT" probe --help | grep -- --engine)
	[[ $help != *bypass* ]] || ENGINES+='bypass '
	[[ $help != *both* ]] || ENGINES+='both '
	[[ $ENGINES == *" bypass "* ]] ||
		skip 'bypass, closure, change, linearity, lateness, flood' \
			'this xrtt has no --engine bypass'
}

servers_start() {
	command -v irtt >/dev/null &&
		spawn irtt far taskset -c $PROBE_CPU \
			irtt server -i 0 -b "$FAR4:$IRTT_PORT"
	command -v sockperf >/dev/null &&
		spawn sockperf far taskset -c $PROBE_CPU \
			sockperf server -i "$FAR4" -p $SOCKPERF_PORT
	sleep 0.4
}
