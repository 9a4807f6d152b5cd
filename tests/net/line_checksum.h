/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A veth with tx-checksumming on hands over UDP and TCP whose checksum field
 * holds only the pseudo-header's sum, for a NIC to complete that is not there.
 * Whoever gets the frame out of a redirect takes it for damaged. So the line
 * does what that NIC would have done. A complete checksum that happens to
 * equal the pseudo-header's sum comes out of this unchanged.
 */
#ifndef LINE_CHECKSUM_H
#define LINE_CHECKSUM_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "line_abi.h"
#include "line_parse.h"

#define LINE_SUM_CHUNK 512u

static __always_inline __u16 line_sum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline __u16 line_sum_pseudo(__u8 *h,
					     const struct line_seen *seen)
{
	__be32 *addresses = (__be32 *)(h + (seen->ip & (LINE_HEADER - 1)));
	__u64 sum;

	if (seen->ip_len == 8)
		sum = bpf_csum_diff(0, 0, addresses, 8, 0);
	else
		sum = bpf_csum_diff(0, 0, addresses, 32, 0);
	sum &= 0xffffffff;
	sum += bpf_htons(seen->protocol);
	sum += bpf_htons(seen->l4_len);
	return line_sum_fold(sum);
}

static __always_inline __u16 line_sum_segment(struct line_slot *slot, __u32 at,
					      __u32 len)
{
	__u32 sum = 0;

	at &= LINE_HEADER - 1;
#pragma unroll
	for (__u32 i = 0; i < LINE_FRAME_MAX / LINE_SUM_CHUNK; i++) {
		__u32 chunk = len > LINE_SUM_CHUNK ? LINE_SUM_CHUNK : len;

		len -= chunk;
		chunk = (chunk + 3) & ~3u;
		asm volatile("" : "+r"(chunk));
		if (!chunk || chunk > LINE_SUM_CHUNK)
			break;
		sum = bpf_csum_diff(
			0, 0, (__be32 *)(slot->data + at + i * LINE_SUM_CHUNK),
			chunk, sum);
	}
	return ~line_sum_fold(sum);
}

/* Returns whether there was something to complete. h is the header that *seen
 * was parsed from, slot holds the whole frame. */
static __always_inline bool
line_checksum_complete(struct line_slot *slot, __u8 *h, struct line_seen *seen)
{
	__u32 field = seen->protocol == LINE_UDP ? 6 : 16;
	__u32 end = seen->l4 + seen->l4_len;
	__u16 sum;

	if (!seen->ip_len || end != slot->len || end > LINE_FRAME_MAX)
		return false;
	if (seen->protocol != LINE_UDP && seen->protocol != LINE_TCP)
		return false;
	field = (seen->l4 + field) & (LINE_HEADER - 1);
	if (field + 2 > end)
		return false;
	if (*(__u16 *)(h + field) != line_sum_pseudo(h, seen))
		return false;
	slot->data[end] = 0;
	slot->data[end + 1] = 0;
	slot->data[end + 2] = 0;
	sum = line_sum_segment(slot, seen->l4, seen->l4_len);
	*(__u16 *)(slot->data + field) = sum ? sum : 0xffff;
	return true;
}

#endif
