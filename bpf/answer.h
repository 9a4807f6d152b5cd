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
#include "link.h"
#include "request.h"

#define ANSWER_TTL 255

/* Nothing is less than 64 bits wide, for the reason that struct admit_keys
 * has. */
struct answer {
	__u64 received_ns;
	__s64 offset_ns; /* for both stamps: no step comes between them */
	__u64 error;	 /* Error Estimate, host order */
	__u64 seq;
	/* These are for an skb alone. */
	__u64 is_complete;   /* CHECKSUM_COMPLETE: skb->csum has to be kept */
	__u64 is_partial;    /* CHECKSUM_PARTIAL: the device completes it */
	__u64 octets_before; /* complement of the sum over the request */
};

static __always_inline __s64 answer_read_offset(void)
{
	return config.has_tai ? 0 : clock_known.tai_offset_ns;
}

static __always_inline __u64 answer_read_clock(__s64 offset_ns)
{
	return clock_read(config.has_tai, offset_ns);
}

/* Before `from_ns` is long after it: a clock that was set back. Two loads, as
 * one from either address takes CAP_PERFMON. */
static __always_inline __u32 answer_error(__u64 received_ns)
{
	__u32 error = clock_known.error;

	if (received_ns - clock_known.from_ns >= clock_known.lease_ns)
		error = clock_known.stale;
	return error;
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

/* IPv4 may do without. */
static __always_inline int answer_has_sum(const struct request *r)
{
	return r->ip.version != 4 || r->udp->check;
}

static __noinline int answer_begin_skb(struct __sk_buff *skb, struct answer *a)
{
	struct frame f = { .ctx = skb, .is_xdp = 0 };
	struct request r;

	if (request_parse(f, &r) || !request_has_room(&r))
		return -1;
	if (bpf_csum_update(skb, 0) >= 0) {
		a->is_complete = 1;
		a->octets_before = ~answer_sum_octets(f, &r);
	}
	if (answer_has_sum(&r))
		a->is_partial = answer_is_partial(f, &r);
	return 0;
}

/* To be called on the untouched request. */
static __always_inline void answer_begin(struct frame f, struct answer *a)
{
	a->is_complete = 0;
	a->is_partial = 0;
	a->octets_before = 0;
	if (!f.is_xdp)
		answer_begin_skb(f.ctx, a);
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
		link_turn(r->eth);
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
	reply->error = bpf_htons(a->error);
	reply->ssid = request.ssid;
	reply->received = clock_to_ptp(a->received_ns);
	reply->sender_seq = request.seq;
	reply->sender_sent = request.sent;
	reply->sender_error = request.error;
	reply->sender_ttl = ttl;
}

static __always_inline void answer_stamp(struct frame f, struct request *r,
					 struct stamp_reply *reply,
					 const struct answer *a)
{
	const int is_whole = answer_has_sum(r) && !a->is_partial;
	__u64 sum = 0;
	__u16 check;

	if (is_whole) {
		r->udp->check = 0;
		sum = checksum_pseudo(&r->ip, r->udp->len);
		sum = checksum_add(sum, r->udp, sizeof(*r->udp));
		sum = checksum_add(sum, reply, sizeof(*reply));
		sum = answer_sum_rest(sum, f, r);
	}
	reply->sent = clock_to_ptp(answer_read_clock(a->offset_ns));
	if (!is_whole)
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
	answer_stamp(f, &r, reply, a);
	if (!f.is_xdp && a->is_complete)
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
