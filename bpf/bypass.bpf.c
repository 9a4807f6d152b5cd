// SPDX-License-Identifier: GPL-2.0-only
/* The bypass engine's sender: include/order.h says how it is driven. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "order.h"
#include "slot.h"
#include "wire.h"

#define NSEC_PER_SEC 1000000000ULL

/* Readings of the clock before the kernel may look after its own work. */
#define READS 32

/* Writing the frame takes less than this, and so many readings more. */
#define LEAD_NS 400
#define LEAD_READS 128

const volatile struct bypass_config config = {};
volatile struct bypass_state state = {};

static __u64 runs_seen;
static __u64 started; /* the first call of this test-run */
static __u64 last;    /* the last reading, 0 if a frame went after it */
static __u32 sent_at; /* index of the slot just sent, plus one */

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

/* The prober's. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

static __always_inline __u16 checksum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return sum ? sum : 0xffff; /* 0 says "no checksum" */
}

static __always_inline void note_gap(__u64 now)
{
	__u64 gap = now - last;

	if (!last || gap <= BYPASS_GAP_NS)
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
		if (slot)
			slot->tx_done = now;
	}
	note_gap(now);
	last = now;
	return now;
}

/* Reads the clock until `due`, `most` times at most; the last reading. */
static __always_inline __u64 wait(__u64 now, __u64 due, int most)
{
	for (int i = 0; i < most && now < due; i++) {
		now = bpf_ktime_get_ns();
		note_gap(now);
		last = now;
	}
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

static __always_inline struct stamp_time timestamp(__u64 now)
{
	__u64 tai = now + state.tai_offset_ns;
	struct stamp_time at = {
		.seconds = bpf_htonl(tai / NSEC_PER_SEC),
		.fraction = bpf_htonl(tai % NSEC_PER_SEC),
	};

	return at;
}

/* The frame's octets, whole. 0, or -1 if there is no room for them. */
static __always_inline int write_frame(struct xdp_md *ctx,
				       const struct bypass_frame *frame,
				       __be32 seq, struct stamp_time sent)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct stamp_request *request;
	struct udphdr *udp;

#define COPY(octets) \
	if (config.head == (octets)) { \
		if (data + (octets) > end) \
			return -1; \
		__builtin_memcpy(data, frame->head, (octets)); \
	}
	BYPASS_HEADS(COPY)
#undef COPY
	udp = data + (config.udp_at & 0x7f);
	request = (void *)(udp + 1);
	if ((void *)(request + 1) > end)
		return -1;
	request->seq = seq;
	request->sent = sent;
	udp->check = checksum(frame->sum + seq + sent.seconds + sent.fraction);
	return 0;
}

static __always_inline int send(struct xdp_md *ctx,
				const struct bypass_order *order, __u64 now)
{
	struct stamp_time sent = timestamp(order->due ? order->due : now);
	__u32 flow = order->flow, index;
	struct bypass_frame *frame = bpf_map_lookup_elem(&frames, &flow);
	struct slot *slot;
	__u64 nonce;

	if (!frame)
		return XDP_DROP;
	index = frame->first_slot + (order->seq & frame->slot_mask);
	slot = bpf_map_lookup_elem(&slots, &index);
	__builtin_memcpy(&nonce, &sent, sizeof(nonce));
	if (!slot || write_frame(ctx, frame, bpf_htonl(order->seq), sent) ||
	    !arm(slot, nonce))
		return XDP_DROP;
	slot->tx_cpu = bpf_get_smp_processor_id();
	if (!config.flood)
		sent_at = index + 1;
	now = wait(bpf_ktime_get_ns(), order->due, LEAD_READS);
	last = 0;
	slot->drv_tx = now;
	return bpf_redirect(config.ifindex, 0);
}

SEC("xdp")
int xrtt_bypass_tx(struct xdp_md *ctx)
{
	__u64 now = begin(), taken = state.taken;
	__u32 index = taken & config.order_mask;
	struct bypass_order *order;

	state.calls++;
	/* An atomic read, as the order itself must be read after it. */
	if (taken >= __sync_fetch_and_add(&state.filled, 0))
		return XDP_DROP;
	order = bpf_map_lookup_elem(&orders, &index);
	if (!order)
		return XDP_DROP;
	if (order->due > LEAD_NS) {
		now = wait(now, order->due - LEAD_NS, READS);
		if (now < order->due - LEAD_NS)
			return XDP_DROP;
		if (order->due < started) {
			state.missed++;
			state.taken = taken + 1;
			return XDP_DROP;
		}
	}
	state.taken = taken + 1;
	return send(ctx, order, now);
}

/* The other end of a hop (probe/hop.h): frames that went out are stamped as
 * they come in, and go no further. */
static __always_inline void hop_stamp(void *data, void *end, __u64 now)
{
	struct stamp_request *request =
		data + (config.udp_at & 0x7f) + sizeof(struct udphdr);
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
