// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device-bound hook with a made-up NIC: the one function of the kernel's is
 * replaced by what the test sets, so that it can be test-run.
 */
#define XRTT_BPF_KFUNC_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 fake_stamp = 0;
int fake_error = 0;

static __always_inline int
bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp)
{
	(void)ctx;
	if (!fake_error)
		*timestamp = fake_stamp;
	return fake_error;
}

#include "../bpf/hwstamp.bpf.c"
