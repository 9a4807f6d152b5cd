/* SPDX-License-Identifier: GPL-2.0-only */
/* The Internet checksum (RFC 1071): words as they lie in memory are added up in
 * 64 bits, and folded to 16 at the end. */
#ifndef XRTT_BPF_FOLD_H
#define XRTT_BPF_FOLD_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* `octets` is a constant multiple of 4; the caller has checked the bounds. */
static __always_inline __u64 checksum_add(__u64 sum, const void *data,
					  const __u32 octets)
{
	const __u32 *word = data;
	__u32 i;

#pragma unroll
	for (i = 0; i < octets / 4; i++)
		sum += word[i];
	return sum;
}

static __always_inline __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

#endif
