#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# Losses, duplicates and reorderings at planned places of the line, in each
# direction apart, counted by xrtt exactly as the line's ledger has them.

COUNT=400
LAST=$((COUNT - 1))
INTERVAL=2ms
TRUTH=$BATS_TEST_DIRNAME/truth.py

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

# planned LINE...: a run over a line with that plan; xrtt and ledger agree.
planned() {
	printf '%s\n' "$@" >"$DIR/plan"
	line_hosts --hold 1ms --plan "$DIR/plan"
	start_reflector
	probe_ok -c "$COUNT" -i "$INTERVAL" -W 0.5
	line_stop
	"$TRUTH" agree "$DIR/run.json" "$LEDGER"
	assert_identity
	assert_in_order
	json ".probes | .planned == $COUNT and .sent == $COUNT and .late == 0
		and .lost_in_host == 0 and .unrecorded == 0"
}

@test "loss: nothing planned, nothing counted" {
	planned ''
	json '.probes | .lost == 0 and .duplicate == 0 and .reordered == 0'
	json '.loss | .ratio == 0 and .longest_run == 0'
}

@test "loss: on the way there: first, last, one, a run of 50" {
	planned 'ab 0 drop' "ab $LAST drop" 'ab 33 drop' 'ab 100..149 drop'
	json '.loss | .forward == 53 and .return == 0 and .longest_run == 50'
	json '.probes.lost == 53'
}

@test "loss: on the way back: first, last, one, a run of 50" {
	planned 'ba 0 drop' "ba $LAST drop" 'ba 33 drop' 'ba 100..149 drop'
	json '.loss | .forward == 0 and .return == 53 and .longest_run == 50'
	json '.probes.lost == 53'
}

@test "loss: both ways at once, runs that touch" {
	planned 'ab 60..109 drop' 'ba 60..84 drop'
	json '.loss | .forward == 50 and .return == 25 and .longest_run == 75'
}

@test "loss: nothing comes back: status 1, all of it lost" {
	local status=0

	echo "ba 0..$LAST drop" >"$DIR/plan"
	line_hosts --hold 1ms --plan "$DIR/plan"
	start_reflector
	probe -c 100 -i "$INTERVAL" -W 0.2 || status=$?
	[ "$status" -eq 1 ]
	assert_identity
	json '.probes | .lost == 100 and .received == 0'
	json '(.network_ns.n // 0) == 0'
}

@test "duplicates: made on the way there" {
	planned 'ab 0 dup' "ab $LAST dup" 'ab 200..249 dup'
	json '.probes | .duplicate == 52 and .duplicate_forward == 52'
	json '.probes | .duplicate_return == 0 and .received == '"$COUNT"
}

@test "duplicates: made on the way back" {
	planned 'ba 0 dup' "ba $LAST dup" 'ba 200..249 dup'
	json '.probes | .duplicate == 52 and .duplicate_return == 52'
	json '.probes | .duplicate_forward == 0 and .received == '"$COUNT"
}

@test "reordering: on the way there" {
	planned 'ab 0 swap' 'ab 50 swap' "ab $((LAST - 1)) swap"
	json '.probes | .reordered == 3 and .reordered_forward == 3
		and .reordered_return == 0'
}

@test "reordering: on the way back" {
	planned 'ba 0 swap' 'ba 50 swap' "ba $((LAST - 1)) swap"
	json '.probes | .reordered == 3 and .reordered_return == 3
		and .reordered_forward == 0'
}

@test "loss: at seeded places, both ways" {
	local seed=${SEED:-$RANDOM}

	echo "seed $seed (SEED=$seed repeats it)"
	RANDOM=$seed
	mapfile -t places < <(seq 0 5 $((COUNT - 80)) | while read -r n; do
		case $((RANDOM % 8)) in
		0) echo "ab $((n + RANDOM % 5)) drop" ;;
		1) echo "ba $((n + RANDOM % 5)) drop" ;;
		esac
	done)
	planned "${places[@]}"
}

@test "loss: a reply dropped after XDP is lost in the host" {
	two_hosts
	start_reflector
	inject tcx-ingress-after near0 0 --drop --nth 11-20
	probe_ok -c 100 -i "$INTERVAL" -W 0.2
	assert_identity
	json '.probes | .lost_in_host == 10 and .lost == 0 and .received == 90'
}

@test "loss: a request dropped after TC is unsent, not lost" {
	two_hosts
	start_reflector
	inject tcx-egress-after near0 0 --drop --nth 11-20
	probe_ok -c 100 -i "$INTERVAL" -W 0.2
	assert_identity
	json '.probes | .unsent == 10 and .lost == 0 and .received == 90'
}
