#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tests/deps.sh install    install what is missing; nothing missing, nothing
#                          is done, and root is not needed
# tests/deps.sh missing    say what is missing
# tests/deps.sh bpftool    where a bpftool is that works on this kernel
#
# Debian 12 and 13, Ubuntu 24.04 (apt-get), Amazon Linux 2023 (dnf; bats,
# scapy and shellcheck come from its supplementary SPAL repository).

PATH=$PATH:/usr/sbin:/sbin

# Whether it is needed, how one sees that it is there, and its package on
# Debian and Ubuntu, and on Amazon Linux. Without a `must` nothing builds or
# no test runs; without a `may` some tests, or rows of the bench, are skipped.
needs() {
	cat <<'END'
must|command -v gcc                    |gcc              |gcc
must|command -v make                   |make             |make
must|command -v awk                    |mawk             |gawk
must|command -v clang                  |clang            |clang
must|command -v pkg-config             |pkg-config       |pkgconf-pkg-config
must|find_bpftool                      |bpftool          |bpftool
must|has_header linux/bpf.h            |linux-libc-dev   |kernel-headers
must|pkg-config --exists libbpf        |libbpf-dev       |libbpf-devel
must|pkg-config --exists libelf        |libelf-dev       |elfutils-libelf-devel
must|pkg-config --exists zlib          |zlib1g-dev       |zlib-devel
must|pkg-config --exists jansson       |libjansson-dev   |jansson-devel
must|pkg-config --exists libmnl        |libmnl-dev       |libmnl-devel
must|pkg-config --exists sqlite3       |libsqlite3-dev   |sqlite-devel
must|command -v sqlite3                |sqlite3          |sqlite
must|command -v ip                     |iproute2         |iproute
must|command -v tc                     |iproute2         |iproute-tc
must|pkg-config --exists cmocka        |libcmocka-dev    |libcmocka-devel
must|has_library libasan.so            |gcc              |libasan
must|has_library libubsan.so           |gcc              |libubsan
must|command -v bats                   |bats             |bats
must|command -v jq                     |jq               |jq
must|command -v ethtool                |ethtool          |ethtool
must|command -v ping                   |iputils-ping     |iputils
must|command -v ps                     |procps           |procps-ng
must|test -x /usr/bin/python3          |python3          |python3
may |command -v git                    |git              |git
may |has_clang_format_14               |clang-format-14  |clang-tools-extra
may |command -v shellcheck             |shellcheck       |ShellCheck
may |has_universal_ctags               |universal-ctags  |ctags
may |has_module scapy                  |python3-scapy    |python3-scapy
may |command -v tshark                 |tshark           |wireshark-cli
may |command -v tcpdump                |tcpdump          |tcpdump
may |command -v fping                  |fping            |fping
may |command -v qemu-system-x86_64     |qemu-system-x86  |qemu-system-x86
may |command -v busybox                |busybox-static   |busybox
may |command -v setpriv                |util-linux       |util-linux
may |command -v mtr                    |mtr-tiny         |mtr
may |command -v traceroute             |traceroute       |traceroute
may |command -v irtt                   |irtt             |irtt
may |command -v sockperf               |sockperf         |sockperf
END
}

find_bpftool() {
	# Ubuntu's bpftool is a script that finds only the one made for the
	# running kernel; any of those installed makes skeletons.
	for tool in bpftool /usr/lib/linux-tools/*/bpftool \
		/usr/lib/linux-tools-*/bpftool; do
		"$tool" version >/dev/null 2>&1 && command -v "$tool" &&
			return 0
	done
	return 1
}

has_header() {
	echo "#include <$1>" | gcc -E - >/dev/null 2>&1
}

has_library() {
	# gcc prints a bare name back when it knows no path for it.
	case $(gcc -print-file-name="$1" 2>/dev/null) in
	*/*) return 0 ;;
	*) return 1 ;;
	esac
}

# As the packages install it, whatever other python comes first in PATH.
has_module() {
	/usr/bin/python3 -c "import $1"
}

has_clang_format_14() {
	command -v clang-format-14 ||
		clang-format --version 2>/dev/null | grep -q 'version 14\.'
}

has_universal_ctags() {
	ctags --version 2>/dev/null | grep -q Universal
}

# Prints "must package" or "may package" for each need not met.
missing() {
	needs | while IFS='|' read -r kind probe deb rpm; do
		if ! eval "$probe" >/dev/null 2>&1 </dev/null; then
			[ "$manager" = dnf ] && deb=$rpm
			echo "$kind" "$deb"
		fi
	done | sort -u
}

packages() {
	missing | while read -r kind package; do
		[ "$kind" = "$1" ] && printf '%s ' "$package"
	done
}

install_packages() {
	if [ "$manager" = dnf ]; then
		dnf -q -y install "$@"
	else
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
			-o Dpkg::Use-Pty=0 --no-install-recommends \
			install "$@"
	fi </dev/null >>"$log" 2>&1
}

# Where a package has another name.
fall_back() {
	case $1 in
	bpftool) install_packages linux-tools-common linux-tools-generic ;;
	clang-format-14) install_packages clang-format ;;
	*) return 1 ;;
	esac
}

refresh() {
	if [ "$manager" = dnf ]; then
		# SPAL holds what Amazon Linux itself has not.
		install_packages spal-release || true
	else
		apt-get -qq update </dev/null >>"$log" 2>&1
	fi
}

install_missing() {
	must=$(packages must)
	may=$(packages may)
	[ -z "$must$may" ] && return 0
	if [ "$(id -u)" -ne 0 ] || [ "$manager" = none ]; then
		[ -n "$may" ] && echo "deps: some tests skip without: $may"
		[ -z "$must" ] && return 0
		echo "deps: missing: $must" >&2
		echo "deps: run \`make deps\` as root, or install them" >&2
		return 1
	fi

	echo "  DEPS $must$may"
	refresh
	# All at once is quicker; one by one, a name that this distribution
	# lacks costs only itself.
	# shellcheck disable=SC2086
	install_packages $must $may || for package in $must $may; do
		install_packages "$package" || fall_back "$package"
	done

	may=$(packages may)
	[ -n "$may" ] && echo "deps: not to be had here: $may"
	must=$(packages must)
	[ -z "$must" ] && return 0
	cat "$log" >&2
	echo "deps: could not install: $must" >&2
	return 1
}

manager=none
command -v dnf >/dev/null && manager=dnf
command -v apt-get >/dev/null && manager=apt

case ${1-} in
install)
	log=$(mktemp) || exit 1
	trap 'rm -f "$log"' EXIT
	install_missing
	;;
missing) missing ;;
bpftool) find_bpftool ;;
*)
	echo "usage: tests/deps.sh install|missing|bpftool" >&2
	exit 2
	;;
esac
