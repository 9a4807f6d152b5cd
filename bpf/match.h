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

/* UDP's header and an ICMP echo's are equally long, and what follows is the
 * same 44 octets in a STAMP request and in an echo of ours. */
#define TRANSPORT_HEADER 8

struct echo {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be16 id;
	__be16 sequence;
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
	const struct stamp_reply *stamp; /* if is_stamp: ICMP has none */
	__u8 is_stamp; /* comparing `stamp` with null takes CAP_PERFMON */
	__u8 ttl;
	__u8 reply; /* enum syn_reply */
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
				      const struct cursor *c,
				      const struct packet *p, int outbound)
{
	const struct ipv6hdr *ip6 = p->ip6;

	if (s->protocol != p->protocol)
		return 0;
	/* Under options `transport` is not where it seems to be, and what a
	 * fragment holds need not be a header. */
	if (p->version == 4)
		return p->ip4->ihl == sizeof(*p->ip4) / 4 &&
		       !(p->ip4->frag_off & bpf_htons(IP4_FRAGMENT)) &&
		       is_remote4(s, outbound ? p->ip4->daddr : p->ip4->saddr);
	return IN_REACH(ip6, sizeof(*ip6), c->end) &&
	       is_remote6(s, outbound ? &ip6->daddr : &ip6->saddr);
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
	__u32 forward =
		a->is_stamp && bpf_ntohl(a->stamp->seq) != slot->reflector_seq;

	/* Two branches would be made one addition to an address that varies,
	 * which takes CAP_PERFMON. */
	barrier_var(forward);
	__sync_fetch_and_add(&slot->duplicate_forward, forward);
	__sync_fetch_and_add(&slot->duplicate_return, !forward);
	if (slot->state == SLOT_ARMED)
		__sync_fetch_and_or(&slot->flags, SLOT_AMBIGUOUS);
}

/* The first receive hook: matches the reply and takes down what it says. The
 * slot if the packet is a reply to it, duplicates included. */
static __always_inline struct slot *
slot_receive(const struct session *s, const struct answer *a, __u64 now)
{
	struct slot *slot = slot_of(s, a->seq);
	__u64 state;
	__u64 *stamp;

	if (!slot)
		return 0;
	/* The state first, and before all else in memory: a slot armed anew
	 * has its new identity by then. */
	state = __sync_val_compare_and_swap(&slot->state, SLOT_ARMED,
					    SLOT_ARMED);
	if ((state != SLOT_ARMED && state != SLOT_DONE) ||
	    !slot_is_of(slot, a->seq, a->nonce)) {
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
	slot->reply = a->reply;
	if (a->is_stamp) {
		slot->remote_rx = nonce_of(&a->stamp->received);
		slot->remote_tx = nonce_of(&a->stamp->sent);
		slot->reflector_seq = bpf_ntohl(a->stamp->seq);
		slot->remote_error = bpf_ntohs(a->stamp->error);
		slot->remote_ttl = a->stamp->sender_ttl;
	}
	return slot;
}

static __always_inline __u8 echo_type(const struct packet *p, int outbound)
{
	if (p->version == 4)
		return outbound ? ICMP_ECHO : ICMP_ECHOREPLY;
	return outbound ? ICMPV6_ECHO_REQUEST : ICMPV6_ECHO_REPLY;
}

/* The session that a packet's addresses and ports belong to, or null. */
static __always_inline struct session *
packet_session(const struct cursor *c, const struct packet *p, int outbound)
{
	struct udphdr *udp = p->transport;
	struct echo *echo = p->transport;
	struct session *s;

	if (p->transport + TRANSPORT_HEADER > c->end)
		return 0;
	if (p->protocol == IPPROTO_UDP) {
		s = session_by_port(outbound ? udp->source : udp->dest);
		if (!s ||
		    (outbound ? udp->dest : udp->source) != s->remote_port)
			return 0;
	} else if (p->protocol == IPPROTO_ICMP ||
		   p->protocol == IPPROTO_ICMPV6) {
		if (echo->type != echo_type(p, outbound))
			return 0;
		s = session_by_port(echo->id);
		if (!s)
			return 0;
	} else {
		return 0;
	}
	return is_far_end(s, c, p, outbound) ? s : 0;
}

/* 0, or -1 if not all of the reply is in reach. */
static __always_inline int answer_read(const struct cursor *c,
				       const struct packet *p, struct answer *a)
{
	const struct stamp_request *echoed = p->transport + TRANSPORT_HEADER;
	const struct stamp_reply *reply = p->transport + TRANSPORT_HEADER;

	if ((void *)(reply + 1) > c->end)
		return -1;
	a->ttl = p->ttl;
	a->is_stamp = p->protocol == IPPROTO_UDP;
	a->stamp = reply;
	a->seq = bpf_ntohl(echoed->seq);
	a->nonce = nonce_of(&echoed->sent);
	/* Or clang picks the address first, which takes CAP_PERFMON. */
	barrier_var(a->seq);
	barrier_var(a->nonce);
	if (a->is_stamp) {
		a->seq = bpf_ntohl(reply->sender_seq);
		a->nonce = nonce_of(&reply->sender_sent);
	}
	return 0;
}

/* The armed slot of a request on its way out, or null. */
static __always_inline struct slot *
request_slot(const struct session *s, const struct stamp_request *request)
{
	__u32 seq = bpf_ntohl(request->seq);
	struct slot *slot = slot_of(s, seq);

	if (!slot || slot->state != SLOT_ARMED ||
	    !slot_is_of(slot, seq, nonce_of(&request->sent)))
		return 0;
	return slot;
}

#endif
