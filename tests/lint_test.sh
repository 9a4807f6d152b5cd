#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Each rule of lint.sh must fire on a file made to break it, alone and on the
# right line, and a clean tree must pass them all.

set -u
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
spdx='SPDX-License-Identifier: GPL-2.0-only'
n=0

result() {
	n=$((n + 1))
	echo "$1 $n - $2"
}

# A small tree in which nothing is wrong.
clean_tree() {
	rm -rf "$tmp/t"
	mkdir -p "$tmp/t" && cd "$tmp/t" || exit 1
	mkdir -p bpf include user/{model,host,probe,out,cmd} tests/net
	cp "$here/../.clang-format" .
	echo "# $spdx" >Makefile
	c_file include/wire.h '#include <linux/types.h>'
	c_file user/model/mean.h 'int model_mean(int a, int b);'
	c_file user/model/mean.c '#include "model/mean.h"' '' \
		'int model_mean(int a, int b)' '{' $'\treturn (a + b) / 2;' '}'
	c_file bpf/x.bpf.c '#include <linux/bpf.h>' '#include "wire.h"' '' \
		'SEC("xdp")' 'int xrtt_x(struct xdp_md *ctx)' '{' \
		$'\treturn XDP_PASS;' '}'
	sh_file tests/a.sh 'echo a'
}

# FILE LINE...: a file of these lines under its licence line.
c_file() {
	printf '%s\n' "// $spdx" "${@:2}" >"$1"
}

sh_file() {
	printf '%s\n' '#!/bin/sh' "# $spdx" "${@:2}" >"$1"
}

# FILE N: N lines in all.
long_file() {
	readarray -t lines < <(seq -f '#define A%.0f' 2 "$2")
	c_file "$1" "${lines[@]}"
}

# FILE N COMMENT: a function of N lines, the first of them line 3.
long_function() {
	readarray -t lines < <(seq -f $'\ta(%.0f);' 4 "$2")
	c_file "$1" "$3" 'static void f(void)' '{' "${lines[@]}" '}'
}

# expect RULE FINDING DESCRIPTION: of all rules exactly RULE fails (or none,
# if RULE is empty), and says FINDING, the start of a line.
expect() {
	local out failed

	out=$(bash "$here/lint.sh" "$tmp/t" 2>&1)
	if [ -n "$1" ] && grep -q "lint: $1 # SKIP" <<<"$out"; then
		result ok "$3 # SKIP ${out#*"lint: $1 # SKIP "}" | head -n 1
		n=$((n + 1))
		clean_tree
		return
	fi
	failed=$(sed -n 's/^not ok [0-9]* - lint: //p' <<<"$out" | tr '\n' ' ')
	if [ "$failed" = "$1${1:+ }" ] && grep -q "^$2" <<<"$out"; then
		result ok "$3"
	else
		result 'not ok' "$3"
		echo "# ${out//$'\n'/$'\n# '}"
	fi
	clean_tree
}

echo "1..30"
clean_tree
expect '' '' 'a clean tree passes'

c_file user/model/x.c 'int  x;'
expect format user/model/x.c:2: 'layout'

long_file include/x.h 401
expect file_length include/x.h:401: 'a file of 401 lines'
long_file include/x.h 400
expect '' '' 'a file of 400 lines'

long_function user/model/x.c 61 '/* f */'
expect function_length user/model/x.c:3: 'a function of 61 lines'
long_function user/model/x.c 60 '/* f */'
expect '' '' 'a function of 60 lines'
long_function user/model/x.c 61 '/* lint: one table, read as one */'
expect '' '' 'a reason excuses a long function'
long_function user/model/x.c 61 '/* lint: */'
expect function_length user/model/x.c:3: 'no reason excuses nothing'

c_file user/model/x.c 'static int f(int a, int b, int c, int d, int e, int g)' \
	'{' $'\treturn a;' '}'
expect parameters user/model/x.c:2: 'six parameters'
c_file user/model/x.c 'static int f(int a, int (*b)(int, int), int c, int d)' \
	'{' $'\treturn a;' '}'
expect '' '' 'a function pointer is one parameter'

c_file user/model/x.c 'int x_lonely(void)' '{' $'\treturn 1;' '}'
expect static user/model/x.c:2: 'a public function in no header'

wide=$(printf 'a%.0s' {1..80})
sh_file tests/b.sh "echo $wide"
expect width tests/b.sh:3: 'a wide line'
sh_file tests/b.sh "# lint: the key is in one piece" "echo $wide"
expect '' '' 'a reason excuses a wide line'
readarray -t lines < <(seq -f 'echo %.0f' 60)
sh_file tests/b.sh "${lines[@]}" "echo \\" "	\"$wide\""
expect '' '' 'a string alone on its line may be wide'
sh_file tests/b.sh "echo \\" "	\"$wide\""
expect width Makefile:1: 'over 2 % of such lines may not'
sh_file tests/b.sh "echo $(printf '─%.0s' {1..70})"
expect '' '' 'width is counted in characters'

c_file user/host/x.h 'int host_x(void);'
c_file user/model/x.c '#include "host/x.h"'
expect include_direction user/model/x.c:2: 'model includes host'
c_file user/probe/x.h 'int probe_x(void);'
c_file user/out/x.c '#include "probe/x.h"'
expect include_direction user/out/x.c:2: 'out includes probe'
c_file tests/net/x.c '#include "wire.h"' '#include "../../include/wire.h"'
expect include_direction tests/net/x.c:3: 'a line with our own wire format'
c_file user/cmd/x.c '#include "probe/gone.h"'
expect include_direction user/cmd/x.c:2: 'a header that is not there'

c_file user/model/x.h '#include "model/y.h"'
c_file user/model/y.h '#include "model/x.h"'
expect include_cycles 'user/model/[xy].h:1:' 'headers in a circle'

c_file bpf/y.bpf.c '#include <linux/ip.h>' '#include <stdint.h>'
expect bpf_includes bpf/y.bpf.c:3: 'libc in a BPF program'
c_file bpf/vmlinux.h
c_file bpf/y.bpf.c '#include "vmlinux.h"'
expect bpf_includes bpf/y.bpf.c:2: 'vmlinux.h'

c_file user/model/x.c '#include <sys/socket.h>'
expect model_pure user/model/x.c:2: 'a model with a socket'

# shellcheck disable=SC2016
sh_file tests/b.sh 'rm $1'
expect shellcheck tests/b.sh:3: 'shellcheck'

printf 'a \n' >README.md
expect whitespace README.md:1: 'space at the end of a line'

echo 'int x;' >user/model/x.c
expect spdx user/model/x.c:1: 'no licence line'

printf 'see /%s/me/xrtt\n' home >README.md
expect paths README.md:1: 'a path of one machine'

printf 'TO%s: all\n' DO >README.md
expect unfinished README.md:1: 'an unfinished thing'

mkdir scripts && echo x >scripts/x
expect top_level scripts:1: 'a stranger at the top'
