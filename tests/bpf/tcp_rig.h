/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prober's programs as they are for probes over TCP, on crafted segments.
 * Offsets and flags are written out from RFC 9293; checksums are summed here,
 * by octets, in another way than the programs'.
 */
#ifndef XRTT_TEST_TCP_RIG_H
#define XRTT_TEST_TCP_RIG_H

#include <stdint.h>
#include "frames.h"
#include "slot.h"
#include "syn.h"

#define TCP_SLOTS 8
#define TCP_SESSIONS 2 /* over IPv4, over IPv6 */
#define TCP_FAR_PORT 443
#define TCP_PORT 40100 /* of the first session's first port; two of each */
#define TCP_ISN 0xfffffff0U

enum tcp_hook {
	TCP_EGRESS,
	TCP_XDP,
	TCP_INGRESS,
	TCP_SOCKET,
	TCP_HOOKS
};

struct prober_bpf;
struct ring_buffer;

struct tcp_rig {
	int rx_at_tc;
	struct prober_bpf *bpf;
	struct ring_buffer *ring;
	struct slot *slots;
	uint64_t *riders;
	struct slot before[TCP_SESSIONS * TCP_SLOTS];
	struct slot record; /* the last one */
	int records;	    /* since the last call of tcp_records() */
	int fd[TCP_HOOKS];
};

/* A segment between a session's two ends. */
struct tcp_segment {
	int session;
	int outbound;
	int tags;
	int options; /* octets of the TCP header's, by fours */
	int ip_options;
	uint16_t part; /* IPv4's flags and offset */
	uint16_t near_port;
	uint16_t far_port;
	uint8_t far; /* last octet of its address */
	uint8_t flags;
	uint8_t ttl;
	uint32_t seq;
	uint32_t ack;
};

/* `is_vlan`: the sessions are a VLAN's, the hooks below it. */
void tcp_rig_open(struct tcp_rig *r, int rx_at_tc, int is_vlan);
void tcp_rig_close(struct tcp_rig *r);

/* A SYN of the session's probe from its first port, and its SYN-ACK. */
struct tcp_segment tcp_syn(int session);
struct tcp_segment tcp_syn_ack(int session);

/* Whole, with checksums that hold; where its TCP header begins. */
size_t tcp_build(struct frame *f, const struct tcp_segment *s);

/* The slot of a session's probe, armed, and riding on the first port. */
struct slot *tcp_arm(struct tcp_rig *r, int session, uint32_t seq,
		     enum slot_engine engine);

/* Runs it; the verdict must be that and the octets untouched, except where
 * `out` is given, which is what they are then. */
void tcp_run(struct tcp_rig *r, enum tcp_hook hook, const struct frame *in,
	     uint32_t verdict, struct frame *out);
void tcp_send(struct tcp_rig *r, enum tcp_hook hook,
	      const struct tcp_segment *s, uint32_t verdict);

/* Remembers the slots; then none may have changed but `but`. */
void tcp_watch(struct tcp_rig *r);
void tcp_unchanged(const struct tcp_rig *r, const struct slot *but);

/* Records since the last call. */
int tcp_records(struct tcp_rig *r);
uint64_t tcp_stale(const struct tcp_rig *r);

#endif
