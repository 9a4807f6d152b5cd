// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prober's XDP hook for a NIC that stamps what it receives. An object of
 * its own: it needs the kernel's BTF, and its program is bound to one device
 * and cannot be test-run.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "kfunc.h"
#include "nic.h"
#include "receive.h"

#define ERROR_NOT_SUPPORTED 95

struct nic_state nic = {};

/* The stamp, 0 for none: some drivers give that as one. */
static __always_inline __u64 nic_stamp(struct xdp_md *ctx, int *err)
{
	__u64 stamp = 0;

	*err = bpf_xdp_metadata_rx_timestamp(ctx, &stamp);
	return *err ? 0 : stamp;
}

static __always_inline void control_note(struct xdp_md *ctx)
{
	int err;
	__u64 stamp = nic_stamp(ctx, &err);

	if (stamp) {
		nic.last = stamp;
		__sync_fetch_and_add(&nic.stamped, 1);
	} else if (err == -ERROR_NOT_SUPPORTED) {
		__sync_fetch_and_add(&nic.refused, 1);
	} else {
		__sync_fetch_and_add(&nic.absent, 1);
	}
}

SEC("xdp")
int xrtt_hw_rx(struct xdp_md *ctx)
{
	struct answer a = {};
	struct slot *slot;
	__u64 now = 0;
	int err;

	slot = xdp_receive(ctx, &a, &now);
	if (!slot && now && a.seq >= SEQ_CONTROL)
		control_note(ctx);
	if (!slot || slot->engine != SLOT_BYPASS)
		return XDP_PASS;
	/* A duplicate's is not the probe's. */
	if (slot->xdp_rx == now)
		slot->hw_rx = nic_stamp(ctx, &err);
	slot_complete(slot);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
