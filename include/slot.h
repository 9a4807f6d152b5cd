/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober's contract between its BPF programs and user space: sessions,
 * slots, the record that leaves through the ring buffer, and the counters.
 *
 * A probe owns one slot from the moment it is armed until user space has
 * settled it. Every hook that sees the probe writes one stamp into the slot,
 * once; the last hook copies the slot into the ring buffer. A half-filled slot
 * tells where its probe stopped.
 *
 *   FREE -- armed by the engine --> ARMED -- last hook --> DONE
 *                                     `----- user, by compare-and-swap of the
 *                                            state --> EXPIRED
 *
 * User space re-arms a slot no earlier than SLOT_QUIET_NS after it expired or
 * was done, so that a hook half way through a slot finishes first.
 */
#ifndef XRTT_SLOT_H
#define XRTT_SLOT_H

#include <linux/types.h>

#define SLOT_QUIET_NS 10000000

enum slot_state {
	SLOT_FREE,
	SLOT_ARMED,
	SLOT_DONE,
	SLOT_EXPIRED,
};

/* Which engine armed the slot: XDP passes the one's replies on and drops the
 * other's. */
enum slot_engine {
	SLOT_SOCKET,
	SLOT_BYPASS,
};

/* The whole probe was seen, but the ring buffer had no room for its record. */
#define SLOT_UNRECORDED 0x1
/* A second reply came before the first had passed the last hook, so the stamps
 * after the first receive hook may be the second one's. */
#define SLOT_AMBIGUOUS 0x2

/*
 * One probe. Local stamps but hw_rx are CLOCK_MONOTONIC in ns, 0: not stamped;
 * that 0 ends at user space's border, where absence becomes a flag. The
 * remote's stamps and the nonce are the packet's eight octets as they stand.
 * What both worlds alter at once is 64 bits wide: clang has no other atomic
 * operations for the prober (see the Makefile).
 */
struct slot {
	__u64 state; /* enum slot_state */
	__u64 nonce; /* the Session-Sender timestamp that the reply must echo */
	__u64 tc_tx;
	__u64 drv_tx; /* bypass engine only: just before the redirect */
	__u64 hw_rx;  /* of the NIC's own clock, and the bypass engine's only */
	__u64 xdp_rx;
	__u64 tc_rx;
	__u64 sock_rx;
	__u64 remote_rx;
	__u64 remote_tx;
	__u32 reflector_seq;
	__u32 session;		 /* index of the session */
	__u32 duplicate_forward; /* further replies, made on the way there */
	__u32 duplicate_return;	 /* further copies of one reply */
	__u16 remote_error;	 /* Error Estimate of the reply, host order */
	__u8 ttl;		 /* of the reply as it came in */
	__u8 remote_ttl; /* of the request as it came in at the far host */
	__u8 engine;	 /* enum slot_engine */
	__u8 reply;	 /* enum syn_reply, TCP only */
	__u8 reserved[2];
	__u16 tx_cpu;
	__u16 rx_cpu;
	__u32 seq; /* Session-Sender sequence number, host order */
	/* Bypass engine: when its program had the CPU back after the redirect,
	 * so the driver had rung the doorbell by then; 0 if nobody looked. */
	__u64 tx_done;
	__u64 flags; /* SLOT_* bits; ends two cache lines, never shared */
};

/*
 * One 5-tuple. `local_port` is what a packet is looked up by and belongs to one
 * session of the process; for ICMP it is the identifier. Written before the
 * session's first probe and constant from then on.
 */
struct session {
	__u8 remote[16]; /* IPv4 as ::ffff:a.b.c.d */
	__be16 local_port;
	__be16 remote_port; /* 0 for ICMP */
	__u8 protocol;	    /* IPPROTO_* */
	__u8 reserved[3];
	__u32 first_slot;
	__u32 slot_mask; /* slots of the session - 1; their number is 2^n */
};

/* Sequence numbers from here on are asked about, not measured: no slot. */
#define SEQ_CONTROL 0xffffff00U

/*
 * Ports: an array of PORTS_MAX __u32 by local port in host order; the session's
 * index plus one, 0 for "not ours". Riders: the same of __u64, the sequence
 * number of the TCP probe from that port (syn.h).
 */
#define PORTS_MAX 65536

/* Set before load; the verifier drops what it rules out. */
struct prober_config {
	__u32 link_header; /* octets before the IP header: 14, or 0 for tun */
	__u32 rx_at_tc;	   /* no XDP: TC ingress is the first receive hook */
	__u32 is_tcp;	   /* all sessions are TCP's (syn.h), or none is */
	__u32 is_vlan;	   /* they are a VLAN's, and the hooks below it */
};

enum prober_counter {
	COUNT_STALE,	 /* a reply of ours that matches no armed slot */
	COUNT_RING_FULL, /* no room in the ring buffer: probe unrecorded */
	COUNT_RESETS,	 /* TCP: RSTs that XDP made of SYN-ACKs and sent */
	PROBER_COUNTERS,
};

#define SLOT_ASSERT(member, offset) \
	_Static_assert(__builtin_offsetof(struct slot, member) == (offset), \
		       #member " is at " #offset)

SLOT_ASSERT(state, 0);
SLOT_ASSERT(nonce, 8);
SLOT_ASSERT(tc_tx, 16);
SLOT_ASSERT(drv_tx, 24);
SLOT_ASSERT(hw_rx, 32);
SLOT_ASSERT(xdp_rx, 40);
SLOT_ASSERT(tc_rx, 48);
SLOT_ASSERT(sock_rx, 56);
SLOT_ASSERT(remote_rx, 64);
SLOT_ASSERT(remote_tx, 72);
SLOT_ASSERT(reflector_seq, 80);
SLOT_ASSERT(session, 84);
SLOT_ASSERT(duplicate_forward, 88);
SLOT_ASSERT(duplicate_return, 92);
SLOT_ASSERT(remote_error, 96);
SLOT_ASSERT(ttl, 98);
SLOT_ASSERT(remote_ttl, 99);
SLOT_ASSERT(engine, 100);
SLOT_ASSERT(reply, 101);
SLOT_ASSERT(tx_cpu, 104);
SLOT_ASSERT(rx_cpu, 106);
SLOT_ASSERT(seq, 108);
SLOT_ASSERT(tx_done, 112);
SLOT_ASSERT(flags, 120);
_Static_assert(sizeof(struct slot) == 128, "a slot is 128 octets");
_Static_assert(sizeof(struct session) == 32, "a session is 32 octets");
_Static_assert(sizeof(struct prober_config) == 16, "");
_Static_assert(__builtin_offsetof(struct session, local_port) == 16, "");
_Static_assert(__builtin_offsetof(struct session, protocol) == 20, "");
_Static_assert(__builtin_offsetof(struct session, first_slot) == 24, "");

#endif
