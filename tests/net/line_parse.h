/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The delay line's own parser: is this frame one of those that the ledger
 * follows? Sources: RFC 8762 section 4 (the STAMP packets' sequence numbers
 * at 0 in a request, 24 in a reply), RFC 792, RFC 4443. --sequence follows the
 * numbers of another protocol over UDP. TCP's on that port are the initial
 * sequence numbers: of a SYN, and what a SYN-ACK or a RST acknowledges less one
 * (RFC 9293 section 3.5); no other segments are measured.
 *
 * It works on a copy of the frame's first LINE_HEADER bytes, in a buffer twice
 * that long, so that masked offsets can never leave it.
 */
#ifndef LINE_PARSE_H
#define LINE_PARSE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "line_abi.h"

#define LINE_TCP 6
#define LINE_UDP 17
#define LINE_ICMP 1
#define LINE_ICMP6 58

struct line_seen {
	__u32 ip;     /* where the IP addresses begin */
	__u32 ip_len; /* bytes of both addresses, 0: not IP */
	__u32 l4;
	__u32 l4_len;
	__u32 protocol;
	__u32 seq;
	__u16 port;
	__u8 is_measured;
};

static __always_inline __u32 line_get16(const __u8 *h, __u32 at)
{
	at &= LINE_HEADER - 1;
	return (__u32)h[at] << 8 | h[at + 1];
}

static __always_inline __u32 line_get32(const __u8 *h, __u32 at)
{
	return line_get16(h, at) << 16 | line_get16(h, at + 2);
}

static __always_inline void line_parse_ip4(const __u8 *h, __u32 at, __u32 len,
					   struct line_seen *seen)
{
	__u32 words = line_get16(h, at);
	__u32 bytes = (words >> 8 & 15) * 4;
	__u32 total = line_get16(h, at + 2);

	/* More-fragments and the offset: only a first and only piece counts. */
	if (words >> 12 != 4 || bytes < 20 || total < bytes ||
	    at + total > len || line_get16(h, at + 6) & 0x3fff)
		return;
	seen->ip = at + 12;
	seen->ip_len = 8;
	seen->protocol = line_get16(h, at + 8) & 0xff;
	seen->l4 = at + bytes;
	seen->l4_len = total - bytes;
}

static __always_inline void line_parse_ip6(const __u8 *h, __u32 at, __u32 len,
					   struct line_seen *seen)
{
	__u32 payload = line_get16(h, at + 4);

	if (line_get16(h, at) >> 12 != 6 || at + 40 + payload > len)
		return;
	seen->ip = at + 8;
	seen->ip_len = 32;
	seen->protocol = line_get16(h, at + 6) >> 8;
	seen->l4 = at + 40;
	seen->l4_len = payload;
}

static __always_inline void line_parse_udp(const __u8 *h,
					   const volatile struct line_config *c,
					   struct line_seen *seen)
{
	__u32 source = line_get16(h, seen->l4);
	__u32 destination = line_get16(h, seen->l4 + 2);
	__u32 bytes = line_get16(h, seen->l4 + 4);

	if (bytes > seen->l4_len || bytes < 8 + c->seq_len)
		return;
	if (destination == c->port) {
		seen->port = source;
		seen->seq = line_get32(h, seen->l4 + 8 + c->seq_at[0]);
	} else if (source == c->port) {
		seen->port = destination;
		seen->seq = line_get32(h, seen->l4 + 8 + c->seq_at[1]);
	} else {
		return;
	}
	seen->is_measured = seen->seq < LINE_CONTROL;
}

static __always_inline void line_parse_tcp(const __u8 *h,
					   const volatile struct line_config *c,
					   struct line_seen *seen)
{
	__u32 source = line_get16(h, seen->l4);
	__u32 destination = line_get16(h, seen->l4 + 2);
	__u32 flags = line_get16(h, seen->l4 + 12) & 0x17;

	if (seen->l4_len < 20)
		return;
	if (destination == c->port && flags == 0x02) {
		seen->port = source;
		seen->seq = line_get32(h, seen->l4 + 4);
	} else if (source == c->port && (flags == 0x12 || flags == 0x14)) {
		seen->port = destination;
		seen->seq = line_get32(h, seen->l4 + 8) - 1;
	} else {
		return;
	}
	seen->is_measured = true;
}

static __always_inline void line_parse_icmp(const __u8 *h, bool is_stamp,
					    struct line_seen *seen)
{
	__u32 type = line_get16(h, seen->l4);
	bool is_echo = seen->protocol == LINE_ICMP
			       ? type == 0 || type == 8 << 8
			       : type == 128 << 8 || type == 129 << 8;

	if (!is_echo || seen->l4_len < 8)
		return;
	seen->port = line_get16(h, seen->l4 + 4);
	seen->seq = line_get16(h, seen->l4 + 6);
	if (is_stamp && seen->l4_len >= 8 + 12)
		seen->seq = line_get32(h, seen->l4 + 8);
	seen->is_measured = seen->seq < LINE_CONTROL;
}

/* Fills *seen, which is all zero before, from the copy h of a frame of len
 * bytes. */
static __always_inline void line_parse(const __u8 *h, __u32 len,
				       const volatile struct line_config *c,
				       struct line_seen *seen)
{
	__u32 type = line_get16(h, 12);
	__u32 at = 14;

	if (type == 0x8100 || type == 0x88a8) {
		type = line_get16(h, 16);
		at = 18;
	}
	if (type == 0x0800)
		line_parse_ip4(h, at, len, seen);
	else if (type == 0x86dd)
		line_parse_ip6(h, at, len, seen);
	if (!seen->ip_len)
		return;
	if (seen->protocol == LINE_UDP)
		line_parse_udp(h, c, seen);
	else if (seen->protocol == LINE_TCP)
		line_parse_tcp(h, c, seen);
	else if (seen->protocol == (seen->ip_len == 8 ? LINE_ICMP : LINE_ICMP6))
		line_parse_icmp(h, c->is_icmp_stamp, seen);
}

#endif
