/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Internet checksum (RFC 1071): words as they lie in memory are added up
 * in 64 bits, which 512 octets cannot overflow, and folded once at the end.
 */
#ifndef XRTT_BPF_CHECKSUM_H
#define XRTT_BPF_CHECKSUM_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "wire.h"
#include "fold.h"
#include "frame.h"
#include "parse.h"

#define CHECKSUM_WORDS (STAMP_MAX_UDP - 1 - 3) /* a mask: whole words */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[STAMP_MAX_UDP]);
} scratch SEC(".maps");

/*
 * The sum of the frame's `octets` (less than STAMP_MAX_UDP, odd or even) from
 * offset `at` on. By way of a copy: without CAP_PERFMON the verifier takes
 * neither a packet pointer plus a variable nor, as it follows wrong guesses of
 * a branch too, a loop that moves one.
 */
static __always_inline __u64 checksum_of_frame(struct frame f, __u32 at,
					       __u32 octets)
{
	__u64 words = octets & CHECKSUM_WORDS;
	__u16 pair = 0;
	__u32 zero = 0;
	__u64 sum = 0;
	__u8 last = 0;
	void *copy;

	barrier_var(words); /* or "at least 4" becomes "not 0", and unbounded */
	if (words >= 4) {
		copy = bpf_map_lookup_elem(&scratch, &zero);
		if (!copy || frame_load(f, at, copy, words))
			return 0;
		sum = (__u32)bpf_csum_diff(0, 0, copy, words, 0);
	}
	if (octets & 2)
		frame_load(f, at + words, &pair, sizeof(pair));
	if (octets & 1)
		frame_load(f, at + (octets & ~1U), &last, sizeof(last));
	return sum + pair + bpf_htons(last << 8);
}

/* Global functions: the verifier goes through each once, instead of once for
 * every way there. */
__noinline __u64 checksum_of_xdp(struct xdp_md *xdp, __u32 at, __u32 octets)
{
	return checksum_of_frame((struct frame){ xdp, 1 }, at, octets);
}

__noinline __u64 checksum_of_skb(struct __sk_buff *skb, __u32 at, __u32 octets)
{
	return checksum_of_frame((struct frame){ skb, 0 }, at, octets);
}

static __always_inline __u64 checksum_add_frame(__u64 sum, struct frame f,
						__u32 at, __u32 octets)
{
	return sum + (f.is_xdp ? checksum_of_xdp(f.ctx, at, octets)
			       : checksum_of_skb(f.ctx, at, octets));
}

/* Addresses, protocol and length as UDP sees them; the same both ways. */
static __always_inline __u64 checksum_pseudo(const struct packet *p,
					     __be16 udp_length)
{
	__u64 sum = bpf_htons(IPPROTO_UDP) + udp_length;

	/* Or clang makes one sum of the two, over an address that varies, which
	 * takes CAP_PERFMON. */
	if (p->version == 4) {
		barrier();
		sum = checksum_add(sum, &p->ip4->saddr, 8);
		barrier();
		return sum;
	}
	return checksum_add(sum, &p->ip6->saddr, 32);
}

#endif
