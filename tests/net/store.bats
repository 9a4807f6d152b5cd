#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# --samples run.db and xrtt report: the store of real runs, and what is left of
# one that was killed, had no room, or may not be written to.
#
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell

bats_require_minimum_version 1.5.0

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	DB=$DIR/run.db
}

teardown() {
	[[ ! -d $DIR/small ]] || umount "$DIR/small" 2>/dev/null || true
	harness_end
}

hosts() {
	two_hosts && start_reflector --rate 0
}

sql() {
	sqlite3 "$DB" "$1"
}

# stored ARGS..: a run into $DB; probe.out, probe.err, run.json.
stored() {
	near "$XRTT" probe "$FAR4" --samples "$DB" --json "$DIR/run.json" \
		"$@" >"$DIR/probe.out" 2>"$DIR/probe.err"
}

report() {
	"$XRTT" report "$DB" "$@" >"$DIR/report.out" 2>"$DIR/report.err"
}

# same_report ARGS..: what `report` prints is what the run has printed.
same_report() {
	report "$@" && diff "$DIR/probe.out" "$DIR/report.out"
}

@test "store: the report again, to the byte, with every engine" {
	local engine

	hosts
	for engine in socket bypass both; do
		stored --engine "$engine" -c 200 -i 2ms
		same_report
		[[ $(sql 'SELECT samples FROM run ORDER BY run DESC LIMIT 1') \
			== 200 ]]
	done
	[[ $(sql 'SELECT count(*) FROM run') == 3 ]]
	report --list
	[[ $(grep -c ' --engine ' "$DIR/report.out") == 3 ]]
	report --run 1
	grep -q 'run 3' "$DIR/report.err" && return 1
	report
	grep -q 'run 3, the last of 3' "$DIR/report.err"
	run -3 "$XRTT" report "$DB" --run 9
}

@test "store: with distance, flows, ICMP and TCP too" {
	hosts
	stored -c 50 -i 2ms --from us-east-1 --to us-west-2
	same_report
	stored -c 50 -i 2ms --protocol icmp
	same_report
	stored -c 50 -i 2ms --protocol tcp -p 7
	same_report
	near "$XRTT" flows "$FAR4" --flows 8 -d 3 -i 5ms --samples "$DB" \
		>"$DIR/probe.out" 2>"$DIR/probe.err"
	same_report
	[[ $(sql 'SELECT count(DISTINCT flow) FROM sample WHERE run = 4') \
		== 8 ]]
}

# Exact where the model is: quantiles are samples or between two of them.
@test "store: SQL gives what the summary has" {
	local name n min

	hosts
	stored -c 400 -i 2ms
	for name in network remote app_to_tc socket_to_app; do
		read -r n min < <(sql "SELECT count($name), min($name)
			FROM stage_ns WHERE status = 'ok'" | tr '|' ' ')
		jq -e ".stages_ns.$name | .n == $n and .min == $min" \
			"$DIR/run.json"
	done
	jq -e --argjson sum "$(sql "SELECT sum(ns) FROM term WHERE
		duration = 'network' AND level = 'p50'")" \
		'([.network_ns.instrument.p50.terms[].ns] | add) - $sum
			| fabs < 1e-3' "$DIR/run.json"
	(($(sql 'SELECT count(*) FROM clock') >= 5))
	[[ $(sql "SELECT summary ->> '$.run.version' FROM run") == \
		$(jq -r .run.version "$DIR/run.json") ]]
	[[ ! -e $DB-wal ]]
}

@test "store: rows come out as --samples writes them" {
	hosts
	stored -c 100 -i 2ms --engine both
	report --format csv
	[[ $(head -n 1 "$DIR/report.out") == seq,flow,engine,status,due_ns,* ]]
	[[ $(wc -l <"$DIR/report.out") == 101 ]]
	diff <(tail -n +2 "$DIR/report.out" | cut -d, -f 1,20) \
		<(sql "SELECT seq || ',' || coalesce(network, '')
			FROM stage_ns ORDER BY sample")
	mv "$DIR/report.out" "$DIR/rows.csv"
	report --format jsonl -o "$DIR/rows.jsonl"
	[[ ! -s $DIR/report.out ]]
	diff <(jq -r '"\(.seq),\(.xdp_rx_ns // "")"' "$DIR/rows.jsonl") \
		<(tail -n +2 "$DIR/rows.csv" | cut -d, -f 1,12)
}

@test "store: places named afterwards give what they would have given" {
	local engine

	hosts
	for engine in socket both; do
		stored -c 400 -i 2ms --engine "$engine" --from us-east-1 \
			--to us-west-2
		same_report --from us-east-1 --to us-west-2
		report --from eu-west-1 --to ap-south-1
		grep -q '^  distance .* km' "$DIR/report.out"
		run -1 diff -q "$DIR/probe.out" "$DIR/report.out"
	done
	run -2 "$XRTT" report "$DB" --to us-west-2
}

@test "store: killed under way it is whole, and a report can be made of it" {
	local kept

	hosts
	spawn probe near "$XRTT" probe "$FAR4" --samples "$DB" -d 30 -i 1ms
	await 10 has_samples 1000
	signal_pid KILL "$SPAWNED"
	await 5 process_gone "$SPAWNED"
	[[ $(sql 'PRAGMA quick_check') == ok ]]
	# TAI is a whole number of seconds ahead of UTC.
	[[ $(sql "SELECT substr(start, 21, 9) = printf('%09d',
		origin_tai_ns % 1000000000) FROM run") == 1 ]]
	kept=$(sql 'SELECT count(*) FROM sample')
	((kept >= 1000))
	report
	grep -q 'cut short' "$DIR/report.out"
	grep -q "received $kept" "$DIR/report.out"
	report --list
	grep -q 'cut short' "$DIR/report.out"
	stored -c 20 -i 2ms
	same_report --run 2
}

has_samples() {
	[[ -s $DB ]] && (($(sql 'SELECT count(*) FROM sample' 2>/dev/null) >= \
		$1))
}

# An unknown protocol is dropped by whoever receives it, and counted.
@test "store: what the interface drops meanwhile is an event" {
	hosts
	spawn dropped far python3 -c "import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('far0', 0x88b5))
time.sleep(1.5)
for _ in range(5):
    s.send(bytes.fromhex('ff' * 6 + '02' * 6 + '88b5' + '00' * 46))"
	stored -d 5 -i 5ms
	[[ $(sql "SELECT sum(to_value - from_value) FROM event
		WHERE kind = 'nic_counter' AND name = 'rx_dropped'") == 5.0 ]]
	[[ $(sql "SELECT count(*) FROM event WHERE kind = 'nic_counter'
		AND time_hi_ns - time_lo_ns NOT BETWEEN 0 AND 2e9") == 0 ]]
}

@test "store: a full disk ends the store, not the run" {
	mkdir "$DIR/small"
	mount -t tmpfs -o size=1m none "$DIR/small" ||
		skip 'no tmpfs can be mounted here'
	DB=$DIR/small/run.db
	hosts
	stored -c 30000 -i 100us
	grep -q 'cannot write to .*full; the run goes on' "$DIR/probe.err"
	[[ $(grep -c 'cannot write' "$DIR/probe.err") == 1 ]]
	jq -e '.probes.received > 29000' "$DIR/run.json"
	[[ $(sql 'PRAGMA quick_check') == ok ]]
}

@test "store: what is no store is left alone, and the run goes on" {
	hosts
	echo 'not at all a database, but long enough to be looked at' >"$DB"
	stored -c 20 -i 2ms
	grep -q "cannot write $DB: it is not a database" "$DIR/probe.err"
	jq -e '.probes.received == 20' "$DIR/run.json"
	grep -q 'not at all' "$DB"
	run -3 "$XRTT" report "$DB"
	[[ $output == *'not a database'* ]]
	rm "$DB"
	sqlite3 "$DB" 'CREATE TABLE customer (name TEXT)'
	stored -c 20 -i 2ms
	grep -q "none of xrtt's" "$DIR/probe.err"
	[[ $(sql .tables) == customer ]]
	DB=/proc/run.db
	stored -c 20 -i 2ms
	grep -q "cannot write $DB: " "$DIR/probe.err"
	jq -e '.probes.received == 20' "$DIR/run.json"
	run -3 "$XRTT" report "$DIR/none.db"
}

@test "store: a database that another program holds does not hold the run" {
	hosts
	stored -c 20 -i 2ms
	spawn holder here python3 -c "import sqlite3, time
db = sqlite3.connect('$DB', isolation_level=None)
time.sleep(3)
db.execute('BEGIN EXCLUSIVE')
time.sleep(60)"
	stored -d 5 -i 1ms
	grep -q "to $DB: .*locked; the run goes on" "$DIR/probe.err"
	jq -e '.probes.received > 4000' "$DIR/run.json"
	stop_pid "$SPAWNED"
	(($(sql 'SELECT count(*) FROM sample WHERE run = 2') > 500))
	report --run 2
	grep -q 'cut short' "$DIR/report.out"
}

@test "store: nothing is lost at 20 000 probes a second" {
	hosts
	stored --engine bypass -d 4 -i 50us
	[[ $(sql 'SELECT unstored FROM run') == 0 ]]
	jq -e --argjson stored "$(sql 'SELECT samples FROM run')" \
		'.probes.planned == $stored and .counts.ring_full == 0' \
		"$DIR/run.json"
}
