# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The far guest: does what the near one asks for, a command at a time. Asked is
# `run ID BASE64`, answered `ID STATUS STDOUT STDERR`, both in base64; a dash
# stands for nothing.

exec 3<>/dev/ttyS1
while IFS=' ' read -r -u 3 word id command; do
	[[ $word == run ]] || continue
	bash -c "$(base64 -d <<<"$command")" >/tmp/serve.out 2>/tmp/serve.err \
		</dev/null 3>&-
	status=$?
	out=$(base64 -w 0 /tmp/serve.out)
	err=$(base64 -w 0 /tmp/serve.err)
	echo "$id $status ${out:--} ${err:--}" >&3
done
