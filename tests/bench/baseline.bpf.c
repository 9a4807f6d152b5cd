// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hooks are compared with: programs that do nothing, and one that does
 * what a hook must not: it wakes a reader between a probe's first stamp and the
 * wire.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "wire.h"

#define VERDICT_NEXT -1

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} alarms SEC(".maps");

SEC("xdp")
int empty_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *skb)
{
	(void)skb;
	return VERDICT_NEXT;
}

SEC("socket")
int empty_socket(struct __sk_buff *skb)
{
	return skb->len;
}

/* IPv4 without options, which is what the bench sends. */
SEC("tc")
int wake_egress(struct __sk_buff *skb)
{
	const __u32 udp = sizeof(struct ethhdr) + sizeof(struct iphdr);
	const __u32 at = sizeof(struct ethhdr) +
			 __builtin_offsetof(struct iphdr, protocol);
	__u8 protocol;
	__be16 port;
	__u64 *alarm;

	if (bpf_skb_load_bytes(skb, at, &protocol, sizeof(protocol)) ||
	    protocol != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb,
			       udp + __builtin_offsetof(struct udphdr, dest),
			       &port, sizeof(port)) ||
	    port != bpf_htons(STAMP_PORT))
		return VERDICT_NEXT;
	alarm = bpf_ringbuf_reserve(&alarms, sizeof(*alarm), 0);
	if (alarm) {
		*alarm = 0;
		bpf_ringbuf_submit(alarm, BPF_RB_FORCE_WAKEUP);
	}
	return VERDICT_NEXT;
}

char LICENSE[] SEC("license") = "GPL";
