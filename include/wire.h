/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * STAMP on the wire: RFC 8762 (base), RFC 8972 (SSID and TLVs), unauthenticated
 * mode, UDP port 862. Both directions are 44 octets, all fields big-endian, so
 * an answer is never longer than its request.
 *
 * Used by the BPF programs and by user space; includes UAPI headers only.
 */
#ifndef XRTT_WIRE_H
#define XRTT_WIRE_H

#include <linux/types.h>

#define STAMP_PORT 862

/* The longest UDP datagram (header included) that the reflector answers. */
#define STAMP_MAX_UDP 512

/*
 * Seconds, then either nanoseconds (PTP, RFC 8186: Z bit set) or units of
 * 2^-32 s since 1900 (NTP). PTP seconds count TAI since 1970.
 */
struct stamp_time {
	__be32 seconds;
	__be32 fraction;
};

/* What the Session-Sender sends (RFC 8972 figure 2). */
struct stamp_request {
	__be32 seq;
	struct stamp_time sent;
	__be16 error; /* STAMP_ERROR_*, RFC 4656 4.1.2 */
	__be16 ssid;
	__u8 mbz[28];
};

/* What the Session-Reflector answers (RFC 8972 figure 4). */
struct stamp_reply {
	__be32 seq; /* the reflector's own, if it is stateful */
	struct stamp_time sent;
	__be16 error;
	__be16 ssid;
	struct stamp_time received;
	__be32 sender_seq;
	struct stamp_time sender_sent; /* echoed: what a reply is matched on */
	__be16 sender_error;
	__be16 mbz1;
	__u8 sender_ttl; /* TTL or hop limit as the request arrived */
	__u8 mbz2[3];
};

/*
 * Error Estimate: S (clock is synchronised to UTC), Z (PTP format), then
 * 6 bits Scale and 8 bits Multiplier: error = Multiplier * 2^(Scale - 32) s.
 * A Multiplier of 0 is invalid.
 */
#define STAMP_ERROR_SYNC 0x8000
#define STAMP_ERROR_PTP 0x4000
#define STAMP_ERROR_SCALE_SHIFT 8
#define STAMP_ERROR_SCALE_MASK 0x3f
#define STAMP_ERROR_MULTIPLIER_MASK 0xff

/* Follows the 44 octets, any number of times (RFC 8972 section 4). */
struct stamp_tlv {
	__u8 flags;
	__u8 type;
	__be16 length; /* of what follows these four octets */
};

#define STAMP_TLV_UNRECOGNIZED 0x80
#define STAMP_TLV_MALFORMED 0x40
#define STAMP_TLV_INTEGRITY 0x20

#define STAMP_TLV_PADDING 1
#define STAMP_TLV_DIRECT_MEASUREMENT 5

/*
 * Direct Measurement (RFC 8972 section 4.5). "In-profile" is left to the
 * operator by the RFC; here it is every request of the session that carries no
 * Direct Measurement TLV, so asking never changes what is asked about.
 */
struct stamp_direct_measurement {
	__be32 sender_tx;
	__be32 reflector_rx; /* reached the reflector, answered or refused */
	__be32 reflector_tx; /* answered */
};

#define STAMP_ASSERT(what, bytes) \
	_Static_assert((what) == (bytes), #what " is " #bytes)

STAMP_ASSERT(sizeof(struct stamp_time), 8);
STAMP_ASSERT(sizeof(struct stamp_request), 44);
STAMP_ASSERT(__builtin_offsetof(struct stamp_request, sent), 4);
STAMP_ASSERT(__builtin_offsetof(struct stamp_request, error), 12);
STAMP_ASSERT(__builtin_offsetof(struct stamp_request, ssid), 14);
STAMP_ASSERT(sizeof(struct stamp_reply), 44);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, sent), 4);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, error), 12);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, ssid), 14);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, received), 16);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, sender_seq), 24);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, sender_sent), 28);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, sender_error), 36);
STAMP_ASSERT(__builtin_offsetof(struct stamp_reply, sender_ttl), 40);
STAMP_ASSERT(sizeof(struct stamp_tlv), 4);
STAMP_ASSERT(sizeof(struct stamp_direct_measurement), 12);

#endif
