/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector's contract between its BPF programs and user space: who may
 * ask, how often, what became of every packet that came to the port.
 */
#ifndef XRTT_DOOR_H
#define XRTT_DOOR_H

#include <linux/types.h>

/* Set before load; the verifier drops what it rules out. */
struct reflector_config {
	__be16 port;
	__u16 reserved;
	__u32 link_header; /* octets before the IP header: 14, or 0 for tun */
	__u32 has_tai;	   /* bpf_ktime_get_tai_ns() is there (6.1) */
	__u32 reserved2;
	__u64 token_ns; /* one answer per this long and source; 0: no limit */
	__u64 burst_ns; /* how far ahead of that a source may run */
};

/*
 * What is known of the clock: kept up to date while the reflector runs. Error
 * Estimates are in host order, S and Z included. `error` is true of a stamp
 * that is less than `lease_ns` after `from_ns`, in TAI as the stamps are; of
 * any other nobody has said anything, and `stale` is.
 */
struct reflector_clock {
	__s64 tai_offset_ns; /* TAI - MONOTONIC, where there is no helper */
	__u32 error;
	__u32 stale;
	__u64 from_ns;
	__u64 lease_ns;
};

/* Key of the allow list, an LPM trie. IPv4 is ::ffff:a.b.c.d, its /n /96+n. */
struct door_prefix {
	__u32 length;
	__u8 address[16];
};

/* Key of the local addresses that the reflector answers for. */
struct door_address {
	__u8 address[16];
};

/* A session as the reflector tells them apart (RFC 8762 4.1, RFC 8972 3). */
struct door_session {
	__u8 address[16];
	__be16 port;
	__be16 ssid;
};

/*
 * Counts of one session, all by atomic add. `seq` numbers the answers,
 * `received` and `answered` leave out requests with a Direct Measurement TLV.
 */
struct door_state {
	__u64 seq; /* its lower half goes on the wire */
	__u32 received;
	__u32 answered;
};

/*
 * Where a packet for the reflector's port ended. Everything but ANSWERED and
 * the refusals went on to the host's own stack, untouched.
 */
enum door_counter {
	DOOR_ANSWERED,
	DOOR_REFUSED_SOURCE, /* not on the allow list */
	DOOR_REFUSED_RATE,   /* its source was over --rate */
	DOOR_REFUSED_LOOP,   /* an answer: by its octets, or its port */
	DOOR_PASSED_SHORT,   /* less than STAMP's 44 octets */
	DOOR_PASSED_LONG,    /* more UDP than the checksum loop covers */
	DOOR_PASSED_LENGTH,  /* IP, UDP and frame lengths disagree */
	DOOR_PASSED_OPTIONS, /* IPv4 options */
	DOOR_PASSED_FRAGMENT,
	DOOR_PASSED_ELSEWHERE, /* for an address that is not this host's */
	DOOR_FAILED,	       /* answered, and the redirect or a map said no */
	DOOR_COUNTERS,
};

_Static_assert(sizeof(struct reflector_config) == 32, "");
_Static_assert(__builtin_offsetof(struct reflector_config, token_ns) == 16, "");
_Static_assert(sizeof(struct reflector_clock) == 32, "");
_Static_assert(sizeof(struct door_prefix) == 20, "");
_Static_assert(sizeof(struct door_address) == 16, "");
_Static_assert(sizeof(struct door_session) == 20, "");
_Static_assert(sizeof(struct door_state) == 16, "");

#endif
