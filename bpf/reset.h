/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SYN-ACK's frame turned round into the RST that takes the SYN back, so that
 * nothing stays half open at the far end: <SEQ=SEG.ACK><CTL=RST> (RFC 9293
 * section 3.10.7.3). Checksums are made from scratch: a veth's far end may have
 * left the SYN-ACK's to a NIC that is not there.
 */
#ifndef XRTT_BPF_RESET_H
#define XRTT_BPF_RESET_H

#include "fold.h"
#include "link.h"
#include "maps.h"
#include "tcp.h"

#define RESET_TTL 64
#define RESET_DF 0x4000

/* Frames on an Ethernet are no shorter than this, less its checksum. */
#define RESET_FRAME_MIN 60

/* These two return the sum over the pseudo-header. */
static __always_inline __u64 reset_turn_ip4(struct iphdr *ip)
{
	__be32 address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->tos = 0;
	ip->tot_len = bpf_htons(sizeof(*ip) + SYN_TCP_HEADER);
	ip->id = 0;
	ip->frag_off = bpf_htons(RESET_DF);
	ip->ttl = RESET_TTL;
	ip->check = 0;
	ip->check = ~checksum_fold(checksum_add(0, ip, sizeof(*ip)));
	return checksum_add(bpf_htons(IPPROTO_TCP) + bpf_htons(SYN_TCP_HEADER),
			    &ip->saddr, 8);
}

static __always_inline __u64 reset_turn_ip6(struct ipv6hdr *ip)
{
	struct in6_addr address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	*(__be32 *)ip = bpf_htonl(6U << 28);
	ip->payload_len = bpf_htons(SYN_TCP_HEADER);
	ip->hop_limit = RESET_TTL;
	return checksum_add(bpf_htons(IPPROTO_TCP) + bpf_htons(SYN_TCP_HEADER),
			    &ip->saddr, 32);
}

static __always_inline void reset_turn_tcp(struct tcphdr *tcp, __u64 pseudo)
{
	__be32 *word = (__be32 *)tcp;
	__be16 port = tcp->dest;

	tcp->dest = tcp->source;
	tcp->source = port;
	word[1] = tcp->ack_seq;
	word[2] = 0;
	word[3] = bpf_htonl(SYN_TCP_HEADER / 4 << 28 | SYN_RST << 16);
	word[4] = 0;
	tcp->check = ~checksum_fold(checksum_add(pseudo, tcp, SYN_TCP_HEADER));
}

/*
 * The octets of the frame that is left, 0 if the stack is to answer: it is not
 * what it was, or a NIC has taken its VLAN tag off, which a frame sent from
 * here would then lack. The stack has the tag beside the frame, and nobody has
 * that port open there.
 */
static __noinline int reset_write(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data,
			    (void *)(long)ctx->data_end };
	struct ethhdr *eth = c.data;
	int octets = sizeof(*eth) + SYN_TCP_HEADER;
	struct packet p;
	__u64 pseudo;

	if ((void *)(eth + 1) > c.end)
		return 0;
	if (eth->h_proto != bpf_htons(ETH_P_IP) &&
	    eth->h_proto != bpf_htons(ETH_P_IPV6))
		octets += sizeof(struct vlan_tag);
	else if (config.is_vlan)
		return 0;
	if (tcp_parse(&c, &p) || p.transport + SYN_TCP_HEADER > c.end)
		return 0;
	link_turn(eth);
	if (p.version == 4) {
		pseudo = reset_turn_ip4(p.ip4);
		octets += sizeof(*p.ip4);
	} else {
		pseudo = reset_turn_ip6(p.ip6);
		octets += sizeof(*p.ip6);
	}
	reset_turn_tcp(p.transport, pseudo);
	return octets < RESET_FRAME_MIN ? RESET_FRAME_MIN : octets;
}

/* The verdict for a SYN-ACK that nobody on this host waits for. */
static __always_inline int reset_answer(struct xdp_md *ctx)
{
	int octets = reset_write(ctx);
	int length = bpf_xdp_get_buff_len(ctx);

	if (!octets)
		return XDP_PASS;
	/* Where it cannot be cut, what is left over is padding. */
	if (length > octets)
		bpf_xdp_adjust_tail(ctx, octets - length);
	count(COUNT_RESETS);
	return XDP_TX;
}

#endif
