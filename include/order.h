/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bypass engine's contract. One XDP program sits in an endless test-run
 * with live frames (Documentation/bpf/bpf_prog_run.rst) on one CPU, waits for
 * each order's time with its eyes on the clock, writes the probe's frame,
 * stamps its slot and redirects it to the interface's ndo_xdp_xmit: past the
 * socket, the IP stack, TC and the qdisc.
 *
 * User space prepares the slot (all of it but the nonce, its state still
 * SLOT_FREE) and only then publishes the order. The program writes the nonce,
 * arms the slot and stamps drv_tx, in this order. An order whose slot still is
 * FREE after it has been taken was not sent.
 */
#ifndef XRTT_ORDER_H
#define XRTT_ORDER_H

#include <linux/types.h>

/* A probe to send. The orders are a ring of 2^n, in the order of sending. */
struct bypass_order {
	__u64 due;  /* CLOCK_MONOTONIC ns; 0: at once */
	__u32 seq;  /* Session-Sender sequence number, host order */
	__u32 flow; /* whose frame and whose slots */
};

/* What the program writes afresh: pages come back as others left them, and no
 * one alters what lies behind. */
#define BYPASS_HEAD_MAX 128

/*
 * A flow's frame from its link header on, complete but for sequence number,
 * timestamp and UDP checksum, which are 0 in it.
 */
struct bypass_frame {
	__u8 head[BYPASS_HEAD_MAX];
	__u64 sum; /* of all that the UDP checksum covers, as it lies */
	__u32 first_slot;
	__u32 slot_mask;
};

/* Set before load. */
struct bypass_config {
	__u32 ifindex;	  /* where to send */
	__u32 order_mask; /* orders - 1 */
	__u32 flows;
	__u32 head;   /* octets to write: BYPASS_HEADS has what there may be */
	__u32 udp_at; /* where the UDP header starts */
	__u32 hop_at_tc; /* a hop's other end: TC stamps, not XDP */
	__u32 is_syn;	 /* frames are TCP's (syn.h), a flow each local port */
	__u32 flood;	 /* no time to note when a frame has gone */
	__u32 isn;	 /* of the probe with sequence number 0 */
	__u32 reserved;
};

/*
 * X(octets to write, where in them the UDP header starts): Ethernet, 802.1Q or
 * not, IPv4 or IPv6, UDP and STAMP; the same and the header of a padding TLV,
 * which the far host alters; and longer ones. A frame takes the longest that is
 * not longer than itself.
 */
#define BYPASS_HEADS(X) \
	X(86, 34) \
	X(90, 34) \
	X(128, 34) \
	X(90, 38) \
	X(94, 38) \
	X(128, 38) \
	X(106, 54) \
	X(110, 54) \
	X(128, 54) \
	X(110, 58) \
	X(114, 58) \
	X(128, 58)

/* The same for a SYN (syn.h), which is written whole. Of its frame the ISN and
 * the checksum are 0. */
#define BYPASS_SYN_HEADS(X) \
	X(74, 34) \
	X(78, 38) \
	X(94, 54) \
	X(98, 58)

/* Shared while it runs. */
struct bypass_state {
	__u64 filled; /* user: orders below this number are there */
	__u64 taken;  /* program: orders below this number are over; it says so
			at the call after */
	__u64 runs;   /* user: counts test-runs, before each */
	__s64 tai_offset_ns; /* user: TAI - MONOTONIC, for the timestamps */
	__u64 refused;	     /* orders whose slot was armed already */
	__u64 missed;	     /* orders whose time passed between test-runs */
	__u64 calls;
	__u64 gaps; /* times the CPU was gone for more than BYPASS_GAP_NS */
	__u64 gap_ns;
	__u64 gap_longest_ns;
};

/* Longer than this between two readings of the clock, with nothing sent
 * between, and somebody else had the CPU: an interrupt, another thread, the
 * hypervisor. */
#define BYPASS_GAP_NS 1000

_Static_assert(sizeof(struct bypass_order) == 16, "");
_Static_assert(sizeof(struct bypass_frame) == 144, "");
_Static_assert(__builtin_offsetof(struct bypass_frame, sum) == 128, "");
_Static_assert(sizeof(struct bypass_config) == 40, "");
_Static_assert(sizeof(struct bypass_state) == 80, "");

#endif
