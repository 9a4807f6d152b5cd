// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prober's hooks. Each finds the slot of the probe it sees and writes its
 * stamp; none alters a packet, and none stops one from reaching whoever else
 * hooks the interface, but for the answers to the bypass engine's own frames
 * and a SYN of ours that goes out once more.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "receive.h"
#include "seen.h"
#include "tcp_hooks.h"

/* TC_ACT_UNSPEC for clsact and TCX_NEXT for tcx: on to the next program. */
#define VERDICT_NEXT -1
/* TC_ACT_SHOT and TCX_DROP. */
#define VERDICT_DROP 2

/* Link, IPv6, UDP and STAMP headers: what a hook may need to see. */
#define HEADERS_MAX (14 + 4 + 40 + 8 + 44)

static __always_inline void cursor_of_skb(struct __sk_buff *skb,
					  struct cursor *c)
{
	c->data = (void *)(long)skb->data;
	c->end = (void *)(long)skb->data_end;
}

static __always_inline int skb_parse(struct __sk_buff *skb, struct cursor *c,
				     struct packet *p)
{
	cursor_of_skb(skb, c);
	return parse_network(c, parse_link(c, config.link_header), p);
}

/*
 * A driver may leave part of our headers in a fragment. Only packets of our own
 * sessions are made linear for that: doing it to others would copy headers that
 * TCP shares with its clones.
 */
static __always_inline long skb_pull_headers(struct __sk_buff *skb)
{
	return bpf_skb_pull_data(skb, skb->len < HEADERS_MAX ? skb->len
							     : HEADERS_MAX);
}

/*
 * These two are functions of their own for the sake of the stack: inlined twice
 * clang puts numbers where a pointer was, which takes CAP_PERFMON. They return
 * an enum seen.
 */
static __noinline int skb_sent(struct __sk_buff *skb)
{
	const struct stamp_request *request;
	struct session *s;
	struct slot *slot;
	struct cursor c;
	struct packet p;

	if (skb_parse(skb, &c, &p))
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

static __noinline int skb_received(struct __sk_buff *skb)
{
	struct answer a = {};
	struct session *s;
	struct slot *slot;
	struct cursor c;
	struct packet p;
	__u64 now;

	if (skb_parse(skb, &c, &p))
		return SEEN;
	s = packet_session(&c, &p, 0);
	if (!s)
		return SEEN;
	now = bpf_ktime_get_ns();
	if (answer_read(&c, &p, &a))
		return SEEN_PART;
	if (config.rx_at_tc) {
		slot = slot_receive(s, &a, now);
		if (!slot || slot->engine != SLOT_BYPASS)
			return SEEN;
		slot_complete(slot);
		return SEEN_LAST;
	}
	slot = slot_of(s, a.seq);
	if (slot && slot_is_of(slot, a.seq, a.nonce) &&
	    slot->state == SLOT_ARMED && slot->xdp_rx)
		stamp_once(&slot->tc_rx, now);
	return SEEN;
}

static __always_inline int skb_leaves(struct __sk_buff *skb)
{
	return config.is_tcp ? tcp_sent(skb) : skb_sent(skb);
}

static __always_inline int skb_arrives(struct __sk_buff *skb)
{
	return config.is_tcp ? tcp_received(skb) : skb_received(skb);
}

SEC("tc")
int xrtt_tc_egress(struct __sk_buff *skb)
{
	int seen = skb_leaves(skb);

	if (seen == SEEN_PART && !skb_pull_headers(skb))
		seen = skb_leaves(skb);
	return seen == SEEN_LAST ? VERDICT_DROP : VERDICT_NEXT;
}

SEC("tc")
int xrtt_tc_ingress(struct __sk_buff *skb)
{
	int seen = skb_arrives(skb);

	if (seen == SEEN_PART && !skb_pull_headers(skb))
		seen = skb_arrives(skb);
	return seen == SEEN_LAST ? VERDICT_DROP : VERDICT_NEXT;
}

SEC("xdp")
int xrtt_xdp_rx(struct xdp_md *ctx)
{
	struct answer a = {};
	struct slot *slot;
	__u64 now;

	if (config.is_tcp)
		return tcp_xdp(ctx);
	slot = xdp_receive(ctx, &a, &now);
	if (!slot || slot->engine != SLOT_BYPASS)
		return XDP_PASS;
	slot_complete(slot);
	return XDP_DROP;
}

/* The last hook of the socket engine: its own socket's filter. */
static __always_inline void socket_receive(__be16 port, __u32 seq, __u64 nonce)
{
	struct session *s = session_by_port(port);
	struct slot *slot = s ? slot_of(s, seq) : 0;

	if (!slot || !slot_is_of(slot, seq, nonce) || slot->state != SLOT_ARMED)
		return;
	if (!(config.rx_at_tc ? slot->tc_rx : slot->xdp_rx))
		return;
	if (stamp_once(&slot->sock_rx, bpf_ktime_get_ns()))
		slot_complete(slot);
}

SEC("socket")
int xrtt_sock_udp(struct __sk_buff *skb)
{
	struct udp_reply reply;

	if (!bpf_skb_load_bytes(skb, 0, &reply, sizeof(reply)))
		socket_receive(reply.udp.dest,
			       bpf_ntohl(reply.payload.sender_seq),
			       nonce_of(&reply.payload.sender_sent));
	return skb->len;
}

SEC("socket")
int xrtt_sock_tcp(struct __sk_buff *skb)
{
	struct answer a = {};
	struct tcphdr tcp;

	if (!bpf_skb_load_bytes(skb, 0, &tcp, sizeof(tcp)) &&
	    !tcp_answer(&tcp, &a))
		socket_receive(tcp.dest, a.seq, a.nonce);
	return skb->len;
}

/* A raw ICMP socket is shown every echo reply of the host: keep our own. */
static __always_inline int socket_echo(struct __sk_buff *skb, __u32 offset,
				       __u8 type)
{
	struct session *s;
	struct echo echo;

	if (bpf_skb_load_bytes(skb, offset, &echo, sizeof(echo)) ||
	    echo.type != type)
		return 0;
	s = session_by_port(echo.id);
	if (!s)
		return 0;
	socket_receive(echo.id, bpf_ntohl(echo.payload.seq),
		       nonce_of(&echo.payload.sent));
	return skb->len;
}

SEC("socket")
int xrtt_sock_icmp4(struct __sk_buff *skb)
{
	__u8 version_ihl;

	if (bpf_skb_load_bytes(skb, 0, &version_ihl, 1))
		return 0;
	return socket_echo(skb, (version_ihl & 0xf) * 4, ICMP_ECHOREPLY);
}

SEC("socket")
int xrtt_sock_icmp6(struct __sk_buff *skb)
{
	return socket_echo(skb, 0, ICMPV6_ECHO_REPLY);
}

char LICENSE[] SEC("license") = "GPL";
