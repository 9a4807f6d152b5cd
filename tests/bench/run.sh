#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# How precise it is, beside what people use today, and what the measuring itself
# costs: report.py says how it is compared. Needs root and the build; nothing
# outside its own network namespaces is touched.
#
#   run.sh [PART...]   the table on stdout; raw figures and bench.json in
#                      $BENCH_OUT (build/bench). PARTs: line, cable; all of it.

set -u
. "$(dirname "$0")/../net/harness.bash"

: "${LIMIT:=540}" # seconds, for all of it; the report takes some more
: "${BENCH_OUT:=$NET_ROOT/build/bench}"
: "${OBSERVER:=${TOOLS%/net}/bench/observer}"
: "${APP_STAMPS_SO:=${TOOLS%/net}/bench/app_stamps.so}"
OUT=$BENCH_OUT
PARTS=${*:-line cable}
STATUS=0
BLOCK_ARGS=()

. "$NET_ROOT/tests/bench/common.bash"
. "$NET_ROOT/tests/bench/observer.bash"
. "$NET_ROOT/tests/bench/precision.bash"
. "$NET_ROOT/tests/bench/flood.bash"

# On a bare cable.
on_cable() {
	{ harness_start && two_hosts && neighbours_set; } || return
	defer stop_bounded
	measure_observer 30 cost "$COST_ROUNDS"
	if start_reflector --hook xdp --rate 0; then
		part_begin 90
		measure_observer 60 wire "$FAR4" "$WIRE_ROUNDS"
		part_begin 25
		measure_lateness
		part_begin 60
		measure_flood
		part_begin 60
		measure_cpu
		stop_pid "$REFLECTOR"
	else
		broken 'there is no reflector in XDP' wire
	fi
	part_begin 40
	measure_ping
	harness_end
}

# On a line with a ledger.
on_line() {
	((LINE_CPU > 0)) || {
		skip line 'one CPU: the line needs its own'
		return 0
	}
	{ harness_start && line_hosts --hold 1ms --cpu "$LINE_CPU"; } || return
	defer stop_bounded
	start_reflector --hook xdp --rate 0 || return
	line_stop
	servers_start
	part_begin 150
	measure_error 6
	part_begin 45
	measure_like 4
	part_begin 25
	measure_closure 3
	part_begin 25
	measure_change 4
	part_begin 60
	measure_linearity 3
	harness_end
}

if [[ $EUID -ne 0 ]]; then
	echo 'bench: network namespaces need root: try sudo make bench' >&2
	exit 3
fi
for program in "$XRTT" "$LINE" "$OBSERVER" "$APP_STAMPS_SO"; do
	[[ -x $program ]] || {
		echo "bench: $program is not there: run make bench" >&2
		exit 3
	}
done

rm -rf "$OUT"
mkdir -p "$OUT/raw" || exit 3
: >"$OUT/skipped"
harness_trap
echo "bench: this takes up to ten minutes; raw figures go to $OUT" >&2
engines_find
for part in $PARTS; do
	"on_$part" || {
		echo "bench: could not set up the $part, see above" >&2
		exit 3
	}
done
"$NET_ROOT/tests/bench/report.py" "$OUT" || exit 1
exit $STATUS
