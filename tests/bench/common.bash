# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For run.sh and its parts: time that is bounded, and parts that say why they
# did not run. Needs OUT, LIMIT (seconds that all of it may take) and STATUS.

BOUNDED=
# A part's own end, in seconds since the start; whatever is beyond is skipped.
PART_END=$LIMIT

left() {
	echo $((LIMIT - SECONDS))
}

# bounded SECONDS CMD...: and never beyond the limit. In the background, as a
# signal's trap has to wait for what is in front.
bounded() {
	local most=$1

	((most <= $(left))) || most=$(left)
	((most > 0)) || return 124
	timeout -k 2 "$most" "${@:2}" &
	BOUNDED=$!
	wait "$BOUNDED"
}

stop_bounded() {
	[[ -z $BOUNDED ]] || stop_pid "$BOUNDED"
}

# part_begin SECONDS: what comes now may take so long.
part_begin() {
	PART_END=$((SECONDS + $1))
	((PART_END <= LIMIT)) || PART_END=$LIMIT
}

# time_is_up PART ROUND RESERVE: is there no time for one more round?
time_is_up() {
	((PART_END - SECONDS < $3)) || return 1
	skip "$1" "no time is left after round $(($2 - 1))"
}

skip() {
	echo "$1: $2" >>"$OUT/skipped"
}

# broken WHAT PART: it should have run.
broken() {
	echo "bench: $1" >&2
	rm -f "$OUT/$2.csv"
	skip "$2" "$1"
	STATUS=1
}
