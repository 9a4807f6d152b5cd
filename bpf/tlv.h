/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAMP's extensions, RFC 8972 section 4: which are there, and how they go
 * back. The walks read and write through helpers, as their offsets are variable
 * (see checksum.h), and are bpf_loop()'s: it has the verifier look at one turn,
 * where of a loop of ours it would follow every wrong guess at its end, and
 * without CAP_PERFMON the guesses have none.
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
	__u64 at;
	__u64 end;
};

struct tlv_walk {
	void *ctx; /* of the frame */
	struct tlv_cursor next;
	__u64 is_found; /* a Direct Measurement */
	__u64 counts;	/* what it is answered with, as it stands there */
};

/* A TLV's header; `flags` are the answer's. */
struct tlv {
	__u32 type;
	__u32 octets;
	__u8 flags;
};

/* Takes one TLV's header off; 0, or -1 if what is left cannot be one. */
static __always_inline int tlv_next(struct frame f, struct tlv_cursor *c,
				    struct tlv *tlv)
{
	struct stamp_tlv header;

	if (c->at + sizeof(header) > c->end ||
	    frame_load(f, c->at, &header, sizeof(header)))
		return -1;
	c->at += sizeof(header);
	tlv->type = header.type;
	tlv->octets = bpf_ntohs(header.length);
	tlv->flags = tlv->type == STAMP_TLV_PADDING ||
				     tlv->type == STAMP_TLV_DIRECT_MEASUREMENT
			     ? 0
			     : STAMP_TLV_UNRECOGNIZED;
	if (tlv->octets > c->end - c->at ||
	    (tlv->type == STAMP_TLV_DIRECT_MEASUREMENT &&
	     tlv->octets != sizeof(struct stamp_direct_measurement)))
		tlv->flags |= STAMP_TLV_MALFORMED;
	return 0;
}

/* These two are one turn of bpf_loop(): 1 ends it. */
static __always_inline int tlv_find(struct frame f, struct tlv_walk *w)
{
	struct tlv tlv;

	if (tlv_next(f, &w->next, &tlv) || tlv.flags & STAMP_TLV_MALFORMED)
		return 1;
	if (tlv.type == STAMP_TLV_DIRECT_MEASUREMENT) {
		w->is_found = 1;
		return 1;
	}
	w->next.at += tlv.octets;
	return 0;
}

static __always_inline int tlv_turn(struct frame f, struct tlv_walk *w)
{
	const __u32 counts_at = __builtin_offsetof(
		struct stamp_direct_measurement, reflector_rx);
	struct tlv tlv;
	__u8 flags;

	if (tlv_next(f, &w->next, &tlv))
		return 1;
	flags = tlv.flags;
	frame_store(f, w->next.at - sizeof(struct stamp_tlv), &flags,
		    sizeof(flags));
	if (tlv.flags & STAMP_TLV_MALFORMED)
		return 1;
	/* The first four octets of the value, the sender's count, stay. */
	if (tlv.type == STAMP_TLV_DIRECT_MEASUREMENT)
		frame_store(f, w->next.at + counts_at, &w->counts,
			    sizeof(w->counts));
	w->next.at += tlv.octets;
	return 0;
}

static long tlv_find_xdp(__u32 index, struct tlv_walk *w)
{
	(void)index;
	return tlv_find((struct frame){ w->ctx, 1 }, w);
}

static long tlv_find_skb(__u32 index, struct tlv_walk *w)
{
	(void)index;
	return tlv_find((struct frame){ w->ctx, 0 }, w);
}

static long tlv_turn_xdp(__u32 index, struct tlv_walk *w)
{
	(void)index;
	return tlv_turn((struct frame){ w->ctx, 1 }, w);
}

static long tlv_turn_skb(__u32 index, struct tlv_walk *w)
{
	(void)index;
	return tlv_turn((struct frame){ w->ctx, 0 }, w);
}

static __always_inline int tlv_are_there(const struct tlv_cursor *c)
{
	return c->at + sizeof(struct stamp_tlv) <= c->end;
}

/* The walks have functions of their own, as their callers' stack is full. */
static __noinline int tlv_walk_xdp(struct xdp_md *xdp, struct tlv_cursor *c)
{
	struct tlv_walk w = { .ctx = xdp, .next = *c };

	bpf_loop(TLV_MAX, tlv_find_xdp, &w, 0);
	return w.is_found;
}

static __noinline int tlv_walk_skb(struct __sk_buff *skb, struct tlv_cursor *c)
{
	struct tlv_walk w = { .ctx = skb, .next = *c };

	bpf_loop(TLV_MAX, tlv_find_skb, &w, 0);
	return w.is_found;
}

static __noinline int tlv_answer_xdp(struct xdp_md *xdp, struct tlv_cursor *c,
				     __u64 counts)
{
	struct tlv_walk w = { .ctx = xdp, .next = *c, .counts = counts };

	return bpf_loop(TLV_MAX, tlv_turn_xdp, &w, 0);
}

static __noinline int tlv_answer_skb(struct __sk_buff *skb,
				     struct tlv_cursor *c, __u64 counts)
{
	struct tlv_walk w = { .ctx = skb, .next = *c, .counts = counts };

	return bpf_loop(TLV_MAX, tlv_turn_skb, &w, 0);
}

/* Whether a Direct Measurement is asked for. */
static __always_inline int tlv_measures(struct frame f, struct tlv_cursor *c)
{
	if (!tlv_are_there(c))
		return 0;
	return f.is_xdp ? tlv_walk_xdp(f.ctx, c) : tlv_walk_skb(f.ctx, c);
}

/* Makes the request's TLVs the answer's; a malformed one ends it. */
static __always_inline void tlv_answer(struct frame f, struct tlv_cursor *c,
				       const struct door_state *state)
{
	__be32 pair[2];
	__u64 counts;

	if (!tlv_are_there(c))
		return;
	pair[0] = bpf_htonl(state->received);
	pair[1] = bpf_htonl(state->answered);
	__builtin_memcpy(&counts, pair, sizeof(counts));
	if (f.is_xdp)
		tlv_answer_xdp(f.ctx, c, counts);
	else
		tlv_answer_skb(f.ctx, c, counts);
}

#endif
