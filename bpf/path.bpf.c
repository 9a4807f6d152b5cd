// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hooks of `xrtt path`: a probe's departure at TC, and at the first receive
 * hook whatever comes of it, the far host's reply or a router's word. None
 * alters a packet or keeps one from anybody.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "quote.h"
#include "seen.h"

/* TC_ACT_UNSPEC for clsact and TCX_NEXT for tcx: on to the next program. */
#define VERDICT_NEXT -1

/* Link, IPv6, UDP and STAMP headers, or link, IPv6 and ICMPv6 headers with
 * those of the quoted packet: what a hook may need to see. */
#define HEADERS_MAX (18 + 40 + 8 + 40 + 8)

static __always_inline __u32 link_length(const struct cursor *c)
{
	struct ethhdr *eth = c->data;

	if (!config.link_header || (void *)(eth + 1) > c->end)
		return config.link_header;
	if (eth->h_proto == bpf_htons(ETH_P_8021Q) ||
	    eth->h_proto == bpf_htons(ETH_P_8021AD))
		return sizeof(*eth) + sizeof(struct vlan_tag);
	return sizeof(*eth);
}

static __always_inline int is_first(const struct slot *slot, __u64 now)
{
	return (config.rx_at_tc ? slot->tc_rx : slot->xdp_rx) == now;
}

/* There is no other hook to pass: user space looks at the slot. */
static __always_inline void finish(struct slot *slot)
{
	__sync_val_compare_and_swap(&slot->state, SLOT_ARMED, SLOT_DONE);
}

/* An enum seen. */
static __always_inline int quote_received(struct frame f, struct cursor *c,
					  const struct packet *p, __u32 at)
{
	struct answer a = {};
	struct path_quote *q;
	struct packet quoted;
	struct session *s;
	struct slot *slot;
	__u64 now;

	if (parse_quoted(c, p, &quoted))
		return SEEN_PART;
	s = packet_session(c, &quoted, 1);
	if (!s)
		return SEEN;
	now = bpf_ktime_get_ns();
	a.ttl = p->ttl;
	a.reply = PATH_REPLY_QUOTE;
	a.seq = tag_of(&quoted);
	slot = quote_slot(s, a.seq);
	if (!slot)
		return SEEN;
	q = quote_of(s, a.seq);
	if (!q)
		return SEEN;
	a.seq = slot->seq;
	a.nonce = slot->nonce;
	slot = slot_receive(s, &a, now);
	if (!slot || !is_first(slot, now))
		return SEEN;
	quote_sign(q, p);
	q->whole = message_length(p);
	quote_copy(q, f,
		   at + (p->version == 4 ? sizeof(struct iphdr)
					 : sizeof(struct ipv6hdr)));
	finish(slot);
	return SEEN;
}

static __always_inline int frame_received(struct frame f)
{
	struct cursor c = frame_cursor(f);
	__u32 at = link_length(&c);
	struct answer a = {};
	struct session *s;
	struct slot *slot;
	struct packet p;
	__u64 now;

	if (parse_network(&c, parse_link(&c, config.link_header), &p))
		return SEEN;
	if (is_quoting(&c, &p))
		return quote_received(f, &c, &p, at);
	s = packet_session(&c, &p, 0);
	if (!s)
		return SEEN;
	now = bpf_ktime_get_ns();
	if (answer_read(&c, &p, &a))
		return SEEN_PART;
	slot = slot_receive(s, &a, now);
	if (slot && is_first(slot, now))
		finish(slot);
	return SEEN;
}

static __noinline int skb_received(struct __sk_buff *skb)
{
	return frame_received((struct frame){ skb, 0 });
}

static __noinline int skb_sent(struct __sk_buff *skb)
{
	struct cursor c = { (void *)(long)skb->data,
			    (void *)(long)skb->data_end };
	const struct stamp_request *request;
	struct session *s;
	struct slot *slot;
	struct packet p;

	if (parse_network(&c, parse_link(&c, config.link_header), &p))
		return SEEN;
	s = packet_session(&c, &p, 1);
	if (!s)
		return SEEN;
	request = p.transport + TRANSPORT_HEADER;
	if ((void *)(request + 1) > c.end)
		return SEEN_PART;
	slot = request_slot(s, request);
	if (slot && !slot->tc_tx) {
		slot->tx_cpu = bpf_get_smp_processor_id();
		slot->tc_tx = bpf_ktime_get_ns();
	}
	return SEEN;
}

SEC("tc")
int xrtt_path_egress(struct __sk_buff *skb)
{
	if (skb_sent(skb) == SEEN_PART &&
	    !frame_pull((struct frame){ skb, 0 }, HEADERS_MAX))
		skb_sent(skb);
	return VERDICT_NEXT;
}

SEC("tc")
int xrtt_path_ingress(struct __sk_buff *skb)
{
	if (skb_received(skb) == SEEN_PART &&
	    !frame_pull((struct frame){ skb, 0 }, HEADERS_MAX))
		skb_received(skb);
	return VERDICT_NEXT;
}

SEC("xdp")
int xrtt_path_xdp(struct xdp_md *ctx)
{
	frame_received((struct frame){ ctx, 1 });
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
