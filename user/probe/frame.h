/* SPDX-License-Identifier: GPL-2.0-only */
/* A probe as a whole frame, as the bypass engine sends it. */
#ifndef XRTT_PROBE_FRAME_H
#define XRTT_PROBE_FRAME_H

#include "order.h"
#include "probe/packet.h"

/* Octets before the UDP header's: 14 or 18 of link, 20 or 40 of IP. */
#define FRAME_HEADERS_MAX (18 + 40 + 8)

/* What a socket would have the kernel find out. */
struct frame_path {
	uint8_t source_mac[6];
	uint8_t next_hop_mac[6];
	uint16_t vlan; /* 802.1Q identifier, 0: no tag */
	struct address source;
	struct address target;
	uint16_t source_port; /* host order */
	uint16_t target_port;
	unsigned int dscp;
	unsigned int hop_limit;
};

/* Octets from the frame's start to its IP header, and to its UDP header. */
unsigned int frame_link_length(const struct frame_path *path);
unsigned int frame_udp_at(const struct frame_path *path);

/* Writes the link and IP headers for `length` octets of a transport protocol;
 * returns where these begin. */
uint8_t *frame_put_headers(uint8_t *at, const struct frame_path *path,
			   uint8_t protocol, uint16_t length);

/* Addresses, protocol and length, for a checksum (RFC 9293 section 3.1, RFC
 * 768, RFC 8200 section 8.1). */
uint64_t frame_sum_pseudo(const struct frame_path *path, uint8_t protocol,
			  uint16_t length);

/* The whole frame's octets. */
unsigned int frame_length(const struct frame_path *path,
			  const struct packet_template *packet);

/*
 * Fills `out` but for its slots: link, IP and UDP headers and the STAMP request
 * of `packet`, IPv4's header checksum included, with the sum that the UDP
 * checksum is to be made from.
 */
void frame_build(const struct frame_path *path,
		 const struct packet_template *packet,
		 struct bypass_frame *out);

#endif
