/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for the BPF tests: crafted requests, and the answers they must get,
 * octet by octet. Shares the wire's constants with the programs under test but
 * none of their code; checksums are summed here in another way.
 */
#ifndef XRTT_TEST_FRAMES_H
#define XRTT_TEST_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 1500
#define FRAME_PORT 862
#define FRAME_STAMP 44 /* octets of STAMP's base packet */

struct frame {
	uint8_t octets[FRAME_MAX];
	size_t length;
};

/* What to build; frame_defaults() gives a good request. */
struct frame_spec {
	int version; /* 4 or 6 */
	int tags;    /* VLAN tags, 0 to 2 */
	int no_link;
	int options;   /* IPv4: octets of them */
	uint16_t part; /* IPv4: the flags and offset field; IPv6: a header */
	uint16_t source_port;
	uint16_t port;
	uint16_t ssid;
	uint32_t seq;
	uint8_t ttl;
	uint8_t tos;
	uint8_t source; /* last octet of the source address */
	uint8_t local;	/* last octet of the destination's */
	uint8_t mac;	/* first octet of the destination's */
	int no_checksum;
	int padding;	/* octets after the IP packet */
	size_t payload; /* octets of UDP payload */
	const uint8_t *tlvs;
	size_t tlvs_length; /* copied to octet 44 of the payload */
};

/* Where a frame's headers are; `udp` is 0 if it is not plain IP and UDP. */
struct frame_layout {
	size_t ip;
	size_t udp;
	size_t udp_length;
	int version;
};

/* What an answer has in it that the request does not tell. */
struct frame_answer {
	uint32_t seq;
	uint16_t error;
	uint32_t received; /* for a Direct Measurement TLV */
	uint32_t answered;
};

struct frame_spec frame_defaults(int version);
void frame_build(struct frame *f, const struct frame_spec *spec);
/* The addresses that frame_build() uses, IPv4 as ::ffff:a.b.c.d. */
void frame_address(uint8_t address[16], int version, int is_local,
		   uint8_t last);
struct frame_layout frame_parse(const struct frame *f, int no_link);
/* Writes both checksums as they must be; a UDP checksum of 0 on IPv4 stays. */
void frame_seal(struct frame *f, int no_link);
/* 1 if both checksums hold. */
int frame_is_valid(const struct frame *f, int no_link);
/* The answer to `request`, with both of its stamps 0 and so not sealed. */
void frame_expect(struct frame *answer, const struct frame *request,
		  const struct frame_answer *with, int no_link);
/* TAI ns of the PTP stamp at payload offset `at`. */
uint64_t frame_stamp(const struct frame *f, size_t at, int no_link);
uint32_t frame_get32(const uint8_t *at);
void frame_put16(uint8_t *at, uint16_t value);
void frame_put32(uint8_t *at, uint32_t value);

#endif
