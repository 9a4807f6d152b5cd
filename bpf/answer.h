/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request made into its answer, in place: RFC 8762 section 4.3.1. The
 * transmit stamp is the last thing but the checksum that covers it.
 */
#ifndef XRTT_BPF_ANSWER_H
#define XRTT_BPF_ANSWER_H

#include <linux/bpf.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "wire.h"
#include "parse.h"
#include "checksum.h"
#include "clock.h"
#include "frame.h"
#include "request.h"

#define ANSWER_TTL 255

/* What the UDP checksum has to be. */
enum answer_sum {
	ANSWER_SUM_FULL,
	ANSWER_SUM_NONE,    /* IPv4 without one */
	ANSWER_SUM_PARTIAL, /* CHECKSUM_PARTIAL: the device completes it */
};

struct answer {
	struct stamp_time received;
	__u32 seq;
	__u32 sum;	     /* enum answer_sum */
	__u32 is_complete;   /* CHECKSUM_COMPLETE: skb->csum has to be kept */
	__u32 octets_before; /* complement of the sum over the request */
};

static __always_inline __u64 answer_read_clock(void)
{
	return clock_read(config.has_tai, clock_known.tai_offset_ns);
}

/* From STAMP's octet 44 to the end of the datagram. */
static __always_inline __u64 answer_sum_rest(__u64 sum, struct frame f,
					     const struct request *r)
{
	const __u32 base = sizeof(*r->udp) + sizeof(struct stamp_reply);

	return checksum_add_frame(sum, f, r->at + base,
				  bpf_ntohs(r->udp->len) - base);
}

/* All from the IP header on, as skb->csum counts it. */
static __always_inline __u32 answer_sum_octets(struct frame f,
					       const struct request *r)
{
	__u64 sum;

	if (r->ip.version == 4)
		sum = checksum_add(0, r->ip.ip4, sizeof(struct iphdr));
	else
		sum = checksum_add(0, r->ip.ip6, sizeof(struct ipv6hdr));
	sum = checksum_add(sum, r->udp,
			   sizeof(*r->udp) + sizeof(struct stamp_reply));
	return checksum_fold(answer_sum_rest(sum, f, r));
}

/*
 * Whether an skb is CHECKSUM_PARTIAL, which no field tells: its sender left
 * the pseudo header's sum in the UDP header, and whoever sends it adds the
 * rest, so a whole checksum would come out wrong. inet_proto_csum_replace4()
 * leaves such a field alone unless the change is to the pseudo header; any
 * other it changes, but that one is written afresh anyway.
 */
static __always_inline int answer_is_partial(struct frame f,
					     const struct request *r)
{
	__u32 at = r->at + __builtin_offsetof(struct udphdr, check);
	__sum16 before = r->udp->check;
	__sum16 after;

	if (bpf_l4_csum_replace(f.ctx, at, 0, 1, sizeof(after)) ||
	    bpf_skb_load_bytes(f.ctx, at, &after, sizeof(after)))
		return 0;
	return before == after;
}

/* To be called on the untouched request; ends its pointers' life. */
static __always_inline void
answer_begin(struct frame f, const struct request *r, struct answer *a)
{
	a->is_complete = 0;
	a->sum = ANSWER_SUM_FULL;
	if (r->ip.version == 4 && !r->udp->check)
		a->sum = ANSWER_SUM_NONE;
	if (f.is_xdp || !request_has_room(r))
		return;
	if (bpf_csum_update(f.ctx, 0) >= 0) {
		a->is_complete = 1;
		a->octets_before = ~answer_sum_octets(f, r);
	}
	if (a->sum == ANSWER_SUM_FULL && answer_is_partial(f, r))
		a->sum = ANSWER_SUM_PARTIAL;
}

static __always_inline void answer_turn_link(struct ethhdr *eth)
{
	__u8 address[ETH_ALEN];

	__builtin_memcpy(address, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, address, ETH_ALEN);
}

static __always_inline void answer_turn_ip4(struct iphdr *ip)
{
	__be32 address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->ttl = ANSWER_TTL;
	ip->check = 0;
	ip->check = ~checksum_fold(checksum_add(0, ip, sizeof(*ip)));
}

static __always_inline void answer_turn_ip6(struct ipv6hdr *ip)
{
	struct in6_addr address = ip->daddr;

	ip->daddr = ip->saddr;
	ip->saddr = address;
	ip->hop_limit = ANSWER_TTL;
}

static __always_inline void answer_turn(struct request *r)
{
	__be16 port = r->udp->dest;

	if (config.link_header)
		answer_turn_link(r->eth);
	if (r->ip.version == 4)
		answer_turn_ip4(r->ip.ip4);
	else
		answer_turn_ip6(r->ip.ip6);
	r->udp->dest = r->udp->source;
	r->udp->source = port;
}

/* All of STAMP's 44 octets but the transmit stamp, which is zeroed. */
static __always_inline void answer_fill(struct stamp_reply *reply,
					const struct answer *a, __u8 ttl)
{
	struct stamp_request request = *(struct stamp_request *)reply;

	__builtin_memset(reply, 0, sizeof(*reply));
	reply->seq = bpf_htonl(a->seq);
	reply->error = bpf_htons(clock_known.error);
	reply->ssid = request.ssid;
	reply->received = a->received;
	reply->sender_seq = request.seq;
	reply->sender_sent = request.sent;
	reply->sender_error = request.error;
	reply->sender_ttl = ttl;
}

static __always_inline void answer_stamp(struct frame f, struct request *r,
					 struct stamp_reply *reply, __u32 kind)
{
	__u64 sum = 0;
	__u16 check;

	if (kind == ANSWER_SUM_FULL) {
		r->udp->check = 0;
		sum = checksum_pseudo(&r->ip, r->udp->len);
		sum = checksum_add(sum, r->udp, sizeof(*r->udp));
		sum = checksum_add(sum, reply, sizeof(*reply));
		sum = answer_sum_rest(sum, f, r);
	}
	reply->sent = clock_to_ptp(answer_read_clock());
	if (kind != ANSWER_SUM_FULL)
		return;
	check = ~checksum_fold(
		checksum_add(sum, &reply->sent, sizeof(reply->sent)));
	r->udp->check = check ? check : 0xffff;
}

/* 0, or -1 if the frame is not what it was when it was judged. */
static __always_inline int answer_write(struct frame f, const struct answer *a)
{
	struct stamp_reply *reply;
	struct request r;

	if (request_parse(f, &r) || !request_has_room(&r))
		return -1;
	reply = (void *)(r.udp + 1);
	answer_fill(reply, a, r.ip.ttl);
	answer_turn(&r);
	answer_stamp(f, &r, reply, a->sum);
	if (a->is_complete)
		bpf_csum_update(f.ctx, checksum_fold((__u64)a->octets_before +
						     answer_sum_octets(f, &r)));
	return 0;
}

/*
 * Functions of their own, for the sake of the stack: within one function clang
 * puts 32-bit values where a pointer was, which takes CAP_PERFMON.
 */
static __noinline int answer_write_xdp(struct xdp_md *xdp,
				       const struct answer *a)
{
	return answer_write((struct frame){ .ctx = xdp, .is_xdp = 1 }, a);
}

static __noinline int answer_write_skb(struct __sk_buff *skb,
				       const struct answer *a)
{
	return answer_write((struct frame){ .ctx = skb, .is_xdp = 0 }, a);
}

static __always_inline int answer_finish(struct frame f, const struct answer *a)
{
	return f.is_xdp ? answer_write_xdp(f.ctx, a)
			: answer_write_skb(f.ctx, a);
}

#endif
