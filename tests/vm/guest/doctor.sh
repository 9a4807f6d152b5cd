# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# xrtt doctor against what this test has set up itself: queueing, MTU,
# deferral, clocksource, TAI - UTC, lockdown. Last of all topics, for lockdown
# is not to be undone; nothing of xrtt's needs what it forbids.

. "${BASH_SOURCE[0]%/*}/lib.bash"

CLOCKSOURCES=/sys/devices/system/clocksource/clocksource0
LOCKDOWN=/sys/kernel/security/lockdown
LATE_NS=200000
TICK_NS=64 # tc hands netem its delay in ticks of the scheduler's

# doctor [OPTION..]: leaves run.json, and the status in $STATUS.
doctor() {
	STATUS=0
	near timeout -k 2 100 "${AS[@]}" "$XRTT" doctor -I near0 \
		--json "$DIR/run.json" "$@" >"$DIR/out" 2>"$DIR/err" ||
		STATUS=$?
	[[ ! -s $DIR/err ]] || fail "$(cat "$DIR/err")"
	[[ $STATUS == "$(jq '[.findings[].level] | if any(. == "blocks") then 3
		elif any(. == "costs") then 1 else 0 end' "$DIR/run.json")" ]]
}

# finding ID LEVEL VALUE [EXPR]
finding() {
	jq -e --arg id "$1" --arg level "$2" --arg value "$3" \
		"any(.findings[]; .id == \$id and .level == \$level
		and .value == \$value and (${4-true}))" \
		"$DIR/run.json" >/dev/null ||
		fail "no finding $*, but $(jq -c --arg id "$1" \
			'.findings[] | select(.id == $id)' "$DIR/run.json")"
}

lockdown_now() {
	sed 's/.*\[\(.*\)\].*/\1/' "$LOCKDOWN"
}

# As the guest has booted, with every stamp over near0 itself.
test_stamps() {
	local AS=()

	doctor "$FAR4"
	((STATUS < 3)) || fail "$(cat "$DIR/out")"
	finding peer good answers
	finding link good up
	finding kernel good "$(uname -r)"
	finding mtu good 1500
	finding capabilities good all
	finding lockdown good "$(lockdown_now)"
	finding qdisc good "$(tc -j qdisc show dev near0 | jq -r '.[0].kind')"
	finding clocksource "$1" "$(cat "$CLOCKSOURCES/current_clocksource")"
	json '.subject.driver == "virtio_net" and .subject.target != null'
	json 'all(.stamps[] | select(.name != "hw_rx"); .delivered
		and .where == "near0")'
	json '.stamps[] | select(.name == "hw_rx").delivered | not'
}

level_of_clocksource() {
	case $(cat "$CLOCKSOURCES/current_clocksource") in
	hpet | acpi_pm) echo costs ;;
	*) echo good ;;
	esac
}

# Another of the kernel's own that costs.
clocksource_slow() {
	local name

	for name in acpi_pm hpet; do
		grep -qw "$name" "$CLOCKSOURCES/available_clocksource" ||
			continue
		echo "$name" >"$CLOCKSOURCES/current_clocksource"
		return
	done
	return 1
}

# undo CLOCKSOURCE: what takes test_costs back, whatever becomes of it.
undo() {
	cat <<-END
	echo $1 >$CLOCKSOURCES/current_clocksource
	echo 0 >/sys/class/net/near0/gro_flush_timeout
	echo 0 >/sys/class/net/near0/napi_defer_hard_irqs
	ip link set dev near0 mtu 1500
	tc qdisc del dev near0 root
	END
}

test_costs() {
	# shellcheck disable=SC2064 # now is when the clocksource is known
	trap "$(undo "$(cat "$CLOCKSOURCES/current_clocksource")")" EXIT
	tc qdisc replace dev near0 root netem delay 27.5ms
	ip link set dev near0 mtu 5000
	echo 9 >/sys/class/net/near0/napi_defer_hard_irqs
	echo "$LATE_NS" >/sys/class/net/near0/gro_flush_timeout
	clocksource_slow
	/vm/tai 41
	doctor
	finding qdisc costs netem "(.cost_ns - 27500000 | fabs) < $TICK_NS
		and (.fix | contains(\"tc qdisc del dev near0 root\"))"
	finding mtu costs 5000 '.fix | startswith("ip link set dev near0 mtu")'
	finding moderation costs held ".cost_ns == $LATE_NS"
	finding clocksource costs "$(cat "$CLOCKSOURCES/current_clocksource")" \
		'.cost_ns > 0'
	finding tai_offset good 41
	finding capabilities costs CAP_SYS_ADMIN
}

# A probe's own 86 octets take 1 ms at this rate.
test_goods() {
	tc qdisc replace dev near0 root fq maxrate 688kbit
	/vm/tai 0
	doctor
	finding qdisc costs fq '.cost_ns == 1000000'
	finding tai_offset good 0
	finding moderation good 0
	# shellcheck disable=SC2046 # the cure as it would be typed
	near $(json '.findings[] | select(.id == "qdisc").fix' | sed 's/ (.*//')
	/vm/tai 37
	echo integrity >"$LOCKDOWN"
	doctor
	finding qdisc good fq
	finding tai_offset good 37
	finding mtu good 1500
	finding lockdown good integrity
	tc qdisc del dev near0 root
}

test_lockdown() {
	echo confidentiality >"$LOCKDOWN"
	[[ $(lockdown_now) == confidentiality ]]
	probe_ok "$FAR4" -c 20 -i 5ms --engine both -W 3s
	json '.probes.received == 20'
	doctor
	finding lockdown good confidentiality
}

mount -t securityfs none /sys/kernel/security
reflector_start --hook xdp
check 'every stamp over virtio_net, and the guest as it is' \
	test_stamps "$(level_of_clocksource)"
check 'what the test has spoilt costs, by how much' test_costs
check 'what it has put right is good' test_goods
check 'locked down as far as it goes, both engines run' test_lockdown
reflector_stop
finish
