// SPDX-License-Identifier: GPL-2.0-only
/* The bypass engine's sender: include/order.h says how it is driven. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "fold.h"
#include "order.h"
#include "slots.h"
#include "syn.h"
#include "wire.h"

#define NSEC_PER_SEC 1000000000ULL

/* Readings of the clock before the kernel may look after its own work. */
#define READS 16

/* Writing the frame takes less than this; then it spins so often at most. */
#define LEAD_NS 400
#define LEAD_SPINS 4

/*
 * So many octets of metadata, which go nowhere, for the kernel to make its
 * xdp_frame afresh. Before 6.4 a recycled page keeps the one that the driver
 * has had (net/bpf/test_run.c: reset_ctx): virtio_net has put its header before
 * it, veth has cleared it.
 */
#define FRESH_META 4

/* Of a hop's frames: Ethernet, IPv4, UDP. */
#define HOP_REQUEST_AT (14 + 20 + 8)

const volatile struct bypass_config config = {};
volatile struct bypass_state state = {};

static __u64 runs_seen;
static __u64 started;  /* the first call of this test-run */
static __u64 last;     /* the last reading, 0 if a frame went after it */
static __u64 position; /* number of the next order */
static __u32 sent_at;  /* index of the slot just sent, plus one */
static __u32 sent_seq;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bypass_order);
} orders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bypass_frame);
} frames SEC(".maps");

static __always_inline __u16 checksum(__u64 sum)
{
	__u16 check = ~checksum_fold(sum);

	return check ? check : 0xffff; /* 0 says "no checksum" */
}

static __always_inline void note_gap(__u64 gap)
{
	if (gap <= BYPASS_GAP_NS)
		return;
	state.gaps++;
	state.gap_ns += gap;
	if (gap > state.gap_longest_ns)
		state.gap_longest_ns = gap;
}

/* The first reading of a call: what happened since the last one's end. */
static __always_inline __u64 begin(void)
{
	__u64 now = bpf_ktime_get_ns();
	struct slot *slot;
	__u32 index;

	if (runs_seen != state.runs) {
		runs_seen = state.runs;
		started = now;
		last = 0;
		sent_at = 0;
	}
	if (sent_at) {
		index = sent_at - 1;
		sent_at = 0;
		slot = bpf_map_lookup_elem(&slots, &index);
		if (slot && slot->seq == sent_seq)
			slot->tx_done = now;
	}
	/* Only now: all that the last call wrote is there by then. */
	if (state.taken != position)
		__sync_fetch_and_add(&state.taken, 1);
	if (last)
		note_gap(now - last);
	last = now;
	return now;
}

/*
 * Reads the clock until `due`, READS times at most; the last reading. Not
 * static, so that the verifier looks at it once; unrolled, and without a branch
 * for the longest gap, or without CAP_PERFMON its paths are too many.
 */
__noinline __u64 spin(__u64 due)
{
	__u64 now = bpf_ktime_get_ns(), longest = 0;

	last = now;
	if (now >= due)
		return now;
#pragma unroll
	for (int i = 1; i < READS; i++) {
		__u64 then = now, gap, longer;

		now = bpf_ktime_get_ns();
		gap = now - then;
		longer = (__s64)(longest - gap) >> 63; /* all ones, or 0 */
		barrier_var(longer);
		longest ^= (longest ^ gap) & longer;
		if (now >= due)
			break;
	}
	note_gap(longest);
	last = now;
	return now;
}

/* Nonce and state: the slot is armed. False if it still was. */
static __always_inline int arm(struct slot *slot, __u64 nonce)
{
	if (slot->state != SLOT_FREE) {
		state.refused++;
		return 0;
	}
	slot->nonce = nonce;
	__sync_val_compare_and_swap(&slot->state, SLOT_FREE, SLOT_ARMED);
	return 1;
}

/* A PTP timestamp as its eight octets stand in the packet. */
static __always_inline __u64 timestamp(__u64 now)
{
	__u64 tai = now + state.tai_offset_ns, nonce;
	struct stamp_time at = {
		.seconds = bpf_htonl(tai / NSEC_PER_SEC),
		.fraction = bpf_htonl(tai % NSEC_PER_SEC),
	};

	__builtin_memcpy(&nonce, &at, sizeof(nonce));
	return nonce;
}

/*
 * The frame's octets, whole: 0, or -1 if there is no room for them. A function
 * for each kind of frame, so that every offset is literal: adding one that was
 * loaded, as clang would, takes CAP_PERFMON.
 */
#define WRITER(octets, at) \
	static __noinline int write_##octets##_##at( \
		struct xdp_md *ctx, const struct bypass_frame *frame, \
		__be32 seq, __u64 nonce) \
	{ \
		void *data = (void *)(long)ctx->data; \
		void *end = (void *)(long)ctx->data_end; \
		struct udphdr *udp = data + (at); \
		struct stamp_request *request = (void *)(udp + 1); \
\
		if (data + (octets) > end) \
			return -1; \
		/* By words, whatever a packet's alignment. */ \
		__builtin_memcpy(__builtin_assume_aligned(data, 8), \
				 __builtin_assume_aligned(frame->head, 8), \
				 octets); \
		request->seq = seq; \
		__builtin_memcpy(&request->sent, &nonce, sizeof(nonce)); \
		udp->check = checksum(frame->sum + seq + (__u32)nonce + \
				      (nonce >> 32)); \
		return 0; \
	}
BYPASS_HEADS(WRITER)

/* `isn` is all that differs from one to the next. */
#define SYN_WRITER(octets, at) \
	static __noinline int write_syn_##octets( \
		struct xdp_md *ctx, const struct bypass_frame *frame, \
		__be32 isn) \
	{ \
		void *data = (void *)(long)ctx->data; \
		void *end = (void *)(long)ctx->data_end; \
		struct tcphdr *tcp = data + (at); \
\
		if (data + (octets) > end) \
			return -1; \
		__builtin_memcpy(__builtin_assume_aligned(data, 8), \
				 __builtin_assume_aligned(frame->head, 8), \
				 octets); \
		tcp->seq = isn; \
		tcp->check = ~checksum_fold(frame->sum + isn); \
		return 0; \
	}
BYPASS_SYN_HEADS(SYN_WRITER)

static __always_inline int
write_syn(struct xdp_md *ctx, const struct bypass_frame *frame, __be32 isn)
{
#define WRITE_SYN(octets, at) \
	if (config.head == (octets)) \
		return write_syn_##octets(ctx, frame, isn);
	BYPASS_SYN_HEADS(WRITE_SYN)
	return -1;
}

static __always_inline int write_frame(struct xdp_md *ctx,
				       const struct bypass_frame *frame,
				       __be32 seq, __u64 nonce)
{
#define WRITE(octets, at) \
	if (config.head == (octets) && config.udp_at == (at)) \
		return write_##octets##_##at(ctx, frame, seq, nonce);
	BYPASS_HEADS(WRITE)
	return -1;
}

static __always_inline int send(struct xdp_md *ctx,
				const struct bypass_order *order, __u64 now)
{
	__u32 isn = SYN_ISN(config.isn, order->seq);
	__u64 nonce = config.is_syn
			      ? SYN_NONCE(isn)
			      : timestamp(order->due > now ? order->due : now);
	__u32 flow = order->flow, index;
	struct bypass_frame *frame = bpf_map_lookup_elem(&frames, &flow);
	struct slot *slot;

	if (!frame || bpf_xdp_adjust_meta(ctx, -FRESH_META))
		return XDP_DROP;
	index = frame->first_slot + (order->seq & frame->slot_mask);
	slot = bpf_map_lookup_elem(&slots, &index);
	if (!slot ||
	    (config.is_syn
		     ? write_syn(ctx, frame, bpf_htonl(isn))
		     : write_frame(ctx, frame, bpf_htonl(order->seq), nonce)) ||
	    !arm(slot, nonce))
		return XDP_DROP;
	slot->tx_cpu = bpf_get_smp_processor_id();
	if (!config.flood)
		sent_at = index + 1;
	sent_seq = order->seq;
	now = spin(order->due);
	for (int i = 0; i < LEAD_SPINS && now < order->due; i++)
		now = spin(order->due);
	last = 0;
	slot->drv_tx = now;
	return bpf_redirect(config.ifindex, 0);
}

SEC("xdp")
int xrtt_bypass_tx(struct xdp_md *ctx)
{
	__u64 now = begin();
	__u32 index = position & config.order_mask;
	struct bypass_order *order;

	state.calls++;
	/* An atomic read, as the order itself must be read after it. */
	if (position >= __sync_fetch_and_add(&state.filled, 0))
		return XDP_DROP;
	order = bpf_map_lookup_elem(&orders, &index);
	if (!order)
		return XDP_DROP;
	if (order->due > LEAD_NS) {
		if (now < order->due - LEAD_NS)
			now = spin(order->due - LEAD_NS);
		if (now < order->due - LEAD_NS)
			return XDP_DROP;
		if (order->due < started) {
			state.missed++;
			position++;
			return XDP_DROP;
		}
	}
	position++;
	return send(ctx, order, now);
}

/* The other end of a hop (probe/hop.h): frames that went out are stamped as
 * they come in, and go no further. */
static __always_inline void hop_stamp(void *data, void *end, __u64 now)
{
	struct stamp_request *request = data + HOP_REQUEST_AT;
	__u32 index;
	struct slot *slot;

	if ((void *)(request + 1) > end)
		return;
	index = bpf_ntohl(request->seq) & config.order_mask;
	slot = bpf_map_lookup_elem(&slots, &index);
	if (slot)
		__sync_val_compare_and_swap(&slot->xdp_rx, 0, now);
}

SEC("xdp")
int xrtt_hop_xdp(struct xdp_md *ctx)
{
	/* Where TC is to stamp it, XDP is there for the frames to arrive. */
	if (config.hop_at_tc)
		return XDP_PASS;
	hop_stamp((void *)(long)ctx->data, (void *)(long)ctx->data_end,
		  bpf_ktime_get_ns());
	return XDP_DROP;
}

SEC("tc")
int xrtt_hop_tc(struct __sk_buff *skb)
{
	hop_stamp((void *)(long)skb->data, (void *)(long)skb->data_end,
		  bpf_ktime_get_ns());
	return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "GPL";
