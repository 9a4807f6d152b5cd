/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of an Internet checksum (RFC 1071): 64 bits of words folded to 16. */
#ifndef XRTT_BPF_FOLD_H
#define XRTT_BPF_FOLD_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __always_inline __u16 checksum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

#endif
