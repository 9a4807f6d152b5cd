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

# doctor [OPTION..]: leaves run.json, the findings and, in $STATUS, the status.
doctor() {
	local implied=0

	STATUS=0
	near timeout -k 2 100 "${AS[@]}" "$XRTT" doctor -I near0 \
		--json "$DIR/run.json" "$@" >"$DIR/out" 2>"$DIR/err" ||
		STATUS=$?
	[[ ! -s $DIR/err ]] || fail "$(cat "$DIR/err")"
	jq -r '.findings[] | [.id, .level, .value, (.cost_ns // 0 | floor),
		.fix] | map(. // "" | tostring) | join("|")' \
		"$DIR/run.json" >"$DIR/findings"
	! grep -q '^[^|]*|costs|' "$DIR/findings" || implied=1
	! grep -q '^[^|]*|blocks|' "$DIR/findings" || implied=3
	((STATUS == implied)) || fail "status $STATUS: $(cat "$DIR/findings")"
}

# finding ID LEVEL VALUE [COST [WITHIN]]: one such, its cost in ns where given;
# leaves its cure in $FIX.
finding() {
	local id level value cost

	while IFS='|' read -r id level value cost FIX; do
		[[ $id == "$1" && $level == "$2" && $value == "$3" ]] ||
			continue
		[[ -n ${4-} ]] || return 0
		((cost - $4 <= ${5-0} && $4 - cost <= ${5-0})) && return
	done <"$DIR/findings"
	fail "no finding $*, but $(grep "^$1|" "$DIR/findings")"
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
	finding qdisc good \
		"$(tc qdisc show dev near0 | awk '{ print $2; exit }')"
	finding clocksource "$1" "$(cat "$CLOCKSOURCES/current_clocksource")"
	json '.subject.driver == "virtio_net" and .subject.target != null
		and (.stamps | all(if .name == "hw_rx" then .delivered | not
			else .delivered and .where == "near0" end))'
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
	finding qdisc costs netem 27500000 "$TICK_NS"
	[[ $FIX == *'tc qdisc del dev near0 root'* ]]
	finding mtu costs 5000
	[[ $FIX == *'ip link set dev near0 mtu 3498'* ]]
	finding moderation costs held "$LATE_NS"
	finding clocksource costs "$(cat "$CLOCKSOURCES/current_clocksource")"
	json 'any(.findings[]; .id == "clocksource" and .cost_ns > 0)'
	finding tai_offset good 41
	finding capabilities costs CAP_SYS_ADMIN
}

# A probe's own 86 octets take 1 ms at this rate.
test_goods() {
	tc qdisc replace dev near0 root fq maxrate 688kbit
	/vm/tai 0
	doctor
	finding tai_offset good 0
	finding moderation good 0
	finding qdisc costs fq 1000000
	# shellcheck disable=SC2086 # the cure as it would be typed
	near ${FIX%% (*}
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
