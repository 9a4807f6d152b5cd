#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2119 # start_reflector without options is meant
#
# Places: what distance says of them, how they come from a metadata service on
# what calls itself EC2 and from nowhere else, and what a run makes of them.

# A second, and what a loaded machine makes of a process's start and end.
ASKING_MAX_MS=2500

# The line's 55 ms between Virginia and Oregon: 34.39 ms of it is fibre, whose
# two places are good to 70 km.
INFLATION_LO=1.55
INFLATION_HI=1.65

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
	harness_start
	without_hops
}

teardown() {
	harness_end
}

fails() {
	! "$@" || fail "this should not have worked: $*"
}

distance() {
	"$XRTT" distance "$@" >"$DIR/out" 2>"$DIR/err"
}

# refused PATTERN ARG...: a usage error, one line that says this.
refused() {
	local status=0

	distance "${@:2}" || status=$?
	cat "$DIR/err"
	[ "$status" -eq 2 ] && [ ! -s "$DIR/out" ]
	[ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -q "^xrtt distance: .*$1" "$DIR/err"
}

@test "distance: a known pair, in words and in JSON" {
	distance use1-az1 usw2-az2 --json "$DIR/d.json"
	cat "$DIR/out"
	grep -q '3511 ± 70 km' "$DIR/out"
	grep -q 'vacuum .*23\.42 .*nothing is faster' "$DIR/out"
	grep -q 'fibre, nominal .*34\.39 ' "$DIR/out"
	grep -q 'skyplane .*68\.25 .*2022-04-16' "$DIR/out"
	grep -q '1000 calls  *34 391' "$DIR/out"
	jq -e '.schema == "xrtt-distance/1"
		and .distance.from.region == "us-east-1"
		and (.distance.km.value - 3511.2 | fabs) < 0.1
		and .distance.floors_ns.vacuum.interval[0] <
			.distance.floors_ns.vacuum.value
		and .distance.inflation == null
		and (.distance.others | length) == 4
		and .distance.others_ns == [62443000, 68251000]
		and .application.fibre_nominal.calls[3].calls == 1000
		and .application.others_most.rtt_ns == 68251000' "$DIR/d.json"
	# The same to stdout, the words then on stderr.
	distance use1-az1 usw2-az2 --json -
	cmp "$DIR/out" "$DIR/d.json"
	grep -q vacuum "$DIR/err"
	distance use1-az1 usw2-az2 -q
	[ ! -s "$DIR/out" ]
}

@test "distance: no line is wider than the page" {
	for pair in "use1-az1 usw2-az2" "me-central-1 us-gov-east-1" \
		"-- -33.9,18.4 eu-north-1"; do
		# shellcheck disable=SC2086 # two words and more
		distance $pair
		[ "$(wc -L <"$DIR/out")" -le 110 ] || fail "$(cat "$DIR/out")"
	done
}

@test "distance: what it cannot take it says" {
	refused 'no such region.*us-east-1' us-esat-1 us-west-2
	refused 'Local Zone' us-west-2 use1-bos1-az1
	refused 'not a position' us-west-2 91,0
	refused 'which places'
	refused 'too many.*eu-west-1' us-east-1 us-west-2 eu-west-1
}

@test "distance: places that may be one have no floor to be above" {
	distance us-east-1 us-east-1 --json "$DIR/d.json"
	grep -q '0 to 60 km' "$DIR/out"
	jq -e '.distance.floors_ns.vacuum.interval[0] == 0
		and .distance.others == []
		and .application.fibre_nominal == null' "$DIR/d.json"
	fails grep -q 'to a caller' "$DIR/out"
}

# ---- whose zone is this? ---------------------------------------------------

# metadata MODE: such a service where EC2 has it, for the near host.
metadata() {
	two_hosts
	ip -n "$NS-far" addr add 169.254.169.254/32 dev far0
	ip -n "$NS-near" route add 169.254.169.254 dev near0
	: >"$DIR/requests"
	spawn_ready imds far "$BATS_TEST_DIRNAME/imds.py" "$1" "$DIR/requests"
}

# on VENDOR CMD...: on the near host, whose firmware says it is VENDOR's. The
# directory may be missing here, so one above it is covered.
on() {
	# shellcheck disable=SC2016 # for the inner shell
	near bash -c 'mount -t tmpfs none /sys/class &&
		mkdir -p /sys/class/dmi/id &&
		echo "$0" >/sys/class/dmi/id/sys_vendor && exec "$@"' "$@"
}

# asks [ARG...]: distance to Oregon from wherever this is; the time in MS.
asks() {
	local start=${EPOCHREALTIME/./} status=0

	on "$VENDOR" "$XRTT" distance us-west-2 "$@" \
		>"$DIR/out" 2>"$DIR/err" || status=$?
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
	cat "$DIR/err"
	return $status
}

# wrong MODE PATTERN: no zone comes of it, within the limit, in one line.
wrong() {
	local status=0

	metadata "$1"
	asks || status=$?
	[ "$status" -eq 2 ] && [ "$(wc -l <"$DIR/err")" -eq 1 ]
	grep -q "A is missing, and.*$2" "$DIR/err"
	[ "$MS" -lt "$ASKING_MAX_MS" ] || fail "took $MS ms"
}

@test "distance: on EC2 the metadata service names the zone" {
	VENDOR="Amazon EC2"
	metadata good
	asks --json "$DIR/d.json"
	jq -e '.distance.from.name == "use1-az1"' "$DIR/d.json"
	printf '%s\n' "PUT /latest/api/token" \
		"GET /latest/meta-data/placement/availability-zone-id" |
		cmp - "$DIR/requests"
	# Not asked where it is said.
	: >"$DIR/requests"
	on "$VENDOR" "$XRTT" distance eu-west-1 us-west-2 >"$DIR/out"
	[ ! -s "$DIR/requests" ]
}

@test "distance: elsewhere nobody is asked" {
	VENDOR="QEMU"
	metadata good
	fails asks
	grep -q 'A is missing, and this is no instance of EC2' "$DIR/err"
	[ ! -s "$DIR/requests" ]
}

@test "distance: a service without tokens is not asked further" {
	VENDOR="Amazon EC2"
	wrong old 'status 405'
	[ "$(wc -l <"$DIR/requests")" -eq 1 ]
}

@test "distance: a metadata service that refuses, garbles or cuts" {
	VENDOR="Amazon EC2"
	wrong refusing 'status 403'
	for mode in garbled chunked long cut odd; do
		stop_pid "$SPAWNED"
		spawn_ready imds far "$BATS_TEST_DIRNAME/imds.py" $mode \
			"$DIR/requests"
		fails asks
		grep -q 'no text that can be read' "$DIR/err" || fail "$mode"
	done
}

@test "distance: a silent metadata service costs a second" {
	VENDOR="Amazon EC2"
	wrong silent 'timed out'
	[ "$MS" -ge 900 ]
	stop_pid "$SPAWNED"
	fails asks
	grep -q 'Connection refused' "$DIR/err"
	# Nobody at all answers there.
	ip -n "$NS-far" addr del 169.254.169.254/32 dev far0
	fails asks
	[ "$MS" -lt "$ASKING_MAX_MS" ]
}

@test "distance: a Local Zone is not where its region is" {
	VENDOR="Amazon EC2"
	metadata local
	fails asks
	grep -q 'use1-bos1-az1: a Local Zone' "$DIR/err"
}

# ---- of a run --------------------------------------------------------------

@test "distance: of a run, with verdict, table and condition" {
	local status=0

	XRTT=$XRTT_ITSELF # without hops the inflation has no lower end
	line_hosts --hold 27500us
	start_reflector
	probe -c 100 -i 5ms --from use1-az1 --to usw2-az2 \
		--fail-if 'network.min<50ms'
	cat "$DIR/probe.out"
	fails grep -q fail-if "$DIR/probe.err"
	jq -e --argjson lo $INFLATION_LO --argjson hi $INFLATION_HI '
		.distance.inflation.interval[0] > $lo
		and .distance.inflation.interval[1] < $hi
		and .distance.below_vacuum == false
		and .verdict.level.code == "distance"
		and .verdict.tail.code == "unknown"
		and ([.verdict.level.share[] | select(.) | .value] | add - 1 |
			fabs) < 1e-6
		and .application.basis == "rtt"
		and .application.p50.rtt_ns == .rtt_ns.p50
		and .application.p99.tcp_tls13_connect_ns ==
			2 * .rtt_ns.p99' "$DIR/run.json"
	grep -q '^  distance  *3511 ± 70 km; fibre 34\.4 ± 0\.7 ms; inflation' \
		"$DIR/probe.out"
	grep -q '^  level  *distance: [56][0-9] % (.*) is the straight' \
		"$DIR/probe.out"
	grep -q '^  1000 calls' "$DIR/probe.out"

	probe -c 100 -i 5ms --from use1-az1 --to usw2-az2 \
		--fail-if 'inflation>1.4' || status=$?
	[ "$status" -eq 4 ]
	grep -q 'fail-if inflation>1.4: so it is' "$DIR/probe.err"
}

@test "distance: faster than light is said, not clamped" {
	two_hosts
	start_reflector
	probe -c 50 -i 5ms --from use1-az1 --to usw2-az2
	grep -q 'less than light takes' "$DIR/probe.out"
	jq -e '.distance.below_vacuum
		and .verdict.level.code == "unknown"' "$DIR/run.json"
}

@test "distance: without places the verdict says what is missing" {
	two_hosts
	start_reflector
	probe -c 50 -i 5ms
	jq -e '.distance == null and .verdict.level.share.distance == null
		and .application.basis == "rtt"' "$DIR/run.json"
	fails grep -q '1000 calls' "$DIR/probe.out"
}

@test "distance: both engines have a verdict each" {
	line_hosts --hold 27500us
	start_reflector
	probe --engine both -c 100 -i 5ms --from use1-az1 --to usw2-az2
	jq -e '[.engines[] | .verdict.level.code] ==
		["distance", "distance"]
		and .engines.bypass.application.basis == "network"' \
		"$DIR/run.json"
}

@test "distance: conditions that cannot be judged do not hold" {
	two_hosts
	start_reflector
	probe -c 20 -i 5ms --fail-if 'network.p99<1s'
	grep -q 'cannot be judged' "$DIR/probe.err"
	for bad in 'network>1ms' 'inflation>2' 'p99>1ms'; do
		fails probe -c 1 --fail-if "$bad"
		grep -q -- "--fail-if $bad: " "$DIR/probe.err"
	done
	fails probe -c 1 --from us-east-1
	grep -q -- '--to is missing' "$DIR/probe.err"
	fails probe -c 1 --to us-esat-1
	grep -q 'no such region' "$DIR/probe.err"
}
