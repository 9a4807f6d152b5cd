/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAMP's extensions, RFC 8972 section 4: which are there, and how they go
 * back. The walk reads and writes through helpers, as its offsets are variable
 * (see checksum.h).
 */
#ifndef XRTT_BPF_TLV_H
#define XRTT_BPF_TLV_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "door.h"
#include "wire.h"
#include "frame.h"

/* More cannot be in a request, even if all of them are empty. */
#define TLV_MAX \
	((STAMP_MAX_UDP - sizeof(struct udphdr) - \
	  sizeof(struct stamp_reply)) / \
	 sizeof(struct stamp_tlv))

/* Where the next TLV starts, and where the datagram ends. */
struct tlv_cursor {
	__u32 at;
	__u32 end;
};

/* The session's, for a Direct Measurement. */
struct tlv_counts {
	__u32 received;
	__u32 answered;
};

/* Takes one TLV's header off; 0, or -1 if what is left cannot be one. `flags`
 * becomes what the answer's must be. */
static __always_inline int tlv_next(struct frame f, struct tlv_cursor *c,
				    struct stamp_tlv *tlv)
{
	__u32 left, octets;

	if (c->at + sizeof(*tlv) > c->end ||
	    frame_load(f, c->at, tlv, sizeof(*tlv)))
		return -1;
	c->at += sizeof(*tlv);
	left = c->end - c->at;
	octets = bpf_ntohs(tlv->length);
	tlv->flags = tlv->type == STAMP_TLV_PADDING ||
				     tlv->type == STAMP_TLV_DIRECT_MEASUREMENT
			     ? 0
			     : STAMP_TLV_UNRECOGNIZED;
	if (octets > left ||
	    (tlv->type == STAMP_TLV_DIRECT_MEASUREMENT &&
	     octets != sizeof(struct stamp_direct_measurement)))
		tlv->flags |= STAMP_TLV_MALFORMED;
	return 0;
}

static __always_inline int tlv_find_measurement(struct frame f,
						struct tlv_cursor c)
{
	struct stamp_tlv tlv;
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < TLV_MAX; i++) {
		if (tlv_next(f, &c, &tlv) || tlv.flags & STAMP_TLV_MALFORMED)
			return 0;
		if (tlv.type == STAMP_TLV_DIRECT_MEASUREMENT)
			return 1;
		c.at += bpf_ntohs(tlv.length);
	}
	return 0;
}

/* The first four octets of the value, the sender's own count, stay. */
static __always_inline void tlv_fill_measurement(struct frame f, __u32 at,
						 struct tlv_counts n)
{
	__be32 counts[2] = { bpf_htonl(n.received), bpf_htonl(n.answered) };

	frame_store(f,
		    at + __builtin_offsetof(struct stamp_direct_measurement,
					    reflector_rx),
		    counts, sizeof(counts));
}

static __always_inline int tlv_turn(struct frame f, struct tlv_cursor c,
				    struct tlv_counts n)
{
	struct stamp_tlv tlv;
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < TLV_MAX; i++) {
		if (tlv_next(f, &c, &tlv))
			return 0;
		frame_store(f, c.at - sizeof(tlv), &tlv, 1);
		if (tlv.flags & STAMP_TLV_MALFORMED)
			return 0;
		if (tlv.type == STAMP_TLV_DIRECT_MEASUREMENT)
			tlv_fill_measurement(f, c.at, n);
		c.at += bpf_ntohs(tlv.length);
	}
	return 0;
}

/*
 * The walks are global functions: the verifier goes through each once instead
 * of once for every way there, which halves its work.
 */
__noinline int tlv_find_xdp(struct xdp_md *xdp, __u32 at, __u32 end)
{
	return tlv_find_measurement((struct frame){ xdp, 1 },
				    (struct tlv_cursor){ at, end });
}

__noinline int tlv_find_skb(struct __sk_buff *skb, __u32 at, __u32 end)
{
	return tlv_find_measurement((struct frame){ skb, 0 },
				    (struct tlv_cursor){ at, end });
}

__noinline int tlv_turn_xdp(struct xdp_md *xdp, __u32 at, __u32 end,
			    __u32 received, __u32 answered)
{
	return tlv_turn((struct frame){ xdp, 1 },
			(struct tlv_cursor){ at, end },
			(struct tlv_counts){ received, answered });
}

__noinline int tlv_turn_skb(struct __sk_buff *skb, __u32 at, __u32 end,
			    __u32 received, __u32 answered)
{
	return tlv_turn((struct frame){ skb, 0 },
			(struct tlv_cursor){ at, end },
			(struct tlv_counts){ received, answered });
}

/* Whether a Direct Measurement is asked for. */
static __always_inline int tlv_measures(struct frame f, struct tlv_cursor c)
{
	if (c.at + sizeof(struct stamp_tlv) > c.end)
		return 0;
	return f.is_xdp ? tlv_find_xdp(f.ctx, c.at, c.end)
			: tlv_find_skb(f.ctx, c.at, c.end);
}

/* Makes the request's TLVs the answer's; a malformed one ends it. */
static __always_inline void tlv_answer(struct frame f, struct tlv_cursor c,
				       const struct door_state *state)
{
	if (c.at + sizeof(struct stamp_tlv) > c.end)
		return;
	if (f.is_xdp)
		tlv_turn_xdp(f.ctx, c.at, c.end, state->received,
			     state->answered);
	else
		tlv_turn_skb(f.ctx, c.at, c.end, state->received,
			     state->answered);
}

#endif
