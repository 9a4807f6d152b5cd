// SPDX-License-Identifier: GPL-2.0-only
/* At the other end of a cable: keeps the frames that come in, octet by octet
 * as they lay on the wire, and when they came. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "catcher.h"

volatile __u32 caught = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CATCHER_FRAMES);
	__type(key, __u32);
	__type(value, struct caught_frame);
} frames SEC(".maps");

SEC("xdp")
int catcher_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	__u64 length = (void *)(long)ctx->data_end - data, from = 0;
	struct caught_frame *frame;
	__u32 n;

	if (bpf_xdp_load_bytes(ctx, 6, &from, 6) || from != CATCHER_SOURCE)
		return XDP_PASS;
	n = __sync_fetch_and_add(&caught, 1) & (CATCHER_FRAMES - 1);
	frame = bpf_map_lookup_elem(&frames, &n);
	if (!frame || length < 1 || length > CATCHER_OCTETS)
		return XDP_DROP;
	frame->at = bpf_ktime_get_ns();
	frame->length = length;
	bpf_xdp_load_bytes(ctx, 0, frame->octets, length);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
