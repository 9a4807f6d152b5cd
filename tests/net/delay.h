/* SPDX-License-Identifier: GPL-2.0-only */
/* What delay.c tells its BPF program, set before load. */
#ifndef XRTT_TESTS_DELAY_H
#define XRTT_TESTS_DELAY_H

#include <linux/types.h>

#define DELAY_RANGES 16
#define DELAY_LOG 8192 /* packets whose arrival is remembered */

/* Packets from `first` to `last`, both counted from 1 in order of arrival. */
struct delay_range {
	__u64 first;
	__u64 last;
};

struct delay_config {
	__u64 wait_ns;
	__u16 port; /* source or destination, host order; UDP only */
	__u8 icmp;  /* ICMP and ICMPv6 echo and its reply instead of UDP */
	__u8 drop;
	__u8 odd; /* only odd Session-Sender sequence numbers; STAMP only */
	__u8 reserved[3];
	__u32 ranges; /* 0: every packet */
	struct delay_range range[DELAY_RANGES];
};

#endif
