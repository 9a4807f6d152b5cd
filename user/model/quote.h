/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an ICMP error says about the packet that it quotes (RFC 792, RFC 4443),
 * its extensions included (RFC 4884: the structure; RFC 4950: MPLS).
 */
#ifndef XRTT_MODEL_QUOTE_H
#define XRTT_MODEL_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum quote_kind {
	QUOTE_EXCEEDED,	   /* TTL or hop limit had reached its end */
	QUOTE_PORT,	   /* nothing listens on that port of the host */
	QUOTE_UNREACHABLE, /* it goes no further, for another reason */
	QUOTE_TOO_BIG,	   /* of the next link, and not to be fragmented */
	QUOTE_KINDS,
};

/* A label stack entry (RFC 3032). */
struct mpls_label {
	uint32_t label;
	uint8_t traffic_class;
	bool is_bottom;
	uint8_t ttl;
};

#define QUOTE_LABELS 16

struct quote {
	enum quote_kind kind;
	uint8_t type;
	uint8_t code;
	uint32_t mtu; /* QUOTE_TOO_BIG: of the next link; 0: it does not say */
	int ttl;      /* of the packet as it came in there */
	int dscp_ecn; /* octet of the same */
	int checksum; /* UDP's of the same, host order, -1: not UDP's */
	bool has_extensions;
	size_t labels; /* outermost first */
	struct mpls_label label[QUOTE_LABELS];
};

/*
 * `message` begins with the ICMP header; `octets` of it are there, of `whole`
 * there were. Extensions that are not all there, or whose checksum is wrong,
 * are as if there were none. Routers older than RFC 4884 set no length: their
 * extensions are looked for behind 128 octets, and need a checksum. 0, or
 * -EINVAL: not an ICMP error of `version` (4 or 6) that quotes a whole header
 * and eight octets.
 */
int quote_read(int version, const uint8_t *message, size_t octets, size_t whole,
	       struct quote *out);

/* Why a packet went no further, of QUOTE_UNREACHABLE: "host unreachable". */
const char *quote_reason(int version, uint8_t code);

#endif
