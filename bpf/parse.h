/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a frame to its transport header: Ethernet with at most one VLAN tag, or
 * no link header at all, then IPv4 or IPv6. Never reads past data_end, never
 * writes.
 */
#ifndef XRTT_PARSE_H
#define XRTT_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

#define IP4_FRAGMENT 0x3fff /* more-fragments bit and offset */
#define IP4_OFFSET 0x1fff

/* A frame's view: `data` moves forward as headers are taken off. */
struct cursor {
	void *data;
	void *end;
};

/* `version` says which of ip4 and ip6 it is; both point there, for without
 * CAP_PERFMON the verifier also walks branches that it knows are not taken
 * (Spectre v1), and a null has no place on them. `transport` follows a 20 or
 * 40 octet header, so it is not to be used where the IPv4 header has
 * options. Nothing is less than 64 bits wide: on the stack, where clang may
 * leave it, 6.1 refuses without CAP_PERFMON a store of less than eight octets
 * to where one was before. */
struct packet {
	struct iphdr *ip4;
	struct ipv6hdr *ip6;
	void *transport;
	__u64 version;
	__u64 protocol;
	__u64 ttl;
};

/* Takes the link header off; the EtherType, 0 if there is none to trust. */
static __always_inline __be16 parse_link(struct cursor *c, __u32 link_header)
{
	struct ethhdr *eth = c->data;
	struct vlan_tag *tag;
	__be16 proto;

	if (!link_header) {
		__u8 *version = c->data;

		if ((void *)(version + 1) > c->end)
			return 0;
		return *version >> 4 == 6 ? bpf_htons(ETH_P_IPV6)
					  : bpf_htons(ETH_P_IP);
	}
	if ((void *)(eth + 1) > c->end)
		return 0;
	proto = eth->h_proto;
	c->data = eth + 1;
	if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
		return proto;
	tag = c->data;
	if ((void *)(tag + 1) > c->end)
		return 0;
	c->data = tag + 1;
	return tag->proto;
}

/*
 * Whether `octets` from `at` on are in reach, asked in a way that clang does
 * not leave out where it has been asked before: see struct packet for whom.
 */
#define IN_REACH(at, octets, end) \
	({ \
		barrier_var(at); \
		(void *)(at) + (octets) <= (void *)(end); \
	})

/* 0, or -1 for everything that is not IPv4 or IPv6. Extension headers stay in
 * `protocol`: no caller wants what hides behind them. */
static __always_inline int parse_network(struct cursor *c, __be16 proto,
					 struct packet *p)
{
	p->ip4 = c->data;
	p->ip6 = c->data;
	p->transport = c->data;
	p->version = 0;
	if (proto == bpf_htons(ETH_P_IP)) {
		if ((void *)(p->ip4 + 1) > c->end || p->ip4->version != 4)
			return -1;
		p->version = 4;
		p->protocol = p->ip4->protocol;
		p->ttl = p->ip4->ttl;
		p->transport = p->ip4 + 1;
		return 0;
	}
	if (proto == bpf_htons(ETH_P_IPV6)) {
		if ((void *)(p->ip6 + 1) > c->end)
			return -1;
		p->version = 6;
		p->protocol = p->ip6->nexthdr;
		p->ttl = p->ip6->hop_limit;
		p->transport = p->ip6 + 1;
		return 0;
	}
	return -1;
}

#endif
