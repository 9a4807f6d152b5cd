#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels of the matrix: Debian's cloud kernels, unpacked and not installed.
#
#   tests/vm/kernels.sh fetch DIR    into DIR/SERIES, where it is not there yet
#   tests/vm/kernels.sh series       the series, a word each
#
# DIR/SERIES has vmlinuz, release (as `uname -r` says it) and modules/; or, if
# it is not to be had, DIR/SERIES.why says why. That is no error: the matrix
# skips that kernel with this reason. Remove DIR for newer ones.

set -u
SERIES='6.1 6.12'

# The newest signed image of a series that apt knows.
newest() {
	apt-cache search --names-only \
		"^linux-image-$1\\.[0-9].*-cloud-$arch\$" </dev/null |
		awk '{ print $1 }' | sort -V | tail -n 1
}

unpack() {
	release=$(ls "$1/tree/lib/modules") && [ -n "$release" ] &&
		mv "$1/tree/boot/vmlinuz-$release" "$1/vmlinuz" &&
		mv "$1/tree/lib/modules/$release" "$1/modules" &&
		echo "$release" >"$1/release" && rm -rf "$1/tree" "$1"/*.deb
}

# Leaves $package in $work, or says why not, and fails.
download() {
	package=$(newest "$1")
	if [ -z "$package" ]; then
		echo "apt knows no linux-image-$1.*-cloud-$arch"
		return 1
	fi
	if ! (cd "$work" && apt-get -qq download "$package") \
		>"$work/log" 2>&1 </dev/null; then
		echo "apt-get download $package: $(grep -m 1 '^E:' \
			"$work/log" || echo failed)"
		return 1
	fi
}

# Says why not, and fails.
fetch_series() {
	work=$dir/$1.part
	rm -rf "$work" && mkdir -p "$work" || return 1
	echo "  VM   kernel $1" >&2
	if ! download "$1" >/dev/null; then
		# What apt knows may be old, or nothing yet; root can mend it.
		apt-get -qq update </dev/null >/dev/null 2>&1
		download "$1" || return 1
	fi
	if ! { dpkg -x "$work"/*.deb "$work/tree" && unpack "$work" &&
		mv "$work" "$dir/$1"; } >"$dir/log" 2>&1; then
		echo "cannot unpack $package: $(tail -n 1 "$dir/log")"
		return 1
	fi
}

fetch() {
	arch=$(dpkg --print-architecture 2>/dev/null)
	for series in $SERIES; do
		[ -s "$dir/$series/release" ] && continue
		if ! command -v apt-get >/dev/null; then
			why="no apt-get, from which Debian's kernels come"
		elif [ "$arch" != amd64 ]; then
			why="the guests are x86-64, this machine is $arch"
		elif why=$(fetch_series "$series"); then
			rm -f "$dir/$series.why"
			continue
		fi
		rm -rf "$dir/$series.part"
		echo "$why" >"$dir/$series.why"
		echo "deps: kernel $series will be skipped: $why"
	done
}

case ${1-} in
fetch)
	dir=${2:?fetch needs a directory}
	mkdir -p "$dir" && fetch
	;;
series) echo "$SERIES" ;;
*)
	echo "usage: tests/vm/kernels.sh fetch DIR|series" >&2
	exit 2
	;;
esac
