/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What XDP and TC do differently, behind one set of calls, so that the
 * reflector's core is written once. `is_xdp` is a constant: the other hook's
 * half never reaches the verifier.
 *
 * Offsets count from the start of the frame. frame_store() and frame_pull()
 * end the life of every pointer into it.
 */
#ifndef XRTT_BPF_FRAME_H
#define XRTT_BPF_FRAME_H

#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <bpf/bpf_helpers.h>
#include "parse.h"

struct frame {
	void *ctx; /* struct xdp_md or struct __sk_buff */
	__u32 is_xdp;
};

static __always_inline struct cursor frame_cursor(struct frame f)
{
	struct __sk_buff *skb = f.ctx;
	struct xdp_md *xdp = f.ctx;
	struct cursor c;

	if (f.is_xdp) {
		c.data = (void *)(long)xdp->data;
		c.end = (void *)(long)xdp->data_end;
	} else {
		c.data = (void *)(long)skb->data;
		c.end = (void *)(long)skb->data_end;
	}
	return c;
}

static __always_inline __u32 frame_length(struct frame f)
{
	if (f.is_xdp)
		return bpf_xdp_get_buff_len(f.ctx);
	return ((struct __sk_buff *)f.ctx)->len;
}

static __always_inline long frame_load(struct frame f, __u32 at, void *to,
				       __u32 octets)
{
	if (f.is_xdp)
		return bpf_xdp_load_bytes(f.ctx, at, to, octets);
	return bpf_skb_load_bytes(f.ctx, at, to, octets);
}

static __always_inline long frame_store(struct frame f, __u32 at, void *from,
					__u32 octets)
{
	if (f.is_xdp)
		return bpf_xdp_store_bytes(f.ctx, at, from, octets);
	return bpf_skb_store_bytes(f.ctx, at, from, octets, 0);
}

/* Makes the first `octets`, or all there are, directly accessible. */
static __always_inline long frame_pull(struct frame f, __u32 octets)
{
	struct __sk_buff *skb = f.ctx;

	if (f.is_xdp)
		return 0;
	return bpf_skb_pull_data(skb, skb->len < octets ? skb->len : octets);
}

/* The same for a constant number of octets, and only where it has to be. */
static __always_inline void frame_pull_short(struct frame f, const __u32 octets)
{
	struct cursor c = frame_cursor(f);

	if (c.data + octets > c.end && frame_length(f) >= octets)
		frame_pull(f, octets);
}

/* Ethernet, IP and UDP headers; runs for every packet of the host. */
static __always_inline void frame_pull_headers(struct frame f)
{
	struct __sk_buff *skb = f.ctx;
	const __u32 both = sizeof(struct ethhdr) + sizeof(struct udphdr);

	if (f.is_xdp)
		return;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		frame_pull_short(f, both + sizeof(struct iphdr));
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		frame_pull_short(f, both + sizeof(struct ipv6hdr));
}

/*
 * Whether the link says that the packet is for somebody else, or for many. TC
 * knows the device's address; XDP sees a group by its bit.
 */
static __always_inline int
frame_is_elsewhere(struct frame f, const struct ethhdr *eth, int has_link)
{
	struct __sk_buff *skb = f.ctx;

	if (!f.is_xdp && skb->pkt_type != PACKET_HOST)
		return 1;
	return has_link && eth->h_dest[0] & 1;
}

/* Whether an skb is not one plain datagram with one tag at most: a coalesced
 * one looks like one, and the outer tag of two is not in the frame any more. */
static __always_inline int frame_is_odd(struct frame f, int is_tagged)
{
	struct __sk_buff *skb = f.ctx;

	if (f.is_xdp)
		return 0;
	return skb->gso_size || (is_tagged && skb->vlan_present);
}

#endif
