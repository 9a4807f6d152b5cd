# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The far guest: does what the near one asks for, a command at a time. Asked is
# `run ID COMMAND`, answered `ID STATUS STDOUT STDERR`, each a word as bash
# quotes it: on one line, and without a process more, for here each costs 50 ms.

exec 3<>/dev/ttyS1
while IFS=' ' read -r -u 3 word id command; do
	[[ $word == run ]] || continue
	(eval "$command") >/tmp/serve.out 2>/tmp/serve.err </dev/null 3>&-
	status=$?
	IFS= read -r -d '' out </tmp/serve.out
	IFS= read -r -d '' err </tmp/serve.err
	printf '%s %s %q %q\n' "$id" "$status" "$out" "$err" >&3
done
