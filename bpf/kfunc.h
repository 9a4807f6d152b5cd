/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the kernel's that no UAPI header has. */
#ifndef XRTT_BPF_KFUNC_H
#define XRTT_BPF_KFUNC_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* The NIC's stamp of the packet, in the NIC's clock. 0, -EOPNOTSUPP where the
 * driver offers none, -ENODATA where it has none of this packet (net/core/xdp.c
 * and the drivers' xdp_metadata_ops). Only in a program bound to a device. */
extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx,
					 __u64 *timestamp) __ksym __weak;

#endif
