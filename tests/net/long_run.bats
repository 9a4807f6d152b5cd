#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
#
# Ten million probes through the collector, as the kernel accounts memory: the
# sanitizers of the unit tests would count their own.

bats_require_minimum_version 1.5.0

# What may be added to the program's own few MiB, so that all is below 64.
MOST_KIB=$((58 * 1024))

setup() {
	source "$BATS_TEST_DIRNAME/harness.bash"
}

# value NAME: the greatest, where there are several
value() {
	tr ' ' '\n' <<<"$output" | sed -n "s/^$1=//p" | sort -n | tail -1
}

# collect ENGINES ONE_IN_TAIL
collect() {
	run -0 timeout 300 "$TOOLS/../bench/collector" 10000000 "$@"
	echo "# $output" >&3
	[[ $(value probes) -ge 5000000 ]]
	(($(value most_kib) - $(value before_kib) <= MOST_KIB))
}

@test "long run: both engines, a tail to 1 s, bins of 64 ns" {
	collect both 200
	[[ $(value bin_ns) == 64 ]]
}

@test "long run: both engines, everything is tail and the pool is spent" {
	collect both 1
	(($(value bin_ns) > 64))
}
