/* SPDX-License-Identifier: GPL-2.0-only */
/* What each of the prober's hooks does where the probes are TCP's. */
#ifndef XRTT_BPF_TCP_HOOKS_H
#define XRTT_BPF_TCP_HOOKS_H

#include "reset.h"
#include "seen.h"

static __noinline int tcp_sent(struct __sk_buff *skb)
{
	struct cursor c = { (void *)(long)skb->data,
			    (void *)(long)skb->data_end };
	struct session *s;
	struct slot *slot;
	struct tcphdr *tcp;
	struct packet p;

	if (tcp_parse(&c, &p) || p.transport + TRANSPORT_HEADER > c.end)
		return SEEN;
	tcp = p.transport;
	if (p.transport + SYN_TCP_HEADER > c.end)
		return tcp_session(&c, &p, tcp, 1) ? SEEN_PART : SEEN;
	if (!tcp_is_syn(tcp_flags(tcp)))
		return SEEN;
	s = tcp_session(&c, &p, tcp, 1);
	if (!s)
		return SEEN;
	slot = tcp_depart(s, tcp);
	if (!slot)
		return SEEN_LAST;
	slot->tx_cpu = bpf_get_smp_processor_id();
	slot->tc_tx = bpf_ktime_get_ns();
	return SEEN;
}

/* At TC the bypass engine's SYN-ACKs go on: nobody has that port open, and the
 * stack answers with a RST itself. */
static __noinline int tcp_received(struct __sk_buff *skb)
{
	struct cursor c = { (void *)(long)skb->data,
			    (void *)(long)skb->data_end };
	struct answer a = {};
	struct session *s;
	struct slot *slot;
	struct tcphdr *tcp;
	struct packet p;
	__u64 now;

	if (tcp_parse(&c, &p) || p.transport + TRANSPORT_HEADER > c.end)
		return SEEN;
	tcp = p.transport;
	if (p.transport + SYN_TCP_HEADER > c.end)
		return tcp_session(&c, &p, tcp, 0) ? SEEN_PART : SEEN;
	if (!tcp_reply(tcp_flags(tcp)))
		return SEEN;
	s = tcp_session(&c, &p, tcp, 0);
	if (!s)
		return SEEN;
	now = bpf_ktime_get_ns();
	a.ttl = p.ttl;
	if (tcp_answer(tcp, &a) || tcp_is_aftermath(s, &a))
		return SEEN;
	if (config.rx_at_tc) {
		slot = slot_receive(s, &a, now);
		if (!slot || slot->engine != SLOT_BYPASS)
			return SEEN;
		slot_complete(slot);
		return a.reply == SYN_REPLY_RST ? SEEN_LAST : SEEN;
	}
	slot = slot_of(s, a.seq);
	if (slot && slot_is_of(slot, a.seq, a.nonce) &&
	    slot->state == SLOT_ARMED && slot->xdp_rx)
		stamp_once(&slot->tc_rx, now);
	return SEEN;
}

static __always_inline int tcp_xdp(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data,
			    (void *)(long)ctx->data_end };
	struct answer a = {};
	struct session *s;
	struct slot *slot;
	struct tcphdr *tcp;
	struct packet p;
	__u64 now;

	if (tcp_parse(&c, &p) || p.transport + SYN_TCP_HEADER > c.end)
		return XDP_PASS;
	tcp = p.transport;
	if (!tcp_reply(tcp_flags(tcp)))
		return XDP_PASS;
	s = tcp_session(&c, &p, tcp, 0);
	if (!s)
		return XDP_PASS;
	now = bpf_ktime_get_ns();
	a.ttl = p.ttl;
	if (tcp_answer(tcp, &a) || tcp_is_aftermath(s, &a))
		return XDP_PASS;
	slot = slot_receive(s, &a, now);
	if (!slot || slot->engine != SLOT_BYPASS)
		return XDP_PASS;
	slot_complete(slot);
	return a.reply == SYN_REPLY_RST ? XDP_DROP : reset_answer(ctx);
}

#endif
