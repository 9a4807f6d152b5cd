/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A probe over TCP is one SYN; its reply is the SYN-ACK or the RST that
 * acknowledges it (RFC 9293 section 3.5). Nothing of ours fits into either, so
 * a probe is known by its 4-tuple and its initial sequence number, the ISN:
 *
 *   local port -> session       the ports map, as for every protocol
 *   local port -> the probe     the riders map: its sequence number
 *   acknowledgement - 1 == ISN  in the slot's nonce
 *
 * So a local port carries one probe at a time. The bypass engine chooses the
 * ISN; the socket engine's is the kernel's choice, and TC egress takes it down
 * as the SYN leaves. From then on no other SYN leaves that port: a second one
 * is the kernel's retransmission, which has the same ISN, so that its reply
 * would pass for the first one's. TC egress drops it.
 */
#ifndef XRTT_SYN_H
#define XRTT_SYN_H

#include <linux/types.h>

/* A slot's nonce; 0 is "not known yet", which no ISN is. */
#define SYN_NONCE(isn) ((__u64)1 << 32 | (__u32)(isn))

/* The bypass engine's ISNs of one port rise by little, so that what an earlier
 * probe may have left there half open is in the next one's window and gets a
 * RST (RFC 9293 section 3.10.7.4), which is a reply as well. */
#define SYN_ISN(base, seq) ((__u32)(base) + (__u32)(seq))

/* What a reply was; in struct slot. */
enum syn_reply {
	SYN_REPLY_NONE,
	SYN_REPLY_SYN_ACK, /* somebody listens */
	SYN_REPLY_RST,	   /* nobody does, or a firewall says so */
};

/* Octets: a TCP header, and with a SYN's options as Linux has them. */
#define SYN_TCP_HEADER 20
#define SYN_TCP_LENGTH 40

/* Flags, in octet 13 of the header. */
#define SYN_FLAGS_AT 13
#define SYN_FIN 0x01
#define SYN_SYN 0x02
#define SYN_RST 0x04
#define SYN_ACK 0x10

#endif
