#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel matrix: every topic of tests/vm/guest in two guests of each kernel
# that kernels.sh has fetched, and those of HOST_TOPICS on this host; then what
# they have seen against what is recorded. Prints TAP.
#
#   B=build tests/vm/matrix.sh      UPDATE=1 records what is seen
#   SERIES=6.12 TOPICS=netem ...    only these
#
# Functional only: the guests are emulated, and emulated time proves nothing
# about precision.

set -u
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
VM=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$VM/../.." && pwd)
B=$(cd "$ROOT" && cd "${B:-build}" && pwd) || exit 1
KERNELS=$B/vm/kernels
LOGS=$B/vm/log
: "${SERIES:=$(sh "$VM/kernels.sh" series)}"
# doctor is the last, for it locks the guest down.
: "${TOPICS:=load table preflight fallback tcp leftovers netem doctor}"
: "${HOST_TOPICS=load table}"
: "${UPDATE:=}"
export XRTT=$B/xrtt VM_TOOLS=$B/tests/vm TOOLS=$B/tests/net

# A kernel's guests have a CPU's work of some 200 s; the bound is for a hang.
: "${GUEST_LIMIT:=1000}"
# Kernels at a time: a guest that waits leaves its CPU to another one.
: "${AT_ONCE:=$(nproc)}"
QEMUS=()
KERNEL_PIDS=()
TESTS=0
FAILED=0

. "$VM/boot.bash"
. "$VM/record.bash"

result() {
	TESTS=$((TESTS + 1))
	[[ $1 == ok ]] || FAILED=$((FAILED + 1))
	echo "$1 $TESTS - $2"
}

# ---- the guests ------------------------------------------------------------

end_guests() {
	local pid

	for pid in "${QEMUS[@]}"; do
		kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	QEMUS=()
}

clean_up() {
	end_guests
	[[ -z ${VM_DIR-} ]] || rm -rf "$VM_DIR"
}

# await_guest SECONDS: until the near one is off.
await_guest() {
	local end=$((SECONDS + $1))

	while kill -0 "${QEMUS[1]}" 2>/dev/null; do
		((SECONDS < end)) || return 1
		sleep 0.2
	done
}

boot_both() {
	local tries=100

	guest far >"$VM_DIR/qemu" 2>&1 &
	QEMUS=($!)
	while [[ ! -S $VM_DIR/peer ]] && ((tries--)); do
		sleep 0.05
	done
	guest near >>"$VM_DIR/qemu" 2>&1 &
	QEMUS+=($!)
}

# run_guests SERIES: leaves $LOGS/SERIES.tap, .qemu and the consoles.
run_guests() {
	local series=$1 name

	KERNEL=$KERNELS/$series
	VM_TOPICS=${TOPICS// /,}
	VM_DIR=$(mktemp -d "${TMPDIR:-/tmp}/xrtt-vm.XXXXXX") || return
	rm -f "$LOGS/$series".*
	: >"$VM_DIR/near.tap"
	if "$VM/initramfs.sh" modules "$KERNEL" "$VM_DIR/modules" &&
		cat "$BASE" "$VM_DIR/modules" >"$VM_DIR/initramfs"; then
		boot_both
		await_guest "$GUEST_LIMIT" ||
			echo "## not done after $GUEST_LIMIT s" \
				>>"$VM_DIR/near.tap"
		end_guests
	fi
	tr -d '\r' <"$VM_DIR/near.tap" >"$LOGS/$series.tap"
	for name in near.console far.console qemu; do
		cp "$VM_DIR/$name" "$LOGS/$series.$name"
	done
}

# start_guests SERIES: in the background, once there is room.
start_guests() {
	while [[ $(jobs -rp | wc -l) -ge $AT_ONCE ]]; do
		wait -n
	done
	(
		trap clean_up EXIT
		trap 'exit 143' TERM
		run_guests "$1"
	) &
	KERNEL_PIDS+=($!)
}

stop_all() {
	((${#KERNEL_PIDS[@]} == 0)) || kill -TERM "${KERNEL_PIDS[@]}" \
		2>/dev/null
	wait
}

# ---- TAP -------------------------------------------------------------------

# merge KERNEL: TAP of topics on stdin, renumbered, each topic's plan held up.
merge() {
	local kernel=$1 line topic='' ran=0 plan=none over='' bad=0

	while IFS= read -r line; do
		case $line in
		'## topic '*)
			topic=${line#'## topic '} ran=0 plan=none bad=0
			;;
		'## end '*)
			judge_end "$kernel $topic" "${line#'## end '}"
			topic=''
			;;
		'## done') over=yes ;;
		'## '*) echo "# $kernel: ${line#'## '}" ;;
		'ok '* | 'not ok '*)
			ran=$((ran + 1))
			[[ $line == ok* ]] || bad=$((bad + 1))
			result "${line%% [0-9]*}" \
				"$kernel $topic: ${line#* - }"
			;;
		1..*) plan=${line#1..} ;;
		*) echo "# ${line#\# }" ;;
		esac
	done
	[[ -z $topic && -n $over ]] && return
	result 'not ok' "$kernel: ended in the midst of ${topic:-the boot}"
	tail -n 5 "$LOGS/$kernel".{near.console,qemu} 2>/dev/null |
		sed 's/^/#   | /'
}

# judge_end NAME "STATUS SECONDS": of the topic that `merge` is in.
judge_end() {
	local status=${2% *}

	echo "# $1: ${2#* } s"
	if [[ $plan != "$ran" ]]; then
		result 'not ok' "$1: ran $ran of $plan planned tests, $status"
	elif ((status != 0 && bad == 0)); then
		result 'not ok' "$1: status $status, though no test failed"
	fi
}

run_host() {
	local topic began pid=

	trap '[[ -z $pid ]] || kill -TERM "$pid"; wait; exit 143' TERM
	for topic in $HOST_TOPICS; do
		echo "## topic $topic"
		began=$SECONDS
		timeout -k 5 600 bash "$VM/guest/$topic.sh" </dev/null 2>&1 &
		pid=$!
		wait "$pid"
		echo "## end $? $((SECONDS - began))"
	done
	echo '## done'
}

cannot() {
	local program

	for program in qemu-system-x86_64 busybox setpriv; do
		command -v "$program" >/dev/null && continue
		echo "$program is not here (make deps)"
		return
	done
	return 1
}

trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir -p "$LOGS" || exit 1
BASE=$B/vm/base.cpio
SEEN=$LOGS/seen
: >"$SEEN"
echo '# note: functional only: emulated time proves nothing about precision'
if why=$(cannot) || ! "$VM/initramfs.sh" base "$BASE"; then
	why=${why:-cannot pack the guests\' root}
	SERIES=${SERIES:+}
	echo "ok $((++TESTS)) - guests # SKIP $why"
fi
for series in $SERIES; do
	[[ ! -s $KERNELS/$series/release ]] || start_guests "$series"
done
# Beside the guests: nothing here measures a time.
if [[ -n $HOST_TOPICS ]]; then
	(
		trap - EXIT
		run_host
	) >"$LOGS/host.tap" &
	KERNEL_PIDS+=($!)
fi
wait
KERNEL_PIDS=()
for series in $SERIES; do
	if [[ ! -s $KERNELS/$series/release ]]; then
		why=$(cat "$KERNELS/$series.why" 2>/dev/null ||
			echo 'not fetched (make deps)')
		echo "ok $((++TESTS)) - $series # SKIP $why"
		continue
	fi
	merge "$series" <"$LOGS/$series.tap"
	record_seen "$series" "$LOGS/$series.tap" >>"$SEEN"
done
if [[ -n $HOST_TOPICS ]]; then
	host=$(uname -r | grep -o '^[0-9]*\.[0-9]*')
	merge "$host" <"$LOGS/host.tap"
	record_seen "$host" "$LOGS/host.tap" >>"$SEEN"
fi
record_judge "$SEEN"
echo "1..$TESTS"
exit $((FAILED > 0))
