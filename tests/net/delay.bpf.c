// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "delay.h"

#define MAX_SPINS (1 << 23)
#define TCX_PASS -1 /* TCX_NEXT: whoever comes after us sees it too */
#define CGROUP_PASS 1
#define CGROUP_DROP 0

/* The UAPI headers that have these include libc's. */
#define ICMP_ECHO 8
#define ICMP_ECHOREPLY 0
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

const volatile struct delay_config config = {};

__u64 seen; /* packets that match */
__u64 hit;  /* of these, delayed or dropped */
__u64 arrived[DELAY_LOG];

static int load(struct __sk_buff *skb, __u32 offset, void *to, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, offset, to, size,
					   BPF_HDR_START_NET);
}

/* Octets before the transport header, 0 if this is no IP packet for us. */
static __u32 network_parse(struct __sk_buff *skb, __u8 *protocol)
{
	struct ipv6hdr ip6;
	struct iphdr ip4;

	if (load(skb, 0, &ip4, sizeof(ip4)))
		return 0;
	if (ip4.version == 4) {
		*protocol = ip4.protocol;
		return ip4.ihl * 4;
	}
	if (ip4.version != 6 || load(skb, 0, &ip6, sizeof(ip6)))
		return 0;
	*protocol = ip6.nexthdr;
	return sizeof(ip6);
}

static bool echo_matches(struct __sk_buff *skb, __u32 offset, __u8 protocol)
{
	__u8 type;

	if (load(skb, offset, &type, sizeof(type)))
		return false;
	if (protocol == IPPROTO_ICMP)
		return type == ICMP_ECHO || type == ICMP_ECHOREPLY;
	return protocol == IPPROTO_ICMPV6 &&
	       (type == ICMPV6_ECHO_REQUEST || type == ICMPV6_ECHO_REPLY);
}

/* STAMP echoes the sender's sequence number at octet 24 of a reply. */
static bool stamp_matches(struct __sk_buff *skb, __u32 offset)
{
	__be16 port = bpf_htons(config.port);
	struct udphdr udp;
	__u8 seq[4];

	if (load(skb, offset, &udp, sizeof(udp)) ||
	    (udp.source != port && udp.dest != port))
		return false;
	if (!config.odd)
		return true;
	offset += sizeof(udp) + (udp.dest == port ? 0 : 24);
	return !load(skb, offset, seq, sizeof(seq)) && seq[3] & 1;
}

static bool packet_matches(struct __sk_buff *skb)
{
	__u8 protocol = 0;
	__u32 offset = network_parse(skb, &protocol);

	if (!offset)
		return false;
	if (config.icmp)
		return echo_matches(skb, offset, protocol);
	/* TCP has its ports in the same place. */
	if (protocol == IPPROTO_TCP && config.odd)
		return false;
	return (protocol == IPPROTO_UDP || protocol == IPPROTO_TCP) &&
	       stamp_matches(skb, offset);
}

static bool number_chosen(__u64 number)
{
	for (__u32 i = 0; i < DELAY_RANGES && i < config.ranges; i++)
		if (number >= config.range[i].first &&
		    number <= config.range[i].last)
			return true;
	return !config.ranges;
}

static long spin_until(__u32 i, __u64 *until)
{
	(void)i;
	return bpf_ktime_get_ns() >= *until;
}

/* True if the packet is to go on. */
static bool packet_hold(struct __sk_buff *skb)
{
	__u64 now = bpf_ktime_get_ns();
	__u64 until = now + config.wait_ns;
	__u64 before;

	if (!packet_matches(skb))
		return true;
	before = __sync_fetch_and_add(&seen, 1);
	if (before < DELAY_LOG)
		arrived[before] = now;
	if (!number_chosen(before + 1))
		return true;
	__sync_fetch_and_add(&hit, 1);
	if (config.drop)
		return false;
	if (config.wait_ns)
		bpf_loop(MAX_SPINS, spin_until, &until, 0);
	return true;
}

SEC("tc")
int delay_tc(struct __sk_buff *skb)
{
	return packet_hold(skb) ? TCX_PASS : TC_ACT_SHOT;
}

SEC("cgroup/skb")
int delay_cgroup(struct __sk_buff *skb)
{
	return packet_hold(skb) ? CGROUP_PASS : CGROUP_DROP;
}

char delay_license[] SEC("license") = "GPL";
