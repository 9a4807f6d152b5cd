#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run test programs, read their TAP, print a line for each and a summary.
#
#   tests/run.sh [OPTION]... PROGRAM [[OPTION]... PROGRAM]...
#
#   -t SECONDS   what the programs after it may take (120)
#   -j N         those after it run N at a time (1), and are told in order
#   -r           those after it need root: without it, skipped
#   -e VAR=VAL   the environment of the next program alone
#
# *.bats is run by bats, *.sh by bash, everything else is a cmocka program.
# A program fails by a "not ok", by its exit status, by running out of time,
# by printing no plan, or by printing another number of tests than its plan.
# The last line is `N passed, N failed, N skipped`; the exit status is 0 if
# something ran and nothing failed. Whole outputs stay in build/tests/log; of
# them only lines `# note: WORDS` are shown, and those of what failed.

set -u
export LC_ALL=C.UTF-8
log_dir=${LOG_DIR:-build/tests/log}
limit=120
at_once=1
need_root=
env_next=()
passed=0
failed=0
skipped=0
failures=()
skips=()
# What runs, oldest first: process, name, log, limit, cmocka's or not.
jobs=()

stop() {
	local job

	for job in "${jobs[@]}"; do
		kill -TERM "${job%% *}" 2>/dev/null
	done
	echo "interrupted"
	exit 130
}
trap stop INT TERM

# TAP on stdin; `cmocka=1` for what version 1.1.5 makes of it: a skip is
# "not ok N # SKIP name", its group has a line with no number, and a program
# with two groups prints two plans. A skip's reason is in its own line or
# in the last line of plain text before it.
# Prints: passed failed skipped planned plans, then a line for each "F name"
# and "S name: reason".
read_tap() {
	awk -v cmocka="$1" '
	function clean(s) {
		sub(/^[0-9]+ */, "", s); sub(/^- */, "", s)
		return s
	}
	/^1\.\.[0-9]+/ {
		split($1, n, /\.\./); planned += n[2]; plans++
		if (n[2] == 0 && toupper($0) ~ /# *SKIP/) {
			sub(/.*# *[Ss][Kk][Ii][Pp][A-Za-z]* */, "")
			skip++; planned++
			out[++o] = "S all of it: " ($0 == "" ? text : $0)
		}
		next
	}
	/^Bail out!/ { fail++; planned++; out[++o] = "F " $0; next }
	/^(not )?ok([ \t]|$)/ {
		bad = /^not/
		sub(/^(not )?ok */, "")
		if (cmocka && !/^[0-9]/)
			next
		name = clean($0); why = ""
		if (match(toupper(name), /# *SKIP[A-Z]*/)) {
			why = substr(name, RSTART + RLENGTH + 1)
			name = substr(name, 1, RSTART - 1)
			sub(/ +$/, "", name)
			if (name == "") {
				name = why
				why = ""
			}
			if (why == "")
				why = text == "" ? "no reason given" : text
			skip++; out[++o] = "S " name ": " why
		} else if (bad) {
			fail++; out[++o] = "F " name
		} else {
			pass++
		}
		text = ""
		next
	}
	/[^ \t]/ && !(cmocka && /^#/) { text = $0; sub(/^# */, "", text) }
	END {
		print pass + 0, fail + 0, skip + 0, planned + 0, plans + 0
		for (i = 1; i <= o; i++)
			print out[i]
	}'
}

# What is wrong with how a program ended, apart from the tests it failed.
judge_end() {
	local status=$1 ran=$2 fail=$3 planned=$4 plans=$5

	if [ "$status" -eq 124 ] || [ "$took_limit" = yes ]; then
		echo "not done after $limit s"
	elif [ "$status" -gt 128 ]; then
		echo "killed by signal $((status - 128))"
	elif [ "$plans" -eq 0 ]; then
		echo "printed no plan (exit status $status)"
	elif [ "$planned" -eq 0 ]; then
		echo "ran no test"
	elif [ "$ran" -ne "$planned" ]; then
		echo "ran $ran of $planned planned tests"
	elif [ "$status" -ne 0 ] && [ "$fail" -eq 0 ]; then
		echo "exit status $status, though no test failed"
	fi
}

say() {
	local counts="$3 passed"

	[ "$4" -gt 0 ] && counts="$counts, $4 failed"
	[ "$5" -gt 0 ] && counts="$counts, $5 skipped"
	printf '%-4s  %-42s %-31s %6s s\n' "$1" "$2" "$counts" "$6"
}

# Runs a program and leaves its exit status and what it took, in us, beside its
# log. Signalled, it ends the program.
run_logged() {
	local log=$1 t0=${EPOCHREALTIME/./} pid status

	env "${env_next[@]}" CMOCKA_MESSAGE_OUTPUT=TAP \
		timeout -k 10 "$limit" "${@:2}" >"$log" 2>&1 </dev/null &
	pid=$!
	trap 'kill -TERM $pid 2>/dev/null' TERM
	wait "$pid"
	status=$?
	echo "$status $((${EPOCHREALTIME/./} - t0))" >"$log.end"
}

start_program() {
	local program=$1 name=${1#build/} cmocka=0 command=("$1") log

	name=${name#tests/}
	[ ${#env_next[@]} -gt 0 ] && name="$name (${env_next[*]})"
	if [ -n "$need_root" ] && [ "$(id -u)" -ne 0 ]; then
		skipped=$((skipped + 1))
		skips+=("$name: needs root")
		say skip "$name" 0 0 1 0.0
		return
	fi
	case $program in
	*.bats) command=(bats --tap "$program") ;;
	*.sh) command=(bash "$program") ;;
	*) cmocka=1 ;;
	esac
	log=$log_dir/${name//[^[:alnum:]_.]/_}.log
	rm -f "$log.end"
	run_logged "$log" "${command[@]}" &
	jobs+=("$! $cmocka $limit $log $name")
}

# has_ended JOB
has_ended() {
	local child log

	read -r child _ _ log _ <<<"$1"
	[ -e "$log.end" ] || ! kill -0 "$child" 2>/dev/null
}

count_running() {
	local job running=0

	for job in "${jobs[@]}"; do
		has_ended "$job" || running=$((running + 1))
	done
	echo $running
}

# Waits for the oldest program and tells how it went.
end_program() {
	local child cmocka limit log name tap line end verdict=ok
	local pass fail skip planned plans status took took_limit=no

	read -r child cmocka limit log name <<<"${jobs[0]}"
	wait "$child"
	jobs=("${jobs[@]:1}")
	read -r status took <"$log.end"
	rm -f "$log.end"
	[ "$took" -ge $((limit * 1000000)) ] && took_limit=yes

	tap=$(read_tap "$cmocka" <"$log")
	read -r pass fail skip planned plans <<<"${tap%%$'\n'*}"
	end=$(judge_end "$status" $((pass + fail + skip)) "$fail" \
		"$planned" "$plans")
	if [ -n "$end" ]; then
		fail=$((fail + 1))
		failures+=("$name: $end")
	fi
	while IFS= read -r line; do
		case $line in
		F\ *) failures+=("$name: ${line#F }") ;;
		S\ *) skips+=("$name: ${line#S }") ;;
		esac
	done < <(tail -n +2 <<<"$tap")
	[ "$fail" -gt 0 ] && verdict=FAIL
	passed=$((passed + pass))
	failed=$((failed + fail))
	skipped=$((skipped + skip))
	say $verdict "$name" "$pass" "$fail" "$skip" \
		"$((took / 1000000)).$((took / 100000 % 10))"
	sed -n 's/^# note: /      /p' "$log"
	[ $verdict = FAIL ] && sed 's/^/      | /' "$log"
}

# Until so many at the most are running; tells of those that nobody is before.
end_programs() {
	while [ "$(count_running)" -gt "$1" ]; do
		sleep 0.1
	done
	while [ ${#jobs[@]} -gt 0 ] && has_ended "${jobs[0]}"; do
		end_program
	done
}

mkdir -p "$log_dir" || exit 1
while [ $# -gt 0 ]; do
	case $1 in
	-t) limit=${2:?-t takes seconds} && shift ;;
	-j)
		at_once=${2:?-j takes a number} && shift
		end_programs 0
		;;
	-r) need_root=yes ;;
	-e) env_next+=("${2:?-e takes VAR=VALUE}") && shift ;;
	*)
		start_program "$1"
		env_next=()
		end_programs $((at_once - 1))
		;;
	esac
	shift
done
end_programs 0

[ ${#skips[@]} -gt 0 ] && printf '\nskipped:\n' &&
	printf '  %s\n' "${skips[@]}"
[ ${#failures[@]} -gt 0 ] && printf '\nfailed:\n' &&
	printf '  %s\n' "${failures[@]}"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
