# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# For run.sh: what the measuring itself costs, on a bare cable between two
# hosts. Raw figures go to $OUT/{wire,cost,ping,cpu}.csv.

WIRE_ROUNDS=36
COST_ROUNDS=15
PING_ROUNDS=10
PING_COUNT=220
PING_WARM_UP=20
CPU_ROUNDS=3
CPU_FEW=200
CPU_MANY=4000
PING_RESERVE=6 # seconds that one more round may take
CPU_RESERVE=16

# measure_observer SECONDS PART ARG..
measure_observer() {
	local status=0

	bounded "$1" ip netns exec "$NS-near" "$OBSERVER" "${@:2}" \
		>"$OUT/$2.csv" || status=$?
	case $status in
	0) ;;
	124) broken 'the observer took too long' "$2" ;;
	*) broken "the observer ended with status $status" "$2" ;;
	esac
}

# One block of ping as it stands; appends to ping.csv.
ping_block() {
	bounded 15 ip netns exec "$NS-near" ping -n -i 0.002 -c $PING_COUNT \
		"$FAR4" >"$DIR/ping.out" || return
	awk -v round="$1" -v variant="$2" -v skip=$PING_WARM_UP '
		match($0, /time=[0-9.]+ ms/) && ++n > skip {
			print round "," variant "," \
				substr($0, RSTART + 5, RLENGTH - 8) * 1000
		}' "$DIR/ping.out" >>"$OUT/ping.csv"
}

near_has_xdp() {
	near ip link show near0 | grep -q xdp
}

ping_none() {
	ping_block "$1" none
}

ping_pass() {
	local near far status=0

	pass_all near || return
	near=$SPAWNED
	pass_all far || return
	far=$SPAWNED
	ping_block "$1" pass || status=1
	stop_pid "$near"
	stop_pid "$far"
	return $status
}

# The next probe of this session is an hour away.
ping_xrtt() {
	local idle status=0

	start_reflector --hook xdp || return
	spawn idle near "$XRTT" probe "$FAR4" -i 3600 -c 2 && idle=$SPAWNED
	{ await 5 near_has_xdp && sleep 0.1 && ping_block "$1" xrtt; } ||
		status=1
	stop_pid "$idle"
	stop_pid "$REFLECTOR"
	return $status
}

measure_ping() {
	local round

	command -v ping >/dev/null || {
		skip ping 'it is not installed'
		return
	}
	echo 'round,variant,rtt_us' >"$OUT/ping.csv"
	for ((round = 1; round <= PING_ROUNDS; round++)); do
		time_is_up ping "$round" $PING_RESERVE && return
		{ ping_none "$round" && ping_pass "$round" &&
			ping_xrtt "$round"; } || {
			broken "ping failed in round $round" ping
			return
		}
	done
}

# cpu_run ROUND PROGRAM PROBES CMD...: appends its user and system time.
cpu_run() {
	local TIMEFORMAT='%U,%S' status=0

	{ time bounded 20 ip netns exec "$NS-near" "${@:4}" \
		>"$DIR/cpu.out" 2>"$DIR/cpu.err"; } 2>"$DIR/cpu.time" ||
		status=1
	((status == 0)) || {
		cat "$DIR/cpu.err" >&2
		broken "$2 failed" cpu
		return 1
	}
	echo "$1,$2,$3,$(<"$DIR/cpu.time")" >>"$OUT/cpu.csv"
}

cpu_round() {
	local n

	for n in $CPU_FEW $CPU_MANY; do
		cpu_run "$1" xrtt "$n" \
			"$XRTT" probe "$FAR4" -i 1ms -c "$n" -q || return
		[[ -z $PING ]] || cpu_run "$1" ping "$n" \
			ping -q -i 0.001 -c "$n" "$FAR4" || return
		[[ -z $IRTT ]] || cpu_run "$1" irtt "$n" \
			irtt client -Q -i 1ms -d "${n}ms" "$FAR4" || return
	done
}

measure_cpu() {
	local round

	PING=$(command -v ping) || skip 'CPU time of ping' 'it is not installed'
	IRTT=$(command -v irtt) || skip 'CPU time of irtt' 'it is not installed'
	if [[ -n $IRTT ]]; then
		spawn irtt far irtt server -i 0 -b "$FAR4:2112"
		sleep 0.3
	fi
	echo 'round,program,probes,user_s,sys_s' >"$OUT/cpu.csv"
	for ((round = 1; round <= CPU_ROUNDS; round++)); do
		time_is_up 'CPU time' "$round" $CPU_RESERVE && return
		cpu_round "$round" || return
	done
}
