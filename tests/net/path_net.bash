# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A network with routers in it, for whoever has sourced harness.bash:
#
#                       +-- b1 -- b2 --+
#   near -- r1 -- r2 ---+              +--- r5 -- r6 -- far
#                       +-- c1 -- c2 --+
#
#   path_network     makes it; addresses are in HOPS4 and HOPS6
#   at HOST CMD...   run there
#   hush HOST        that router says nothing any more, of either family
#   hush_all         nor does any other
#   narrow HOST HOST MTU   the cable between them takes no more

ROUTERS=(r1 r2 b1 b2 c1 c2 r5 r6)
# Every cable has a number: 10.78.N.1 and 10.78.N.2, fd78:N::1 and ::2, the
# first host's being 1. Routers answer with that of the side that asks.
CABLES=(near-r1 r1-r2 r2-b1 b1-b2 b2-r5 r2-c1 c1-c2 c2-r5 r5-r6 r6-far)
PATH_FAR4=10.78.9.2
PATH_FAR6=fd78:9::2
HOPS4=(10.78.0.2 10.78.1.2 "10.78.2.2 10.78.5.2" "10.78.3.2 10.78.6.2"
	"10.78.4.2 10.78.7.2" 10.78.8.2)
HOPS6=(fd78::2 fd78:1::2 "fd78:2::2 fd78:5::2" "fd78:3::2 fd78:6::2"
	"fd78:4::2 fd78:7::2" fd78:8::2)

at() {
	ip netns exec "$NS-$1" "${@:2}"
}

net6() {
	(($1 == 0)) && echo fd78: || echo "fd78:$1:"
}

# lay NUMBER FIRST SECOND: the interface's name is the other end's.
lay() {
	local six

	six=$(net6 "$1")
	ip -n "$NS-$2" link add "$3" type veth peer name "$2" netns "$NS-$3" ||
		return
	ip -n "$NS-$2" addr add "10.78.$1.1/24" dev "$3"
	ip -n "$NS-$3" addr add "10.78.$1.2/24" dev "$2"
	ip -n "$NS-$2" addr add "$six:1/64" dev "$3" nodad
	ip -n "$NS-$3" addr add "$six:2/64" dev "$2" nodad
	ip -n "$NS-$2" link set "$3" up
	ip -n "$NS-$3" link set "$2" up
}

router() {
	ns_add "$1" || return
	at "$1" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 \
		net.ipv4.fib_multipath_hash_policy=1 \
		net.ipv6.fib_multipath_hash_policy=1 \
		net.ipv4.icmp_errors_use_inbound_ifaddr=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

# via HOST NET GATEWAY[ GATEWAY]...: NET "far" or "near" or a cable's number
via() {
	local four=() six=() gateway

	for gateway in "${@:3}"; do
		four+=(nexthop via "10.78.$gateway")
		six+=(nexthop via "$(net6 "${gateway%.*}"):${gateway#*.}")
	done
	ip -n "$NS-$1" route add "10.78.$2.0/24" "${four[@]}"
	ip -n "$NS-$1" -6 route add "$(net6 "$2"):/64" "${six[@]}"
}

routes() {
	local net

	for net in 1 2 3 4 5 6 7 8 9; do
		via near $net 0.2
		via far $((net - 1)) 9.1
	done
	for net in 2 3 4 5 6 7 8 9; do
		via r1 $net 1.2
		via r6 $((net - 2)) 8.1
	done
	via r2 0 1.1
	via r2 8 2.2 5.2
	via r2 9 2.2 5.2
	via r5 0 4.1 7.1
	via r5 1 4.1 7.1
	via r5 9 8.2
	for net in 0 1; do
		via b1 $net 2.1
		via b2 $net 3.1
		via c1 $net 5.1
		via c2 $net 6.1
	done
	for net in 8 9; do
		via b1 $net 3.2
		via b2 $net 4.2
		via c1 $net 6.2
		via c2 $net 7.2
	done
}

path_network() {
	local host number=0

	ns_add near && ns_add far || return
	for host in "${ROUTERS[@]}"; do
		router "$host" || return
	done
	for host in "${CABLES[@]}"; do
		lay $number "${host%-*}" "${host#*-}" || return
		number=$((number + 1))
	done
	at far sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	routes
}

# What a router says of its own accord goes nowhere; what it forwards does.
hush() {
	ip -n "$NS-$1" rule add iif lo ipproto icmp blackhole &&
		ip -n "$NS-$1" -6 rule add iif lo ipproto ipv6-icmp blackhole
}

hush_all() {
	local host

	for host in "${ROUTERS[@]}"; do
		hush "$host" || return
	done
}

narrow() {
	ip -n "$NS-$1" link set "$2" mtu "$3" &&
		ip -n "$NS-$2" link set "$1" mtu "$3"
}
