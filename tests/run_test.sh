#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# run.sh must count what passes, and call a failure whatever did not plainly
# pass: a program that crashes, hangs, stops half-way or says nothing.

set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
n=0

# NAME LINE...: a program; *.sh prints TAP, anything else stands for cmocka.
program() {
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$1"
	chmod +x "$1"
}

# STATUS SUMMARY PATTERN DESCRIPTION -- ARGUMENT...: run.sh, given these
# arguments, exits so, ends with that line, and somewhere prints the pattern.
expect() {
	local out status

	n=$((n + 1))
	out=$(LOG_DIR=$tmp/log bash "$here/run.sh" "${@:6}" 2>&1)
	status=$?
	if [ $status -eq "$1" ] && [ "${out##*$'\n'}" = "$2" ] &&
		grep -qE -- "$3" <<<"$out"; then
		echo "ok $n - $4"
	else
		echo "not ok $n - $4"
		echo "# exit status $status"
		echo "# ${out//$'\n'/$'\n# '}"
	fi
}

echo 1..23
program pass.sh 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect 0 '2 passed, 0 failed, 0 skipped' '^ok .*pass.sh' 'passing' -- pass.sh

program fail.sh 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo why; exit 1'
expect 1 '1 passed, 1 failed, 0 skipped' 'fail.sh: b$' 'failing' -- fail.sh
expect 1 '1 passed, 1 failed, 0 skipped' '\| why$' 'its output shown' \
	-- fail.sh
expect 1 '3 passed, 1 failed, 0 skipped' '^ok .*pass.sh' \
	'the next one runs' -- fail.sh pass.sh

program status.sh 'echo 1..1; echo ok 1 - a; exit 3'
expect 1 '1 passed, 1 failed, 0 skipped' 'exit status 3' \
	'a bad exit status' -- status.sh

program crash 'echo 1..2; echo ok 1 - a; kill -SEGV $$'
expect 1 '1 passed, 1 failed, 0 skipped' 'killed by signal 11' 'crash' \
	-- ./crash

program hang.sh 'echo 1..2; echo ok 1 - a; sleep 30'
expect 1 '1 passed, 1 failed, 0 skipped' 'not done after 1 s' 'hang' \
	-- -t 1 hang.sh

program short.sh 'echo 1..3; echo ok 1 - a'
expect 1 '1 passed, 1 failed, 0 skipped' 'ran 1 of 3' 'stopped early' \
	-- short.sh

program quiet.sh ':'
expect 1 '0 passed, 1 failed, 0 skipped' 'no plan' 'nothing said' -- quiet.sh
expect 1 '0 passed, 1 failed, 0 skipped' 'status 127' 'not there' -- gone.sh
program none.sh 'echo 1..0'
expect 1 '0 passed, 1 failed, 0 skipped' 'ran no test' 'no test' -- none.sh
expect 1 '0 passed, 0 failed, 0 skipped' '^0' 'nothing to run' --

program skip.sh 'echo 1..2; echo "ok 1 - a # SKIP no tcx"; echo ok 2 - b'
expect 0 '1 passed, 0 failed, 1 skipped' 'skip.sh: a: no tcx$' 'skipping' \
	-- skip.sh
program all.sh 'echo "1..0 # SKIP no scapy"'
expect 0 '0 passed, 0 failed, 1 skipped' 'all.sh: all of it: no scapy$' \
	'skipping all of it' -- all.sh

program note.sh 'echo 1..1; echo "# note: at noon"; echo ok 1 - a'
expect 0 '1 passed, 0 failed, 0 skipped' '^ +at noon$' 'a note is shown' \
	-- note.sh

# As cmocka 1.1.5 prints them.
program cmocka 'echo 1..2; echo ok 1 - a; echo no tcx' \
	'echo "not ok 2 # SKIP b"; echo "# ok - group"'
expect 0 '1 passed, 0 failed, 1 skipped' 'cmocka: b: no tcx$' \
	"cmocka's skip is none of its failures" -- ./cmocka
program groups 'echo 1..1; echo ok 1 - a; echo "ok - one"' \
	'echo 1..1; echo not ok 1 - b; echo "not ok - two"; exit 1'
expect 1 '1 passed, 1 failed, 0 skipped' 'groups: b$' 'two cmocka groups' \
	-- ./groups

# Each passes if it meets the other.
for me in 1 2; do
	program meet$me.sh 'echo 1..1; touch here'$me 'for i in 1 2 3 4 5; do' \
		"[ -e here$((3 - me)) ] && echo ok 1 - a && sleep 1 && exit" \
		'sleep 0.2; done; echo not ok 1 - a'
done
expect 0 '2 passed, 0 failed, 0 skipped' '^ok .*meet1.sh' 'two at a time' \
	-- -j 2 meet1.sh meet2.sh
rm -f here1 here2
expect 1 '1 passed, 1 failed, 0 skipped' 'meet1.sh: a$' 'one after the other' \
	-- meet1.sh meet2.sh
program slow.sh 'sleep 0.5; echo 1..1; echo ok 1 - a'
n=$((n + 1))
out=$(LOG_DIR=$tmp/log bash "$here/run.sh" -j 2 slow.sh pass.sh fail.sh |
	awk '/^(ok|FAIL) / { printf "%s ", $2 }')
[ "$out" = 'slow.sh pass.sh fail.sh ' ] || printf 'not '
echo "ok $n - told in order"

# shellcheck disable=SC2016
program env.sh 'echo 1..1; [ "$A" = 1 ] && echo ok 1 - a || echo not ok 1 - a'
expect 1 '1 passed, 1 failed, 0 skipped' '^ok .*env.sh \(A=1\)' \
	'a variable for one program' -- -e A=1 env.sh env.sh

program plain.bats '@test "one" { true; }' \
	'@test "two" { skip "no veth"; }' '@test "three" { false; }'
if command -v bats >/dev/null; then
	expect 1 '1 passed, 1 failed, 1 skipped' 'two: no veth$' 'bats' \
		-- plain.bats
else
	n=$((n + 1))
	echo "ok $n - bats # SKIP bats is not here"
fi

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$tmp" && mkdir -m 777 open
	n=$((n + 1))
	out=$(LOG_DIR=$tmp/open setpriv --reuid=65534 --clear-groups \
		bash -s -- -r pass.sh <"$here/run.sh" 2>&1)
	[[ $out == *'pass.sh: needs root'*'0 passed, 0 failed, 1 skipped' ]] ||
		printf 'not '
	echo "ok $n - without root"
else
	n=$((n + 1))
	echo "ok $n - without root # SKIP we are not root"
fi
