/* SPDX-License-Identifier: GPL-2.0-only */
/* The first receive hook in XDP, up to its stamp. */
#ifndef XRTT_BPF_RECEIVE_H
#define XRTT_BPF_RECEIVE_H

#include "match.h"

/* The slot that the packet is a reply to, stamped if it is the first, or null.
 * `a` says what the reply says, *now when it was seen; both only if the packet
 * is a session's, else they stay as they are. */
static __always_inline struct slot *xdp_receive(struct xdp_md *ctx,
						struct answer *a, __u64 *now)
{
	struct cursor c = { (void *)(long)ctx->data,
			    (void *)(long)ctx->data_end };
	struct packet p;
	struct session *s;

	if (parse_network(&c, parse_link(&c, config.link_header), &p))
		return 0;
	s = packet_session(&c, &p, 0);
	if (!s)
		return 0;
	*now = bpf_ktime_get_ns();
	if (answer_read(&c, &p, a))
		return 0;
	return slot_receive(s, a, *now);
}

#endif
