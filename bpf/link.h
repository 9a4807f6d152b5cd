/* SPDX-License-Identifier: GPL-2.0-only */
/* An Ethernet header turned round, for a frame that becomes its own answer. */
#ifndef XRTT_BPF_LINK_H
#define XRTT_BPF_LINK_H

#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

/* By 16-bit words, as an address copied whole goes by the stack (see struct
 * packet). */
static __always_inline void link_turn(struct ethhdr *eth)
{
	__be16 *to = (__be16 *)eth->h_dest;
	__be16 *from = (__be16 *)eth->h_source;

#pragma unroll
	for (int i = 0; i < ETH_ALEN / 2; i++) {
		__be16 word = to[i];

		to[i] = from[i];
		from[i] = word;
	}
}

#endif
