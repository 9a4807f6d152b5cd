/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A probe's frames, both ways: the request as it leaves this host and the reply
 * as it comes in, in UDP or ICMP echo. Offsets are written out from RFC 8762,
 * RFC 792 and RFC 4443; nothing of the programs under test is used.
 */
#ifndef XRTT_TEST_PROBE_FRAMES_H
#define XRTT_TEST_PROBE_FRAMES_H

#include "frames.h"

struct probe_spec {
	int version;
	int protocol; /* IPPROTO_* */
	int outbound; /* the request, not the reply */
	int tags;
	int no_link;
	int options;   /* IPv4: octets of them */
	uint16_t part; /* IPv4: flags and offset; IPv6: a fragment header */
	uint8_t far;   /* last octet of the far address */
	uint8_t near;
	uint16_t far_port;
	uint16_t near_port; /* ICMP: the identifier */
	uint8_t ttl;
	int icmp_type; /* -1: the echo that goes this way */
	uint32_t seq;
	uint64_t nonce; /* as its octets lie in memory, like the stamps below */
	size_t payload; /* octets behind the UDP or ICMP header, 44 or more */
	/* What only a STAMP reply says. */
	uint32_t reflector_seq;
	uint64_t received;
	uint64_t sent;
	uint16_t error;
	uint8_t sender_ttl;
};

/* Where the headers of what probe_frame_build() makes are. */
struct probe_layout {
	size_t ip;
	size_t transport;
	size_t payload;
	size_t seq;
	size_t nonce;
};

void probe_frame_build(struct frame *f, const struct probe_spec *s);
struct probe_layout probe_frame_layout(const struct probe_spec *s);
/* What the socket's filter sees of it, behind 14 octets of zero, which
 * test-run takes for a link header: UDP and ICMPv6 from their own header on,
 * ICMP from the IP header on. */
void probe_frame_cut(struct frame *cut, const struct frame *f,
		     const struct probe_spec *s);

#endif
