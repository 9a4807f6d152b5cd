/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a packet to the slot of its probe, and what each hook does there. A
 * packet is ours if its local port belongs to a session, its far end is that
 * session's, and it carries the sequence number and the nonce of an armed slot.
 */
#ifndef XRTT_BPF_MATCH_H
#define XRTT_BPF_MATCH_H

#include <linux/icmpv6.h>
#include <linux/udp.h>

#include "maps.h"
#include "parse.h"
#include "wire.h"

/* linux/icmp.h drags in the C library's headers. */
#define ICMP_ECHO 8
#define ICMP_ECHOREPLY 0

/* An ICMP echo carries the same 44 octets as a STAMP request. */
struct echo {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be16 id;
	__be16 sequence;
	struct stamp_request payload;
};

struct udp_request {
	struct udphdr udp;
	struct stamp_request payload;
};

struct udp_reply {
	struct udphdr udp;
	struct stamp_reply payload;
};

/* What a reply says, whatever it travelled in. */
struct answer {
	__u32 seq;
	__u64 nonce;
	const struct stamp_reply *stamp; /* null for ICMP */
	__u8 ttl;
};

static __always_inline __u64 nonce_of(const struct stamp_time *sent)
{
	__u64 nonce;

	__builtin_memcpy(&nonce, sent, sizeof(nonce));
	return nonce;
}

static __always_inline struct session *session_by_port(__be16 local_port)
{
	__u32 port = bpf_ntohs(local_port);
	__u32 *number = bpf_map_lookup_elem(&ports, &port);
	__u32 index;

	if (!number || !*number)
		return 0;
	index = *number - 1;
	return bpf_map_lookup_elem(&sessions, &index);
}

/* IPv4 compares the last four octets only; the nonce settles the rest. */
static __always_inline int is_remote4(const struct session *s, __be32 address)
{
	return *(const __be32 *)(s->remote + 12) == address;
}

static __always_inline int is_remote6(const struct session *s,
				      const struct in6_addr *address)
{
	const __be32 *far = (const __be32 *)s->remote;

	return far[0] == address->s6_addr32[0] &&
	       far[1] == address->s6_addr32[1] &&
	       far[2] == address->s6_addr32[2] &&
	       far[3] == address->s6_addr32[3];
}

static __always_inline int is_far_end(const struct session *s,
				      const struct packet *p, int outbound)
{
	if (s->protocol != p->protocol)
		return 0;
	/* Under options `transport` is not where it seems to be, and what a
	 * fragment holds need not be a header. */
	if (p->version == 4)
		return p->ip4->ihl == sizeof(*p->ip4) / 4 &&
		       !(p->ip4->frag_off & bpf_htons(IP4_FRAGMENT)) &&
		       is_remote4(s, outbound ? p->ip4->daddr : p->ip4->saddr);
	return is_remote6(s, outbound ? &p->ip6->daddr : &p->ip6->saddr);
}

static __always_inline struct slot *slot_of(const struct session *s, __u32 seq)
{
	__u32 index;

	if (seq >= SEQ_CONTROL)
		return 0;
	index = s->first_slot + (seq & s->slot_mask);
	return bpf_map_lookup_elem(&slots, &index);
}

static __always_inline int slot_is_of(const struct slot *slot, __u32 seq,
				      __u64 nonce)
{
	return slot->seq == seq && slot->nonce == nonce;
}

/* Writes `now` if the stamp is still unset; true for the one who did. */
static __always_inline int stamp_once(__u64 *stamp, __u64 now)
{
	return __sync_val_compare_and_swap(stamp, 0, now) == 0;
}

/* The reader is not woken: it knows when replies are due, and a wake-up here
 * would lengthen what is being measured. */
static __always_inline void slot_complete(struct slot *slot)
{
	struct slot *record;

	if (__sync_val_compare_and_swap(&slot->state, SLOT_ARMED, SLOT_DONE) !=
	    SLOT_ARMED)
		return;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		count(COUNT_RING_FULL);
		__sync_fetch_and_or(&slot->flags, SLOT_UNRECORDED);
		return;
	}
	__builtin_memcpy(record, slot, sizeof(*record));
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline void slot_duplicate(struct slot *slot,
					   const struct answer *a)
{
	if (a->stamp && bpf_ntohl(a->stamp->seq) != slot->reflector_seq)
		__sync_fetch_and_add(&slot->duplicate_forward, 1);
	else
		__sync_fetch_and_add(&slot->duplicate_return, 1);
	if (slot->state == SLOT_ARMED)
		__sync_fetch_and_or(&slot->flags, SLOT_AMBIGUOUS);
}

/* The first receive hook: matches the reply and takes down what it says. The
 * slot if the packet is a reply to it, duplicates included. */
static __always_inline struct slot *
slot_receive(const struct session *s, const struct answer *a, __u64 now)
{
	struct slot *slot = slot_of(s, a->seq);
	__u64 *stamp;

	if (!slot)
		return 0;
	if (!slot_is_of(slot, a->seq, a->nonce) ||
	    (slot->state != SLOT_ARMED && slot->state != SLOT_DONE)) {
		count(COUNT_STALE);
		return 0;
	}
	stamp = config.rx_at_tc ? &slot->tc_rx : &slot->xdp_rx;
	if (!stamp_once(stamp, now)) {
		slot_duplicate(slot, a);
		return slot;
	}
	slot->rx_cpu = bpf_get_smp_processor_id();
	slot->ttl = a->ttl;
	if (a->stamp) {
		slot->remote_rx = nonce_of(&a->stamp->received);
		slot->remote_tx = nonce_of(&a->stamp->sent);
		slot->reflector_seq = bpf_ntohl(a->stamp->seq);
		slot->remote_error = bpf_ntohs(a->stamp->error);
		slot->remote_ttl = a->stamp->sender_ttl;
	}
	return slot;
}

/* Whether the local port, or echo identifier, is one of ours: all that eight
 * octets of transport can tell. */
static __always_inline int is_our_port(const struct cursor *c,
				       const struct packet *p, int outbound)
{
	struct udphdr *udp = p->transport;
	struct echo *echo = p->transport;

	if ((void *)(udp + 1) > c->end)
		return 0;
	if (p->protocol == IPPROTO_UDP)
		return session_by_port(outbound ? udp->source : udp->dest) != 0;
	if (p->protocol == IPPROTO_ICMP || p->protocol == IPPROTO_ICMPV6)
		return session_by_port(echo->id) != 0;
	return 0;
}

/* The session of a reply, and what it says; null if it is none of ours. */
static __always_inline struct session *
reply_parse(const struct cursor *c, const struct packet *p, struct answer *a)
{
	struct udp_reply *reply = p->transport;
	struct echo *echo = p->transport;
	struct session *s;

	a->ttl = p->ttl;
	if (p->protocol == IPPROTO_UDP) {
		if ((void *)(&reply->udp + 1) > c->end)
			return 0;
		s = session_by_port(reply->udp.dest);
		if (!s || !is_far_end(s, p, 0) ||
		    reply->udp.source != s->remote_port ||
		    (void *)(reply + 1) > c->end)
			return 0;
		a->seq = bpf_ntohl(reply->payload.sender_seq);
		a->nonce = nonce_of(&reply->payload.sender_sent);
		a->stamp = &reply->payload;
		return s;
	}
	if ((p->protocol != IPPROTO_ICMP && p->protocol != IPPROTO_ICMPV6) ||
	    (void *)(echo + 1) > c->end ||
	    echo->type !=
		    (p->version == 4 ? ICMP_ECHOREPLY : ICMPV6_ECHO_REPLY))
		return 0;
	s = session_by_port(echo->id);
	if (!s || !is_far_end(s, p, 0))
		return 0;
	a->seq = bpf_ntohl(echo->payload.seq);
	a->nonce = nonce_of(&echo->payload.sent);
	a->stamp = 0;
	return s;
}

/* The armed slot that a packet on its way out belongs to. */
static __always_inline struct slot *request_slot(const struct cursor *c,
						 const struct packet *p)
{
	const struct stamp_request *request;
	struct udp_request *udp = p->transport;
	struct echo *echo = p->transport;
	struct session *s;
	struct slot *slot;

	if (p->protocol == IPPROTO_UDP) {
		if ((void *)(&udp->udp + 1) > c->end)
			return 0;
		s = session_by_port(udp->udp.source);
		if (!s || udp->udp.dest != s->remote_port ||
		    (void *)(udp + 1) > c->end)
			return 0;
		request = &udp->payload;
	} else if (p->protocol == IPPROTO_ICMP ||
		   p->protocol == IPPROTO_ICMPV6) {
		if ((void *)(echo + 1) > c->end ||
		    echo->type !=
			    (p->version == 4 ? ICMP_ECHO : ICMPV6_ECHO_REQUEST))
			return 0;
		s = session_by_port(echo->id);
		if (!s)
			return 0;
		request = &echo->payload;
	} else {
		return 0;
	}
	if (!is_far_end(s, p, 1))
		return 0;
	slot = slot_of(s, bpf_ntohl(request->seq));
	if (!slot || slot->state != SLOT_ARMED ||
	    !slot_is_of(slot, bpf_ntohl(request->seq),
			nonce_of(&request->sent)))
		return 0;
	return slot;
}

#endif
