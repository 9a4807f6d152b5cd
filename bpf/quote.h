/* SPDX-License-Identifier: GPL-2.0-only */
/* From an ICMP error to the slot of the probe that it is about (quoted.h). */
#ifndef XRTT_BPF_QUOTE_H
#define XRTT_BPF_QUOTE_H

#include <linux/udp.h>

#include "frame.h"
#include "match.h"
#include "quoted.h"

#define ICMP_DEST_UNREACH 3
#define ICMP_TIME_EXCEEDED 11

#define ICMP_HEADER 8

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_quote);
} quotes SEC(".maps");

/* One that quotes a packet, and of the kinds that a probe can meet with. */
static __always_inline int is_quoting(const struct cursor *c,
				      const struct packet *p)
{
	__u8 *type = p->transport;

	if (p->transport + ICMP_HEADER > c->end)
		return 0;
	if (p->version == 4)
		return p->protocol == IPPROTO_ICMP &&
		       p->ip4->ihl == sizeof(*p->ip4) / 4 &&
		       !(p->ip4->frag_off & bpf_htons(IP4_FRAGMENT)) &&
		       (*type == ICMP_TIME_EXCEEDED ||
			*type == ICMP_DEST_UNREACH);
	return p->protocol == IPPROTO_ICMPV6 &&
	       (*type == ICMPV6_TIME_EXCEED || *type == ICMPV6_PKT_TOOBIG ||
		*type == ICMPV6_DEST_UNREACH);
}

/* As parse_network(), of the version that the outer header has. The barriers:
 * clang would read one octet at an address that varies, which takes
 * CAP_PERFMON. */
static __always_inline int parse_quoted(const struct cursor *c,
					const struct packet *outer,
					struct packet *p)
{
	p->ip4 = outer->transport + ICMP_HEADER;
	p->ip6 = outer->transport + ICMP_HEADER;
	p->version = outer->version;
	p->ttl = 0;
	if (p->version == 4) {
		if ((void *)(p->ip4 + 1) + TRANSPORT_HEADER > c->end ||
		    p->ip4->version != 4)
			return -1;
		p->protocol = p->ip4->protocol;
		barrier_var(p->protocol);
		p->transport = p->ip4 + 1;
		barrier_var(p->transport);
		return 0;
	}
	if ((void *)(p->ip6 + 1) + TRANSPORT_HEADER > c->end ||
	    p->ip6->version != 6)
		return -1;
	p->protocol = p->ip6->nexthdr;
	barrier_var(p->protocol);
	p->transport = p->ip6 + 1;
	barrier_var(p->transport);
	return 0;
}

static __always_inline __u32 tag_of(const struct packet *quoted)
{
	const struct echo *echo = quoted->transport;
	const struct udphdr *udp = quoted->transport;

	if (quoted->protocol != IPPROTO_UDP)
		return bpf_ntohs(echo->sequence);
	if (quoted->version == 4)
		return bpf_ntohs(quoted->ip4->id);
	return bpf_ntohs(udp->check);
}

/* Octets that the IP header says the ICMP message has. */
static __always_inline __u32 message_length(const struct packet *p)
{
	if (p->version == 4)
		return bpf_ntohs(p->ip4->tot_len) - sizeof(*p->ip4);
	return bpf_ntohs(p->ip6->payload_len);
}

/* Who says it, without the octets. */
static __always_inline void quote_sign(struct path_quote *q,
				       const struct packet *p)
{
	__be32 *from = (__be32 *)q->from;

	if (p->version == 4) {
		from[0] = from[1] = 0;
		from[2] = bpf_htonl(0xffff);
		from[3] = p->ip4->saddr;
		return;
	}
	from[0] = p->ip6->saddr.s6_addr32[0];
	from[1] = p->ip6->saddr.s6_addr32[1];
	from[2] = p->ip6->saddr.s6_addr32[2];
	from[3] = p->ip6->saddr.s6_addr32[3];
}

/* The message from offset `at` of the frame on, as much of it as is kept. */
static __always_inline void quote_copy(struct path_quote *q, struct frame f,
				       __u32 at)
{
	__u64 octets = q->whole;
	__u64 there = frame_length(f) - at;

	if (octets > there)
		octets = there;
	if (octets > PATH_QUOTE_MOST)
		octets = PATH_QUOTE_MOST;
	octets &= PATH_QUOTE_MOST;
	barrier_var(octets);
	if (octets < ICMP_HEADER || frame_load(f, at, q->data, octets))
		return;
	q->octets = octets;
}

/* The slot whose probe the quoted headers are of, or null. */
static __always_inline struct slot *quote_slot(const struct session *s,
					       __u32 tag)
{
	struct slot *slot = slot_of(s, tag);

	if (!slot || PATH_TAG(slot->seq) != tag) {
		count(COUNT_STALE);
		return 0;
	}
	return slot;
}

static __always_inline struct path_quote *quote_of(const struct session *s,
						   __u32 seq)
{
	__u32 index = s->first_slot + (seq & s->slot_mask);

	return bpf_map_lookup_elem(&quotes, &index);
}

#endif
