# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For run.sh, over a bare cable, where the bypass engine's runner need not share
# the CPUs with a line: how late it sends, and how many round trips a second it
# sends, gets back and records, a batch size after the other in each round.

LATENESS_ROUNDS=3
LATENESS_INTERVALS=(1ms 100us)
LATENESS_TIME=1500ms
LATENESS_RESERVE=8
FLOOD_BATCHES=(1 16 64 128)
FLOOD_ROUNDS=7
FLOOD_TIME=1s
FLOOD_RESERVE=8 # seconds that one more round may take

# cable_run PART ROUND VARIANT OPTION...
cable_run() {
	local into=$OUT/raw/$1.$2.$3

	mkdir -p "$into"
	bounded 15 ip netns exec "$NS-near" "$XRTT" probe "$FAR4" -q \
		--engine bypass --json "$into/run.json" "${@:4}" \
		2>"$into/stderr" && return
	skip "$1, $3, round $2" "$(tail -n 1 "$into/stderr")"
	rm -rf "$into"
	return 1
}

measure_lateness() {
	local round interval samples

	[[ $ENGINES == *" bypass "* ]] || return
	for ((round = 1; round <= LATENESS_ROUNDS; round++)); do
		time_is_up lateness $round $LATENESS_RESERVE && return
		for interval in "${LATENESS_INTERVALS[@]}"; do
			samples=$OUT/raw/lateness.$round.$interval/samples.csv
			cable_run lateness $round "$interval" -i "$interval" \
				-d $LATENESS_TIME --samples "$samples" &&
				gzip -1 "$samples"
		done
	done
}

measure_flood() {
	local round batch

	[[ $ENGINES == *" bypass "* ]] || return
	for ((round = 1; round <= FLOOD_ROUNDS; round++)); do
		time_is_up flood $round $FLOOD_RESERVE && return
		for batch in "${FLOOD_BATCHES[@]}"; do
			cable_run flood $round "$batch" --flood \
				--batch "$batch" -d $FLOOD_TIME
		done
	done
}
