# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the matrix has seen against what is recorded: how far the verifier walks
# (verifier.txt) and what works on which kernel (the README's table). For
# matrix.sh, whose `result` it calls.

# Of these percent more than recorded nobody has to speak.
GROWTH=10

VERIFIER=$VM/verifier.txt
README=$ROOT/README.md
TABLE_BEGIN='<!-- kernel matrix: written by make check-vm UPDATE=1 -->'
TABLE_END='<!-- end of the kernel matrix -->'

compiler() {
	"${CLANG:-clang}" --version |
		sed -n 's/.*clang version \([0-9]*\).*/clang-\1/p'
}

# record_seen KERNEL TAP: lines `KERNEL COMPILER PROGRAM ROOT TWO`, and rows.
record_seen() {
	sed -n "s/^# insns /$1 $(compiler) /p; s/^# row|/row|/p" "$2"
}

# judge_growth KERNEL: each program on its own; prints what grew.
judge_growth() {
	# shellcheck disable=SC2153 # matrix.sh has it
	awk -v kernel="$1" -v growth=$GROWTH '
	/^#/ || $1 != kernel { next }
	FNR == NR { root[$2, $3] = $4; two[$2, $3] = $5; next }
	!(($2, $3) in root) { print "#   | " $3 ": not recorded"; next }
	{
		check("root", $4, root[$2, $3])
		check("two capabilities", $5, two[$2, $3])
	}
	function check(who, now, then) {
		if (now == "-" && then != "-")
			print "#   | " $3 " (" who "): is refused now"
		if (now == "-" || then == "-")
			return
		if (now * 100 > then * (100 + growth))
			print "#   | " $3 " (" who "): " now \
				" instructions, recorded " then
	}' "$VERIFIER" "$SEEN"
}

judge_verifier() {
	local kernel=$1 name grown

	name="$kernel: the verifier walks at most $GROWTH % further than"
	name+=' recorded'
	if ! grep -q "^$kernel $(compiler) " "$VERIFIER"; then
		TESTS=$((TESTS + 1))
		echo "ok $TESTS - $name # SKIP nothing recorded of" \
			"$kernel with $(compiler)"
		return
	fi
	grown=$(judge_growth "$kernel")
	if [[ -z $grown ]]; then
		result ok "$name"
		return
	fi
	result 'not ok' "$name"
	echo "$grown"
	cat <<-END
	#   | If that is worth it: make check-vm UPDATE=1, commit
	#   | tests/vm/verifier.txt, and explain the growth in the commit.
	END
}

table_rows() {
	sed -n 's/^row|\(.*\)/| \1 |/p' "$1" | sed 's/|/ | /g; s/  */ /g
		s/^ //; s/ $//'
}

table_recorded() {
	sed -n "/^$TABLE_BEGIN/,/^$TABLE_END/p" "$README" | grep '^| [0-9]'
}

judge_table() {
	local kernel=$1 name="$1: the README's table is what works" seen there

	seen=$(table_rows "$SEEN" | grep "^| $kernel | ")
	there=$(table_recorded | grep "^| $kernel | ")
	if [[ -z $there ]]; then
		TESTS=$((TESTS + 1))
		echo "ok $TESTS - $name # SKIP it has no row of $kernel"
	elif [[ $seen == "$there" ]]; then
		result ok "$name"
	else
		result 'not ok' "$name"
		diff <(echo "$there") <(echo "$seen") | sed 's/^/#   | /'
		echo '#   | If that is as it should be: make check-vm UPDATE=1'
	fi
}

# kept PATTERN: rows of kernels that were not here stay as they are.
kept() {
	grep -v '^#' | grep -vE "$1"
}

update() {
	local rows new any

	any="(${1// /|})"
	new=$(grep -v '^row|' "$SEEN"
		kept "^$any " <"$VERIFIER")
	{
		grep '^#' "$VERIFIER"
		sort -V <<<"$new" | grep .
	} >"$VERIFIER.new" && mv "$VERIFIER.new" "$VERIFIER"
	rows=$(table_rows "$SEEN"
		table_recorded | kept "^[|] $any [|]")
	rows=$(sort -V -s -t '|' -k 2,2 <<<"$rows" | grep .)
	ROWS=$rows awk -v begin="$TABLE_BEGIN" -v end="$TABLE_END" '
	$0 == begin { inside = 1; print }
	$0 == end {
		print "| kernel | driver | receive | transmit | socket |" \
			" bypass | both | reflect |"
		print "|---|---|---|---|---|---|---|---|"
		print ENVIRON["ROWS"]
		inside = 0
	}
	!inside { print }' "$README" >"$README.new" &&
		cat "$README.new" >"$README" && rm "$README.new"
}

# record_judge SEEN: one test a kernel and record; first of all recorded, where
# that was asked for.
record_judge() {
	local kernels kernel

	kernels=$(awk -F '[| ]' '{ print $1 == "row" ? $2 : $1 }' "$1" |
		sort -uV | paste -sd ' ')
	[[ -z $UPDATE || -z $kernels ]] || update "$kernels"
	echo '# kernel | driver | receive | transmit | socket | bypass' \
		'| both | reflect'
	table_rows "$1" | sed 's/^| /# /; s/ |$//'
	for kernel in $kernels; do
		grep -q "^$kernel " "$1" && judge_verifier "$kernel"
		grep -q "^row|$kernel|" "$1" && judge_table "$kernel"
	done
}
