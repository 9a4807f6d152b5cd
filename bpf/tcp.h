/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks' part of a probe over TCP (include/syn.h). Nearly all TCP packets
 * of a host are neither a SYN nor a reply to one: they are told by their flags
 * alone, before any map is looked at.
 */
#ifndef XRTT_BPF_TCP_H
#define XRTT_BPF_TCP_H

#include <linux/tcp.h>

#include "match.h"
#include "syn.h"

static __always_inline __u8 tcp_flags(const struct tcphdr *tcp)
{
	return ((const __u8 *)tcp)[SYN_FLAGS_AT];
}

static __always_inline int tcp_is_syn(__u8 flags)
{
	return (flags & (SYN_SYN | SYN_ACK | SYN_RST | SYN_FIN)) == SYN_SYN;
}

/* An enum syn_reply. A RST that acknowledges nothing answers no SYN. */
static __always_inline __u8 tcp_reply(__u8 flags)
{
	if (!(flags & SYN_ACK))
		return SYN_REPLY_NONE;
	if (flags & SYN_RST)
		return SYN_REPLY_RST;
	return flags & SYN_SYN ? SYN_REPLY_SYN_ACK : SYN_REPLY_NONE;
}

/* The session of a packet with at least eight octets of its TCP header. */
static __always_inline struct session *tcp_session(const struct cursor *c,
						   const struct packet *p,
						   const struct tcphdr *tcp,
						   int outbound)
{
	struct session *s = session_by_port(outbound ? tcp->source : tcp->dest);

	if (!s || (outbound ? tcp->dest : tcp->source) != s->remote_port)
		return 0;
	return is_far_end(s, c, p, outbound) ? s : 0;
}

/* The sequence number of the probe on a local port. */
static __always_inline __u32 tcp_rider(__be16 local_port)
{
	__u32 port = bpf_ntohs(local_port);
	__u64 *seq = bpf_map_lookup_elem(&riders, &port);

	return seq ? (__u32)*seq : SEQ_CONTROL;
}

static __always_inline int tcp_parse(struct cursor *c, struct packet *p)
{
	if (parse_network(c, parse_link(c, config.link_header), p))
		return -1;
	return p->protocol == IPPROTO_TCP ? 0 : -1;
}

/* 0, or -1 if the packet is no reply that acknowledges a SYN. */
static __always_inline int tcp_answer(const struct tcphdr *tcp,
				      struct answer *a)
{
	a->reply = tcp_reply(tcp_flags(tcp));
	if (a->reply == SYN_REPLY_NONE)
		return -1;
	a->seq = tcp_rider(tcp->dest);
	a->nonce = SYN_NONCE(bpf_ntohl(tcp->ack_seq) - 1);
	return 0;
}

/* A far host that lets go of the connection that it has just accepted sends a
 * RST too: that one is no second reply. */
static __always_inline int tcp_is_aftermath(const struct session *s,
					    const struct answer *a)
{
	struct slot *slot = slot_of(s, a->seq);

	return slot && slot->reply && slot->reply != a->reply &&
	       slot_is_of(slot, a->seq, a->nonce);
}

/* The slot that the SYN is the first to leave for, its ISN taken down; null
 * for a SYN that is to stay here. */
static __always_inline struct slot *tcp_depart(const struct session *s,
					       const struct tcphdr *tcp)
{
	__u32 seq = tcp_rider(tcp->source);
	__u64 nonce = SYN_NONCE(bpf_ntohl(tcp->seq));
	struct slot *slot = slot_of(s, seq);

	if (!slot || slot->state != SLOT_ARMED || slot->seq != seq ||
	    !stamp_once(&slot->nonce, nonce))
		return 0;
	return slot;
}

#endif
