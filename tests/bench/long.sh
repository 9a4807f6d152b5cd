#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does the error bar tell the truth? Many short runs over the delay line, in
# conditions drawn at random, each scored against the line's ledger: see
# long_plan.py for what is drawn, long_rows.py for what is true, long_score.py
# for the marks. Needs root and the build, and two CPUs.
#
#   long.sh [coverage|sampling|report]...   all three, if none is named
#
# From the environment:
#   SEED, RUNS (200), SAMPLING_RUNS (500), ENGINES ("socket bypass")
#   PROBE_ARGS   more of xrtt probe's arguments, for every run
#   OUT          where rows and raw files go (build/bench/long)
#   RESULTS      write the tables there as Markdown, too
#
# Each run appends a row to $OUT/coverage.jsonl or sampling.jsonl; what is there
# is not repeated, so it can be interrupted and continued. A run that the line
# or the machine spoiled is void: it has TRIES, and is counted.
#
# Who shares what, with the spinning line on LINE_CPU and xrtt on PROBE_CPU: a
# veth is served on the CPU that sends into it, so replies are received, and
# requests reflected, on LINE_CPU. Load is a busy loop
#   sender     on PROBE_CPU
#   receiver   on LINE_CPU, beside the line: frames leave late and in lumps,
#              and the ledger knows when
#   reflector  on PROBE_CPU, to which a thread of the far interface's NAPI is
#              moved; that may interrupt the loop, as an interrupt would

set -u
. "$(dirname "$0")/../net/harness.bash"

BENCH=$NET_ROOT/tests/bench
: "${OUT:=$NET_ROOT/build/bench/long}"
: "${RUNS:=200}"
: "${SAMPLING_RUNS:=500}"
: "${ENGINES:=socket bypass}"
: "${LINE_CPU:=1}"
: "${PROBE_CPU:=0}"
: "${TRIES:=3}"
PROBE_LIMIT=300
EXTRA=()
read -ra EXTRA <<<"${PROBE_ARGS:-}"
read -ra ENGINE_LIST <<<"$ENGINES"

say() {
	echo "bench-long: $*" >&2
}

py() {
	python3 -B "$BENCH/long.py" "$@"
}

# ---- load -------------------------------------------------------------------

# busy CPU: bounded by time, undone with the run.
busy() {
	spawn busy here timeout "$PROBE_LIMIT" taskset -c "$1" \
		sh -c 'while :; do :; done'
}

napi_threads() {
	ps -eo pid=,comm= | awk '$2 ~ /^napi\/far0-/ { print $1 }' | sort
}

# Serves far0 by a thread on PROBE_CPU. XDP keeps the NAPI that GRO asked for.
thread_far() {
	local before fresh

	before=$(napi_threads)
	far ethtool -K far0 gro on >/dev/null &&
		far sh -c 'echo 1 >/sys/class/net/far0/threaded' || return
	fresh=$(comm -13 <(echo "$before") <(napi_threads))
	[[ $fresh =~ ^[0-9]+$ ]] || {
		say "far0 has no NAPI thread of its own: '$fresh'"
		return 1
	}
	taskset -pc "$PROBE_CPU" "$fresh" >/dev/null &&
		chrt -f -p 50 "$fresh"
}

load_start() {
	case $1 in
	sender | reflector) busy "$PROBE_CPU" ;;
	receiver) busy "$LINE_CPU" ;;
	esac
}

# ---- one run ----------------------------------------------------------------

# Keeps what the run left, compressed, in $OUT/raw.
keep() {
	local file

	for file in run.json samples.csv ledger.csv line.err; do
		[[ ! -f $DIR/$file ]] || gzip -c "$DIR/$file" >"$1.$file.gz"
	done
}

# measure KIND INDEX: 0 if there is something to make a row of, then FAILED
# says whether xrtt had no result; 1 if the rig did not come up.
measure() {
	local LINE_WORDS PROBE_WORDS LOAD words

	FAILED=
	words=$(py plan "$1" "$SEED" "$2" "$DIR" "${ENGINE_LIST[@]}") || return
	eval "$words"
	line_hosts --cpu "$LINE_CPU" "${LINE_WORDS[@]}" || return
	[[ $LOAD != reflector ]] || thread_far || return
	start_reflector --hook auto || return
	load_start "$LOAD" || return
	PROBE_ENV=(taskset -c "$PROBE_CPU")
	# Probes that are held up and catch up would queue in the line, and bend
	# the law: the sender goes first, in its session and among sessions.
	# Nobody asks for the bars here, and without CAP_SYS_ADMIN no second is
	# spent on the hops of which they are made.
	[[ $1 != sampling ]] || {
		PROBE_ENV+=(nice -n -20 setpriv --bounding-set=-sys_admin
			--inh-caps=-sys_admin)
		echo -20 >/proc/self/autogroup
	} 2>/dev/null
	probe_words "${PROBE_WORDS[@]}" "${EXTRA[@]}"
	# In the background: a trap waits for whatever runs in the foreground.
	"${PROBE[@]}" >"$DIR/probe.out" 2>"$DIR/probe.err" &
	defer stop_pid $!
	wait $! || FAILED="status $?: $(tail -n 1 "$DIR/probe.err")"
	line_stop
}

# attempt KIND INDEX TRY: 0 if there is a row now. To be run in the background:
# it ends its shell, which undoes what it did.
attempt() {
	harness_trap
	harness_start && measure "$1" "$2" || exit
	[[ $1 != coverage ]] || keep "$OUT/raw/$(printf '%04d' "$2")"
	py row "$1" "$SEED" "$2" "$3" "$DIR" "$FAILED" \
		"${ENGINE_LIST[@]}" >"$OUT/row" && cat "$OUT/row" >>"$OUT/$1.jsonl"
	exit
}

# Without a row of the run that was under way; it undoes itself.
give_up() {
	local job

	trap '' INT TERM HUP
	for job in $(jobs -p); do
		kill -TERM "$job" 2>/dev/null
		while kill -0 "$job" 2>/dev/null; do
			wait "$job"
		done
	done
	exit "$1"
}

# series KIND RUNS
series() {
	local index try todo

	exec 9>"$OUT/lock"
	flock -n 9 || {
		say "another one is at work in $OUT"
		return 3
	}
	todo=$(py todo "$1" "$SEED" "$2" "$OUT") || return
	say "$1: $(wc -w <<<"$todo") of $2 runs to do, seed $SEED"
	for index in $todo; do
		for ((try = 1; try <= TRIES; try++)); do
			attempt "$1" "$index" "$try" 2>"$OUT/err" &
			wait $! && break
			[[ -d $OUT ]] || return
			say "$1 $index, try $try: $(tail -n 1 "$OUT/err")"
		done
		((try <= TRIES)) || echo "$SEED $index" >>"$OUT/$1.void"
	done
}

# ---- all of it --------------------------------------------------------------

[[ $EUID -eq 0 ]] || {
	say 'network namespaces need root: try sudo make bench-long'
	exit 3
}
[[ $(nproc) -ge 2 ]] || {
	say 'the line needs a CPU, xrtt another: this machine has one'
	exit 3
}
for program in "$XRTT" "$LINE"; do
	[[ -x $program ]] || {
		say "$program is not there: run make bench-long"
		exit 3
	}
done
mkdir -p "$OUT/raw" || exit 3
trap 'give_up 130' INT
trap 'give_up 143' TERM HUP
if [[ -z ${SEED:-} && -s $OUT/seed ]]; then
	SEED=$(<"$OUT/seed")
fi
: "${SEED:=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
echo "$SEED" >"$OUT/seed"
say "seed $SEED, rows and raw files in $OUT"

[[ $# -gt 0 ]] || set -- coverage sampling report
for part; do
	case $part in
	coverage) series coverage "$RUNS" ;;
	sampling) series sampling "$SAMPLING_RUNS" ;;
	report) py report "$SEED" "$OUT" ${RESULTS:+"$RESULTS"} ;;
	*) say "no such part: $part" && exit 2 ;;
	esac || exit
done
