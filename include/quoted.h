/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between `xrtt path` and its BPF programs, beside slot.h: what
 * somebody on the way has to say about a probe, kept next to the probe's slot.
 *
 * A router quotes a probe's IP header and at least eight octets behind it (RFC
 * 792, RFC 4443), which are the same for every probe of a flow, or load
 * balancers would send them over different paths (Augustin et al., IMC 2006),
 * but for a tag, 16 bits of the sequence number:
 *
 *   UDP over IPv4   the Identification, of which RFC 6864 says that a packet
 *                   with DF set needs none
 *   UDP over IPv6   the UDP checksum, which the payload makes come out so
 *   ICMP echo       the sequence number, and the payload keeps the checksum
 *                   what it is
 *
 * All three are set in every UDP probe, so that a NAT on the way shows.
 */
#ifndef XRTT_QUOTED_H
#define XRTT_QUOTED_H

#include <linux/types.h>

/* Never 0 or 0xffff, as no UDP checksum is, nor an Identification that the
 * kernel leaves alone. Sequence numbers whose tag would be are left out. */
#define PATH_TAG(seq) ((seq)&0xffff)

/* A slot's `reply`. */
enum path_reply {
	PATH_REPLY_TARGET, /* STAMP's, or an echo reply */
	PATH_REPLY_QUOTE,  /* an ICMP error about it */
};

/* As much of an ICMP message as is kept: its header, 128 octets of the probe,
 * and the extensions behind (RFC 4884) with more labels than there are. */
#define PATH_QUOTE_MOST 255

/* By slot. Written once, before the slot is done. */
struct path_quote {
	__u8 from[16]; /* IPv4 as ::ffff:a.b.c.d */
	__u32 octets;  /* there are; 0: none */
	__u32 whole;   /* octets the message has */
	__u8 data[PATH_QUOTE_MOST + 1];
};

_Static_assert(__builtin_offsetof(struct path_quote, octets) == 16, "");
_Static_assert(__builtin_offsetof(struct path_quote, data) == 24, "");
_Static_assert(sizeof(struct path_quote) == 280, "");

#endif
