/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the device-bound XDP program tells of the NIC's stamps. It is the
 * prober's first receive hook with one thing more: the stamp that the driver
 * found in the packet's descriptor (bpf_xdp_metadata_rx_timestamp, Linux 6.3;
 * Documentation/networking/xdp-rx-metadata.rst), put into the slots of the
 * bypass engine. Packets from SEQ_CONTROL on have no slot and are counted here:
 * before the first probe they show whether stamps come.
 */
#ifndef XRTT_NIC_H
#define XRTT_NIC_H

#include <linux/types.h>

struct nic_state {
	__u64 stamped; /* control packets with a stamp */
	__u64 absent;  /* without one: the driver has none of that packet */
	__u64 refused; /* the driver offers no such stamps at all */
	__u64 last;    /* the last stamp among them, in the NIC's clock */
};

_Static_assert(sizeof(struct nic_state) == 32, "");

#endif
