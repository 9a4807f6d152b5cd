#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The rules of the house, each with its reason in CONTRIBUTING.md.
#
#   tests/lint.sh [TREE]    the tree this script is in, if none is named
#
# Prints TAP, a test for each rule, and before a failed one a line for each
# finding: `file:line: what`. A line, or the one before it, that says
# `lint: ` and a reason excuses width, a long function, many parameters,
# and a function that is not static. Nothing else can be excused.

set -u
export LC_ALL=C.UTF-8
max_lines=400
max_function=60
max_parameters=5
max_width=80

cd "${1:-$(dirname "$0")/..}" || exit 2

find_files() {
	find . \( -path ./.git -o -path ./build -o -name node_modules \
		-o -name .terraform \) -prune -o -type f \( "$@" \) -print |
		sed 's|^\./||' | sort
}

readarray -t all < <(find_files -true)
readarray -t c_files < <(find_files -name '*.[ch]' | grep -v '^terraform/')
readarray -t scripts < <(find_files \
	-name '*.sh' -o -name '*.bats' -o -path ./.ci/run)
readarray -t sized < <(find_files -name '*.[ch]' \
	-o -name '*.sh' -o -name '*.bats' -o -name '*.py')
readarray -t sources < <(find_files -name '*.[ch]' -o -name '*.sh' \
	-o -name '*.bats' -o -name '*.py' -o -name '*.tf' \
	-o -name Makefile -o -path ./.ci/run)
readarray -t text < <([ ${#all[@]} -eq 0 ] || grep -IlE '^' "${all[@]}")

excuse='lint: [^ ]+ [^ ]+'

# Drops the findings that their line, or the line before it, excuses.
unless_excused() {
	local found file line from

	while IFS= read -r found; do
		file=${found%%:*}
		line=${found#*:}
		line=${line%%:*}
		from=$((line > 1 ? line - 1 : 1))
		sed -n "${from},${line}p" "$file" | grep -qE "$excuse" ||
			echo "$found"
	done
}

# ---- the rules: each prints its findings -----------------------------------

clang_format() {
	local tool

	for tool in clang-format-14 clang-format; do
		"$tool" --version 2>/dev/null | grep -q 'version 14\.' &&
			echo "$tool" && return
	done
}

rule_format() {
	local tool

	tool=$(clang_format)
	[ -n "$tool" ] || {
		echo "SKIP no clang-format 14; others lay out otherwise"
		return
	}
	[ ${#c_files[@]} -gt 0 ] || return
	"$tool" --style=file --dry-run --Werror "${c_files[@]}" 2>&1 |
		sed -nE 's/^([^:]+:[0-9]+):[0-9]+: error: .*/\1/p' | uniq |
		sed 's/$/: not as clang-format lays it out (make format)/'
}

rule_file_length() {
	local file n

	for file in "${sized[@]}"; do
		n=$(wc -l <"$file")
		[ "$n" -le "$max_lines" ] ||
			echo "$file:$n: $n lines, at most $max_lines"
	done
}

# Tab-separated: file, first line, last line, static or public, name,
# parameters.
functions() {
	[ ${#c_files[@]} -gt 0 ] || return
	ctags -f - --kinds-C=f --fields=+neSf --language-force=C \
		-D 'SEC(x)=' "${c_files[@]}" 2>/dev/null | awk -F '\t' '
	function count(s,    i, c, deep, n) {
		gsub(/^\(|\)$/, "", s)
		if (s ~ /^ *(void)? *$/)
			return 0
		n = 1
		for (i = 1; i <= length(s); i++) {
			c = substr(s, i, 1)
			deep += (c == "(") - (c == ")")
			n += c == "," && !deep
		}
		return n
	}
	{
		kind = "public"; first = last = 0; args = ""
		for (i = 4; i <= NF; i++) {
			if ($i == "file:") kind = "static"
			if ($i ~ /^line:/) first = substr($i, 6)
			if ($i ~ /^end:/) last = substr($i, 5)
			if ($i ~ /^signature:/) args = substr($i, 11)
		}
		print $2 "\t" first "\t" last "\t" kind "\t" $1 "\t" \
			count(args)
	}'
}

have_ctags() {
	ctags --version 2>/dev/null | grep -q Universal && return
	echo "SKIP universal-ctags is not here"
	return 1
}

rule_function_length() {
	have_ctags || return
	functions | awk -F '\t' -v max="$max_function" '$3 - $2 >= max {
		print $1 ":" $2 ": " $5 "() has " $3 - $2 + 1 \
			" lines, at most " max
	}' | unless_excused
}

rule_parameters() {
	have_ctags || return
	functions | awk -F '\t' -v max="$max_parameters" '$6 > max {
		print $1 ":" $2 ": " $5 "() takes " $6 ", at most " max
	}' | unless_excused
}

# A function that its own file alone uses is static; what another file uses
# is in a header. BPF programs are found by their section, and what stands in
# for a function of libc (it asks for the next one) by libc's header.
rule_static() {
	local file first name headers

	have_ctags || return
	readarray -t headers < <(find_files -name '*.h')
	functions | awk -F '\t' '$4 == "public" && $1 !~ /\.h$/ &&
		$1 !~ /\.bpf\.c$/ && $5 != "main" {
			print $1 "\t" $2 "\t" $5
		}' | while IFS=$'\t' read -r file first name; do
		grep -qw RTLD_NEXT "$file" ||
			grep -qw "$name" "${headers[@]}" /dev/null ||
			echo "$file:$first: $name() is not static, in no header"
	done | unless_excused
}

# A string or an address that stands alone on its line cannot be broken;
# those are let off while they are under 2 % of all lines.
rule_width() {
	local file long whole='^[[:space:]]*["'\''].*["'\''][]),;:} \\]*$'
	local address='^[[:space:]]*([/#*]+ *)?<?https?://[^ ]*$'
	local total=0 let_off=0 line found=

	for file in "${sources[@]}"; do
		total=$((total + $(wc -l <"$file")))
		while IFS= read -r long; do
			line=${long#*:}
			if [[ $line =~ $whole || $line =~ $address ]]; then
				let_off=$((let_off + 1))
			else
				found+="$file:${long%%:*}: wider than "
				found+="$max_width"$'\n'
			fi
		done < <(expand "$file" | grep -nE "^.{$((max_width + 1))}")
	done
	printf '%s' "$found" | unless_excused
	[ $((let_off * 50)) -le "$total" ] ||
		echo "Makefile:1: $let_off lines of $total are too wide (2 %)"
}

# ---- includes --------------------------------------------------------------

# Tab-separated: file, line, what it includes, and where that is in the
# tree: a path, skel, table or sql (made by the build), system, or none.
includes() {
	local file line name found dir

	[ ${#c_files[@]} -gt 0 ] || return
	grep -nHE '^[[:space:]]*#[[:space:]]*include' "${c_files[@]}" |
		sed -E 's/:/\t/; s/:[^<"]*([<"][^>"]*).*/\t\1/' |
		while IFS=$'\t' read -r file line name; do
			found=none
			[ "${name:0:1}" = '<' ] && found=system
			[[ $name == *.skel.h ]] && found=skel
			[[ $name == *.table.h ]] && found=table
			[[ $name == *.sql.h ]] && found=sql
			name=${name:1}
			for dir in "${file%/*}" include user; do
				[ "$found" = none ] && [ -f "$dir/$name" ] &&
					found=$dir/$name
			done
			printf '%s\t%s\t%s\t%s\n' "$file" "$line" "$name" \
				"$found"
		done
}

layer_of() {
	case $1 in
	skel | table | sql | system | none) echo "$1" ;;
	user/*/*) dir=${1#user/} && echo "${dir%%/*}" ;;
	user/*) echo main ;;
	tests/*/*) dir=${1%/*} && echo "$dir" ;;
	*) echo "${1%%/*}" ;;
	esac
}

# What a layer may include, itself apart.
below() {
	case $1 in
	include) echo "system" ;;
	bpf) echo "include system" ;;
	model) echo "include table system" ;;
	host) echo "model include skel system" ;;
	probe) echo "host model include skel system" ;;
	out) echo "model include sql system" ;;
	cmd) echo "out probe host model include skel system" ;;
	main) echo "cmd out probe host model include skel system" ;;
	tests/net) echo "skel system" ;;
	*) echo "cmd out probe host model include bpf skel system" ;;
	esac
}

rule_include_direction() {
	local file line name found from to

	includes | while IFS=$'\t' read -r file line name found; do
		from=$(layer_of "$file")
		to=$(layer_of "$found")
		if [ "$to" = none ]; then
			echo "$file:$line: $name is not in the tree"
		elif [ "$from" != "$to" ] &&
			[[ " $(below "$from") " != *" $to "* ]]; then
			echo "$file:$line: $from must not include $to ($name)"
		fi
	done
}

rule_include_cycles() {
	local file

	includes | awk -F '\t' '$1 ~ /\.h$/ && $4 ~ /\.h$/ {
		print $1, $4 }' | tsort 2>&1 >/dev/null |
		sed -n 's/^tsort: \([^ ]*\.h\)$/\1/p' | while read -r file; do
		echo "$file:1: includes itself by way of others"
	done
}

# TC and XDP need no more than UAPI headers, so the objects load on kernels
# without BTF. include/ is read by both worlds.
rule_bpf_includes() {
	includes | awk -F '\t' '
	$1 !~ /^(bpf|include)\/|\.bpf\.c$/ { next }
	$3 ~ /vmlinux\.h/ { print $1 ":" $2 ": no vmlinux.h"; next }
	$4 == "system" && $3 !~ /^(linux|asm|bpf)\/|^std(bool|def)\.h$/ {
		print $1 ":" $2 ": <" $3 "> is not UAPI"
	}'
}

# The model computes; it opens, reads and sends nothing.
rule_model_pure() {
	includes | awk -F '\t' '
	$1 ~ /^user\/model\// && $4 == "system" &&
	$3 ~ /^(bpf|libmnl|sys|net)\/|^(unistd|fcntl|jansson)\.h$/ {
		print $1 ":" $2 ": the model does no I/O, so no <" $3 ">"
	}'
}

# ---- text ------------------------------------------------------------------

rule_shellcheck() {
	command -v shellcheck >/dev/null || {
		echo "SKIP shellcheck is not here"
		return
	}
	[ ${#scripts[@]} -gt 0 ] || return
	shellcheck -x -P SCRIPTDIR -f gcc "${scripts[@]}" |
		sed -E 's/^([^:]+:[0-9]+):[0-9]+: [a-z]+:/\1:/'
}

rule_whitespace() {
	local file n

	[ ${#text[@]} -gt 0 ] || return
	grep -nE '[[:space:]]+$' "${text[@]}" /dev/null |
		sed -E 's/^([^:]+:[0-9]+):.*/\1: space at the end of the line/'
	for file in "${text[@]}"; do
		n=$(grep -c '' "$file")
		[ -z "$(tail -c 1 "$file")" ] ||
			echo "$file:$n: no newline at the end"
	done
}

rule_spdx() {
	local file

	for file in "${sources[@]}"; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' ||
			echo "$file:1: no SPDX-License-Identifier"
	done
}

rule_paths() {
	[ ${#text[@]} -gt 0 ] || return
	grep -nE '(^|[^[:alnum:]_.}/-])/(home|work|root|Users)/' \
		"${text[@]}" /dev/null |
		sed -E 's/^([^:]+:[0-9]+):.*/\1: a path of one machine/'
}

rule_unfinished() {
	[ ${#text[@]} -gt 0 ] || return
	grep -nwE 'TO''DO|FIX''ME|X''XX' "${text[@]}" /dev/null |
		sed -E 's/^([^:]+:[0-9]+):.*/\1: is not finished/'
}

rule_top_level() {
	local name

	for name in *; do
		case $name in
		bpf | user | include | tests | terraform | build) ;;
		Makefile | README.md | LICENSE | CONTRIBUTING.md | '*') ;;
		*) echo "$name:1: has no place at the top" ;;
		esac
	done
}

# ---- TAP -------------------------------------------------------------------

rules=(format file_length function_length parameters static width
	include_direction include_cycles bpf_includes model_pure shellcheck
	whitespace spdx paths unfinished top_level)
failed=0
echo "1..${#rules[@]}"
for ((i = 1; i <= ${#rules[@]}; i++)); do
	name=${rules[i - 1]}
	found=$("rule_$name")
	case $found in
	'') echo "ok $i - lint: $name" ;;
	SKIP*) echo "ok $i - lint: $name # SKIP ${found#SKIP }" ;;
	*)
		echo "$found"
		echo "not ok $i - lint: $name"
		failed=1
		;;
	esac
done
exit $failed
