#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# Records what noise does to a path that does not shift, for
# tests/unit/watch_noise_test.c: probes every 10 ms over the delay line, whose
# hold is fixed, while nothing else is done (idle), while loops keep the
# sender's CPU (sender) or the line's (line) busy for seconds at a time, while
# other traffic takes the line in bursts (cross), and both at once (both). Needs
# root, the build and two CPUs, and takes four minutes.
#
#   watch_noise.sh >tests/unit/data/watch_noise.txt
#
# Prints for each recording "NAME N BAR", then N numbers: the network time of
# each probe in ns above the least of all recordings, or - if it was lost. BAR
# is by how much, in ns, the instrument alone may have set two of them apart, as
# xrtt found it for that run.

set -u
. "$(dirname "$0")/../net/harness.bash"

: "${LINE_CPU:=1}"
: "${PROBE_CPU:=0}"
: "${SECONDS_EACH:=45}"
HOLD=2ms
TRIES=3
PROBE_LIMIT=$((SECONDS_EACH + 15))

# busy CPU: on for 1 to 4 s, off for as long.
busy() {
	# shellcheck disable=SC2016 # for the inner shell
	spawn busy here timeout "$PROBE_LIMIT" taskset -c "$1" bash -c '
		RANDOM=1
		while :; do
			end=$((${EPOCHREALTIME/./} + 1000000 + RANDOM * 90))
			while ((${EPOCHREALTIME/./} < end)); do :; done
			sleep $((1 + RANDOM % 4))
		done'
}

# 64 large frames in flight, for 1 to 3 s at a time.
cross() {
	# shellcheck disable=SC2016 # for the inner shell
	spawn cross near \
		timeout "$PROBE_LIMIT" taskset -c "$PROBE_CPU" bash -c '
		RANDOM=2
		while :; do
			ping -q -f -l 64 -s 1400 -w $((1 + RANDOM % 3)) "$0"
			sleep $((1 + RANDOM % 4))
		done' "$FAR4"
}

load() {
	case $1 in
	sender) busy "$PROBE_CPU" ;;
	line) busy "$LINE_CPU" ;;
	cross) cross ;;
	both) cross && busy "$PROBE_CPU" ;;
	esac
}

# record NAME: its samples go to $OUT/NAME.csv.
record() {
	harness_trap
	harness_start && line_hosts --cpu "$LINE_CPU" --hold $HOLD &&
		start_reflector && load "$1" || exit
	taskset -c "$PROBE_CPU" ip netns exec "$NS-near" "$XRTT" flows "$FAR4" \
		--flows 1 -i 10ms -d "$SECONDS_EACH" -q --json "$DIR/run.json" \
		--samples "$DIR/samples.csv" &&
		jq '.bar_ns | round' "$DIR/run.json" >"$OUT/$1.bar" &&
		cp "$DIR/samples.csv" "$OUT/$1.csv"
	exit
}

table() {
	local name

	echo "# Made by tests/bench/watch_noise.sh on $(uname -sr)," \
		"$(nproc) CPUs, $SECONDS_EACH s each."
	for name in "$@"; do
		awk -F, -v name="$name" -v least="$LEAST" \
			-v bar="$(cat "$OUT/$name.bar")" '
			NR == 1 {
				for (i = 1; i <= NF; i++)
					column[$i] = i
				next
			}
			{
				x = $column["network_ns"]
				value[n++] = x == "" ? "-" : x - least
			}
			END {
				print name, n, bar
				for (i = 0; i < n; i++) {
					if (length(line value[i]) > 71) {
						print line
						line = ""
					}
					line = line (line == "" ? "" : " ") \
						value[i]
				}
				print line
			}' "$OUT/$name.csv"
	done
}

[[ $EUID -eq 0 ]] || {
	echo 'watch_noise: network namespaces need root' >&2
	exit 3
}
OUT=$(mktemp -d) || exit 3
trap 'rm -rf "$OUT"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
NAMES=(idle sender line cross both)
for name in "${NAMES[@]}"; do
	for ((try = 1; try <= TRIES; try++)); do
		(record "$name") >&2 && continue 2
	done
	echo "watch_noise: no recording of $name" >&2
	exit 1
done
LEAST=$(awk -F, '
	FNR == 1 {
		for (i = 1; i <= NF; i++)
			column[$i] = i
		next
	}
	{ x = $column["network_ns"] }
	x != "" && (least == "" || x < least) { least = x }
	END { print least }' "$OUT"/*.csv)
table "${NAMES[@]}"
